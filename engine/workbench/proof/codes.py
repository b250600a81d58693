"""Codes of what is proved: stable, with the claim in Chinese and English and a hint for where it is a finding.

In: a code and what fills the words. Out: a claim. Not here: proving (`questions`). docs/prove.md has a row for each; codes are never reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.ruleset.tree import Place
from engine.workbench.proof.confirming import Case

CODES: dict[str, tuple[str, str, str]] = {
    "P201": ("规则 {id} 永远不命中，也不请人核实", "rule is unsatisfiable", "检查 when、各行的数和 facts 里写的关系"),
    "P202": ("规则 {id} 的“{name}”永远不成立", "line is never true", "改数，或删掉这一行"),
    "P203": ("规则 {id} 的“{name}”从来不起作用", "line never decides", "删掉这一行，或检查 and 和 or"),
    "P204": ("规则 {id} 总是命中", "rule always fires", "检查 when 和各行的数"),
    "P205": (
        "规则 {id} 从来不起决定作用：它说话时 {others} 已经说了",
        "rule subsumed by another",
        "放宽这一条，或删掉",
    ),
    "P206": (
        "规则 {id} 从来不起决定作用：它说话时 {others} 总有一条已经说了",
        "rule masked by others together",
        "放宽这一条，或删掉",
    ),
    "P207": (
        "规则 {id} 与 {others} 在同样的情形下命中，颜色却不同",
        "contradictory rules",
        "只留一条，或写出它们的不同",
    ),
    "P208": (
        "关于事实的话（{others}）合在一起，什么来件也没有",
        "stated facts contradict each other",
        "检查 facts 里写的关系",
    ),
    "P209": (
        "{name} 升高时颜色不会降低",
        "colour is monotone in the fact",
        "检查读到它的 not、at_most、less_than 和 is: false",
    ),
    "P210": ("{id}：{name}", "invariant holds", "补一条规则，或放宽已有的规则"),
    "P212": ("没有两条规则在同样的情形下命中而颜色不同", "no rules contradict each other", ""),
    "P211": ("每件来件都有规则看见", "some rule sees every incident", ""),
}

FOR_INFORMATION = "P211"
"""What is worth seeing however it stands, and never to be mended."""


class Verdict(str, Enum):
    """PROVED: of every incident. REFUTED: an incident shows otherwise, and the engine agrees. UNDECIDED: not known, for a reason."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one claim. `finding`: it should be otherwise, or should be known; `case` (and `then`) show a refuted one; `reason`: why undecided.

    `of`: the rule, fact or invariant that it is about, `line`: the line of the rule; `others`: rules it is about as well.
    """

    code: str
    claim: str
    english: str
    of: str
    place: Place
    verdict: Verdict
    finding: bool
    others: tuple[str, ...] = ()
    line: str = ""
    case: Case | None = None
    then: Case | None = None
    reason: str = ""
    hint: str = ""


def answer(
    code: str,
    verdict: Verdict,
    of: str,
    place: Place,
    *,
    finding: bool,
    name: str = "",
    others: tuple[str, ...] = (),
    case: Case | None = None,
    then: Case | None = None,
    reason: str = "",
) -> Answer:
    """An answer with the words of its code."""
    chinese, english, hint = CODES[code]
    claim = chinese.format(id=of, others="、".join(others) or "别的规则", name=name)
    told = hint if finding and verdict is not Verdict.UNDECIDED else ""
    line = name if code in ("P202", "P203") else ""
    return Answer(code, claim, english, of, place, verdict, finding, others, line, case, then, reason, told)
