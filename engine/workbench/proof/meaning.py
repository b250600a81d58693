"""Meaning: whether any incident changes its colour from one rulebook to another.

In: two rulebooks, a budget. Out: for every step between colours whether there is such an incident, with one that both engines judge so. Not here: how many there
were in history (the back-test counts them: its seam is `Change.before` and `Change.after`, the cell of its table).

Facts are those of both: what is defined alike is one fact; where a window, a list or a field is defined otherwise they are two, held to each other as their
definitions are. A witness is facts, not words: which text matches a changed list is for history to show.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from engine.evaluate.plan import Scope
from engine.model import Colour
from engine.ruleset.parameters import regimes, values_at
from engine.ruleset.tree import Rulebook
from engine.workbench.proof.benches import FAULT
from engine.workbench.proof.codes import Verdict
from engine.workbench.proof.confirming import Case, Engine
from engine.workbench.proof.encoding import Encoding, encoded, exactly, stated
from engine.workbench.proof.formulas import Formula, both, differs, either
from engine.workbench.proof.solving import Asker, Budget
from engine.workbench.proof.space import Space

WORDS = {Colour.GREEN: "绿", Colour.YELLOW: "黄", Colour.RED: "红"}


@dataclass(frozen=True, slots=True)
class Side:
    """An incident as one rulebook sees it, with the reasons it gives."""

    case: Case
    colour: Colour
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Whether no incident goes from one colour to another; `old` and `new` show one that does."""

    before: Colour
    after: Colour
    claim: str
    verdict: Verdict
    old: Side | None = None
    new: Side | None = None
    reason: str = ""


def compare(old: Rulebook, new: Rulebook, budget: Budget) -> tuple[Change, ...]:
    """The six steps between two colours, by the thresholds of the newest day of each rulebook."""
    pair = _Pair(old, new, budget)
    return tuple(pair.change(before, after) for before, after in permutations(sorted(Colour, reverse=True), 2))


def alike(old: Rulebook, new: Rulebook, budget: Budget) -> bool:
    """Whether it is proved that every rule says the same of every incident and every flag is raised alike."""
    replies = [side.asker.ask(side.otherwise()) for side in (_Both(old, new, scope, budget) for scope in Scope)]
    return all(reply.model is None and not reply.why for reply in replies)


class _Pair:
    def __init__(self, old: Rulebook, new: Rulebook, budget: Budget) -> None:
        self._old, self._new = Engine(old), Engine(new)
        self._sides = [_Both(old, new, scope, budget) for scope in Scope]

    def change(self, before: Colour, after: Colour) -> Change:
        """One step."""
        claim = f"没有一件来件从{WORDS[before]}变{WORDS[after]}"
        why = ""
        for both_ in self._sides:
            reply = both_.asker.plainest(both_.changed(before, after), wishes=both_.wishes)
            why = why or reply.why
            if reply.model is not None:
                cases = [Case(both_.space.read(reply.model, rulebook), both_.scope) for rulebook in both_.rulebooks]
                old, new = (_side(engine, case) for engine, case in zip((self._old, self._new), cases, strict=True))
                if (old.colour, new.colour) != (before, after):
                    return Change(before, after, claim, Verdict.UNDECIDED, reason=FAULT)
                return Change(before, after, claim, Verdict.REFUTED, old, new)
        return Change(before, after, claim, Verdict.UNDECIDED if why else Verdict.PROVED, reason=why)


class _Both:
    """Two rulebooks over the facts of one incident."""

    def __init__(self, old: Rulebook, new: Rulebook, scope: Scope, budget: Budget) -> None:
        self.rulebooks, self.scope = (old, new), scope
        self.space = Space(self.rulebooks, scope)
        self._old, self._new = (self._encoded(rulebook, tag) for rulebook, tag in ((old, "old "), (new, "new ")))
        known = [*self.space.domain, *self._old.definitions, *self._new.definitions]
        self.asker = Asker(known, budget)
        for rulebook, made in ((old, self._old), (new, self._new)):
            self.asker.tell(stated(rulebook, self.space.facts(rulebook), made.values).values())
        self.wishes = [self.asker.name(wish) for _, wish in self.space.wishes()]

    def _encoded(self, rulebook: Rulebook, tag: str) -> Encoding:
        values = values_at(rulebook, regimes(rulebook)[-1])
        return encoded(rulebook, self.space.facts(rulebook), values, self.scope, tag=tag)

    def otherwise(self) -> Formula:
        """Whether any rule says something else under the second; both judge the same rules."""
        old, new = self._old, self._new
        said = [(effect, new.effects[rule]) for rule, effect in old.effects.items()]
        parts = [differs(getattr(a, what), getattr(b, what)) for a, b in said for what in ("fired", "review")]
        return either([*parts, *(differs(raised, new.raised[rule]) for rule, raised in old.raised.items())])

    def changed(self, before: Colour, after: Colour) -> Formula:
        """Whether the first gives one colour and the second another."""
        return both((exactly(self._old, before), exactly(self._new, after)))


def _side(engine: Engine, case: Case) -> Side:
    made = engine.decide(case).assessment
    return Side(case, made.colour, made.reasons)
