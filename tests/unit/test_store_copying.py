"""COPY into PostgreSQL: what goes in comes out as INSERT would have kept it, within the transaction, and refusals are ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from engine.errors import StoreError
from engine.store import Keys, open_store
from engine.store.copying import copy_in
from engine.store.dialects import refused
from tests.store_samples import START, samples, write

_COPY = "COPY kept (n, word, body) FROM STDIN"


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Connection]:
    engine = create_engine(postgres_url)
    with engine.connect() as held:
        held.execute(text("CREATE TABLE kept (n bigint PRIMARY KEY, word text NOT NULL, body bytea NOT NULL)"))
        held.commit()
        held.begin()
        yield held
    engine.dispose()


def kept(connection: Connection) -> list[tuple[int, str, bytes]]:
    rows = connection.execute(text("SELECT n, word, body FROM kept ORDER BY n"))
    return [(row.n, row.word, bytes(row.body)) for row in rows]


AWKWARD = [
    "",
    "\\N",
    "\\.",
    "\t",
    "a\nb\r\n",
    "\\",
    "'; DROP TABLE kept; --",
    "漏水😀",
    "\u200b",
    "=1+1",
    "NULL",
    "x" * 100_000,
]


def test_awkward_texts_and_any_bytes_come_out_as_they_went_in(connection: Connection) -> None:
    rows: list[tuple[Any, ...]] = [(n, word, bytes(range(256)) * (n % 3)) for n, word in enumerate(AWKWARD)]
    copy_in(connection, _COPY, rows)
    assert kept(connection) == rows


@pytest.mark.parametrize("n", [0, -1, 2**63 - 1, -(2**63)])
def test_numbers_keep_every_digit(connection: Connection, n: int) -> None:
    copy_in(connection, _COPY, [(n, "w", b"")])
    assert kept(connection) == [(n, "w", b"")]


def test_rows_may_come_one_by_one_and_none_at_all(connection: Connection) -> None:
    copy_in(connection, _COPY, iter(()))
    copy_in(connection, _COPY, ((n, "w", b"b") for n in range(3)))
    assert [row[0] for row in kept(connection)] == [0, 1, 2]


def test_it_belongs_to_the_transaction(connection: Connection) -> None:
    copy_in(connection, _COPY, [(1, "w", b"")])
    connection.rollback()
    assert kept(connection) == []


@pytest.mark.parametrize(
    "row",
    [(1, None, b""), (1, "秘密\x00电话13800000001", b""), ("x", "w", b""), (1, "w", b"", 9), (2**63, "w", b"")],
    ids=["null", "nul byte", "no number", "too many", "too large"],
)
def test_a_row_that_the_server_refuses_is_an_error_of_the_database(
    connection: Connection, row: tuple[Any, ...]
) -> None:
    with pytest.raises(DBAPIError) as failed:
        copy_in(connection, _COPY, [(7, "w", b""), row])
    assert isinstance(refused(failed.value), StoreError)
    connection.rollback()
    assert kept(connection) == [], "nothing of the rows before it stays"


def test_the_same_key_twice_is_refused_whole(connection: Connection) -> None:
    with pytest.raises(DBAPIError):
        copy_in(connection, _COPY, [(1, "a", b""), (1, "b", b"")])


def test_the_statement_with_its_rows_is_in_no_message(connection: Connection) -> None:
    with pytest.raises(DBAPIError) as failed:
        copy_in(connection, _COPY, [(1, "张三的话", b""), (1, "张三的话", b"")])
    assert "张三" not in str(refused(failed.value))


def test_a_large_batch_is_copied_and_equals_a_small_one(postgres_url: str, keys: Keys) -> None:
    store = open_store(postgres_url, keys)
    batch = list(samples(600))
    for part in (batch[:3], batch[3:]):
        with store.batch() as tx:
            write(tx, part)
            tx.append_audit("sanse", "ingest", {}, START)
    with store.read() as view:
        incidents = view.incidents([s.incident.id for s in batch])
        assert all(incidents[s.incident.id] == s.incident for s in batch)
        assert view.examine_audit().sound
    store.close()
