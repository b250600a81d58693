"""R10: working time is monotone, additive and its own inverse, and equal to days counted one by one; any table, any span up to 400 days."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar
from tests.installation import shipped
from tests.property.day_counter import DAY, DayCounter, Span, moment, violations

SHIPPED: dict[str, Any] = shipped().documents["calendar"]
_TABLES = 20
_STARTS = 4 * 365 * DAY
_EDGES = tuple(
    (date.fromisoformat(day) - date(2023, 1, 1)).days * DAY
    for day in ("2023-12-31", "2024-01-01", "2024-02-28", "2024-02-29", "2024-03-01", "2025-01-28", "2026-02-14", "2026-12-31")
)  # fmt: skip


def document(draw: random.Random) -> dict[str, Any]:
    """A table of some years: stretches off, weekends worked, local closures that may lie on anything."""
    years: dict[str, Any] = {}
    for year in draw.sample(range(2023, 2029), draw.randint(0, 5)):
        first = date(year, 1, 1)
        off = [first + timedelta(days=draw.randrange(360)) for _ in range(draw.randint(1, 8))]
        holidays = [{"from": str(day), "to": str(min(day + timedelta(days=draw.randrange(9)), date(year, 12, 31)))} for day in off]  # fmt: skip
        weekends = [day for n in range(365) if (day := first + timedelta(days=n)).weekday() > 4]
        workdays = [str(day) for day in draw.sample(weekends, draw.randrange(8))]
        years[str(year)] = {"holidays": holidays, "workdays": workdays}
    shut = [date(2023, 1, 1) + timedelta(days=draw.randrange(2200)) for _ in range(draw.randrange(6))]
    closures = [{"from": str(day), "to": str(day + timedelta(days=draw.randrange(30)))} for day in shut]
    return {"years": years, "closures": closures}


@cache
def calendars(seed: int) -> tuple[Calendar, DayCounter]:
    """Both calendars of a drawn table; those of the shipped one for 0."""
    table = document(random.Random(seed)) if seed else SHIPPED
    return Calendar.of(table, "Asia/Shanghai"), DayCounter(table)


def span(draw: random.Random) -> Span:
    """Starts about the edges of days and years as often as anywhere; spans of nothing, of seconds, of days, of 400 days."""
    start = draw.choice((draw.choice(_EDGES) + draw.choice((-1, 0, 1, DAY - 1)), draw.randrange(DAY, _STARTS)))
    lengths = (0, draw.randrange(120), draw.randrange(5 * DAY), DAY * draw.randrange(30), draw.randrange(400 * DAY))
    return Span(start, draw.choice(lengths), draw.choice(lengths), draw.choice(lengths))


def promise(*, size: int, number: int) -> tuple[int, list[str]]:
    """So many spans over twenty tables, one of them the shipped one."""
    draw = random.Random(f"R10/{number}")
    found: list[str] = []
    for turn in range(_TABLES):
        table = document(draw) if turn else SHIPPED
        tried = [span(draw) for _ in range(size // _TABLES)]
        found += violations(Calendar.of(table, "Asia/Shanghai"), DayCounter(table), tried)
    return size // _TABLES * _TABLES, found


@pytest.mark.promise("R10")
def test_a_thousand_spans_are_as_they_are_counted() -> None:
    assert promise(size=1_000, number=-1) == (1_000, [])


LENGTHS = st.one_of(st.just(0), st.integers(0, 120), st.integers(0, 20).map(DAY.__mul__), st.integers(0, 400 * DAY))
STARTS = st.one_of(st.integers(DAY, _STARTS), st.sampled_from(_EDGES).flatmap(lambda at: st.integers(at - 2, at + 2)))


@pytest.mark.promise("R10")
@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 50), start=STARTS, a=LENGTHS, b=LENGTHS, gap=LENGTHS)
@example(seed=0, start=_EDGES[3], a=0, b=0, gap=0)
@example(seed=0, start=_EDGES[0], a=400 * DAY, b=400 * DAY, gap=400 * DAY)
def test_any_span_is_as_it_is_counted(seed: int, start: int, a: int, b: int, gap: int) -> None:
    assert violations(*calendars(seed), [Span(start, a, b, gap)]) == []


@pytest.mark.promise("R10")
@settings(max_examples=40, deadline=None)
@given(start=STARTS, minutes=st.one_of(st.just(0), st.integers(0, 5 * 1440)))
def test_minute_by_minute_it_comes_to_the_same(start: int, minutes: int) -> None:
    calendar, works = calendars(0)[0], calendars(0)[1].works
    second, left = start - start % 60, minutes
    while left or not works[second // DAY]:
        left -= works[second // DAY]
        second += 60
    assert calendar.after(moment(start - start % 60), timedelta(minutes=minutes)) == moment(second)


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(["America/New_York", "Europe/London", "Asia/Beirut", "Australia/Lord_Howe"]),
    hour=st.integers(0, 2 * 366 * 24),
    a=st.integers(0, 60 * 24),
    b=st.integers(0, 60 * 24),
)
def test_where_clocks_are_put_forward_and_back_the_laws_hold_too(zone: str, hour: int, a: int, b: int) -> None:
    calendar = Calendar.of(SHIPPED, zone)
    start, one, two = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour), timedelta(hours=a), timedelta(hours=b)
    at = calendar.after(start, one)
    assert calendar.after(at, two) == calendar.after(start, one + two) >= at >= start
    assert calendar.between(start, at) == one


def test_a_calendar_that_is_wrong_by_a_day_does_not_pass() -> None:
    """The counter can tell: one make-up day too many is found."""
    wrong = {**SHIPPED, "closures": [{"from": "2025-01-26"}]}
    tried = [span(random.Random(n)) for n in range(200)]
    assert violations(Calendar.of(wrong, "Asia/Shanghai"), calendars(0)[1], tried)
