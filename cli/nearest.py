"""Nearest: the smallest changes under which a decision would have another colour, in words that can be signed.

In: a decision, a colour. Out: lines. Not here: finding them (`engine.workbench.proof.nearest`), the decision as a tree (`records`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.desk.explaining import Explained
    from engine.desk.opening import Desk
    from engine.model import Colour
    from engine.workbench.proof.nearest import Nearest, Way

_SECONDS = 20


def show(desk: Desk, part: Explained, colour: Colour, *, as_json: bool) -> None:
    """The ways of one decision; none where it has that colour already."""
    from time import monotonic

    from cli.printing import line, say
    from engine.desk.explaining import given
    from engine.workbench.proof.confirming import Case
    from engine.workbench.proof.nearest import nearest
    from engine.workbench.proof.solving import Budget

    word = desk.colour_word(colour)
    if part.colour is colour:
        line({"subject": part.subject, "nearest": colour.word, "already": True}) if as_json else say(f"  已经是{word}")
        return
    held = given(desk, part.record)
    case, budget = Case(held.features, held.scope), Budget(_SECONDS, each=_SECONDS, clock=monotonic)
    found = nearest(held.rulebook, case, colour, budget, day=held.day, subject=part.subject)
    if as_json:
        line({"subject": part.subject, "nearest": colour.word, "ways": found.ways, "reason": found.reason})
        return
    for text in _told(found, word, desk):
        say(text)


def _told(found: Nearest, word: str, desk: Desk) -> list[str]:
    if not found.ways:
        why = (
            f"未能判定，因为{found.reason}"
            if found.reason
            else "已证明：固定的事实（年龄身体、怎么来的、过去的次数、过去的天数等）不动，改六件以内别的事实都不会"
        )
        return [f"  怎样会是{word}：{why}"]
    lines = []
    for number, way in enumerate(found.ways, start=1):
        lines.append(f"  怎样会是{word}（{number}，{_kind(way)}）：{_steps(way, desk)}")
        lines.append(f"    那时的理由：{'；'.join(way.reasons)}")
    if found.reason:
        lines.append(f"  还有没有别的办法，未能判定，因为{found.reason}")
    return [*lines, "  以上由求解器找出，由研判引擎重新判过；颜色只能由人降低"]


def _kind(way: Way) -> str:
    if way.can_be_done:
        return "可以做的"
    if way.needs_time:
        waited = "别的都不变，再过些天就会这样"
        return (
            f"可以做的，做了以后{waited}" if any(step.can_be_done for step in way.steps) else f"不是谁去做的：{waited}"
        )
    return "只说明原因，要核实属实才能更正"


def _steps(way: Way, desk: Desk) -> str:
    from engine.assessment import show as shown

    def state(fact: str, value: object, *, absent: bool) -> str:
        if value is None:
            return "来源没有" if absent else "不知道"
        return shown(value, desk.rulebook.features.get(fact)) or "（空）"  # type: ignore[arg-type]

    parts = [
        f"{step.title}由“{state(step.fact, step.before, absent=step.was_absent)}”变为“{state(step.fact, step.after, absent=step.is_absent)}”"
        for step in way.steps
    ]
    parts += [f"（{step.title}随之{'不再算' if step.is_absent else f'为{step.after}'}）" for step in way.follows]
    return "，".join(parts)
