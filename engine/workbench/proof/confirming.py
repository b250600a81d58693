"""Confirming: what a solver says of a case is asked of the engine that decides, before anybody is told.

In: facts. Out: decisions of the real middle. Not here: finding cases (`questions`, `meaning`, `nearest`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cached_property

from engine.evaluate import kleene
from engine.evaluate.plan import Scope
from engine.evaluate.trace import Tracer
from engine.model import Colour, FeatureSet, Judgement
from engine.ruleset.parameters import bound, regimes, values_at
from engine.ruleset.tree import Rulebook
from engine.triage import Decision, Triage

_ANYHOW = {"id": "any", "title": "", "colour": [colour.word for colour in Colour], "receivers": [""]}
_EARLIEST = date(2001, 1, 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One incident as facts: what a record shows, or a matter at a time."""

    features: FeatureSet
    scope: Scope


class Engine:
    """The real engine under one rulebook on one day, by trace; routes play no part."""

    def __init__(self, rulebook: Rulebook, day: date | None = None) -> None:
        self.rulebook = rulebook
        self.day = max(day or regimes(rulebook)[-1], _EARLIEST)
        self._judged: dict[int, tuple[Case, Judgement]] = {}

    @cached_property
    def tracer(self) -> Tracer:
        """The tracer, which is ready much sooner than the whole middle."""
        return Tracer(self.rulebook)

    @cached_property
    def _triage(self) -> Triage:
        routed = replace(self.rulebook, documents={**self.rulebook.documents, "routes": [_ANYHOW]})
        return Triage(routed, engine="trace", zone="UTC")

    def judge(self, case: Case) -> Judgement:
        """What every rule says, those on trial too; of a case that is asked about again only once."""
        held = self._judged.get(id(case))
        if held is None or held[0] is not case:
            made = self.tracer.judge(case.features, self.day, scope=case.scope, shadow=True)
            held = self._judged[id(case)] = (case, made)
        return held[1]

    def keeps(self, case: Case) -> bool:
        """Whether all holds that authors state of the facts of such a case."""
        facts, values = case.features.values, values_at(self.rulebook, self.day)
        for part in self.rulebook.stated if case.scope is Scope.RECORD else ():
            lines = {name: kleene.leaf(leaf, bound(leaf.bound, values)) for name, leaf in part.let.items()}
            given = part.when is None or kleene.tree(part.when, lines)(facts) is True
            if given and kleene.tree(part.then, lines)(facts) is not True:
                return False
        return True

    def nevers(self, case: Case) -> tuple[str, ...]:
        """The invariants whose condition is surely true."""
        return self.tracer.nevers(case.features, self.day, self.judge(case))

    def raised(self, case: Case) -> tuple[str, ...]:
        """The flags that are raised."""
        return self.tracer.flags(case.features, self.day, self.judge(case))[0]

    def decide(self, case: Case) -> Decision:
        """The decision with its reasons, and the colour after what invariants raise."""
        at = datetime.combine(self.day, time(12), UTC)
        return self._triage.decide("case", at, features=case.features, trigger="proof", scope=case.scope)

    def colour(self, case: Case) -> Colour:
        """The colour in the end."""
        return self.decide(case).assessment.colour
