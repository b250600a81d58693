"""Working days and working time: the shipped table, its edges, and what is told where it ends. The laws of it are in `tests/property/test_workdays`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.calendar import Calendar, Due, dates
from tests.installation import shipped

DOCUMENT: dict[str, Any] = shipped().documents["calendar"]
CALENDAR = Calendar.of(DOCUMENT, "Asia/Shanghai")
BARE = Calendar.of(None, "Asia/Shanghai")


def local(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


class TestDays:
    @pytest.mark.parametrize(
        ("day", "works"),
        [
            ("2024-02-09", True),  # the eve, which the notice of 2024 leaves to employers
            ("2024-02-10", False),
            ("2024-02-17", False),
            ("2024-02-18", True),  # a Sunday
            ("2024-02-29", True),
            ("2025-01-26", True),
            ("2025-01-28", False),
            ("2025-09-28", True),
            ("2025-10-08", False),
            ("2025-10-11", True),
            ("2026-01-04", True),
            ("2026-02-14", True),
            ("2026-02-23", False),
            ("2026-02-28", True),
            ("2026-09-20", True),
            ("2026-10-10", True),
            ("2026-10-11", False),
            ("2027-01-01", True),  # of that year nothing is known
            ("2027-01-02", False),
        ],
    )
    def test_what_the_state_council_says_goes_before_the_day_of_the_week(self, day: str, works: bool) -> None:
        assert CALENDAR.is_workday(date.fromisoformat(day)) is works

    @pytest.mark.parametrize(("year", "worked"), [(2024, 251), (2025, 248), (2026, 248)])
    def test_as_many_days_are_worked_as_were_counted_when_it_was_published(self, year: int, worked: int) -> None:
        days = dates(date(year, 1, 1), date(year, 12, 31))
        assert sum(map(CALENDAR.is_workday, days)) == worked

    def test_a_local_closure_goes_before_everything(self) -> None:
        closed = Calendar.of({**DOCUMENT, "closures": [{"from": "2026-02-12", "to": "2026-02-14"}]}, "Asia/Shanghai")
        assert [closed.is_workday(date(2026, 2, day)) for day in (11, 12, 13, 14, 16)] == [True, *[False] * 4]

    def test_without_a_table_the_week_holds(self) -> None:
        assert [BARE.is_workday(date(2026, 10, day)) for day in range(1, 12)] == [True, True, False, False, *[True] * 5, False, False]  # fmt: skip


class TestTime:
    @pytest.mark.parametrize(
        ("start", "span", "due"),
        [
            ("2026-09-30T18:00", 4, "2026-09-30T22:00"),
            ("2026-09-30T22:00", 4, "2026-10-08T02:00"),
            ("2026-09-30T20:00", 4, "2026-10-08T00:00"),  # 24:00 before the holiday is 00:00 after it
            ("2026-10-03T15:00", 4, "2026-10-08T04:00"),
            ("2026-10-09T12:00", 24, "2026-10-10T12:00"),  # a Saturday that is worked
            ("2026-02-13T18:00", 24, "2026-02-14T18:00"),
            ("2026-02-14T18:00", 24, "2026-02-24T18:00"),
            ("2025-12-31T12:00", 24, "2026-01-04T12:00"),  # New Year, and a Sunday that is worked
            ("2024-02-28T12:00", 48, "2024-03-01T12:00"),  # over the leap day
            ("2026-10-03T15:00", 0, "2026-10-08T00:00"),
            ("2026-10-08T15:00", 0, "2026-10-08T15:00"),
        ],
    )
    def test_time_stands_still_on_days_off(self, start: str, span: int, due: str) -> None:
        at = CALENDAR.after(local(start), hours(span))
        assert (at, at.tzinfo) == (local(due), UTC)

    def test_days_are_those_of_the_zone(self) -> None:
        friday_in_shanghai = datetime(2025, 3, 14, 15, 59, tzinfo=UTC)
        assert CALENDAR.after(friday_in_shanghai, timedelta(minutes=2)) == local("2025-03-17T00:01")
        assert Calendar.of(None, "UTC").after(friday_in_shanghai, timedelta(minutes=2)) == datetime(2025, 3, 14, 16, 1, tzinfo=UTC)  # fmt: skip

    def test_a_day_on_which_clocks_are_put_forward_is_shorter(self) -> None:
        york = Calendar.of(
            {"years": {"2025": {"holidays": [], "workdays": ["2025-03-09"]}}, "closures": []}, "America/New_York"
        )
        began, ended = local("2025-03-09T00:00", york.zone.key), local("2025-03-10T00:00", york.zone.key)
        assert york.after(began, hours(23)) == ended
        assert york.between(began, ended) == hours(23)

    def test_between_is_negative_the_other_way_round_and_nothing_over_a_holiday(self) -> None:
        begin, end = local("2026-09-30T12:00"), local("2026-10-08T12:00")
        assert (CALENDAR.between(begin, end), CALENDAR.between(end, begin)) == (hours(24), hours(-24))
        assert CALENDAR.between(local("2026-10-01T00:00"), local("2026-10-07T23:59")) == hours(0)

    def test_nothing_is_due_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match="never negative"):
            CALENDAR.after(local("2026-10-08T12:00"), timedelta(seconds=-1))


class TestHowFar:
    @pytest.mark.parametrize(
        ("start", "span", "due"),
        [
            ("2026-12-31T12:00", 4, Due(local("2026-12-31T16:00"), False)),
            ("2026-12-31T12:00", 12, Due(local("2027-01-01T00:00"), True)),
            ("2027-03-05T20:00", 24, Due(local("2027-03-08T20:00"), True)),
            ("2023-12-29T20:00", 1, Due(local("2023-12-29T21:00"), True)),
            ("2024-01-02T20:00", 1, Due(local("2024-01-02T21:00"), False)),
        ],
    )
    def test_a_year_that_is_not_in_the_table_makes_an_answer_provisional(self, start: str, span: int, due: Due) -> None:
        assert CALENDAR.due(local(start), hours(span)) == due

    def test_a_gap_between_years_is_one_too(self) -> None:
        years = {year: held for year, held in DOCUMENT["years"].items() if year != "2025"}
        gap = Calendar.of({"years": years}, "Asia/Shanghai")
        assert gap.due(local("2024-12-31T12:00"), timedelta(days=400)).provisional
        assert gap.covered_until(date(2024, 5, 1)) == date(2024, 12, 31)

    @pytest.mark.parametrize(
        ("since", "until"), [("2023-12-31", None), ("2024-01-01", date(2026, 12, 31)), ("2026-12-31", date(2026, 12, 31)), ("2027-01-01", None)]
    )  # fmt: skip
    def test_it_says_up_to_when_it_speaks(self, since: str, until: date | None) -> None:
        assert CALENDAR.covered_until(date.fromisoformat(since)) == until
        assert BARE.covered_until(date.fromisoformat(since)) is None

    def test_a_span_of_centuries_comes_to_an_end(self) -> None:
        assert CALENDAR.due(local("2026-01-05T00:00"), timedelta(days=99_999)).provisional
