"""Told: the result of a back-test as plain data, beside what is proved.

In: a `Backtest`, its weeks, what the solver says of each step between colours. Out: mappings for JSON, one for each matter, for each record whose colour is another,
for each matter apart that has such a record, and one for the whole; words. Not here: how it looks (`charts`, `page`, the command line).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from engine.masking import mask_reference
from engine.model import Colour
from engine.workbench.backtest.matters import HELD, OVERRIDDEN, UNKNOWN, VIEW, Moved
from engine.workbench.backtest.recoloured import Recoloured, apart, recoloured
from engine.workbench.backtest.trying import Backtest
from engine.workbench.backtest.weeks import Load, Weeks
from engine.workbench.proof.codes import Verdict
from engine.workbench.proof.meaning import Change

APART: Mapping[str, str] = {
    OVERRIDDEN: "人改过颜色的",
    HELD: "现行等级高于机判的（律二）",
    UNKNOWN: "要看何时变黄、何时派单，历史说不准的",
}
BRIEFLY: Mapping[str, str] = {OVERRIDDEN: "人改过颜色", HELD: "现行等级高于机判", UNKNOWN: "历史说不准"}
"""The same, in a cell."""
THRESHOLDS: Mapping[str, str] = {"dated": "按来件当天的阈值", "today": "两套都按各自最新的阈值，不管来件是哪天的"}
IMAGINED = "照新规则当时就会派单，没有人办过"
IMAGINED_BEFORE = "照原来的规则当时就会派单，没有人办过"
OF_RECORDS = "证明只说来件；事项还看办理过程，来件不会这样变的，事项也可能这样变"
LEFT_OUT = "“不在数里”是同样这些周里没有比较的事项，按机判（历史说不准的按来件）的颜色分到路线，一共几个：原来→新的；与承办能力比，要把它们想进去"

_SAID: Mapping[Verdict | None, str] = {
    Verdict.PROVED: "来件不可能（按最新的阈值已证明）",
    Verdict.REFUTED: "来件可能",
    Verdict.UNDECIDED: "未能判定",
    None: "没有问",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step between two colours: whether a record can take it, and how often it was; `proved` None where nobody asked the solver.

    `imagined`: of the matters those that would have been dispatched and never were.
    """

    before: Colour
    after: Colour
    records: int
    matters: int
    proved: Verdict | None
    imagined: int = 0

    @property
    def counted(self) -> str:
        """How many matters took it, in words."""
        return f"{self.matters}（其中 {self.imagined} 个{IMAGINED}）" if self.imagined else str(self.matters)


def steps(found: Backtest, changes: Sequence[Change] = ()) -> list[Step]:
    """The six steps between two colours: what the proof says can be, and how often history has it."""
    proved = {(change.before, change.after): change.verdict for change in changes}
    records, matters, imagined = found.records.matrix, found.matrix, found.matters.imagined()
    return [
        Step(*step, records[step], matters[step], proved.get(step), imagined[step])
        for step in permutations(sorted(Colour, reverse=True), 2)
    ]


def said_of(step: Step) -> str:
    """What the proof says of a step, in words."""
    return _SAID[step.proved]


def reference(code: str, id_: str) -> str:
    """A matter as people may see it: its code, or its id without what identifies somebody."""
    return code or mask_reference(id_)


def titled(rules: Sequence[str], titles: Mapping[str, str]) -> list[str]:
    """Rules with their names: the reasons of a colour."""
    return [f"{rule} {titles[rule]}" if titles.get(rule) else rule for rule in rules] or ["G0 未命中任何风险规则"]


def lines(found: Backtest) -> Iterator[dict[str, Any]]:
    """One mapping for each matter whose machine view changes, in order of time."""
    titles = _titles(found)
    for moved in found.matters.moved():
        before, after = _sides(titles, moved)
        yield {
            "what": "matter",
            "matter": reference(moved.code, moved.id),
            "first_at": moved.first_at,
            "area": moved.area,
            "topic": moved.topic,
            "before": {**before, "never_dispatched": moved.imagined[0]},
            "after": {**after, "never_dispatched": moved.imagined[1]},
        }


def record_lines(found: Backtest) -> Iterator[dict[str, Any]]:
    """One mapping for each record whose colour is another, in order of time; `part`: whether its matter is compared (`view`), or why not."""
    titles = _titles(found)
    for record in recoloured(found):
        before, after = _sides(titles, record)
        yield {
            "what": "record",
            "id": mask_reference(record.id),
            "matter": reference(record.code, record.matter),
            "part": record.part,
            "before": before,
            "after": after,
        }


def apart_lines(found: Backtest) -> Iterator[dict[str, Any]]:
    """One mapping for each matter that is not compared and has such a record."""
    for matter in apart(found):
        records = [
            {"id": mask_reference(one.id), "before": one.before.word, "after": one.after.word} for one in matter.records
        ]
        yield {
            "what": "apart",
            "matter": reference(matter.code, matter.matter),
            "why": matter.part,
            "records": records,
        }


def imagined(line: Mapping[str, Any]) -> str:
    """What is to be said of a matter that changes on a dispatch that never was; nothing of another one."""
    if line["after"]["never_dispatched"]:
        return IMAGINED
    return IMAGINED_BEFORE if line["before"]["never_dispatched"] else ""


def late(found: Backtest) -> str:
    """What is to be said of new numbers that hardly a record was judged by, and what to do; nothing where there are none."""
    numbers = "；".join(
        f"{one.name}（{one.title}）从 {one.start} 起 {one.before} → {one.after}，这天以后的来件只有 {one.records} 件"
        for one in found.late
    )
    return (
        f"{numbers}：别的来件仍按旧数判，看不出改动；要看新数放到以前会怎样，加 --thresholds today" if numbers else ""
    )


def left_out(load: Load) -> str:
    """The matters of a route that are not in its numbers, and why, in a cell."""
    return "；".join(f"{BRIEFLY[part]} {before}→{after}" for part, (before, after) in load.apart.items())


def undone(load: Weeks) -> str:
    """What is to be said of matters in the load that only would have been dispatched; nothing where there are none."""
    routes = "、".join(
        f"{one.title} {one.never_dispatched} 个" for one in load.loads if one.never_dispatched and not one.area
    )
    return f"新的每周里，{IMAGINED}的：{routes}。它们按拖到现在的颜色算，当时会先按来件的颜色派单" if routes else ""


def _titles(found: Backtest) -> tuple[dict[str, str], dict[str, str]]:
    """The names of rules, before and after."""
    before, after = ({rule.id: rule.title for rule in book.rules} for book in (found.old, found.new))
    return before, after


def _sides(titles: tuple[dict[str, str], dict[str, str]], one: Moved | Recoloured) -> Iterator[dict[str, Any]]:
    """Before and after: the colour, and the rules with their names."""
    told = ((one.before, one.rules_before), (one.after, one.rules_after))
    for (colour, rules), names in zip(told, titles, strict=True):
        yield {"colour": colour.word, "reasons": titled(rules, names)}


def summary(found: Backtest, load: Weeks, changes: Sequence[Change] = ()) -> dict[str, Any]:
    """The whole as one mapping."""
    scan = found.records
    return {
        "what": "summary",
        "rulebooks": {"before": found.old.digest, "after": found.new.digest},
        "as_of": found.now,
        "records": scan.records,
        "records_changed": scan.changed,
        "records_recoloured": recoloured_count(found),
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
                "never_dispatched": s.imagined,
                "proof": s.proved,
            }
            for s in steps(found, changes)
        ],
        "weeks": {"first": load.first, "last": load.last, "count": load.count},
        "load": [_load(one) for one in load.loads],
        "facts_remade": found.remade,
        "late_thresholds": list(found.late),
        "told": list(found.told),
    }


def recoloured_count(found: Backtest) -> int:
    """How many records have another colour."""
    return sum(count for (was, now), count in found.records.matrix.items() if was is not now)


def _load(load: Any) -> dict[str, Any]:
    return {name: getattr(load, name) for name in load.__slots__}


def _matrix(matrix: Mapping[tuple[Colour, Colour], int]) -> dict[str, dict[str, int]]:
    return {was.word: {now.word: matrix.get((was, now), 0) for now in Colour} for was in Colour}
