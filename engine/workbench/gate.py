"""The gate: what a rulebook must pass before it may be published.

In: rules as files, byte for byte those that would go live. Out: for each part of the gate what it found; nothing found is passed.
Not here: who approves and what is kept (`engine.desk.publishing`, which is handed these and knows nothing of the workbench).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.errors import SanseError
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.triage import Triage
from engine.workbench import lint
from engine.workbench.examples import results
from engine.workbench.scenes import OURS, Stage

Gate = Callable[[Mapping[str, bytes]], Iterator[str]]


def linted(files: Mapping[str, bytes]) -> Iterator[str]:
    """Everything that lint finds."""
    yield from (str(fault) for fault in lint.lint(files))


def tested(files: Mapping[str, bytes]) -> Iterator[str]:
    """Every test beside a rule that fails; no test at all is a finding."""
    rulebook = loader.load(files)
    triage = Triage(rulebook, engine="trace")
    found = results(rulebook, triage, Stage(rulebook, triage).scenes())
    if not found:
        yield "一个测试也没有"
    for one in found:
        if not one.passed:
            yield f"{one.file}:{one.line} {one.rule} {one.name}：{one.message}"


def invariant(files: Mapping[str, bytes]) -> Iterator[str]:
    """Every test beside a rule in which only the guard keeps an invariant: the rules themselves must give the colour."""
    yield from _guarded(loader.load(files))


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


GATES: Mapping[str, Gate] = {"lint": linted, "test": tested, "never": invariant}
"""By name, in the order in which they are tried. A proof over every case that rules can tell apart joins here."""


def findings(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """(gate, finding) of the first gate that finds anything, for what does not load cannot be tried; nothing where all are passed."""
    for name, gate in GATES.items():
        try:
            found = list(gate(files))
        except SanseError as fault:
            found = [str(fault)]
        yield from ((name, one) for one in found)
        if found:
            return
