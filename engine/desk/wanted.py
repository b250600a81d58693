"""Wanted: cases of which people said what colour they should be, for whoever tries out rules on history.

In: an installation, a list of ids with colours (csv or json), blind grades and raisings. Out: `Wanted`, by the matter or the record that each names today.
Not here: whether rules give that colour (the workbench).

A list has the columns `id` (or `matter`: a code, a matter or any of its records) or `record` (one record by itself), and `colour`: at least that is wanted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from engine.desk.acting import RAISE
from engine.desk.opening import Desk
from engine.desk.reading import colour_named
from engine.errors import UsageError
from engine.masking import mask_reference
from engine.model import Colour
from engine.store import Reading

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MATTER = ("id", "matter", "事项", "编号")
_RECORD = ("record", "来件")
_COLOUR = ("colour", "color", "颜色", "等级")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """At least this colour, of a matter or of one record; `name` as whoever wanted it calls it."""

    name: str
    colour: Colour
    matter: str = ""
    record: str = ""


def listed(desk: Desk, name: str, data: bytes) -> list[Wanted]:
    """The cases of a list. Raises UsageError naming rows that cannot be read, ids that nothing has and ids with two colours: a slip there would
    miss nothing for ever.
    """
    rows = list(_rows(name, data))
    if not rows:
        raise UsageError(f"{name} 里一条标注也没有", hint="写两列：id 和 colour")
    found, unknown = [], []
    places: dict[str, tuple[int, Colour]] = {}
    with desk.store.read() as view:
        for at, row in enumerate(rows, start=1):
            reference, whole = _named(name, at, row)
            one = _found(view, reference, colour_named(_cell(row, _COLOUR)), whole=whole)
            if one is None:
                unknown.append(mask_reference(reference))
                continue
            before, colour = places.setdefault(reference, (at, one.colour))
            if colour is not one.colour:
                raise UsageError(
                    f"{name} 第 {before} 条和第 {at} 条是同一个编号，颜色不同：{mask_reference(reference)}",
                    hint="只留一条，写至少应是的颜色",
                )
            if before == at:
                found.append(one)
    if unknown:
        more = f"等 {len(unknown)} 个" if len(unknown) > _SHOWN else ""
        raise UsageError(
            f"{name} 里有库里没有的编号：{'、'.join(unknown[:_SHOWN])}{more}",
            hint="用 sanse matters list --all 查看编号",
        )
    return found


def judged(desk: Desk) -> list[Wanted]:
    """The matters that were graded blind, by their last grade, and those that a person raised."""
    with desk.store.read() as view:
        raised = {matter for matter, kind in view.steps() if kind == RAISE}
        wanted = {
            home: Colour.named(action.level)
            for action in view.actions_of(sorted(raised), evidence=False)
            if action.kind == RAISE and (home := view.matter_id(action.matter))
        }
        for one in view.dealt_between(_BEGINNING, desk.clock() + timedelta(seconds=1)):
            home = view.matter_id(one.matter)
            if one.grade is not None and home:
                wanted[home] = one.grade
    return [Wanted(matter, colour, matter) for matter, colour in sorted(wanted.items())]


def _rows(name: str, data: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        text = _decoded(data)
        if text.lstrip()[:1] not in ("[", "{"):
            yield from csv.DictReader(io.StringIO(text))
            return
        held = orjson.loads(text)
    except (UnicodeDecodeError, orjson.JSONDecodeError) as problem:
        raise UsageError(f"{name} 读不懂", hint="写成 UTF-8 或 GB18030 的 csv（两列 id,colour）或 json") from problem
    yield from ({"id": key, "colour": of} for key, of in held.items()) if isinstance(held, dict) else held


def _decoded(data: bytes) -> str:
    """UTF-8, or what Excel saves where Chinese is at home."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _named(name: str, at: int, row: Mapping[str, Any]) -> tuple[str, bool]:
    """What a row names, and whether that is a whole matter."""
    matter, record = (_cell(row, keys) if isinstance(row, dict) else "" for keys in (_MATTER, _RECORD))
    if bool(matter) == bool(record) or not _cell(row, _COLOUR):
        raise UsageError(
            f"{name} 第 {at} 条读不懂",
            hint="每条写 id（事项编号或来件 id）和 colour；只看一件来件本身的，用 record 代替 id",
        )
    return matter or record, bool(matter)


def _cell(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((str(row[key]).strip() for key in keys if row.get(key)), "")


def _found(view: Reading, reference: str, colour: Colour, *, whole: bool) -> Wanted | None:
    if whole:
        matter = view.matter_id(reference)
        return Wanted(reference, colour, matter=matter) if matter else None
    return Wanted(reference, colour, record=reference) if view.sightings([reference]) else None
