"""Almanac: what is wrong with a table of days off and workdays.

In: the `calendar` of a file whose shape is right. Out: faults, each at its line. Not here: what the days mean (`engine.calendar`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from engine.calendar import dates
from engine.ruleset.parts import Parts
from engine.ruleset.strict_yaml import Document, Path

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五")
_LONGEST = 92
"""Days in one stretch: a quarter; a year too many typed by mistake is longer."""


def check_calendar(parts: Parts, document: Document) -> None:
    """Dates that are none, of another year, the wrong way round, named twice, worked and not worked, or worked anyway, are faults."""
    table = document.value.get("calendar") or {}
    years: Mapping[str, Mapping[str, Any]] = table.get("years") or {}
    off: set[date] = set()
    for year, raw in years.items():
        path: Path = ("calendar", "years", year)
        _day(parts, document, raw["dated"], (*path, "dated"))
        for number, holiday in enumerate(raw["holidays"]):
            _claim(parts, document, off, holiday, (*path, "holidays", number), year=int(year))
    for year, raw in years.items():
        _workdays(parts, document, raw.get("workdays") or (), ("calendar", "years", year, "workdays"), off)
    closed: set[date] = set()
    for number, closure in enumerate(table.get("closures") or ()):
        if closure is not None:
            _claim(parts, document, closed, closure, ("calendar", "closures", number))


def _workdays(parts: Parts, document: Document, texts: Sequence[str], path: Path, off: Collection[date]) -> None:
    """Weekends that are worked: each named once, in its year, and no day off."""
    known: set[date] = set()
    for number, text in enumerate(texts):
        place = (*path, number)
        day = _day(parts, document, text, place)
        if day is None or not _of_year(parts, document, day, place, year=int(path[2])):
            continue
        if day in known:
            parts.add("C104", document.place(place), day=day)
        elif day in off:
            parts.add("C105", document.place(place), day=day)
        elif day.weekday() < len(_WEEKDAYS):
            parts.add("C106", document.place(place), day=day, weekday=_WEEKDAYS[day.weekday()])
        known.add(day)


def _claim(
    parts: Parts, document: Document, known: set[date], raw: Mapping[str, Any], path: Path, *, year: int | None = None
) -> None:
    """The days of a stretch, none of which an earlier one may have: told once, by the first of them."""
    days = _stretch(parts, document, raw, path, year=year)
    twice = [day for day in days if day in known]
    if twice:
        parts.add("C104", document.place(path), day=twice[0])
    known.update(days)


def _stretch(
    parts: Parts, document: Document, raw: Mapping[str, Any], path: Path, *, year: int | None
) -> tuple[date, ...]:
    """The days from `from` to `to`; none where one of them is wrong, for what would follow from it is no fault of its own."""
    ends = {key: _day(parts, document, raw[key], (*path, key)) for key in ("from", "to") if raw.get(key) is not None}
    right = [day for key, day in ends.items() if day and _of_year(parts, document, day, (*path, key), year=year)]
    if len(right) < len(ends):
        return ()
    first, last = right[0], right[-1]
    length = (last - first).days + 1
    if length < 1:
        parts.add("C103", document.place((*path, "to")), first=first, last=last)
    elif length > _LONGEST:
        parts.add("C107", document.place((*path, "to")), days=length, limit=_LONGEST)
    else:
        return tuple(dates(first, last))
    return ()


def _day(parts: Parts, document: Document, text: str, path: Path) -> date | None:
    try:
        if _WRITTEN.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # the thirtieth of February
        pass
    parts.add("C101", document.place(path), value=text)
    return None


def _of_year(parts: Parts, document: Document, day: date, path: Path, *, year: int | None) -> bool:
    if year in (None, day.year):
        return True
    parts.add("C102", document.place(path), day=day, year=year)
    return False
