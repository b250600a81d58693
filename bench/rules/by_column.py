"""Peers that judge all records at once: the product's reader, SQL written by hand, polars, and the floor under them.

In: a rulebook, an Arrow table of facts. Out: an Arrow table with `colour`, `points` and a boolean column for each condition that a hit can
come from, in the order of `Sheet.hits`. Not here: peers that judge one record after the other (`by_record`), clocks (`measuring`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from bench.rules.by_record import Grammar, unknown_name
from bench.rules.facts import UNKNOWABLE
from bench.rules.lowering import Both, Either, Opposite, Plain, Sheet, Test, Unknown, sheet_of
from engine.evaluate import columns
from engine.evaluate.columns import column_of, fired_column, review_column
from engine.ruleset.tree import Operator, Rulebook

FACTS = "facts"
IDLE_OPTIMIZERS = "join_order,statistics_propagation"
"""They find nothing to do in one scan, and what they take grows with the square of the rules: 6 of 7 seconds at a thousand."""
Run = Callable[[], pa.Table]


@dataclass(frozen=True, slots=True)
class ColumnPeer:
    """A peer: the package it needs (none: one of the product's), how it is called, what makes its run."""

    package: str
    path: str
    build: Callable[[Rulebook, pa.Table], Run]

    @property
    def version(self) -> str | None:
        """The installed version; None where it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


def hit_columns(held: Sheet) -> list[str]:
    """The columns of hits, in the order of `Sheet.hits`."""
    return [fired_column(rule) if fired else review_column(rule) for rule, fired in held.hits]


def product(rulebook: Rulebook, table: pa.Table) -> Run:
    """`engine.evaluate.columns.decide` on DuckDB, facts from Arrow."""
    facts = ibis.table(ibis.Schema.from_pyarrow(table.schema), name=FACTS)
    asked = columns.decide(rulebook, facts, thresholds="dated", today=date.min)
    return _duckdb(ibis.to_sql(asked, dialect="duckdb", pretty=False), table)


def by_hand(rulebook: Rulebook, table: pa.Table) -> Run:
    """SQL as somebody writes it who knows DuckDB: nulls first, each comparison once, booleans that are never null."""
    return _duckdb(sql(rulebook), table)


def floor(rulebook: Rulebook, table: pa.Table) -> Run:
    """One scan of the facts that rules read, nothing decided: the largest of each column."""
    reads = sorted({column_of(fact) for rule in rulebook.rules for fact in rule.reads})
    return _duckdb(f"select max(day), {', '.join(f'max({name})' for name in reads)} from {FACTS}", table)


def _duckdb(statement: str, table: pa.Table) -> Run:
    """Planned once, as rules are; run from Arrow to Arrow."""
    connection = duckdb.connect()
    connection.execute(f"set disabled_optimizers = '{IDLE_OPTIMIZERS}'")
    connection.register(FACTS, table)
    connection.execute(f"prepare judge as {statement}")
    return lambda: connection.sql("execute judge").to_arrow_table()


def _sql_value(value: Any) -> str:
    if isinstance(value, _Dated):
        return value.column
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class _Dated:
    """A parameter whose value is a column."""

    column: str


SQL = Grammar(
    " and ",
    " or ",
    "not ",
    _sql_value,
    lambda name, bound: f"({' or '.join(f'list_contains({name}, {_sql_value(one)})' for one in bound)})",
    lambda name, bound: f"({name} in ({', '.join(map(_sql_value, bound))}))",
)


def sql(rulebook: Rulebook) -> str:
    """The whole statement: facts without null, comparisons, hits, points, colour."""
    held = _by_day(rulebook)
    tests: dict[str, str] = {}
    conditions = [_over_tests(one, tests) for one in held.conditions]
    named = [_quoted(name) for name in hit_columns(held)]
    limits = [name for name in ("points.yellow", "points.red") if name in rulebook.parameters]
    kept = ["subject", *(_dated_column(name) for name in limits)]
    unknown = [unknown_name(fact) for fact in held.nothing if fact in UNKNOWABLE]
    scores = [f"if({name}, {points}, 0)" for name, (_, points) in zip(named, held.weights, strict=True) if points]
    steps = {
        "given": ["subject", *_dated_columns(rulebook), *_without_null(held)],
        "compared": [*kept, *unknown, *(f"{text} as {name}" for text, name in tests.items())],
        "hits": [*kept, *(f"{text} as {name}" for text, name in zip(conditions, named, strict=True))],
        "scored": ["*", f"({' + '.join(scores) or '0'})::bigint as points"],
    }
    froms = [FACTS, *steps]
    parts = [f"{name} as (select {', '.join(made)} from {froms[at]})" for at, (name, made) in enumerate(steps.items())]
    red, yellow = (_reached(held, named, colour) for colour in (2, 1))
    colour = f"(case when {red} then 2 when {yellow} then 1 else 0 end)::tinyint as colour"
    return f"with {', '.join(parts)} select subject, points, {colour}, {', '.join(named)} from scored"


def _by_day(rulebook: Rulebook) -> Sheet:
    """The rules with dated parameters as columns."""
    return sheet_of(rulebook, {name: _Dated(_dated_column(name)) for name in rulebook.parameters})


def _dated_column(name: str) -> str:
    return f"limit__{column_of(name)}"


def _dated_columns(rulebook: Rulebook) -> list[str]:
    made = []
    for name, parameter in rulebook.parameters.items():
        whens = " ".join(f"when day >= date '{one.start}' then {one.value}" for one in parameter.values[:0:-1])
        made.append(f"case {whens} else {parameter.values[0].value} end as {_dated_column(name)}")
    return made


def _without_null(held: Sheet) -> list[str]:
    made = []
    for fact, nothing in held.nothing.items():
        name = column_of(fact)
        if fact in UNKNOWABLE:
            empty = "[]::varchar[]" if nothing == () else _sql_value(nothing)
            made += [f"coalesce({name}, {empty}) as {name}", f"{name} is null as {unknown_name(fact)}"]
        else:
            made.append(name)
    return made


def _over_tests(plain: Plain, tests: dict[str, str]) -> str:
    """A condition over columns of comparisons, which are collected on the way."""
    match plain:
        case Both(parts):
            return f"({' and '.join(_over_tests(part, tests) for part in parts)})"
        case Either(parts):
            return f"({' or '.join(_over_tests(part, tests) for part in parts)})"
        case Opposite(part):
            return f"(not {_over_tests(part, tests)})"
        case Unknown(fact):
            return unknown_name(fact)
        case Test(fact, Operator.HAS_ANY, (_, _, *_) as bound):
            members = [Test(fact, Operator.HAS_ANY, (one,)) for one in bound]
            return _over_tests(Either(tuple(members)), tests)
        case Test():
            return tests.setdefault(SQL.text(plain), f"test{len(tests)}")


def _reached(held: Sheet, named: list[str], colour: int) -> str:
    """What makes a colour: hits that have it, points that come to it."""
    hits = [name for name, (own, _) in zip(named, held.weights, strict=True) if own == colour]
    points = [f"points >= {limit.column}" for limit, own in held.points if own == colour and isinstance(limit, _Dated)]
    return " or ".join([*hits, *points]) or "false"


def _quoted(name: str) -> str:
    return f'"{name}"'


def by_polars(rulebook: Rulebook, table: pa.Table) -> Run:
    """A lazy frame in the same steps, on all cores; the plan finds what is common by itself."""
    import polars as pl

    held = _by_day(rulebook)
    frame: Any = pl.from_arrow(table)
    given = frame.lazy().with_columns(
        *(_polars_dated(pl, name, parameter) for name, parameter in rulebook.parameters.items()),
        *(pl.col(column_of(fact)).is_null().alias(unknown_name(fact)) for fact in held.nothing if fact in UNKNOWABLE),
        *(
            pl.col(column_of(fact)).fill_null([] if nothing == () else nothing)
            for fact, nothing in held.nothing.items()
            if fact in UNKNOWABLE
        ),
    )
    tests: dict[str, Any] = {}
    conditions = [_polars(pl, one, tests) for one in held.conditions]
    named = hit_columns(held)
    compared = given.with_columns(**tests).with_columns(**dict(zip(named, conditions, strict=True)))
    weighed = list(zip(named, held.weights, strict=True))
    points = [pl.col(name).cast(pl.Int64) * score for name, (_, score) in weighed if score]
    scored = compared.with_columns(points=pl.sum_horizontal(points) if points else pl.lit(0, pl.Int64))
    red, yellow = (_polars_reached(pl, held, named, colour) for colour in (2, 1))
    colour = pl.when(red).then(2).when(yellow).then(1).otherwise(0).cast(pl.Int8).alias("colour")
    asked = scored.select("subject", "points", colour, *named)
    return lambda: asked.collect().to_arrow()


def _polars_dated(pl: Any, name: str, parameter: Any) -> Any:
    first, *later = parameter.values
    held = pl.lit(first.value)
    for one in later:
        held = pl.when(pl.col("day") >= one.start).then(one.value).otherwise(held)
    return held.alias(_dated_column(name))


def _polars(pl: Any, plain: Plain, tests: dict[str, Any]) -> Any:
    match plain:
        case Both(parts):
            return pl.all_horizontal([_polars(pl, part, tests) for part in parts])
        case Either(parts):
            return pl.any_horizontal([_polars(pl, part, tests) for part in parts])
        case Opposite(part):
            return ~_polars(pl, part, tests)
        case Unknown(fact):
            return pl.col(unknown_name(fact))
        case Test(fact, operator, bound):
            name = f"{column_of(fact)} {operator.value} {bound!r}"
            tests.setdefault(name, _polars_test(pl, pl.col(column_of(fact)), operator, bound))
            return pl.col(name)


def _polars_test(pl: Any, fact: Any, operator: Operator, bound: Any) -> Any:
    match operator:
        case Operator.IS if isinstance(bound, bool):
            return fact if bound else ~fact
        case Operator.IN:
            return fact.is_in(list(bound))
        case Operator.HAS_ANY:
            return pl.any_horizontal([fact.list.contains(one) for one in bound])
        case Operator.BETWEEN:
            return fact.is_between(*bound)
    value = pl.col(bound.column) if isinstance(bound, _Dated) else bound
    return {"is": fact == value, "at_least": fact >= value, "at_most": fact <= value}.get(
        operator.value, fact > value if operator is Operator.MORE_THAN else fact < value
    )


def _polars_reached(pl: Any, held: Sheet, named: list[str], colour: int) -> Any:
    hits = [pl.col(name) for name, (own, _) in zip(named, held.weights, strict=True) if own == colour]
    limits = [limit.column for limit, own in held.points if own == colour and isinstance(limit, _Dated)]
    return pl.any_horizontal([*hits, *(pl.col("points") >= pl.col(limit) for limit in limits), pl.lit(value=False)])


PRODUCT, BY_HAND, POLARS, FLOOR = "sanse columns", "DuckDB by hand", "polars by hand", "floor"
PEERS: Mapping[str, ColumnPeer] = {
    PRODUCT: ColumnPeer("duckdb", "columns.decide: Ibis on DuckDB, prepared once, from Arrow", product),
    BY_HAND: ColumnPeer("duckdb", "one statement, nulls first, each comparison once, prepared once", by_hand),
    POLARS: ColumnPeer("polars", "lazy frame, collect", by_polars),
    FLOOR: ColumnPeer("duckdb", "one scan of the same columns, nothing decided", floor),
}
