"""A store is opened only when it fits; writers at the same time neither lose nor double anything."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import StoreError
from engine.store import Keys, Store, open_store, upgrade
from tests.store_samples import START, by_hand, samples, state
from tests.store_samples import Keys as BlockKeys
from tests.store_worker import SHARED, assert_whole, count, race, start

ROWS, SIZE = 3_000, 5


class TestOpening:
    """A store is opened only when its tables and keys fit."""

    def test_an_empty_database_is_told(self, tmp_path: Path, keys: Keys) -> None:
        with pytest.raises(StoreError, match="数据库是空的") as told:
            open_store(f"sqlite:///{tmp_path / 'none.db'}", keys)
        assert "原来有数据：" in told.value.hint
        assert "从备份恢复" in told.value.hint

    def test_a_database_of_another_release_is_told(self, store_url: str, keys: Keys) -> None:
        with by_hand(store_url) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match="9999"):
            open_store(store_url, keys)

    def test_the_file_is_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        upgrade(f"sqlite:///{tmp_path / 'new.db'}")
        assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600


class TestClock:
    """Leases go by the server's clock where there is one (ruling 15)."""

    def test_sqlite_has_the_hosts(self, sqlite_url: str, keys: Keys) -> None:
        store = open_store(sqlite_url, keys)
        assert store.clock(lambda: START)() == START
        store.close()

    def test_postgresql_has_its_own_whatever_the_host_says(self, postgres_url: str, keys: Keys) -> None:
        store = open_store(postgres_url, keys)
        clock = store.clock(lambda: START)
        with by_hand(postgres_url) as connection:
            before, after = (connection.execute(text("SELECT clock_timestamp()")).scalar_one() for _ in range(2))
        assert before.replace(microsecond=0) <= after <= clock() + timedelta(seconds=1)
        assert clock().microsecond == 0
        store.close()


class TestTogether:
    """Writers at the same time neither lose nor double anything."""

    def test_two_processes_on_one_matter_lose_no_update(self, store: Store, store_url: str) -> None:
        assert race(*[("count", store_url, 60, "p1")] * 2) == [0, 0]
        assert_counted(store, 120)

    def test_two_processes_whose_records_meet_only_in_a_cluster(self, store: Store, store_url: str) -> None:
        """One knows the phone p1, the other p2; both are in one cluster, so both touch its matter."""
        first, second = samples(2)
        rows = [
            (replace(s.sighting, phone=phone), replace(s.links, cluster="c", matter=SHARED))
            for s, phone in ((first, "p1"), (second, "p2"))
        ]
        with store.batch() as tx:
            tx.write_sightings(rows)
        assert race(*[("count", store_url, 60, phone) for phone in ("p1", "p2")]) == [0, 0]
        assert_counted(store, 120)

    def test_two_processes_that_bring_the_same_records(self, store: Store, store_url: str) -> None:
        assert race(*[("ingest", store_url, 300, SIZE)] * 2) == [0, 0]
        assert_whole(store, 300, SIZE)

    def test_two_threads_of_one_process(self, store: Store) -> None:
        threads = [threading.Thread(target=count, args=(store, 30, phone)) for phone in ("p1", "p1")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert_counted(store, 60)

    def test_a_reader_does_not_wait_for_a_writer(self, store: Store) -> None:
        (sample,) = samples(1)
        with store.batch() as tx:
            tx.write_matters([state(sample)])
            with store.read() as view:
                assert view.matter_states([sample.incident.id]) == {}
        with store.read() as view:
            assert len(view.matter_states([sample.incident.id])) == 1

    def test_batches_that_share_nothing_do_not_wait_for_each_other(self, postgres_url: str, keys: Keys) -> None:
        store = open_store(postgres_url, keys)
        one, other = samples(2)
        with store.batch() as tx:
            tx.append_audit("sanse", "first", {}, START)
        apart = [BlockKeys.of(replace(s.sighting, id=s.sighting.id, place=None, fine=None)) for s in (one, other)]
        with store.batch([apart[0]]) as first, store.batch([apart[1]]) as second:
            first.write_bases([("a", one.base)], "words")
            second.write_bases([("b", other.base)], "words")
        with store.read() as view:
            assert set(view.bases(["a", "b"])) == {"a", "b"}
        store.close()

    def test_a_batch_waits_for_another_with_the_same_person(self, postgres_url: str, keys: Keys) -> None:
        store = open_store(postgres_url, keys)
        one, other = (BlockKeys.of(replace(s.sighting, phone="same")) for s in samples(2))
        order: list[str] = []
        with (
            store.batch() as tx
        ):  # the first batch of a database notes its keys, and who comes second waits for that row
            tx.append_audit("sanse", "first", {}, START)
        with store.batch([one]):
            waiting = threading.Thread(target=lambda: _enter(store, other, order))
            waiting.start()
            waiting.join(0.4)
            order.append("first ends")
        waiting.join(30)
        assert order == ["first ends", "second begins"]
        store.close()


def _enter(store: Store, key: BlockKeys, order: list[str]) -> None:
    with store.batch([key]):
        order.append("second begins")


def assert_counted(store: Store, times: int) -> None:
    with store.read() as view:
        assert view.matter_states([SHARED])[SHARED].records == times
        examined = view.examine_audit()
        assert examined.sound
        assert examined.entries == times
        assert {row.payload["records"] for row in view.audit_rows()} == set(range(1, times + 1))


def test_a_backup_taken_while_others_write_is_whole(sqlite_url: str, keys: Keys, tmp_path: Path) -> None:
    store = open_store(sqlite_url, keys)
    worker = start("ingest", sqlite_url, 500, SIZE)
    threading.Event().wait(0.3)
    store.backup(tmp_path / "copy.db")
    assert worker.wait() == 0
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}", keys)
    verified = copy.verify(deep=True)
    assert verified.sound
    assert verified.counts["versions"] == verified.audit.entries * SIZE
    for opened in (store, copy):
        opened.close()
