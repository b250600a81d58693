"""Calendar: which days are worked, and what is how much working time after what.

In: the `calendar` document of `rules/`, a zone, moments. Out: `Calendar`, and answers that say whether the table speaks of their days.
Not here: which deadlines run on working days (`notify`), what is wrong with a table (`ruleset.almanac`), whether it reaches far enough (`desk.upkeep`).

Working time runs day and night on the days that are worked, from midnight to midnight of the zone, and stands still on the others. Every answer is a
moment of a working day: what would end with the last of them begins the next, so 24:00 before a holiday is told as 00:00 after it. Hence
`after(after(s, a), b) == after(s, a + b)` and `between(s, after(s, a)) == a`, for a span of zero too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """A moment worked out; `provisional`: on the way to it lies a year that the table does not speak of, taken as Monday to Friday."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and days worked of the years the table speaks of, and local closures; without a table Monday to Friday."""

    zone: ZoneInfo
    years: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    closures: frozenset[date] = frozenset()

    @classmethod
    def of(cls, document: Mapping[str, Any] | None, zone: str) -> Calendar:
        """As a checked `calendar` document has it; rules made before there was one have none."""
        table = document or {}
        years: Mapping[str, Mapping[str, Any]] = table.get("years") or {}
        return cls(
            ZoneInfo(zone),
            frozenset(map(int, years)),
            frozenset(day for of_year in years.values() for day in _days(of_year["holidays"])),
            frozenset(date.fromisoformat(day) for of_year in years.values() for day in of_year.get("workdays") or ()),
            frozenset(_days(table.get("closures") or ())),
        )

    def is_workday(self, day: date) -> bool:
        """Whether a day is worked: a local closure goes before everything, then what the State Council says, then the day of the week."""
        if day in self.closures:
            return False
        return day in self.workdays or (day not in self.holidays and day.weekday() < _SATURDAY)

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The moment at which so much working time has passed since `start` (UTC); after none, `start` itself or the beginning of the next working day.

        Raises ValueError for a span below zero: nothing is due before it begins.
        """
        if span < timedelta(0):
            raise ValueError("a span of working time is never negative")
        moment, left, day = start.astimezone(UTC), span, self.day_of(start)
        while True:
            end = self._midnight(day + _DAY)
            if self.is_workday(day):
                if left < end - moment:
                    return moment + left
                left -= end - moment
            moment, day = end, day + _DAY

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """The working time from one moment to another; negative when `end` is the earlier one."""
        first, last = begin.astimezone(UTC), end.astimezone(UTC)
        if last < first:
            return -self.between(last, first)
        worked = (day for day in dates(self.day_of(first), self.day_of(last)) if self.is_workday(day))
        parts = (min(last, self._midnight(day + _DAY)) - max(first, self._midnight(day)) for day in worked)
        return sum(parts, timedelta(0))

    def due(self, start: datetime, span: timedelta) -> Due:
        """The same as `after`, and whether every year that it went through is in the table."""
        at = self.after(start, span)
        passed = range(self.day_of(start).year, self.day_of(at).year + 1)
        return Due(at, not self.years.issuperset(passed))

    def covered_until(self, since: date) -> date | None:
        """The last day up to which the table speaks of every day from `since` on; None when it does not speak of that year."""
        if since.year not in self.years:
            return None
        last = since.year
        while last + 1 in self.years:
            last += 1
        return date(last, 12, 31)

    def day_of(self, moment: datetime) -> date:
        """The day of the zone that a moment falls on."""
        return moment.astimezone(self.zone).date()

    def _midnight(self, day: date) -> datetime:
        """When a day of the zone begins; where clocks are put forward or back a day is shorter or longer than another."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)


def dates(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both among them; none when they are the wrong way round."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _days(stretches: Iterable[Mapping[str, Any]]) -> Iterator[date]:
    """Every day of stretches that have a first and perhaps a last day."""
    for stretch in stretches:
        first = date.fromisoformat(stretch["from"])
        yield from dates(first, date.fromisoformat(stretch.get("to") or stretch["from"]))
