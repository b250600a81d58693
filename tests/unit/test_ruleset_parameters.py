"""Dated thresholds: which value holds on which day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ruleset import loader
from engine.ruleset.parameters import bound, newest, regime_of, regimes, values_at
from engine.ruleset.tree import DatedValue, Parameter, Reference, Rulebook

FILE = """parameters:
  repeat.red:
    title: 几次为红
    values:
      - {from: '2024-02-29', value: 3, source: 惯例}
      - {from: '2025-01-01', value: 4, source: 会议}
      - {from: '2025-12-31', value: 5, source: 会议}
  money.red:
    title: 多少为红
    values: [{from: '2020-01-01', value: 50000000, source: 惯例}]
"""


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return loader.load({"parameters.yaml": FILE.encode()})


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(1999, 1, 1), 3),
        (date(2024, 2, 28), 3),
        (date(2024, 2, 29), 3),
        (date(2024, 12, 31), 3),
        (date(2025, 1, 1), 4),
        (date(2025, 12, 30), 4),
        (date(2025, 12, 31), 5),
        (date(9999, 12, 31), 5),
    ],
)
def test_the_last_change_that_is_not_later_holds(rulebook: Rulebook, day: date, value: int) -> None:
    assert values_at(rulebook, day) == {"repeat.red": value, "money.red": 50_000_000}


def test_regimes_are_the_days_of_change_after_the_beginning_of_time(rulebook: Rulebook) -> None:
    assert regimes(rulebook) == (date.min, date(2025, 1, 1), date(2025, 12, 31))
    assert regimes(loader.load({"a.yaml": b"settings: {}"})) == (date.min,)


@pytest.mark.parametrize("day", [date.min, date(2024, 12, 31), date(2026, 1, 1), date.max])
def test_the_newest_numbers_as_if_they_had_always_held(rulebook: Rulebook, day: date) -> None:
    held = newest(rulebook)
    assert values_at(held, day) == {"repeat.red": 5, "money.red": 50_000_000}
    assert regimes(held) == (date.min,)
    assert (held.digest, values_at(rulebook, date(2025, 1, 1))["repeat.red"]) == (rulebook.digest, 4)


@given(day=st.dates())
def test_between_two_regimes_nothing_changes(day: date) -> None:
    held = loader.load({"parameters.yaml": FILE.encode()})
    assert values_at(held, day) == values_at(held, regime_of(regimes(held), day))


@given(
    starts=st.lists(st.dates(date(2000, 1, 1), date(2100, 1, 1)), min_size=1, max_size=6, unique=True), day=st.dates()
)
def test_a_parameter_takes_the_newest_value_of_its_past(starts: list[date], day: date) -> None:
    ordered = sorted(starts)
    parameter = Parameter("a.b", "甲", tuple(DatedValue(start, number) for number, start in enumerate(ordered)))
    past = [number for number, start in enumerate(ordered) if start <= day]
    assert parameter.at(day) == (past[-1] if past else 0)


def test_bounds_with_references_are_resolved() -> None:
    values = {"low.a": 2, "high.b": 5}
    assert bound(3, values) == 3
    assert bound(Reference("low.a"), values) == 2
    assert bound((Reference("low.a"), Reference("high.b"), 7), values) == (2, 5, 7)
    assert bound((), values) == ()


def test_a_day_before_is_another_day() -> None:
    change = date(2025, 1, 1)
    assert regime_of((date.min, change), change - timedelta(days=1)) == date.min
    assert regime_of((date.min, change), change) == change
