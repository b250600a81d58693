"""The reader by columns: one row per subject, null is unknown, no column is absent, each row on the numbers of its own day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from engine.errors import RuleError
from engine.evaluate import columns
from engine.evaluate.columns import FIRED, QUIET, REVIEW
from engine.evaluate.comparisons import swept_column
from engine.evaluate.plan import Scope
from engine.model import Colour
from engine.ruleset.tree import Rulebook
from tests.rulebook_samples import rule, rulebook

DAY = date(2025, 6, 15)
WEAPON = {"w": ("record.weapon", "is", True)}
TYPES = {
    "record.weapon": pa.bool_(),
    "record.injury": pa.bool_(),
    "record.heads": pa.int64(),
    "record.topic": pa.string(),
    "record.marks": pa.list_(pa.string()),
    "words.knife": pa.bool_(),
    "matter.failed": pa.int64(),
    "process.days_open": pa.int64(),
}


def judged(
    held: Rulebook,
    days: Sequence[date],
    today: date | None = None,
    *,
    scope: Scope = Scope.RECORD,
    shadow: bool = False,
    **given: Sequence[Any],
) -> list[dict[str, Any]]:
    """Rows in order of their subjects; facts by name with `__` for the dot."""
    held_columns: dict[str, pa.Array] = {
        "subject": pa.array([str(at) for at in range(len(days))], pa.string()),
        "day": pa.array(days, pa.date32()),
    }
    held_columns |= {name: pa.array(cells, TYPES[name.replace("__", ".")]) for name, cells in given.items()}
    table = pa.table(held_columns)
    asked = columns.judge(
        held,
        ibis.table(ibis.Schema.from_pyarrow(table.schema), name="facts"),
        thresholds="today" if today else "dated",
        today=today or DAY,
        scope=scope,
        shadow=shadow,
    )
    with duckdb.connect() as connection:
        connection.register("facts", table)
        rows = connection.sql(ibis.to_sql(asked, dialect="duckdb")).to_arrow_table().to_pylist()
    return sorted(rows, key=lambda row: int(row["subject"]))


def outcomes(held: Rulebook, rule_id: str, **given: Sequence[Any]) -> list[int]:
    days = [DAY] * len(next(iter(given.values())))
    return [row[columns.rule_column(rule_id)] for row in judged(held, days, **given)]


def test_names_of_columns() -> None:
    assert columns.column_of("matter.incidents_30d") == "matter__incidents_30d"
    assert columns.rule_column("R-1") == "rule__R-1"
    assert columns.concluded_column("made.armed") == "fact__made__armed"


def test_no_subjects_no_rows() -> None:
    assert judged(rulebook(rule("R", WEAPON)), [], record__weapon=[]) == []


def test_a_rulebook_without_rules_is_green() -> None:
    assert judged(rulebook(), [DAY]) == [{"subject": "0", "colour": Colour.GREEN, "points": 0}]


def test_null_is_unknown_and_no_column_is_absent() -> None:
    held = rulebook(rule("R", WEAPON))
    assert outcomes(held, "R", record__weapon=[True, False, None]) == [FIRED, QUIET, REVIEW]
    assert outcomes(held, "R", record__heads=[1]) == [QUIET]
    assert outcomes(rulebook(rule("R", WEAPON, "not w")), "R", record__heads=[1]) == [FIRED]


@pytest.mark.parametrize(("bound", "absent", "unknown"), [(True, QUIET, QUIET), (False, FIRED, FIRED)])
def test_exists_is_never_unknown(bound: bool, absent: int, unknown: int) -> None:
    held = rulebook(rule("R", {"h": ("record.heads", "exists", bound)}))
    known = QUIET if unknown == FIRED else FIRED
    assert outcomes(held, "R", record__heads=[None, 0]) == [unknown, known]
    assert outcomes(held, "R", record__weapon=[True]) == [absent]


@pytest.mark.parametrize(
    ("fact", "operator", "bound", "cells", "expected"),
    [
        ("record.heads", "between", [2, 4], [1, 2, 4, 5, None], [QUIET, FIRED, FIRED, QUIET, REVIEW]),
        ("record.heads", "more_than", 2**53, [2**53, 2**53 + 1], [QUIET, FIRED]),
        ("record.heads", "in", [1, 3], [1, 2, None], [FIRED, QUIET, REVIEW]),
        ("record.heads", "not_in", [1, 3], [1, 2, None], [QUIET, FIRED, REVIEW]),
        ("record.heads", "in", [], [1, None], [QUIET, REVIEW]),
        ("record.heads", "not_in", [], [1, None], [FIRED, REVIEW]),
        ("record.topic", "is", "a'b\\", ["a'b\\", "A'B\\", ""], [FIRED, QUIET, QUIET]),
        ("record.marks", "has_any", ["a", "b"], [["b", "c"], ["c"], [], None], [FIRED, QUIET, QUIET, REVIEW]),
        ("record.marks", "has_any", [], [["a"], None], [QUIET, REVIEW]),
    ],
)
def test_an_operator(fact: str, operator: str, bound: Any, cells: list[Any], expected: list[int]) -> None:
    held = rulebook(rule("R", {"x": (fact, operator, bound)}))
    assert outcomes(held, "R", **{columns.column_of(fact): cells}) == expected


def test_some_of_several_is_unknown_only_while_both_ends_are_open() -> None:
    lines = {**WEAPON, "i": ("record.injury", "is", True), "k": ("words.knife", "is", True)}
    held = rulebook(rule("R", lines, "2 of [w, i, k]"))
    given: Mapping[str, list[bool | None]] = {
        "record__weapon": [True, True, True, None, None, False],
        "record__injury": [True, None, None, None, None, None],
        "words__knife": [False, True, False, False, True, None],
    }
    assert outcomes(held, "R", **given) == [FIRED, FIRED, REVIEW, REVIEW, REVIEW, REVIEW]
    assert outcomes(held, "R", record__weapon=[None], words__knife=[False]) == [QUIET]


def test_the_strictest_answer_among_the_unknown_decides_row_by_row() -> None:
    lines = {**WEAPON, "h": ("record.heads", "at_least", 3)}
    held = rulebook(rule("R", lines, "w or h", on_missing={"record.weapon": "yes", "record.heads": "no"}))
    given = {"record__weapon": [None, False, None, False], "record__heads": [1, None, None, 1]}
    assert outcomes(held, "R", **given) == [FIRED, QUIET, FIRED, QUIET]


EDGES = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 12, 31), date(2025, 1, 1), date(2026, 7, 1)]
DATED = rulebook(
    rule("R", {"h": ("record.heads", "at_least", "$limit")}),
    parameters={"limit": [("2024-02-29", 5), ("2024-12-31", 4), ("2025-01-01", 3)]},
)


def test_each_row_is_judged_on_the_numbers_of_its_own_day() -> None:
    for heads, expected in ((3, [0, 0, 0, 2, 2]), (4, [0, 0, 2, 2, 2]), (5, [2, 2, 2, 2, 2])):
        rows = judged(DATED, EDGES, record__heads=[heads] * len(EDGES))
        assert [row["rule__R"] for row in rows] == expected


def test_or_all_rows_on_the_numbers_of_one_day() -> None:
    for today, expected in ((date(2020, 1, 1), QUIET), (date(2024, 12, 31), FIRED)):
        rows = judged(DATED, EDGES, today, record__heads=[4] * len(EDGES))
        assert [row["rule__R"] for row in rows] == [expected] * len(EDGES)


def test_points_are_summed_over_live_rules_and_coloured_by_the_day() -> None:
    held = rulebook(
        rule("a", WEAPON, points=10),
        rule("b", {"h": ("record.heads", "at_least", 1)}, points=20),
        rule("c", WEAPON, points=100, status="shadow"),
        parameters={"points.yellow": [("2024-01-01", 30)], "points.red": [("2024-01-01", 99), ("2025-01-01", 30)]},
    )
    rows = judged(held, [EDGES[0], DAY, DAY], shadow=True, record__weapon=[True, True, True], record__heads=[1, 1, 0])
    assert [(row["points"], row["colour"]) for row in rows] == [
        (30, Colour.YELLOW),
        (30, Colour.RED),
        (10, Colour.GREEN),
    ]
    assert [row["rule__c"] for row in rows] == [FIRED] * 3


def test_review_is_yellow_and_a_flag_has_no_colour() -> None:
    flag = {"title": "复核", "expires": "90d"}
    held = rulebook(rule("F", {"h": ("record.heads", "at_least", 1)}, flag=flag), rule("R", WEAPON))
    rows = judged(held, [DAY] * 3, record__weapon=[None, False, True], record__heads=[1, 1, None])
    assert [row["colour"] for row in rows] == [Colour.YELLOW, Colour.GREEN, Colour.RED]
    assert [row["rule__F"] for row in rows] == [FIRED, FIRED, QUIET]


LAYERED = rulebook(
    rule("armed", WEAPON, conclude={"made.armed": True}),
    rule("seen", {"k": ("words.knife", "is", True)}, conclude={"made.armed": True}, status="shadow"),
    rule(
        "grave", {"a": ("made.armed", "is", True), "h": ("record.heads", "at_least", 2)}, conclude={"made.grave": True}
    ),
    rule("red", {"g": ("made.grave", "is", True)}),
    rule("hidden", {"a": ("made.armed", "is", True)}, colour="red", status="shadow"),
)


def test_conclusions_go_up_the_layers_true_unknown_or_false() -> None:
    rows = judged(
        LAYERED, [DAY] * 3, record__weapon=[True, None, False], record__heads=[2, 2, 2], words__knife=[False] * 3
    )
    assert [row["fact__made__armed"] for row in rows] == [True, None, False]
    assert [row["fact__made__grave"] for row in rows] == [True, None, False]
    assert [row["rule__red"] for row in rows] == [FIRED, REVIEW, QUIET]
    assert "rule__hidden" not in rows[0]


def test_shadow_rules_see_more_and_change_nothing() -> None:
    rows = judged(LAYERED, [DAY], shadow=True, record__weapon=[False], record__heads=[2], words__knife=[True])
    assert (rows[0]["rule__hidden"], rows[0]["rule__red"], rows[0]["colour"]) == (FIRED, QUIET, Colour.GREEN)
    assert rows[0]["fact__made__armed"] is False


def test_a_conclusion_that_no_live_rule_draws_is_false() -> None:
    held = rulebook(
        rule("draft", WEAPON, conclude={"made.x": True}, status="draft"),
        rule("R", {"x": ("made.x", "exists", True), "y": ("made.x", "is", False)}),
    )
    assert outcomes(held, "R", record__weapon=[True]) == [FIRED]


def test_on_a_matter_only_rules_of_the_process_are_judged() -> None:
    held = rulebook(rule("R", WEAPON), rule("P", {"d": ("process.days_open", "at_least", 7)}, colour="yellow"))
    rows = judged(held, [DAY] * 2, scope=Scope.MATTER, process__days_open=[6, 7])
    assert [row["colour"] for row in rows] == [Colour.GREEN, Colour.YELLOW]
    assert "rule__R" not in rows[0]


@pytest.mark.parametrize(
    "held",
    [
        rulebook(rule("R", WEAPON), rule("r", WEAPON)),
        rulebook(rule("R", WEAPON), features={"a.b__c": {"field": "visit"}, "a.b.c": {"field": "visit"}}),
    ],
    ids=["capitals", "dots"],
)
def test_names_that_sql_cannot_tell_apart_are_refused(held: Rulebook) -> None:
    with pytest.raises(RuleError, match="按列计算分不清"):
        judged(held, [DAY], record__weapon=[True])


def test_a_conclusion_read_by_many_is_computed_once() -> None:
    chain = [rule("c0", WEAPON, conclude={"made.f0": True})]
    for at in range(1, 12):
        lines = {"a": (f"made.f{at - 1}", "is", True), "b": (f"made.f{at - 1}", "exists", True)}
        chain.append(rule(f"c{at}", lines, "a and b or 2 of [a, b, a]", conclude={f"made.f{at}": True}))
    rows = judged(rulebook(*chain), [DAY] * 3, record__weapon=[True, None, False])
    assert [row["fact__made__f11"] for row in rows] == [True, None, False]


@pytest.mark.parametrize("operator", ["at_least", "at_most", "more_than", "less_than"])
def test_a_row_may_bring_its_own_value_of_a_parameter(operator: str) -> None:
    """Row by row as a rulebook with that number says it, where the fact is known, unknown or not carried; other parameters stay."""

    def held(limit: int) -> Rulebook:
        return rulebook(
            rule("R", {"h": ("record.heads", operator, "$limit"), "w": WEAPON["w"]}, "h and not w"),
            rule("S", {"h": ("record.heads", "at_least", "$other")}, points=10),
            parameters={
                "limit": [("2025-01-01", limit)],
                "other": [("2025-01-01", 2), ("2025-06-01", 3)],
                "points.yellow": [("2025-01-01", 10)],
            },
        )

    cells = [(heads, absent, limit) for heads in (None, 0, 2, 3, 4) for absent in (False, True) for limit in (-1, 0, 3)]
    cells = [(heads, absent, limit) for heads, absent, limit in cells if heads is None or not absent]
    table = pa.table(
        {
            "subject": pa.array(range(len(cells)), pa.int64()),
            "day": pa.array([DAY] * len(cells), pa.date32()),
            "record__heads": pa.array([heads for heads, *_ in cells], pa.int64()),
            columns.absent_column("record.heads"): pa.array([absent for _, absent, _ in cells], pa.bool_()),
            "record__weapon": pa.array([False] * len(cells), pa.bool_()),
            swept_column("limit"): pa.array([limit for *_, limit in cells], pa.int64()),
        }
    )

    def told(of: Rulebook, facts: pa.Table) -> dict[int, tuple[int, ...]]:
        shape = ibis.Schema.from_pyarrow(facts.schema)
        asked = columns.judge(of, ibis.table(shape, name="facts"), thresholds="today", today=DAY)
        with duckdb.connect() as connection:
            connection.register("facts", facts)
            rows = connection.sql(str(ibis.to_sql(asked, dialect="duckdb"))).to_arrow_table().to_pylist()
        return {row["subject"]: (row["rule__R"], row["rule__S"], row["colour"]) for row in rows}

    swept = told(held(7), table)
    plain = {limit: told(held(limit), table.drop_columns([swept_column("limit")])) for limit in (-1, 0, 3, 7)}
    assert swept == {at: plain[limit][at] for at, (*_, limit) in enumerate(cells)}
    assert swept != plain[7]
    assert len(set(swept.values())) > 2
