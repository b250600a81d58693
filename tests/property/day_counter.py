"""A second calendar that shares nothing with the first: days counted one by one, with dates as text and the eight hours of Shanghai.

In: a `calendar` document as plain data, seconds. Out: the same answers, and what of the first calendar's answers is otherwise (R10). Not here: the
documents and moments that are drawn (`test_workdays`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from engine.calendar import Calendar

DAY = 86_400
FIRST = datetime(2023, 1, 1, tzinfo=UTC) - timedelta(hours=8)
"""Midnight in Shanghai: seconds are counted from here."""
_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Span:
    """What is tried: a start, two spans and a gap, in seconds."""

    start: int
    a: int
    b: int
    gap: int


class DayCounter:
    """Ten years of days, each worked or not."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._years = set(document["years"])
        off = {day for year in document["years"].values() for day in _named(year["holidays"])}
        worked = {day for year in document["years"].values() for day in year.get("workdays", ())}
        closed = set(_named(document.get("closures", ())))
        self._names = [_name(number) for number in range(_DAYS)]
        # 1 January 2023 was a Sunday
        self.works = [
            name not in closed and (name in worked or (name not in off and number % 7 not in (0, 6)))
            for number, name in enumerate(self._names)
        ]
        self._worked = [number for number, works in enumerate(self.works) if works]

    def done(self, second: int) -> int:
        """Working seconds from the first day until then."""
        number, into = divmod(second, DAY)
        return bisect_left(self._worked, number) * DAY + (into if self.works[number] else 0)

    def after(self, second: int, span: int) -> int:
        """The nth worked day, and so far into it."""
        nth, into = divmod(self.done(second) + span, DAY)
        return self._worked[nth] * DAY + into

    def provisional(self, first: int, last: int) -> bool:
        """Whether a day from the one moment to the other is of a year that the document does not have."""
        return any(name[:4] not in self._years for name in self._names[first // DAY : last // DAY + 1])


def moment(second: int) -> datetime:
    """A second as a moment."""
    return FIRST + timedelta(seconds=second)


def violations(calendar: Calendar, counter: DayCounter, tried: Sequence[Span]) -> list[str]:
    """Where the two calendars differ, or the first is not monotone, additive or its own inverse."""
    return [f"{one}: {said}" for one in tried for said in _wrong(calendar, counter, one)]


def _wrong(calendar: Calendar, counter: DayCounter, tried: Span) -> Iterator[str]:
    start, a, b = moment(tried.start), timedelta(seconds=tried.a), timedelta(seconds=tried.b)
    at, later = calendar.after(start, a), start + timedelta(seconds=tried.gap)
    expected = counter.after(tried.start, tried.a)
    if at != moment(expected):
        yield f"after is {at}, counted {moment(expected)}"
    if calendar.after(at, b) != calendar.after(start, a + b):
        yield "not additive"
    if not at <= calendar.after(start, a + b) or not at <= calendar.after(later, a):
        yield "not monotone"
    if calendar.between(start, at) != a or calendar.between(at, start) != -a:
        yield "between is not the inverse"
    if calendar.after(start, calendar.between(start, later)) != calendar.after(later, timedelta(0)):
        yield "after is not the inverse"
    if calendar.between(start, later).total_seconds() != counter.done(tried.start + tried.gap) - counter.done(
        tried.start
    ):
        yield "between is otherwise counted"
    due = calendar.due(start, a)
    if (due.at, due.provisional) != (at, counter.provisional(tried.start, expected)):
        yield f"due is {due}"


def _named(stretches: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The names of the days of stretches, one by one."""
    for stretch in stretches:
        last, number = stretch.get("to", stretch["from"]), 0
        while (name := _name(number)) <= last:
            number += 1
            if name >= stretch["from"]:
                yield name


@cache
def _name(number: int) -> str:
    return (FIRST + timedelta(days=number, hours=8)).strftime("%Y-%m-%d")
