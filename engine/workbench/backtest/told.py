"""Told: the result of a back-test as plain data, beside what is proved.

In: a `Backtest`, its weeks, what the solver says of each step between colours. Out: mappings for JSON, one for each matter and one for the whole. Not here: how
it looks (`charts`, `page`, the command line).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from engine.masking import mask_reference
from engine.model import Colour
from engine.workbench.backtest.matters import HELD, OVERRIDDEN, UNKNOWN, VIEW, Moved
from engine.workbench.backtest.trying import Backtest
from engine.workbench.backtest.weeks import Weeks
from engine.workbench.proof.codes import Verdict
from engine.workbench.proof.meaning import Change

APART: Mapping[str, str] = {
    OVERRIDDEN: "人改过颜色的",
    HELD: "现行等级高于机判的（律二）",
    UNKNOWN: "要看何时变黄、何时派单，历史说不准的",
}


_SAID: Mapping[Verdict | None, str] = {
    Verdict.PROVED: "按最新的阈值已证明不可能",
    Verdict.REFUTED: "可能",
    Verdict.UNDECIDED: "未能判定",
    None: "没有问",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step between two colours: whether it can be, and how often it was; `proved` None where nobody asked the solver."""

    before: Colour
    after: Colour
    records: int
    matters: int
    proved: Verdict | None


def steps(found: Backtest, changes: Sequence[Change] = ()) -> list[Step]:
    """The six steps between two colours: what the proof says can be, and how often history has it."""
    proved = {(change.before, change.after): change.verdict for change in changes}
    matters = found.matrix
    return [
        Step(before, after, found.records.matrix[before, after], matters[before, after], proved.get((before, after)))
        for before, after in permutations(sorted(Colour, reverse=True), 2)
    ]


def said_of(step: Step) -> str:
    """What the proof says of a step, in words."""
    return _SAID[step.proved]


def reference(moved: Moved) -> str:
    """A matter as people may see it: its code, or its id without what identifies somebody."""
    return moved.code or mask_reference(moved.id)


def titled(rules: Sequence[str], titles: Mapping[str, str]) -> list[str]:
    """Rules with their names: the reasons of a colour."""
    return [f"{rule} {titles[rule]}" if titles.get(rule) else rule for rule in rules] or ["G0 未命中任何风险规则"]


def lines(found: Backtest) -> Iterator[dict[str, Any]]:
    """One mapping for each matter whose machine view changes, in order of time."""
    before, after = ({rule.id: rule.title for rule in book.rules} for book in (found.old, found.new))
    for moved in found.matters.moved():
        yield {
            "matter": reference(moved),
            "first_at": moved.first_at,
            "area": moved.area,
            "topic": moved.topic,
            "before": {"colour": moved.before.word, "reasons": titled(moved.rules_before, before)},
            "after": {"colour": moved.after.word, "reasons": titled(moved.rules_after, after)},
        }


def summary(found: Backtest, load: Weeks, changes: Sequence[Change] = ()) -> dict[str, Any]:
    """The whole as one mapping."""
    scan = found.records
    return {
        "rulebooks": {"before": found.old.digest, "after": found.new.digest},
        "as_of": found.now,
        "records": scan.records,
        "records_changed": scan.changed,
        "record_colours": _matrix(scan.matrix),
        "machine_views": _matrix(found.matrix),
        "matters": {part: found.parts.get(part, 0) for part in (VIEW, *APART)},
        "gained": dict(sorted((+scan.gained).items())),
        "lost": dict(sorted((+scan.lost).items())),
        "steps": [
            {
                "before": s.before.word,
                "after": s.after.word,
                "records": s.records,
                "matters": s.matters,
                "proof": s.proved,
            }
            for s in steps(found, changes)
        ],
        "weeks": {"first": load.first, "last": load.last, "count": load.count},
        "load": [_load(one) for one in load.loads],
        "facts_remade": found.remade,
        "told": list(found.told),
    }


def _load(load: Any) -> dict[str, Any]:
    return {name: getattr(load, name) for name in load.__slots__}


def _matrix(matrix: Mapping[tuple[Colour, Colour], int]) -> dict[str, dict[str, int]]:
    return {was.word: {now.word: matrix.get((was, now), 0) for now in Colour} for was in Colour}
