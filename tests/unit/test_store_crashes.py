"""Killed at any moment, started again: nothing lost, nothing twice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store import Keys, open_store, upgrade
from tests.postgres import PostgresServer
from tests.store_samples import START, samples, write
from tests.store_worker import assert_whole, start, survive

ROWS, SIZE = 3_000, 5


class TestKills:
    """Killed at any moment, started again: nothing lost, nothing twice."""

    def test_sqlite(self, sqlite_url: str, keys: Keys) -> None:
        survival = survive(sqlite_url, kills=20, rows=ROWS, size=SIZE)
        assert survival.kills == 20
        store = open_store(sqlite_url, keys)
        assert_whole(store, ROWS, SIZE)
        store.close()

    def test_postgresql(self, postgres_url: str, keys: Keys) -> None:
        survival = survive(postgres_url, kills=10, rows=1_000, size=SIZE)
        assert survival.kills == 10
        store = open_store(postgres_url, keys)
        assert_whole(store, 1_000, SIZE)
        store.close()

    def test_the_server_itself(self, keys: Keys) -> None:
        """A PostgreSQL that is killed at once comes back with what was committed."""
        server = PostgresServer.start(durable=True)
        try:
            url = server.url(server.create())
            upgrade(url)
            store = open_store(url, keys)
            batches = [list(samples(5, first=first)) for first in (0, 5)]
            with store.batch() as tx:
                write(tx, batches[0])
                tx.append_audit("sanse", "ingest", {}, START)
            with pytest.raises(StoreError), store.batch() as tx:
                write(tx, batches[1])
                server.crash()
                tx.append_audit("sanse", "ingest", {}, START)
            store.close()
            store = open_store(url, keys)
            with store.read() as view:
                assert len(view.known([s.incident.id for batch in batches for s in batch])) == 5
                assert view.examine_audit().sound
            store.close()
        finally:
            server.stop()

    @pytest.mark.parametrize("kill_after", [0.0, 0.03, 0.06, 0.09, 0.12, 0.2])
    def test_an_upgrade_that_was_killed_is_taken_up_again(self, tmp_path: Path, keys: Keys, kill_after: float) -> None:
        url = f"sqlite:///{tmp_path / 'new.db'}"
        worker = start("upgrade", url)
        threading.Event().wait(kill_after)
        worker.kill()
        worker.wait()
        upgrade(url)
        store = open_store(url, keys)
        assert store.verify().sound
        store.close()
