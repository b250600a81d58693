"""The delivery ledger, levels of channels, silences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from engine.store import Store
from engine.store.rows import Silence
from tests.store_samples import by_hand

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)


def test_every_try_is_kept_and_one_that_was_broken_off_has_no_end(store: Store) -> None:
    with store.beside() as tx:
        first = tx.begin_sending("p", "群", attempt=1, at=NOW)
    with store.beside() as tx:
        second = tx.begin_sending("p", "群", attempt=2, at=NOW + timedelta(minutes=5))
        tx.end_sending(second, at=NOW + timedelta(minutes=6), outcome="sent", said="ok")
    with store.read() as view:
        tries = view.sendings_of(["p"])
    assert first != second
    assert [(one.attempt, one.ended_at, one.outcome) for one in tries] == [
        (1, None, ""),
        (2, NOW + timedelta(minutes=6), "sent"),
    ]


def test_a_level_is_unknown_until_it_is_written(store: Store) -> None:
    with store.beside() as tx:
        assert tx.bucket("群") is None
        tx.write_bucket("群", 300, NOW)
    with store.beside() as tx:
        assert tx.bucket("群") == (300, NOW)
        tx.write_bucket("群", 240, NOW)
        assert tx.bucket("群") == (240, NOW)


def test_the_newest_silence_holds_and_its_reason_is_sealed(store: Store, store_url: str) -> None:
    until = NOW + timedelta(days=3)
    with store.beside() as tx:
        tx.silence(Silence("SS2025-000001", "王主任", "当事人陈某某外出", NOW, until))
        tx.silence(Silence("SS2025-000002", "王主任", "另一件", NOW, until))
        tx.silence(Silence("SS2025-000001", "王主任", "已回来", NOW, NOW))
    with store.read() as view:
        held = view.silences_of(["SS2025-000001", "SS2025-000002", "SS2025-000003"])
    assert {code: (one.reason, one.until) for code, one in held.items()} == {
        "SS2025-000001": ("已回来", NOW),
        "SS2025-000002": ("另一件", until),
    }
    with by_hand(store_url) as connection:
        sealed = b"".join(bytes(row[0]) for row in connection.execute(text("SELECT reason FROM silences")))
    assert "陈某某".encode() not in sealed
