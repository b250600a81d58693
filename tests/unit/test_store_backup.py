"""A database is copied whole and put back whole, from either product into either, and only where nothing is."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, select

from engine.errors import StoreError
from engine.store import Keys, Store, backup, dialects, open_store, upgrade
from engine.store.backup import put, refuse_taken
from engine.store.dialects import Vendor
from engine.store.tables import metadata, versions
from tests.postgres import PostgresServer
from tests.store_samples import START, samples, write
from tests.store_worker import BOOK, judged


def fill(store: Store, rows: int = 30) -> None:
    batch = [judged(sample) for sample in samples(rows)]
    with store.batch() as tx:
        tx.note_rulebook(BOOK, START)
        write(tx, batch, codes=True)
        tx.append_audit("sanse", "ingest", {}, START)


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with store.read() as view:
        return {
            table.name: sorted(
                tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
                for row in view._connection.execute(select(table))
            )
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_every_row_comes_back_and_numbers_go_on(
    store: Store, keys: Keys, into: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    fill(store)
    copy = tmp_path / "copy.db"
    store.backup(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]
    url = f"sqlite:///{tmp_path / 'new.db'}" if into == "sqlite" else postgres.url(postgres.create("template0"))
    put(copy, url)
    restored = open_store(url, keys)
    assert content(restored) == content(store)
    more = [judged(sample) for sample in samples(5, seed=9, first=100)]
    with restored.batch() as tx:
        write(tx, more, codes=True)
        tx.append_audit("sanse", "ingest", {}, START)
    verified = restored.verify(deep=True)
    restored.close()
    assert (verified.findings, verified.audit.findings) == ((), ())
    assert verified.counts["versions"] == 35


def test_a_copy_never_writes_over_a_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == b"mine"


def test_only_an_empty_place_takes_a_backup(store: Store, store_url: str, tmp_path: Path) -> None:
    fill(store)
    store.backup(tmp_path / "copy.db")
    before = content(store)
    for refused in (lambda: refuse_taken(store_url), lambda: put(tmp_path / "copy.db", store_url)):
        with pytest.raises(StoreError, match="空的地方"):
            refused()
    assert content(store) == before


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_log_that_was_left_takes_the_place_as_the_file_does(sqlite_url: str, tmp_path: Path, ending: str) -> None:
    """SQLite would play it into whatever file is put there."""
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "sanse.db").read_bytes())
    (tmp_path / "sanse.db").unlink()
    left = tmp_path / f"sanse.db{ending}"
    left.write_bytes(b"left")
    for refused in (lambda: refuse_taken(sqlite_url), lambda: put(copy, sqlite_url)):
        with pytest.raises(StoreError, match=f"空的地方：sanse.db{ending} 还在") as told:
            refused()
        assert "先停掉服务" in told.value.hint
        assert "sanse.db、sanse.db-wal、sanse.db-shm 有几个移几个" in told.value.hint
        assert not (tmp_path / "sanse.db").exists()
    left.unlink()
    put(copy, sqlite_url)
    assert upgrade(sqlite_url)


def test_a_copy_shows_one_moment(
    postgres_url: str, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is committed between the copying of two tables: it is in none of them."""
    store = open_store(postgres_url, keys)
    fill(store)
    copy_table, late = backup._copy_table, list(samples(3, seed=9, first=100))

    def interrupted(source: Connection, to: Connection, into: Vendor, table: Table) -> None:
        copy_table(source, to, into, table)
        if table is versions and late:
            with store.batch() as tx:
                write(tx, [judged(sample) for sample in late])
                tx.append_audit("sanse", "ingest", {}, START)
            late.clear()

    monkeypatch.setattr(backup, "_copy_table", interrupted)
    store.backup(tmp_path / "copy.db")
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}", keys)
    verified = copy.verify(deep=True)
    for opened in (copy, store):
        opened.close()
    assert not late
    assert (verified.findings, verified.audit.findings) == ((), ())
    assert (verified.counts["versions"], verified.audit.entries) == (30, 1)


def test_what_fails_on_the_way_leaves_the_place_empty(
    keys: Keys, tmp_path: Path, postgres: PostgresServer, sqlite_url: str
) -> None:
    """The copy names a rulebook file that it does not hold: PostgreSQL refuses the row, and nothing of the rest stays."""
    from tests.store_samples import by_hand

    store = open_store(sqlite_url, keys)
    fill(store)
    store.backup(tmp_path / "copy.db")
    store.close()
    with by_hand(f"sqlite:///{tmp_path / 'copy.db'}") as connection:
        connection.exec_driver_sql("DELETE FROM blobs")
    url = postgres.url(postgres.create("template0"))
    with pytest.raises(StoreError):
        put(tmp_path / "copy.db", url)
    refuse_taken(url)
    assert upgrade(url) == ""


def test_scrubbing_leaves_nothing_of_what_was_taken_out(sqlite_url: str, keys: Keys, tmp_path: Path) -> None:
    """Where SQLite itself leaves old content in free pages and in the log."""
    mark = b"nobody may find this again " * 200
    store = open_store(sqlite_url, keys)
    with store.read() as view:
        assert view.meta()
    with closing(sqlite3.connect(tmp_path / "sanse.db")) as other:
        other.execute("PRAGMA secure_delete = OFF")
        other.execute("INSERT INTO meta VALUES ('mark', ?)", [mark.decode()])
        other.commit()
        other.execute("DELETE FROM meta WHERE name = 'mark'")
        other.commit()
        assert any(mark[:1000] in path.read_bytes() for path in tmp_path.glob("sanse.db*"))
        store.scrub()
        assert not any(mark[:1000] in path.read_bytes() for path in tmp_path.glob("sanse.db*"))
    store.close()


def test_scrubbing_says_when_somebody_reads_what_is_to_go(
    sqlite_url: str, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "_BUSY_MILLISECONDS", 100)
    store = open_store(sqlite_url, keys)
    with store.batch() as tx:
        tx.put_meta("x", "y")
        tx.append_audit("x", "x", {}, START)
    with store.read() as view:
        assert view.meta()
        with pytest.raises(StoreError, match="有程序正在读"):
            store._vendor.scrub(store._engine)
    store.scrub()
    store.close()
