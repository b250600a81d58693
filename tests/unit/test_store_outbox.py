"""Notices and their deliveries: kept once, taken by one, marked only by who holds them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model import Colour, Notice
from engine.store import Store
from engine.store.dialects import SqliteVendor
from engine.store.outbox import _FRESH, _READY, DEAD, SENT, WAITING
from tests.store_samples import by_hand

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def notice(number: int = 1, colour: Colour = Colour.YELLOW, **more: object) -> Notice:
    held = Notice(
        key=f"{number:04d}",
        matter=f"police_110:A{number}",
        code=f"SS2025-{number:06d}",
        event="new",
        colour=colour,
        route="yellow",
        at=NOW,
        due_at=NOW + timedelta(hours=1),
        within=timedelta(hours=4),
    )
    return replace(held, **more)  # type: ignore[arg-type]


def addressed(store: Store, *notices: Notice, channel: str = "群") -> None:
    with store.beside() as tx:
        tx.write_notices(notices)
        for one in notices:
            tx.address_notice(one, channel, due_at=NOW, why="")
        tx.close_notices(dict.fromkeys((one.key for one in notices), ""))


def test_a_notice_comes_back_as_it_was_written_and_is_never_overwritten(store: Store) -> None:
    first = notice()
    with store.beside() as tx:
        tx.write_notices([first, notice(2, due_at=None, within=None, verdict="unchanged")])
        tx.write_notices([replace(first, colour=Colour.RED)])
    with store.beside() as tx:
        assert tx.fresh_notices(10) == [first]
        assert [held.verdict for held in tx.notices_about(["SS2025-000002"])] == ["unchanged"]
        tx.close_notices({first.key: "nobody"})
        assert tx.fresh_notices(10) == []
        assert tx.notices_about([first.code])[0].verdict == "nobody"


def test_red_first_then_the_longest_due_and_nothing_that_somebody_has(store: Store) -> None:
    addressed(store, notice(1), notice(2, Colour.RED), notice(3))
    with store.beside() as tx:
        assert [row.notice.key for row in tx.ready("群", now=NOW, most=10)] == ["0002", "0001", "0003"]
        assert tx.ready("别的", now=NOW, most=10) == []
        tx.take("群", ["0002"], parcel="p", now=NOW, until=NOW + LEASE)
        tx.put_off("群", ["0001"], until=NOW + timedelta(hours=9), why="quiet")
    with store.read() as view:
        assert [row.notice.key for row in view.ready("群", now=NOW, most=10)] == ["0003"]
        later = NOW + timedelta(hours=9)
        assert [row.notice.key for row in view.ready("群", now=later, most=10)] == ["0002", "0003", "0001"]


def test_who_slept_through_the_lease_marks_nothing(store: Store) -> None:
    addressed(store, notice())
    with store.beside() as tx:
        tx.take("群", ["0001"], parcel="p", now=NOW, until=NOW)
        tx.take("群", ["0001"], parcel="p", now=NOW, until=NOW + LEASE)
    with store.beside() as tx:
        assert tx.take("群", ["0001"], parcel="p", now=NOW, until=NOW + LEASE) == 0
        assert not tx.parcel_sent("p", 1, NOW)
        assert not tx.parcel_failed("p", 1, state=DEAD, why="retry", again=NOW, now=NOW)
        assert tx.parcel_sent("p", 2, NOW)
        assert not tx.parcel_sent("p", 2, NOW)
    with store.read() as view:
        (row,) = view.parcel("p")
    assert (row.state, row.attempts, row.done_at) == (SENT, 2, NOW)


def test_the_dead_come_back_under_their_old_key(store: Store) -> None:
    addressed(store, notice(), notice(2))
    with store.beside() as tx:
        tx.take("群", ["0001", "0002"], parcel="p", now=NOW, until=NOW + LEASE)
        assert tx.parcel_failed("p", 1, state=DEAD, why="retry", again=NOW, now=NOW)
        assert tx.delivery_counts() == {("群", DEAD): 2}
        assert tx.revive(["p", "unknown"], NOW) == 2
    with store.read() as view:
        rows = view.ready("群", now=NOW, most=10)
    assert [(row.state, row.parcel, row.failures) for row in rows] == [(WAITING, "p", 0)] * 2


def test_what_is_withheld_says_why(store: Store) -> None:
    addressed(store, notice(), notice(2))
    with store.beside() as tx:
        tx.withhold("群", {"0001": "silenced", "0002": "closed"}, NOW)
    with store.read() as view:
        rows = view.deliveries_of(["0001", "0002"])
        assert [(row.state, row.why) for row in rows] == [("not sent", "silenced"), ("not sent", "closed")]
        assert [row.notice.key for row in view.deliveries(["not sent"], 1)] == ["0001"]


def test_what_is_sought_at_every_tick_is_found_by_its_index(sqlite_url: str) -> None:
    """However much was told in the course of years."""
    with by_hand(sqlite_url) as connection:
        for query, index in ((_FRESH, "outbox_fresh"), (_READY, "deliveries_next")):
            sql, order, fixed = query.compiled(SqliteVendor(sqlite_url))
            values = tuple(fixed.get(name) or 1 for name in order)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
            assert any(index in row[3] for row in plan), plan


@pytest.mark.parametrize("most", [1, 2])
def test_a_channel_is_asked_once_for_each_notice(store: Store, most: int) -> None:
    for _ in range(most):
        addressed(store, notice())
    with store.read() as view:
        assert len(view.deliveries([WAITING], 10)) == 1
