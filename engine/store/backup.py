"""Backup: a whole database as one SQLite file, taken in one snapshot while others work, and put back into an empty place.

In: an open database, or the file. Out: the file, or a database made of it. Not here: how files are packed and sealed (`archive`), what is
checked before anything is put back (`engine.desk.backups`).

SQLite is copied page by page, PostgreSQL row by row in one consistent view: the file is the same for both, and goes back into either.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, inspect, select

from engine.errors import StoreError
from engine.folders import keep_names
from engine.store.dialects import Insert, SqliteVendor, Vendor, file_of, transaction, vendor_of
from engine.store.files import held_at, together
from engine.store.migrate import make, upgrade
from engine.store.refusals import told
from engine.store.tables import audit_head, meta, metadata

_PAGE = 5_000
_MADE_BY_MIGRATION = (audit_head, meta)
"""Tables in which a new database has rows already."""


def take(engine: Engine, vendor: Vendor, target: Path) -> None:
    """A consistent copy of everything in a new SQLite file, readable by its owner only; raises FileExistsError."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if isinstance(vendor, SqliteVendor):
        with engine.connect() as connection:
            vendor.backup(connection, target)
    else:
        url = f"sqlite:///{target}"
        upgrade(url)
        with transaction(engine, vendor, writes=False) as source, _opened(url) as (to, into):
            _copy(source, to, into)
    settle(target)


def put(file: Path, url: str) -> None:
    """Make the database of a URL from a file; all of it or nothing. Raises StoreError when anything is there."""
    vendor, path = vendor_of(url), file_of(url)
    if path:
        _put_file(file, path)
        return
    engine = vendor.engine()
    try:
        with _opened(f"sqlite:///{file}") as (source, _), transaction(engine, vendor, writes=True) as to:
            vendor.lock(to, ())
            if inspect(to).get_table_names():
                raise _has_tables()
            make(to)
            _copy(source, to, vendor)
    finally:
        engine.dispose()


def refuse_taken(url: str) -> None:
    """Raise StoreError when the place of a URL is not empty: nothing is ever written over."""
    vendor, path = vendor_of(url), file_of(url)
    if path:
        _refuse_held(path)
        return
    engine = vendor.engine()
    try:
        with transaction(engine, vendor, writes=False) as connection:
            if inspect(connection).get_table_names():
                raise _has_tables()
    finally:
        engine.dispose()


def settle(file: Path) -> None:
    """Everything of a SQLite file in the one file, on disk, without a log beside it."""
    with told(file), closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    with file.open("rb+") as held:
        os.fsync(held.fileno())


@contextmanager
def _opened(url: str) -> Iterator[tuple[Connection, Vendor]]:
    vendor = vendor_of(url)
    engine = vendor.engine()
    try:
        with transaction(engine, vendor, writes=True) as connection:
            yield connection, vendor
    finally:
        engine.dispose()


def _copy(source: Connection, to: Connection, into: Vendor) -> None:
    """Every row of every table; numbers that the database counts up go on after the highest."""
    for table in metadata.sorted_tables:
        _copy_table(source, to, into, table)
        into.count_on(to, table)


def _copy_table(source: Connection, to: Connection, into: Vendor, table: Table) -> None:
    keys = tuple(column.name for column in table.primary_key.columns) if table in _MADE_BY_MIGRATION else ()
    statement = Insert(table, keys=keys)
    rows = source.execute(select(table).execution_options(stream_results=True))
    for page in rows.partitions(_PAGE):
        into.write(to, statement, [tuple(row) for row in page])


def _put_file(file: Path, path: Path) -> None:
    """The file that was examined under its name, unless that is taken: a link is made whole or not at all."""
    _refuse_held(path)
    try:
        os.link(file, path)
    except FileExistsError:
        raise _taken(path) from None
    keep_names(path.parent)


def _refuse_held(path: Path) -> None:
    """A log that was left beside the place would be played into whatever is put there, so it counts as much as the file."""
    if held_at(path):
        raise _taken(path)


def _taken(path: Path) -> StoreError:
    return StoreError(
        f"只能恢复到空的地方：{'、'.join(file.name for file in held_at(path))} 还在",
        where=str(path.parent),
        hint=f"换一个空目录；确实不要原来的库：先停掉服务和别的 sanse 进程，再把 {together(path)} 有几个移几个，"
        "放到同一个地方（合起来才是原来的库；不要删，核对无误以后再说）",
    )


def _has_tables() -> StoreError:
    return StoreError("只能恢复到空的地方：数据库里已有表", hint="换一个空库；原来的库核对无误以后再说，不要先删")
