"""Comparing: a question is put to DuckDB and to Spark, and every cell of the two answers is held beside the other.

In: questions, an open Spark. Out: a `Comparison` for each. Both engines write Parquet, so that no answer has to fit into memory. Not here: what is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bench.spark.asking import Question
from engine.rescore.questions import WINDOWS, written
from engine.rescore.spark import Cluster

MEMORY = "2GB"

Answers = Callable[[Question, dict[str, Path], Path], None]
"""An engine: writes its answer to a question, from tables by name, below a path."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one question: rows of either side and of both beside each other, how many cells differ by column, seconds of each side
    by the clock and of computing.
    """

    question: Question
    rows: tuple[int, int]
    beside: int
    columns: int
    differing: dict[str, int]
    wall: tuple[float, float]
    busy: tuple[float, float]

    @property
    def cells(self) -> int:
        """How many cells were compared."""
        return self.beside * self.columns

    @property
    def same(self) -> bool:
        """Whether every row and every cell is there on both sides and the same."""
        return not self.differing and self.rows == (self.beside, self.beside) and self.cells > 0


def on_duckdb(question: Question, tables: dict[str, Path], answer: Path) -> None:
    """DuckDB, as the product asks it."""
    sql = written(question.asked(WINDOWS["duckdb"]), "duckdb")
    with _duckdb(answer.parent) as connection:
        for name, path in tables.items():
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {_read(path)}")
        answer.mkdir()
        connection.execute(f"COPY ({sql}) TO '{answer}/answer.parquet' (FORMAT parquet)")


def on_spark(cluster: Cluster) -> Answers:
    """Spark, as the product asks it."""

    def ask(question: Question, tables: dict[str, Path], answer: Path) -> None:
        for name, path in tables.items():
            cluster.view(name, path)
        cluster.write(written(question.asked(WINDOWS["pyspark"]), "pyspark"), answer)

    return ask


def compared(
    questions: Iterable[Question],
    folder: Path,
    one: Answers,
    other: Answers,
    *,
    busy: Callable[[], float] = time.process_time,
) -> Iterator[Comparison]:
    """Each question put to both; an answer that is a table of a later question is taken from the engine that is asked. `busy`: the other's clock of computing."""
    answers: tuple[dict[str, Path], dict[str, Path]] = ({}, {})
    for place, question in enumerate(questions):
        wall, computing = [], []
        for side, ask in enumerate((one, other)):
            path = folder / f"answer{place}-{side}"
            made = {table: answers[side][name] for table, name in question.answer_of.items()}
            clock = (time.process_time, busy)[side]
            started, began = time.perf_counter(), clock()
            ask(question, {**question.given, **made}, path)
            wall.append(time.perf_counter() - started)
            computing.append(clock() - began)
            answers[side][question.name] = path
        found = _held_beside(answers[0][question.name], answers[1][question.name], folder)
        yield Comparison(question, *found, wall=(wall[0], wall[1]), busy=(computing[0], computing[1]))


def _held_beside(one: Path, other: Path, folder: Path) -> tuple[tuple[int, int], int, int, dict[str, int]]:
    """Every cell beside that of the same subject; null is the same as null, and a row that one side has not differs in every cell."""
    with _duckdb(folder) as connection:
        columns = [_columns(connection, path) for path in (one, other)]
        if columns[0] != columns[1]:
            rows = [_number(connection, f"SELECT count(*) FROM {_read(path)}") for path in (one, other)]
            odd = sorted(set(columns[0].items()) ^ set(columns[1].items()))
            return (rows[0], rows[1]), 0, 0, {f"{name} {type_}": rows[0] for name, type_ in odd}
        counts = ", ".join(f'count(*) FILTER (a."{name}" IS DISTINCT FROM b."{name}")' for name in columns[0])
        there = "count(a.subject), count(b.subject), count(*)"
        query = f"SELECT {there}, {counts} FROM {_read(one)} a FULL JOIN {_read(other)} b ON a.subject = b.subject"
        left, right, both, *wrong = connection.execute(query).fetchone() or ()
        differing = {name: count for name, count in zip(columns[0], wrong, strict=True) if count}
        return (left, right), both, len(columns[0]), differing


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    told = connection.execute(f"DESCRIBE SELECT * FROM {_read(path)}").fetchall()
    return {row[0]: row[1] for row in told}


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found: Any = connection.execute(query).fetchone()
    return int(found[0])


def _read(path: Path) -> str:
    return f"read_parquet('{path / '*.parquet' if path.is_dir() else path}')"


def _duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={"memory_limit": MEMORY, "temp_directory": f"{folder}/spill", "preserve_insertion_order": False}
    )
    connection.execute("SET enable_progress_bar = false")
    return connection
