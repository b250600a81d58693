"""R1: an ingest that is really killed at random moments, or whose server is, leaves nothing lost, nothing twice, nobody untold."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import open_store, tables
from engine.store.message_tables import outbox
from tests.conftest import KEYS
from tests.installation import MORNING
from tests.postgres import PostgresServer
from tests.promises.interrupted import interrupted, on_postgresql, on_sqlite, server_killed
from tests.promises.supply import BY_FILE, FEED, desk_at, faults, rows, supplier

KILLS, ON_POSTGRESQL, OF_THE_SERVER = 100, 20, 2


@pytest.mark.promise("R1")
def test_killed_at_any_moment_on_sqlite() -> None:
    with on_sqlite() as fresh:
        made = interrupted(fresh, KILLS)
    assert made.violations == []
    assert made.kills >= KILLS
    assert {"before the commit", "after the commit"} <= made.places.keys()


@pytest.mark.promise("R1")
def test_killed_at_any_moment_on_postgresql(postgres: PostgresServer) -> None:
    with on_postgresql(postgres) as (_, fresh):
        made = interrupted(fresh, ON_POSTGRESQL)
    assert made.violations == []
    assert made.kills >= ON_POSTGRESQL
    assert made.places["before the commit"]


@pytest.mark.promise("R1")
def test_the_server_is_killed_under_it() -> None:
    made = server_killed(OF_THE_SERVER)
    assert made.violations == []
    assert made.kills >= OF_THE_SERVER


@pytest.fixture
def taken(sqlite_url: str, tmp_path: Path) -> str:
    """A database that took in the supplier's file."""
    from cli.jobs import poll

    supplier(tmp_path, rows(30))
    desk = desk_at(sqlite_url, tmp_path, lambda: MORNING, way=BY_FILE)
    poll(desk, FEED, lambda: None)
    desk.close()
    return sqlite_url


def test_the_judge_sees_what_is_lost_and_what_is_orphaned(taken: str) -> None:
    assert list(faults(taken, rows(30), way=BY_FILE)) == []
    assert list(faults(taken, rows(29), way=BY_FILE))
    store = open_store(taken, KEYS)
    with store.beside() as tx:
        tx._connection.execute(tables.matters.delete().where(tables.matters.c.standing == 2))
    assert any("orphan" in line for line in faults(taken, rows(30), way=BY_FILE))
    with store.beside() as tx:
        tx._connection.execute(outbox.delete())
    told = list(faults(taken, rows(30), way=BY_FILE))
    assert any("dispatched True" in line for line in told)
    assert any("nobody was told" in line for line in told)
    store.close()
