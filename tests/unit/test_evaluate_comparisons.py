"""Comparisons by columns: null goes first, each comparison is made once, and what no row can change is no column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import product
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from engine.evaluate import columns
from engine.evaluate.comparisons import Truth, at_least, both, either, number, opposite
from engine.ruleset.tree import Rulebook
from tests.rulebook_samples import rule, rulebook

DAY = date(2025, 6, 15)
WEAPON = {"w": ("record.weapon", "is", True)}
HEADS = {"h": ("record.heads", "at_least", 3)}


def statement(held: Rulebook, *fields: pa.Field, **more: Any) -> str:
    """The SQL of `decide` over columns of these types."""
    schema = pa.schema([pa.field("subject", pa.string()), pa.field("day", pa.date32()), *fields])
    facts = ibis.table(ibis.Schema.from_pyarrow(schema), name="facts")
    asked = columns.decide(held, facts, thresholds="dated", today=DAY, **more)
    return str(ibis.to_sql(asked, dialect="duckdb", pretty=False))


def decided(held: Rulebook, **cells: pa.Array) -> list[dict[str, Any]]:
    """Rows of `decide`, in order of their subjects."""
    count = len(next(iter(cells.values())))
    told = {"subject": pa.array([str(n) for n in range(count)]), "day": pa.array([DAY] * count, pa.date32())}
    table = pa.table({**told, **cells})
    sql = statement(held, *(table.schema.field(name) for name in cells))
    with duckdb.connect() as connection:
        connection.register("facts", table)
        return sorted(connection.sql(sql).to_arrow_table().to_pylist(), key=lambda row: int(row["subject"]))


def test_fired_and_review_are_plain_columns() -> None:
    rows = decided(rulebook(rule("R", WEAPON)), record__weapon=pa.array([True, False, None]))
    assert [(row["fired__R"], row["review__R"]) for row in rows] == [(True, False), (False, False), (False, True)]
    assert [row["colour"] for row in rows] == [2, 0, 1]


def test_a_rule_that_can_never_be_in_review_has_no_such_column() -> None:
    never_null = pa.field("record__weapon", pa.bool_(), nullable=False)
    for held, field in (
        (rulebook(rule("R", WEAPON)), never_null),
        (rulebook(rule("R", WEAPON, on_missing={"record.weapon": "no"})), never_null.with_nullable(True)),
        (rulebook(rule("R", WEAPON)), pa.field("record__heads", pa.int64())),
    ):
        assert "review__R" not in statement(held, field)
    assert "review__R" in statement(rulebook(rule("R", WEAPON)), never_null.with_nullable(True))


def test_a_column_declared_never_null_is_not_asked_for_null() -> None:
    asked = statement(rulebook(rule("R", HEADS)), pa.field("record__heads", pa.int64(), nullable=False))
    assert "NULL" not in asked.upper().replace("IS NOT NULL", "").replace("NULLS", "")
    assert "COALESCE" not in asked.upper()


def test_a_comparison_is_made_once_for_all_rules_that_ask_for_it() -> None:
    held = rulebook(
        *(rule(f"R{n}", {**HEADS, **WEAPON}, when) for n, when in enumerate(("h and w", "h or w", "w and not h")))
    )
    asked = statement(held, pa.field("record__heads", pa.int64()), pa.field("record__weapon", pa.bool_()))
    assert asked.count(">= ") == 1


def test_members_of_lists_are_looked_for_once() -> None:
    held = rulebook(
        rule("a", {"x": ("record.marks", "has_any", ["p", "q"])}),
        rule("b", {"x": ("record.marks", "has_any", ["q", "r"])}),
    )
    asked = statement(held, pa.field("record__marks", pa.list_(pa.string())))
    assert asked.upper().count("CONTAINS") == 3


@pytest.mark.parametrize("operator", ["at_most", "less_than"])
def test_nothing_in_place_of_the_unknown_passes_no_comparison(operator: str) -> None:
    held = rulebook(rule("R", {"h": ("record.heads", operator, 3)}, on_missing={"record.heads": "no"}))
    rows = decided(held, record__heads=pa.array([None, 0, 9], pa.int64()))
    assert [row["fired__R"] for row in rows] == [False, True, False]


def test_hundreds_of_rules_are_not_too_deep_for_sql() -> None:
    """DuckDB refuses expressions that are a thousand deep."""
    parts: Sequence[Truth] = [ibis.table({"heads": "!int64"}, name="facts").heads == n for n in range(1_500)]
    sql = ibis.to_sql(ibis.table({"heads": "!int64"}, name="facts").select(held=either(parts)), dialect="duckdb")
    with duckdb.connect() as connection:
        connection.register("facts", pa.table({"heads": [1_499, 1_500]}))
        assert connection.sql(str(sql)).to_arrow_table()["held"].to_pylist() == [True, False]


def test_what_no_row_can_change_is_no_column() -> None:
    assert both([True, True]) is True
    assert both([True, False]) is False
    assert either([False, False]) is False
    assert either([False, True]) is True
    assert (opposite(True), both([]), either([])) == (False, True, False)
    assert [at_least(least, [True, False, True]) for least in (0, 2, 3)] == [True, True, False]


@pytest.mark.parametrize(("least", "count"), [(1, 3), (2, 3), (3, 3), (2, 5), (3, 5), (4, 9)])
def test_so_many_of_several_however_it_is_written(least: int, count: int) -> None:
    cells = list(product([False, True], repeat=count))
    table = pa.table({f"p{n}": pa.array(column) for n, column in enumerate(zip(*cells, strict=True))})
    asked = ibis.table(ibis.Schema.from_pyarrow(table.schema), name="facts")
    parts: Sequence[Truth] = [asked[name] for name in table.column_names]
    sql = ibis.to_sql(asked.select(held=at_least(least, parts)), dialect="duckdb")
    with duckdb.connect() as connection:
        connection.register("facts", table)
        held = connection.sql(str(sql)).to_arrow_table()["held"].to_pylist()
    assert held == [sum(row) >= least for row in cells]


@pytest.mark.parametrize(("value", "type_"), [(2, "int8"), (2, "int64"), (2**40, "int64")])
def test_a_number_has_the_type_that_was_asked_for(value: int, type_: str) -> None:
    table = ibis.table({"a": "!boolean"}, name="facts")
    asked = table.select(n=table.a.ifelse(number(value, type_), number(0, type_)))
    with duckdb.connect() as connection:
        connection.register("facts", pa.table({"a": [True]}))
        made = connection.sql(str(ibis.to_sql(asked, dialect="duckdb"))).to_arrow_table()
    assert made.schema.field("n").type == pa.type_for_alias(type_)
    assert made["n"].to_pylist() == [value]
