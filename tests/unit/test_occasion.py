"""Why a matter is looked at again: of several things at once the one that changes most of its history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.model import Links, Moment
from engine.occasion import (
    ACTION,
    ARRIVAL,
    CORRECTED,
    LATE,
    MERGED,
    SPLIT,
    WINDOW,
    Occasion,
    of_arrivals,
    of_moves,
)

START = datetime(2025, 3, 1, tzinfo=UTC)


def belongs(**matters: str) -> dict[str, Links]:
    """Records by the matter they belong to."""
    return {id_: Links(None, matter, None, counts=True) for id_, matter in matters.items()}


def happened(fresh: str, former: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """The triggers when the letters of `fresh` come; a letter is a record, and later ones happened later."""
    times = {letter: START + ord(letter) * timedelta(days=1) for letter in {*fresh, *former, *now}}
    made = of_arrivals({letter: times[letter] for letter in fresh}, belongs(**former), belongs(**now), times)
    return {matter: made.trigger_of(matter) for matter in sorted(set(now.values()))}


@pytest.mark.parametrize(
    ("fresh", "former", "now", "triggers"),
    [
        ("b", {"a": "A"}, {"a": "A", "b": "A"}, {"A": ARRIVAL}),
        ("b", {"a": "A"}, {"a": "A", "b": "B"}, {"A": WINDOW, "B": ARRIVAL}),
        ("b", {"c": "C"}, {"b": "B", "c": "B"}, {"B": LATE}),
        ("c", {"b": "B", "c": "B"}, {"b": "B", "c": "B"}, {"B": CORRECTED}),
        ("bc", {"a": "A", "b": "A"}, {"a": "A", "b": "A", "c": "A"}, {"A": CORRECTED}),
        ("c", {"a": "A", "b": "B"}, {"a": "A", "b": "A", "c": "A"}, {"A": MERGED}),
        ("c", {"a": "A", "b": "A"}, {"a": "A", "b": "B", "c": "B"}, {"A": SPLIT, "B": SPLIT}),
        ("x", {"a": "A", "b": "A", "c": "C"}, {"a": "A", "b": "B", "c": "B", "x": "X"}, {"A": SPLIT, "B": MERGED, "X": ARRIVAL}),
    ],
)  # fmt: skip
def test_what_records_do_to_matters(
    fresh: str, former: dict[str, str], now: dict[str, str], triggers: dict[str, str]
) -> None:
    assert happened(fresh, former, now) == triggers


def test_what_a_person_does_is_an_action_unless_matters_merge_or_part() -> None:
    before, after = belongs(a="A", b="B", c="C", d="C"), belongs(a="A", b="A", c="C", d="D")
    made = of_moves(before, after)
    assert [made.trigger_of(matter) for matter in "ACDX"] == [MERGED, SPLIT, SPLIT, ACTION]


def test_a_moment_that_came_goes_before_all_else() -> None:
    made = Occasion(WINDOW, due={"A": Moment(START, "limit")}, of={"A": LATE, "B": LATE})
    assert [made.trigger_of(matter) for matter in "ABC"] == ["limit", LATE, WINDOW]
