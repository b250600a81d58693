"""Whatever goes wrong inside a batch, nothing of it stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from engine.errors import StoreError
from engine.store import Store
from engine.store.session import Session
from tests.store_samples import START, samples, write
from tests.store_samples import Keys as BlockKeys

ROWS, SIZE = 3_000, 5


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

    def test_of_a_commit_that_broke_off_nobody_says_that_nothing_was_kept(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server may have committed before the connection was lost."""

        def commit(connection: object) -> None:
            raise DBAPIError("COMMIT", None, Exception("disk I/O error"))

        monkeypatch.setattr(store._engine.dialect, "do_commit", commit)
        with pytest.raises(StoreError) as told, store.beside() as tx:
            tx.put_meta("x", "y")
        assert "可能已经全部生效" in told.value.hint
        with pytest.raises(StoreError) as told, store.read() as view:
            view.meta()
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
