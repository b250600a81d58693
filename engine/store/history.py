"""History: everything stored, as columns, in one consistent view; what `rescore` reads.

In: a vendor's database. Out: Arrow tables, a stretch of row numbers at a time: records with their links, actions, base facts, what was
decided last. Not here: what is made of them (`engine.rescore`), rows for one batch (`neighbourhood`).

ADBC hands over Arrow without making an object of each cell; that of SQLite does so in a process of its own (`history_child` says why). Where
its driver is not installed the ordinary one reads the same, slower.
ADBC for SQLite guesses types from the first rows (ruling 87): every column here is declared NOT NULL, and types are put right afterwards.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryFile
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Engine, LargeBinary, Select, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.errors import StoreError
from engine.store.dialects import PostgresVendor, SqliteVendor, transaction
from engine.store.refusals import reason
from engine.store.tables import (
    NO_TIME,
    actions,
    assessments,
    decision_sides,
    facts,
    matters,
    rulebooks,
    sightings,
    verdicts,
    versions,
)

__all__ = ["NO_TIME", "History", "history"]

_Read = Callable[[Select[Any]], pa.Table]
_Ask = Callable[[str], pa.Table]
_DRIVERS = {"sqlite": "adbc_driver_sqlite", "postgresql": "adbc_driver_postgresql"}
_ARROW = {bytes: pa.binary(), str: pa.string(), int: pa.int64()}
_SAID_FROM, _SAID_TO = ',"flags":[', ',"input_digest":"'
"""Where a decision record begins and ends to tell of flags, handing back and hits: it is canonical JSON, and in no text of it can a quote
stand after a comma without a backslash."""


class stretch(FunctionElement[bytes]):
    """The bytes of a column from one text, itself included, to another."""

    name = "stretch"
    type = LargeBinary()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], begin: str, end: str) -> None:
        super().__init__(column, literal(begin), literal(end))


@compiles(stretch, "sqlite")
def _stretch_sqlite(element: stretch, compiler: SQLCompiler, **options: Any) -> str:
    column, begin, end = (compiler.process(part, **options) for part in element.clauses)
    first, last = (f"instr({column}, CAST({mark} AS BLOB))" for mark in (begin, end))
    return f"substr({column}, {first}, {last} - {first})"


@compiles(stretch, "postgresql")
def _stretch_postgresql(element: stretch, compiler: SQLCompiler, **options: Any) -> str:
    column, begin, end = (compiler.process(part, **options) for part in element.clauses)
    first, last = (f"position(convert_to({mark}, 'UTF8') IN {column})" for mark in (begin, end))
    return f"substring({column} FROM {first} FOR {last} - {first})"


_RECORDS = select(
    *(sightings.c[name] for name in ("n", "id", "at", "closed_at", "counts", "kind", "cause", "topic", "area")),
    *(sightings.c[name] for name in ("person", "matter", "place", "hotspot", "phone", "id_number", "marks")),
)
_ACTIONS = select(actions.c.n, actions.c.matter, actions.c.kind, actions.c.level, actions.c.at)
_LOG = select(
    *(actions.c[name] for name in ("n", "id", "matter", "kind", "level", "actor", "at", "known_at", "concerns"))
)
_DECIDED = select(decision_sides.c.record).distinct().order_by(decision_sides.c.record)
_RETOLD = select(versions.c.incident.label("record")).group_by(versions.c.incident).having(func.count() > 1)
_FACTS = select(sightings.c.n, facts.c.made_by, facts.c.body).join(facts, facts.c.incident == sightings.c.id)
_LEARNED = (
    select(sightings.c.n, sightings.c.first_known_at, assessments.c.previous, verdicts.c.colour)
    .join(verdicts, verdicts.c.subject == sightings.c.id)
    .join(assessments, assessments.c.seq == verdicts.c.seq)
)
_MATTERS = select(*(matters.c[name] for name in ("id", "code", "status", "standing", "machine", "route", "history")))
_VERDICTS = (
    select(sightings.c.n, verdicts.c.colour, stretch(assessments.c.record, _SAID_FROM, _SAID_TO).label("said"))
    .join(verdicts, verdicts.c.subject == sightings.c.id)
    .join(assessments, assessments.c.seq == verdicts.c.seq)
)


class History:
    """A consistent view of everything, as columns; stretches are after `first` up to `last`, in order of row numbers."""

    def __init__(self, read: _Read) -> None:
        self._read = read

    def newest(self) -> int:
        """The highest row number of a record; 0 when there is none."""
        return int(self._read(select(func.coalesce(func.max(sightings.c.n), 0).label("n")))["n"][0].as_py())

    def newest_action(self) -> int:
        """The highest row number of an action."""
        return int(self._read(select(func.coalesce(func.max(actions.c.n), 0).label("n")))["n"][0].as_py())

    def records(self, first: int, last: int) -> pa.Table:
        """What windows see of records: their own columns and where they belong."""
        return self._read(_RECORDS.where(sightings.c.n > first, sightings.c.n <= last).order_by(sightings.c.n))

    def actions(self, first: int, last: int) -> pa.Table:
        """Actions, by the record that each names in `matter`."""
        return self._read(_ACTIONS.where(actions.c.n > first, actions.c.n <= last).order_by(actions.c.n))

    def log(self, first: int, last: int) -> pa.Table:
        """Actions with all that a standing hangs on; `concerns` as a list in a cell, empty where it names nothing."""
        return self._read(_LOG.where(actions.c.n > first, actions.c.n <= last).order_by(actions.c.n))

    def decided(self) -> pa.Table:
        """The records that anybody ever cut apart or joined, whether it was taken back or not."""
        return self._read(_DECIDED)

    def retold(self) -> pa.Table:
        """The records of which there is more than one version."""
        return self._read(_RETOLD)

    def facts(self, first: int, last: int) -> pa.Table:
        """Base facts of records as stored, and what they were made by."""
        return self._read(_FACTS.where(sightings.c.n > first, sightings.c.n <= last).order_by(sightings.c.n))

    def verdicts(self, first: int, last: int) -> pa.Table:
        """What was decided last of records: the colour, and what the decision record says of flags, handing back and hits."""
        return self._read(_VERDICTS.where(sightings.c.n > first, sightings.c.n <= last).order_by(sightings.c.n))

    def learned(self, first: int, last: int) -> pa.Table:
        """When we first learned of records, the number of the decision before the last (0 where there is none), and the colour decided last."""
        return self._read(_LEARNED.where(sightings.c.n > first, sightings.c.n <= last).order_by(sightings.c.n))

    def matters(self) -> pa.Table:
        """Where every matter stood when it was settled last."""
        return self._read(_MATTERS.order_by(matters.c.id))

    def rulebooks(self) -> list[str]:
        """Digests of every rulebook that was ever live."""
        found: list[str] = self._read(select(rulebooks.c.digest).order_by(rulebooks.c.digest))["digest"].to_pylist()
        return found


@contextmanager
def history(engine: Engine, vendor: SqliteVendor | PostgresVendor) -> Iterator[History]:
    """A consistent view as columns; it never waits for writers. Raises StoreError for what the driver refuses."""
    if find_spec(_DRIVERS[vendor.name]) is None:
        with transaction(engine, vendor, writes=False) as connection:
            yield History(lambda query: _by_rows(connection.exec_driver_sql(_text(query, vendor)).cursor, query))
    elif vendor.name == "sqlite":
        with _child(str(engine.url.database)) as asked:
            yield History(lambda query: _typed(asked(_text(query, vendor)), query))
    else:
        with _server(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as asked:
            yield History(lambda query: _typed(asked(_text(query, vendor)), query))


@contextmanager
def _server(url: str) -> Iterator[_Ask]:
    refusal: type[Exception] = import_module("adbc_driver_manager").Error
    driver = import_module("adbc_driver_postgresql.dbapi")
    try:
        with closing(driver.connect(url)) as opened, closing(opened.cursor()) as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

            def ask(text: str) -> pa.Table:
                cursor.execute(text)
                return cursor.fetch_arrow_table()

            yield ask
    except refusal as fault:
        raise _refused(str(fault).splitlines()) from fault


@contextmanager
def _child(path: str) -> Iterator[_Ask]:
    """SQLite in a process of its own (`history_child`)."""
    command = [sys.executable, str(Path(__file__).with_name("history_child.py")), path]
    with TemporaryFile() as said, subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=said) as child:
        assert child.stdin is not None and child.stdout is not None
        questions, answers = child.stdin, child.stdout

        def ask(text: str) -> pa.Table:
            questions.write(" ".join(text.split("\n")).encode() + b"\n")
            questions.flush()
            return pa.ipc.open_stream(answers).read_all()

        try:
            yield ask
        except (pa.ArrowException, OSError) as fault:
            child.kill()
            said.seek(0)
            raise _refused(said.read().decode(errors="replace").splitlines()) from fault
        finally:
            with suppress(OSError):
                questions.close()


def _refused(said: Sequence[str]) -> StoreError:
    last = said[-1] if said else "读数据的进程没有回答"
    why, advice = reason(last)
    return StoreError(f"数据库未能完成读取：{why}（{last}）", hint=advice)


def _text(query: Select[Any], vendor: SqliteVendor | PostgresVendor) -> str:
    """The statement with its numbers in it: every driver reads that."""
    return str(query.compile(dialect=vendor.dialect(), compile_kwargs={"literal_binds": True}))


def _schema(query: Select[Any]) -> pa.Schema:
    return pa.schema([(column.name, _ARROW[column.type.python_type]) for column in query.selected_columns])


def _typed(found: pa.Table, query: Select[Any]) -> pa.Table:
    schema = _schema(query)
    return found.cast(schema) if found.num_rows else schema.empty_table()


def _by_rows(cursor: Any, query: Select[Any]) -> pa.Table:
    rows, schema = cursor.fetchall(), _schema(query)
    cells = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
