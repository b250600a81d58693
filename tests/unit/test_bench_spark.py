"""The comparison of DuckDB and Spark, without Spark: what it asks, and that nothing that differs goes by unseen.

In: DuckDB on either side, once with windows as Spark makes them. Not here: Spark itself (`acceptance/test_spark`).
"""

from __future__ import annotations

from dataclasses import replace
from operator import gt
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest

from bench.spark import __main__ as command
from bench.spark import asking, drawing
from bench.spark.asking import Question
from bench.spark.comparing import Comparison, compared, on_duckdb
from engine.evaluate import comparisons
from engine.features.columns import sliding
from engine.features.counting import Windows
from engine.features.running import running
from engine.ruleset import loader
from engine.ruleset.tree import FeatureKind, Operator

SIZE, SEED = 240, 3


def on_duckdb_running(question: Question, tables: dict[str, Path], answer: Path) -> None:
    """DuckDB with windows as running sums; its sums are wider than a count."""
    made = question.asked(running)
    wide = [name for name, type_ in made.schema().items() if type_.is_int64()]
    narrowed = ", ".join(f'"{name}"::BIGINT AS "{name}"' for name in wide)
    answer.mkdir()
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, path in tables.items():
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{path / '*.parquet' if path.is_dir() else path}'")
        asked = f"SELECT * REPLACE ({narrowed}) FROM ({ibis.to_sql(made, dialect='duckdb', pretty=False)})"
        connection.execute(f"COPY ({asked}) TO '{answer}/answer.parquet' (FORMAT parquet)")


def put_to_both(folder: Path, part: str, one: Any = on_duckdb, other: Any = on_duckdb_running) -> list[Comparison]:
    """The questions of one part."""
    parts = {"windows": asking.of_windows, "shipped": asking.of_shipped, "drawn": asking.of_drawn}
    return list(compared(parts[part](folder, SIZE, SEED), folder, one, other))


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> list[Comparison]:
    """All questions about windows, put to both."""
    return put_to_both(tmp_path_factory.mktemp("windows"), "windows")


def test_windows_that_run_are_windows_that_slide(windows: list[Comparison]) -> None:
    assert [(one.question.name, one.differing) for one in windows if not one.same] == []
    assert {one.rows for one in windows} == {(SIZE, SIZE)}
    assert sum(one.cells for one in windows) > SIZE * 60


def test_every_kind_of_window_is_asked_for() -> None:
    held = [f for f in loader.load(asking.window_definitions()).features.values() if f.same]
    assert {f.kind for f in held} == {FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT, FeatureKind.ACTIONS}
    for same in ("matter", "caller", "place", "pair", "hotspot", "phone"):
        asked = {(f.kind, f.by, f.including_this) for f in held if f.same == same}
        assert len(asked) >= 5, same
    assert {f.of for f in held} >= {"kind", "person", "topic", "place", "matter", "identity"}
    keys = {key for f in held for key in f.where}
    assert keys >= {"kind", "cause", "topic", "topic_is", "area", "words.knife", "record.weapon", "action", "level"}


def test_drawn_windows_count_something_and_differ(windows: list[Comparison], tmp_path: Path) -> None:
    for question in asking.of_windows(tmp_path, SIZE, SEED):
        on_duckdb(question, dict(question.given), tmp_path / question.name.replace("/", "-"))
    for answer in tmp_path.glob("windows-*"):
        read = f"read_parquet('{answer}/*.parquet')"
        names = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM {read}").fetchall() if "__" in row[0]]
        counted = [name for name in names if not name.startswith(("record__", "words__", "absent__"))]
        distinct = ", ".join(f"count(DISTINCT {name})" for name in counted)
        (several,) = duckdb.sql(f"SELECT {distinct} FROM {read}").fetchall()
        assert sum(number > 1 for number in several) >= len(counted) - 2, (answer.name, counted, several)


def test_every_operator_is_asked_for_and_shipped_rules_are_judged_on_windows(tmp_path: Path) -> None:
    found = put_to_both(tmp_path, "shipped")
    assert [one.differing for one in found] == [{}, {}]
    assert found[0].cells > SIZE * 60
    (tmp_path / "drawn").mkdir()
    asked = list(asking.of_drawn(tmp_path / "drawn", SIZE, SEED))
    seen = frozenset[str]().union(*(question.seen for question in asked))
    assert seen == {f"operator {operator.value}" for operator in Operator}


def spoilt_at_least(question: Question, tables: dict[str, Path], answer: Path) -> None:
    """DuckDB with one operator that errs by one."""
    with pytest.MonkeyPatch.context() as patched:
        table = {**comparisons._COMPARE, Operator.AT_LEAST: gt}
        patched.setattr(comparisons, "_COMPARE", table)
        on_duckdb(question, tables, answer)


def test_a_spoilt_operator_is_noticed(tmp_path: Path) -> None:
    record, _, plain = put_to_both(tmp_path, "drawn", other=spoilt_at_least)
    for one in (record, plain):
        assert not one.same
        assert "colour" in one.differing or any(name.startswith("rule__") for name in one.differing)


def _changed(**columns: Any) -> Any:
    def ask(question: Question, tables: dict[str, Path], answer: Path) -> None:
        def asked(windows: Windows) -> Any:
            made = question.asked(windows)
            return made.mutate(**{name: change(made) for name, change in columns.items()})

        on_duckdb(replace(question, asked=asked), tables, answer)

    return ask


def _fewer(question: Question, tables: dict[str, Path], answer: Path) -> None:
    on_duckdb(replace(question, asked=lambda w: question.asked(w).filter(ibis._.subject != "s7")), tables, answer)


@pytest.mark.parametrize(
    ("title", "other", "column"),
    [
        ("null beside a value", _changed(points=lambda t: (t.subject == "s3").ifelse(ibis.null("int64"), t.points)), "points"),
        ("one cell", _changed(colour=lambda t: (t.subject == "s3").ifelse(2 - t.colour, t.colour).cast("int8")), "colour"),
        ("another type", _changed(points=lambda t: t.points.cast("int32")), "points INTEGER"),
        ("a row less", _fewer, "subject"),
    ],
)  # fmt: skip
def test_one_cell_or_row_that_differs_is_noticed(tmp_path: Path, title: str, other: Any, column: str) -> None:
    rulebook = loader.load(asking.plain_rules.files(12))
    path = asking.written(tmp_path / "facts.parquet", drawing.facts(rulebook, 50, SEED))
    question = asking.about_rules("one", rulebook, path)
    (same,) = compared([question], tmp_path, on_duckdb, on_duckdb)
    assert same.same
    (tmp_path / "again").mkdir()
    (one,) = compared([question], tmp_path / "again", on_duckdb, other)
    assert not one.same, title
    assert column in one.differing


def test_without_java_it_says_so_and_ends_with_3(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert command.main(["--rows", "10"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("Spark 没有比对：没有 Java")
    assert "default-jre-headless" in said


def test_drawn_records_have_hot_callers_edges_and_the_same_again() -> None:
    held = loader.load(asking.window_definitions())
    made = drawing.records(held, 5_000, SEED, asking.HOT)
    assert made.equals(drawing.records(held, 5_000, SEED, asking.HOT))
    assert not made.equals(drawing.records(held, 5_000, SEED + 1, asking.HOT))
    hot = sum(person == "p-hot" for person in made["person"].to_pylist())
    assert 150 < hot < 350
    at = made["at"].to_pylist()
    beside = {abs(at[n] - at[n - 1]) for n in range(1, len(at), 2)}
    assert all({edge - 1, edge, edge + 1} <= beside | {-1} for edge in drawing.EDGES[1:])
    assert sliding is not running
