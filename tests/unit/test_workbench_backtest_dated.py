"""Dated: new numbers that begin after most records are named, and only these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa
import pytest

from engine.rescore import workspace
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.workbench.backtest.dated import Late, late

START = 1_740_758_400
"""1 March 2025, midnight in Shanghai."""
DAY = 86_400
FIRST = date(2025, 3, 1)


def book(*values: tuple[str, int], name: str = "repeat.red") -> Rulebook:
    """A rulebook with one parameter: days and values."""
    dated = ", ".join(f"{{from: '{start}', value: {value}, source: 会议}}" for start, value in values)
    text = f"parameters:\n  {name}:\n    title: 几次为红\n    values: [{dated}]\n"
    return loader.load({"parameters.yaml": text.encode()})


def found(old: Rulebook, new: Rulebook, days: Sequence[float] = range(10)) -> tuple[Late, ...]:
    """What is late where a record happened on each of these days."""
    with workspace() as space:
        table = pa.table({"at": [START + int(day * DAY) for day in days]})
        space.connection.register("arriving", table)
        space.connection.execute("CREATE TABLE history AS SELECT * FROM arriving")
        return late(space, old, new)


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


OLD = book(("2024-01-01", 3))


@pytest.mark.parametrize(("begins", "left"), [(5, None), (6, 4), (9, 1), (30, 0)])
def test_a_number_is_late_where_most_records_happened_before_its_day(begins: int, left: int | None) -> None:
    made = found(OLD, book(("2024-01-01", 3), (day(begins), 2)))
    expected = () if left is None else (Late("repeat.red", "几次为红", date.fromisoformat(day(begins)), 3, 2, left),)
    assert made == expected


def test_its_day_begins_at_midnight_here() -> None:
    new = book(("2024-01-01", 3), (day(6), 2))
    (made,) = found(OLD, new, [0, 1, 6 - 1 / DAY, 6])
    assert made.records == 1


def test_a_number_put_in_place_or_known_already_or_the_same_again_is_not_late() -> None:
    later = (("2024-01-01", 3), (day(8), 2))
    assert found(OLD, book(("2024-01-01", 2))) == ()
    assert found(OLD, book((day(30), 2))) == (), "the first holds before its day"
    assert found(book(*later), book(*later)) == ()
    assert found(OLD, book(("2024-01-01", 3), (day(8), 3))) == ()
    assert found(book(*later), OLD) == (), "one that is gone"
    assert found(OLD, book(*later, name="repeat.yellow")) == (), "a parameter of its own"


def test_what_was_there_on_that_day_is_told_as_the_number_before() -> None:
    old = book(("2024-01-01", 4), ("2025-01-01", 3))
    (made,) = found(old, book(("2024-01-01", 4), ("2025-01-01", 3), (day(8), 5)))
    assert (made.before, made.after) == (3, 5)
