"""Words: cases in words that an analyst and an operator read.

In: a rulebook, cases. Out: Chinese text. Not here: what a case shows (`questions`, `nearest`).
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.assessment import show
from engine.model import Value
from engine.ruleset.tree import Feature, Rulebook
from engine.workbench.proof.codes import FOR_INFORMATION, Answer, Verdict
from engine.workbench.proof.confirming import Case
from engine.workbench.proof.relations import WINDOWED
from engine.workbench.proof.space import LENGTHS, PLAIN_LENGTH

VERDICTS = {Verdict.PROVED: "已证明", Verdict.REFUTED: "被推翻", Verdict.UNDECIDED: "未能判定"}
_UNKNOWN, _ABSENT = "不知道", "来源没有"


def told(answer: Answer) -> str:
    """An answer in one line: where, which claim, how it stands."""
    hint = f"（建议：{answer.hint}）" if answer.hint else ""
    reason = f"，因为{answer.reason}" if answer.reason else ""
    stands = f"{VERDICTS[answer.verdict]}：{answer.claim}"
    if answer.code == FOR_INFORMATION and answer.verdict is Verdict.REFUTED:
        stands = f"供参考：并非{answer.claim}"
    return f"{answer.place} [{answer.code}] {stands}{reason}{hint}"


def state(case: Case, fact: str, rulebook: Rulebook) -> str:
    """How a fact stands in a case."""
    if fact not in case.features.values:
        return _ABSENT
    value = case.features.values[fact]
    return _UNKNOWN if value is None else show(value, rulebook.features.get(fact)) or "（空）"


def title(fact: str, rulebook: Rulebook) -> str:
    """A fact as people call it."""
    return rulebook.features[fact].title or fact


def witness(case: Case, rulebook: Rulebook) -> str:
    """The facts of a case that say something, and its unknown ones; not what any incident has."""
    said = [f"{title(fact, rulebook)} {state(case, fact, rulebook)}" for fact in _telling(case, rulebook)]
    return "；".join(said) or "一件什么都没有说的来件"


def _telling(case: Case, rulebook: Rulebook) -> Iterator[str]:
    quiet: tuple[Value, ...] = (False, 0, "", ())
    for fact, value in case.features.values.items():
        if value is None or (value not in quiet and not _plain(rulebook.features[fact], value)):
            yield fact


def _plain(feature: Feature, value: Value) -> bool:
    """Whether a record that says nothing has this: it counts itself, and has some text."""
    itself = feature.kind in WINDOWED and feature.including_this and value == 1
    return itself or (feature.of in LENGTHS and value == PLAIN_LENGTH)
