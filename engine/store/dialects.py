"""Dialects: the only place that knows how SQLite and PostgreSQL differ.

In: a URL. Out: an engine, statements as text for the driver, list parameters, locks, row numbers.
Not here: tables (`tables`), what is read or written (the modules of rows).

Hot statements are SQLAlchemy Core expressions compiled once to the driver's own text; running them costs no more than the driver.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, Executable
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import Boolean

from engine.errors import ConfigError, StoreError
from engine.store.files import WHOLE, checked, refuse_orphans
from engine.store.refusals import refused, told

_WRITES = "sanse_writes"
_BUSY_MILLISECONDS = 60_000
_CACHE_KIBIBYTES = 65_536
_CHECKPOINT_PAGES = 32_000
_LOCK_CLASS = 0x5A5E
"""First half of every advisory lock key: keeps them apart from other programs of the same server."""
_LOCK_ALL = -1
_WORTH_COPYING = 16
_BUCKETS = 256
"""Block keys fall into so many locks: a transaction may hold all of them without filling the server's lock table."""


class among(FunctionElement[bool]):
    """`column` is one of the values of a list parameter; one parameter however long the list."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], parameter: str) -> None:
        super().__init__(column, bindparam(parameter))

    def self_group(self, against: OperatorType | None = None) -> Self:
        """Itself: SQLAlchemy would compare it with 1 for vendors without booleans, and then no index is used."""
        return self


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, parameter = element.clauses
    return f"{compiler.process(column, **options)} IN (SELECT value FROM json_each({compiler.process(parameter)}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, parameter = element.clauses
    array = "bigint[]" if isinstance(column.type, BigInteger) else "text[]"
    return f"{compiler.process(column, **options)} = ANY (CAST({compiler.process(parameter)} AS {array}))"


class listing(FunctionElement[int]):
    """The integers of a list parameter as a table with the one column `value`."""

    name = "listing"
    inherit_cache = True

    def __init__(self, parameter: str) -> None:
        super().__init__(bindparam(parameter))


@compiles(listing, "sqlite")
def _listing_sqlite(element: listing, compiler: SQLCompiler, **options: Any) -> str:
    (parameter,) = element.clauses
    return f"json_each({compiler.process(parameter)})"


@compiles(listing, "postgresql")
def _listing_postgresql(element: listing, compiler: SQLCompiler, **options: Any) -> str:
    (parameter,) = element.clauses
    return f"(SELECT unnest(CAST({compiler.process(parameter)} AS bigint[])) AS value)"


class Query:
    """A Core statement, compiled once for each vendor."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}

    def compiled(self, vendor: Vendor) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """Driver text, names of its positional parameters (empty: named), and values that are part of the statement."""
        held = self._compiled.get(vendor.name)
        if held is None:
            assert isinstance(self._statement, ClauseElement)
            compiled = self._statement.compile(dialect=vendor.dialect())
            assert isinstance(compiled, SQLCompiler)
            held = (str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params))
            self._compiled[vendor.name] = held
        return held


class Insert:
    """Rows into one table; `keys` given: rows with the same keys are replaced, but for the columns `keep`; `once`: left as they are.

    `unless_same`: a row whose column of this name holds the new value already is left as it is.
    """

    def __init__(
        self,
        table: Table,
        *columns: str,
        keys: Sequence[str] = (),
        keep: Collection[str] = (),
        once: bool = False,
        unless_same: str = "",
    ) -> None:
        names = columns or tuple(column.name for column in table.columns)
        fixed = {*keys, *keep}
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in fixed)
        conflict = f" ON CONFLICT ({_quoted(keys)}) DO UPDATE SET {changed}" if keys else ""
        if unless_same:
            conflict += f' WHERE "{table.name}"."{unless_same}" <> excluded."{unless_same}"'
        self._into = f'"{table.name}" ({_quoted(names)})'
        self._tail = " ON CONFLICT DO NOTHING" if once else conflict
        self._width = len(names)

    @property
    def plain(self) -> bool:
        """Whether every row is new, or the whole write fails."""
        return not self._tail

    def text(self, vendor: Vendor) -> str:
        """The driver's text."""
        return f"INSERT INTO {self._into} VALUES ({', '.join([vendor.mark] * self._width)}){self._tail}"

    def copied(self) -> str:
        """PostgreSQL's COPY of the same columns."""
        return f"COPY {self._into} FROM STDIN"


class Remove:
    """Rows out of one table, each named by all of `columns`."""

    def __init__(self, table: Table, *columns: str) -> None:
        self._head, self._columns = f'DELETE FROM "{table.name}" WHERE ', columns

    def text(self, vendor: Vendor) -> str:
        """The driver's text."""
        return self._head + " AND ".join(f'"{name}" = {vendor.mark}' for name in self._columns)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


class Vendor(Protocol):
    """What the store asks of a database product."""

    name: str
    mark: str

    def dialect(self) -> Any:
        """The SQLAlchemy dialect that compiles for this driver."""
        ...

    def engine(self) -> Engine:
        """A fresh engine."""
        ...

    def listed(self, values: Sequence[Any]) -> Any:
        """A list as one parameter of `among`."""
        ...

    def lock(self, connection: Connection, keys: Collection[int]) -> None:
        """Wait until no other transaction holds any of the keys; no keys: until no other transaction writes at all."""
        ...

    def try_lock(self, connection: Connection, keys: Collection[int]) -> bool:
        """Take more locks if nobody holds them; never waits, so the order does not matter."""
        ...

    def buckets(self, keys: Collection[int]) -> frozenset[int]:
        """The locks that these keys fall into; empty where every write excludes every other."""
        ...

    def write(self, connection: Connection, statement: Insert | Remove, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write or remove rows in one go."""
        ...

    def faults(self, connection: Connection) -> Sequence[str]:
        """What the product's own check of its files and references finds."""
        ...

    def reserve(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        """So many unused row numbers of a table."""
        ...

    def time(self, engine: Engine, host: Callable[[], datetime]) -> datetime:
        """The time that leases and due work go by: the product's own, or the host's where it has none."""
        ...

    def count_on(self, connection: Connection, table: Table) -> None:
        """Let the numbers of a table go on after its highest, when rows came with numbers of their own."""
        ...

    def scrub(self, engine: Engine) -> None:
        """Rewrite the files of the database, so that no old content lingers in them."""
        ...


class SqliteVendor:
    """SQLite: one writer at a time, WAL, every commit on disk before it returns."""

    name = "sqlite"
    mark = "?"

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        if not self._url.database:
            raise ConfigError("数据库须是一个文件", where="database.url", hint="写成 sqlite:///sanse.db")

    def dialect(self) -> Any:
        """SQLAlchemy's SQLite dialect with question marks."""
        return sqlite.dialect(paramstyle="qmark")

    def engine(self) -> Engine:
        """An engine on the file; a new file is made readable by its owner only. Raises StoreError when logs of another lie there."""
        assert self._url.database
        path = Path(self._url.database)
        refuse_orphans(path)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        engine = create_engine(self._url, hide_parameters=True, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def listed(self, values: Sequence[Any]) -> Any:
        """JSON for json_each."""
        return orjson.dumps(values).decode()

    def lock(self, connection: Connection, keys: Collection[int]) -> None:
        """BEGIN IMMEDIATE holds the one write lock already."""

    def try_lock(self, connection: Connection, keys: Collection[int]) -> bool:
        """Held already."""
        return True

    def buckets(self, keys: Collection[int]) -> frozenset[int]:
        """None: every write excludes every other."""
        return frozenset()

    def write(self, connection: Connection, statement: Insert | Remove, rows: Sequence[tuple[Any, ...]]) -> None:
        """One `executemany`."""
        connection.exec_driver_sql(statement.text(self), list(rows))

    def faults(self, connection: Connection) -> Sequence[str]:
        """SQLite's check of its pages and, where they can be read, of foreign keys."""
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        with told(Path(self._url.database or "")):
            pages = checked(driver, WHOLE)
        if pages:
            return pages
        broken = [f"{row[0]} -> {row[2]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
        return broken[:20]

    def reserve(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        """The numbers after the highest; nobody else writes meanwhile."""
        (number,) = table.primary_key.columns
        found = connection.exec_driver_sql(f'SELECT coalesce(max("{number.name}"), 0) FROM "{table.name}"')
        highest = int(found.scalar_one())
        return range(highest + 1, highest + 1 + count)

    def time(self, engine: Engine, host: Callable[[], datetime]) -> datetime:
        """The host's: SQLite runs inside our process."""
        return host()

    def count_on(self, connection: Connection, table: Table) -> None:
        """Nothing: SQLite looks for the highest."""

    def scrub(self, engine: Engine) -> None:
        """Every page is written anew, and the log cut to nothing."""
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            try:
                driver.execute("VACUUM")
                busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as fault:
                raise refused(DBAPIError("VACUUM", None, fault, hide_parameters=True)) from fault
        if busy:
            raise StoreError(
                "旧内容还留在数据库的 WAL 里：有程序正在读", hint="停掉别的 sanse 进程，再运行一次这个命令"
            )

    def backup(self, connection: Connection, target: Path) -> None:
        """SQLite's online backup: all pages in one step, so that writers never make it begin again; raises OSError where there is no room."""
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        with told(target), closing(sqlite3.connect(target)) as copy:
            driver.backup(copy)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """The settings that every connection needs; the driver's own transaction control is off, `_begin_sqlite` has it."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "temp_store = MEMORY",
        f"cache_size = -{_CACHE_KIBIBYTES}",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class PostgresVendor:
    """PostgreSQL 15 or later through psycopg 3."""

    name = "postgresql"
    mark = "%s"

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")

    def dialect(self) -> Any:
        """SQLAlchemy's psycopg dialect."""
        return postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]

    def engine(self) -> Engine:
        """An engine whose sessions speak UTC and never sit on a lock for ever."""
        options = f"-c timezone=UTC -c lock_timeout={_BUSY_MILLISECONDS} -c jit=off"
        return create_engine(self._url, hide_parameters=True, connect_args={"options": options})

    def listed(self, values: Sequence[Any]) -> Any:
        """A list, which the driver makes an array."""
        return list(values)

    def lock(self, connection: Connection, keys: Collection[int]) -> None:
        """Advisory locks of this transaction, always taken in one order."""
        if not keys:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK_CLASS, _LOCK_ALL))
            return
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(%s, %s)", (_LOCK_CLASS, _LOCK_ALL))
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(%s, bucket) FROM (SELECT unnest(%s::int[]) AS bucket ORDER BY 1) AS sorted",
            (_LOCK_CLASS, sorted(keys)),
        )

    def try_lock(self, connection: Connection, keys: Collection[int]) -> bool:
        """All of them or, when somebody holds one, not."""
        sql = "SELECT bool_and(pg_try_advisory_xact_lock(%s, bucket)) FROM unnest(%s::int[]) AS bucket"
        return bool(connection.exec_driver_sql(sql, (_LOCK_CLASS, sorted(keys))).scalar_one())

    def buckets(self, keys: Collection[int]) -> frozenset[int]:
        """Remainders of the keys."""
        return frozenset(key % _BUCKETS for key in keys)

    def write(self, connection: Connection, statement: Insert | Remove, rows: Sequence[tuple[Any, ...]]) -> None:
        """COPY for many new rows, else one `executemany`."""
        if len(rows) < _WORTH_COPYING or not (isinstance(statement, Insert) and statement.plain):
            connection.exec_driver_sql(statement.text(self), list(rows))
            return
        from engine.store.copying import copy_in

        copy_in(connection, statement.copied(), rows)

    def faults(self, connection: Connection) -> Sequence[str]:
        """None: PostgreSQL checks foreign keys as it writes and has its own tools for its files."""
        return ()

    def reserve(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        """The next values of the table's sequence."""
        (number,) = table.primary_key.columns
        sql = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
        return [row[0] for row in connection.exec_driver_sql(sql, (table.name, number.name, count))]

    def time(self, engine: Engine, host: Callable[[], datetime]) -> datetime:
        """The server's, in whole seconds: workers on several hosts agree on it whatever their own clocks say."""
        with transaction(engine, self, writes=False) as connection:
            found = connection.exec_driver_sql("SELECT floor(extract(epoch FROM clock_timestamp()))::bigint")
            return datetime.fromtimestamp(int(found.scalar_one()), UTC)

    def count_on(self, connection: Connection, table: Table) -> None:
        """Set the sequence of a table that has one."""
        for column in table.primary_key.columns:
            if column.identity is not None:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                connection.execute(select(func.setval(sequence, highest, literal(value=False))))

    def scrub(self, engine: Engine) -> None:
        """Every table is written into new files; the old ones are removed. Archived WAL is the administrator's."""
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM FULL")
        except DBAPIError as fault:
            raise refused(fault) from fault


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for a server."""
    return Path(url.removeprefix("sqlite:///").split("?")[0]) if url.startswith("sqlite:///") else None


def vendor_of(url: str) -> SqliteVendor | PostgresVendor:
    """The vendor of a URL; raises ConfigError for any other database."""
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as fault:
        raise ConfigError("数据库地址无法识别", where="database.url", hint="例如 sqlite:///sanse.db") from fault
    if backend == "sqlite":
        return SqliteVendor(url)
    if backend == "postgresql":
        return PostgresVendor(url)
    raise ConfigError(f"不支持的数据库 {backend}", where="database.url", hint="使用 sqlite 或 postgresql")


@contextmanager
def transaction(engine: Engine, vendor: Vendor, *, writes: bool) -> Iterator[Connection]:
    """A transaction: one writer's, or a reader's consistent view; errors of the driver come out as StoreError."""
    level = {} if vendor.name == "sqlite" or writes else {"isolation_level": "REPEATABLE READ"}
    committing = False
    try:
        with engine.connect() as connection:
            connection.execution_options(**{_WRITES: writes}, **level)
            with connection.begin():
                yield connection
                committing = writes
    except DBAPIError as fault:
        file = Path(engine.url.database or "") if vendor.name == "sqlite" else None
        raise refused(fault, unsure=committing, file=file) from fault
