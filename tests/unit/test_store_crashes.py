"""All of a batch or nothing of it, whoever fails, dies or writes at the same time."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.errors import StoreError
from engine.store import Keys, Store, open_store, upgrade
from engine.store.rows import MatterFilter
from engine.store.session import Session
from tests.postgres import PostgresServer
from tests.store_samples import START, by_hand, samples, state, write
from tests.store_samples import Keys as BlockKeys
from tests.store_worker import SHARED, count, race, start, survive

ROWS, SIZE = 3_000, 5


def whole(store: Store, rows: int, size: int) -> None:
    """Every record is in, once, with everything that belongs to it, and the log tells of every batch."""
    verified = store.verify(deep=True)
    assert verified.findings == ()
    assert verified.audit.findings == ()
    for table in ("raw", "versions", "bodies", "sightings", "facts", "assessments", "verdicts", "matters", "actions"):
        assert verified.counts[table] == rows, table
    assert verified.audit.entries == rows // size
    with store.read() as view:
        codes = {view.codes_of(row.state.id)[0] for row in view.matters(MatterFilter(), limit=rows)}
    assert codes == {f"SS2024-{n:06d}" for n in range(1, rows + 1)}


class TestKills:
    """Killed at any moment, started again: nothing lost, nothing twice."""

    def test_sqlite(self, sqlite_url: str, keys: Keys) -> None:
        survival = survive(sqlite_url, kills=20, rows=ROWS, size=SIZE)
        assert survival.kills == 20
        store = open_store(sqlite_url, keys)
        whole(store, ROWS, SIZE)
        store.close()

    def test_postgresql(self, postgres_url: str, keys: Keys) -> None:
        survival = survive(postgres_url, kills=10, rows=1_000, size=SIZE)
        assert survival.kills == 10
        store = open_store(postgres_url, keys)
        whole(store, 1_000, SIZE)
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


class TestAtomicity:
    """Whatever goes wrong inside a batch, nothing of it stays."""

    def test_failing_at_each_call_in_turn_leaves_nothing(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        with store.batch() as tx:
            write(tx, list(samples(5)), codes=True)
            tx.append_audit("sanse", "ingest", {}, START)
        before = store.verify(deep=True)
        calls = FailAt(monkeypatch)
        batch = list(samples(5, first=5))
        for number in range(1, 60):
            calls.arm(number)
            try:
                with store.batch([BlockKeys.of(s.sighting) for s in batch]) as tx:
                    write(tx, batch, codes=True)
                    tx.append_audit("sanse", "ingest", {}, START)
            except InjectedError:
                calls.arm(0)
                assert store.verify(deep=True) == before
            else:
                break
        assert number > 20, "every call was tried"
        calls.arm(0)
        assert store.verify(deep=True).counts["versions"] == 10

    def test_an_error_of_the_driver_comes_out_as_one_of_ours(self, store: Store) -> None:
        with pytest.raises(StoreError, match="数据库未能完成操作") as told, store.batch() as tx:
            tx._connection.exec_driver_sql("SELECT no_such_column FROM audit")
        assert "没有留下任何改动" in told.value.hint

    def test_an_error_never_quotes_what_was_being_written(self, store: Store) -> None:
        (sample,) = samples(1)
        with store.batch() as tx:
            write(tx, [sample])
        with pytest.raises(StoreError) as told, store.batch() as tx:
            tx.write_versions([(sample.raw, sample.incident)], {sample.incident.version}, START)
        said = f"{told.value!s} {told.value.__cause__!s}"
        assert sample.incident.caller.phone not in said
        assert sample.incident.caller.name not in said


class InjectedError(RuntimeError):
    """Stands for whatever may go wrong."""


class FailAt:
    """Lets the n-th call of a session fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 0
        for name in ("_run", "_each"):
            monkeypatch.setattr(Session, name, self._counted(getattr(Session, name)))

    def arm(self, number: int) -> None:
        """The next `number`-th call fails; 0: none."""
        self._left = number

    def _counted(self, real: Any) -> Any:
        def call(session: Session, *given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise InjectedError
            return real(session, *given, **named)

        return call


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
        whole(store, 300, SIZE)

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
            first.write_bases([("a", one.base)])
            second.write_bases([("b", other.base)])
        with store.read() as view:
            assert set(view.bases(["a", "b"])) == {"a", "b"}
        store.close()

    def test_a_batch_waits_for_another_with_the_same_person(self, postgres_url: str, keys: Keys) -> None:
        store = open_store(postgres_url, keys)
        one, other = (BlockKeys.of(replace(s.sighting, phone="same")) for s in samples(2))
        order: list[str] = []
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


class TestOpening:
    """A store is opened only when its tables and keys fit."""

    def test_an_empty_database_is_told(self, tmp_path: Path, keys: Keys) -> None:
        with pytest.raises(StoreError, match="数据库是空的"):
            open_store(f"sqlite:///{tmp_path / 'none.db'}", keys)

    def test_a_database_of_another_release_is_told(self, store_url: str, keys: Keys) -> None:
        with by_hand(store_url) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match="9999"):
            open_store(store_url, keys)

    def test_the_file_is_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        upgrade(f"sqlite:///{tmp_path / 'new.db'}")
        assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600


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
