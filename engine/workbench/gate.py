"""The gate: what a rulebook must pass before it may be published.

In: rules as files, byte for byte those that would go live. Out: for each part of the gate what it found; nothing found is passed.
Not here: who approves and what is kept (`engine.desk.publishing`, which is handed these and knows nothing of the workbench).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.errors import SanseError
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.triage import Triage
from engine.workbench.linting import lint
from engine.workbench.places import Places
from engine.workbench.proof import words
from engine.workbench.proof.questions import prove
from engine.workbench.proof.solving import Budget
from engine.workbench.testing import suite
from engine.workbench.testing.examples import results
from engine.workbench.testing.scenes import OURS, Stage

SECONDS, _EACH = 120.0, 20.0
"""So long proofs may take together and each; 300 rules take about a minute."""


@dataclass(frozen=True)
class Candidate:
    """Files that are to go live, read once for all parts of the gate."""

    files: Mapping[str, bytes]

    @cached_property
    def survey(self) -> loader.Survey:
        """What could be made of them."""
        return loader.survey(self.files)

    @property
    def rulebook(self) -> Rulebook:
        """The Rulebook; raises RuleError where anything is wrong."""
        return loader.load(self.files) if self.survey.faults else self.survey.rulebook


Gate = Callable[[Candidate], Iterator[str]]


def linted(candidate: Candidate) -> Iterator[str]:
    """Everything that lint finds."""
    yield from (str(fault) for fault in lint.of_survey(candidate.survey, candidate.files))


def tested(candidate: Candidate) -> Iterator[str]:
    """Every test that fails, beside a rule or another part; no test beside a rule is a finding."""
    rulebook = candidate.rulebook
    triage = Triage(rulebook, engine="trace")
    found = results(rulebook, triage, Stage(rulebook, triage).scenes())
    if not found:
        yield "一个测试也没有"
    for one in (*found, *suite.beside_the_rest(rulebook)):
        if not one.passed:
            yield f"{one.file}:{one.line} {one.rule} {one.name}：{one.message}"


def invariant(candidate: Candidate) -> Iterator[str]:
    """Every test beside a rule in which only the guard keeps an invariant: the rules themselves must give the colour."""
    yield from _guarded(candidate.rulebook)


def _guarded(rulebook: Rulebook) -> Iterator[str]:
    nevers = {never.id: never for never in rulebook.nevers}
    triage = Triage(rulebook, engine="trace")
    for scene in Stage(rulebook, triage).scenes():
        for view in scene.views:
            made = triage.decide(OURS, view.at, features=view.features, trigger="test", scope=view.scope).assessment
            for hit in made.hits:
                if hit.rule in nevers:
                    place, never = scene.place, nevers[hit.rule]
                    yield f"{place.file}:{place.line} {scene.rule.id} {scene.name}：规则判低了，只靠底线 {never.id}（{never.title}）托住"


def proved(candidate: Candidate) -> Iterator[str]:
    """What `rules prove` finds of every possible case; what it could not decide in its time is a finding as well, never a pass."""
    budget = Budget(SECONDS, each=_EACH, clock=time.monotonic)
    for answer in prove(candidate.rulebook, Places(candidate.survey.documents), budget):
        if answer.finding:
            yield words.told(answer)


GATES: Mapping[str, Gate] = {"lint": linted, "test": tested, "never": invariant, "prove": proved}
"""By name, in the order in which they are tried: the quick ones first."""


def findings(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """(gate, finding) of every gate, and of lint alone where files do not load; nothing where all are passed."""
    candidate = Candidate(files)
    for name, gate in GATES.items():
        try:
            found = list(gate(candidate))
        except SanseError as fault:
            found = [str(fault)]
        yield from ((name, one) for one in found)
        if candidate.survey.faults:
            return
