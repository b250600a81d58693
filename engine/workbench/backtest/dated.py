"""Dated: new numbers that begin after most of the records that are tried, so that hardly one is judged by them.

In: two rulebooks, records in a workspace. Out: `Late` for each such number. Not here: judging by the newest numbers whatever the day
(`ruleset.parameters.newest`), how it is told (`told`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from engine.model import Value
from engine.rescore import Workspace
from engine.ruleset.differences import Threshold, differences
from engine.ruleset.tree import Rulebook


@dataclass(frozen=True, slots=True)
class Late:
    """A number that is another from a day on; `records`: how many happened on that day or later."""

    name: str
    title: str
    start: date
    before: Value
    after: Value
    records: int


def late(space: Workspace, old: Rulebook, new: Rulebook, zone: str = "Asia/Shanghai") -> tuple[Late, ...]:
    """The numbers of `new` that `old` has not and that begin after most records."""
    found = []
    for number in _later(old, new):
        begins = int(datetime.combine(number.start, time(), ZoneInfo(zone)).timestamp())
        query = 'SELECT count(*), count(*) FILTER ("at" >= ?) FROM history'
        records, since = space.connection.cursor().execute(query, [begins]).fetchall()[0]
        if 2 * since < records and number.after is not None:
            was = old.parameters[number.name].at(number.start)
            found.append(Late(number.name, number.title, number.start, was, number.after, since))
    return tuple(found)


def _later(old: Rulebook, new: Rulebook) -> Iterator[Threshold]:
    """Numbers that are others from a day on; the first of a parameter is none of them, for it holds before its day too."""
    for number in differences(old, new).thresholds:
        was, held = old.parameters.get(number.name), new.parameters.get(number.name)
        if was is None or held is None or number.after in (None, was.at(number.start)):
            continue
        if held.values[0].start < number.start:
            yield number
