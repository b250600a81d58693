"""Steadiness: which windows are new, and which records can only ever have seen what they see now."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from engine.workbench.backtest.steadiness import ACTIONS, quiet_sql, unsteady
from tests.property.rulebook_changes import base, loaded

A, B = "2025-03-01", "2025-03-02"


def changed(name: str, **keys: Any) -> frozenset[str]:
    book = base()
    book["features"][name].update(keys)
    return unsteady(loaded(book), [loaded(base())])


def test_windows_that_are_the_same_under_any_name_are_steady() -> None:
    book = base()
    book["features"]["matter.other"] = dict(book["features"]["matter.records_30d"], title="别名")
    assert unsteady(loaded(book), [loaded(base())]) == frozenset()


@pytest.mark.parametrize(
    ("name", "keys", "kind"),
    [
        ("matter.records_30d", {"within": "60d"}, "matter"),
        ("place.records_60d", {"where": {"kind": "walk_in"}}, "place"),
        ("hotspot.persons_90d", {"including_this": False}, "hotspot"),
        ("matter.failed", {"where": {"action": "returned"}, "within": "9d"}, ACTIONS),
    ],
)
def test_another_window_is_new_over_its_kind(name: str, keys: dict[str, Any], kind: str) -> None:
    assert changed(name, **keys) == {kind}


def test_a_window_that_counts_by_other_words_is_new() -> None:
    book = base()
    book["words"]["home"]["entries"].append("邻居")
    assert unsteady(loaded(book), [loaded(base())]) == {"matter"}


def test_nothing_is_steady_where_a_former_rulebook_cannot_be_read_or_had_it_otherwise() -> None:
    assert {"matter", "place", "hotspot", ACTIONS} <= unsteady(loaded(base()), None)
    book = base()
    book["features"]["matter.records_30d"]["within"] = "60d"
    assert unsteady(loaded(base()), [loaded(base()), loaded(book)]) == {"matter"}


def quiet(kinds: set[str], *rows: tuple[int, int, int, str, str, bool]) -> list[int]:
    """Rows: number, when it happened, when it was known, matter, place, judged once."""
    with duckdb.connect() as connection:
        connection.execute(
            'CREATE TABLE history (n INT, "at" INT, matter TEXT, place TEXT, person TEXT, hotspot TEXT, phone TEXT)'
        )
        connection.execute("CREATE TABLE learned (n INT, known INT, once BOOLEAN)")
        for n, at, known, matter, place, once in rows:
            connection.execute(
                "INSERT INTO history VALUES (?, ?, ?, ?, NULL, NULL, NULL)", [n, at, matter, place or None]
            )
            connection.execute("INSERT INTO learned VALUES (?, ?, ?)", [n, known, once])
        return sorted(n for n, held in connection.execute(quiet_sql(kinds)).fetchall() if held)


def test_in_order_everybody_is_quiet_but_who_may_have_been_joined_later() -> None:
    rows = ((1, 10, 10, "m", "", True), (2, 20, 20, "m", "", True), (3, 30, 30, "m", "", True))
    assert quiet({"matter"}, *rows) == [1, 3], "the third may have joined the second to the first"
    assert quiet(set(), *rows) == [1, 2, 3]


def test_what_comes_late_or_is_judged_twice_stirs_those_after_it() -> None:
    late = ((1, 10, 35, "a", "p", True), (2, 20, 20, "b", "p", True), (3, 5, 5, "c", "p", True))
    assert quiet({"place"}, *late) == [1, 3]
    twice = ((1, 10, 10, "a", "p", False), (2, 20, 20, "b", "p", True), (3, 30, 30, "c", "q", True))
    assert quiet({"place"}, *twice) == [3]
