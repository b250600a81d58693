"""What people do about messages: who may silence what and for how long, and what is shown of a matter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import notify
from engine.desk.messages import deliveries, given_up, revive, show, silence
from engine.errors import UsageError
from engine.store.outbox import DEAD
from tests.installation import Installation

pytest_plugins = ["tests.places"]

SHOVED = "因停车位双方争吵推搡，没有受伤"
KNIFE = "有人拿着菜刀砍人，快来救命"
CODE = "SS2025-000001"


def test_a_silence_stands_in_the_audit_log_with_its_reason_sealed(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", SHOVED, minutes=5))
    made = silence(small_place.desk, small_place.person(), CODE, lasts=timedelta(days=30), reason="陈某某外出")
    assert made.until == small_place.now + timedelta(days=30)
    assert show(small_place.desk, "police_110:A1").silence == made
    with small_place.desk.store.read() as view:
        entry = view.audit_rows(limit=1000)[-1]
    assert (entry.actor, entry.what, entry.payload["code"], entry.payload["reason"]) == (
        "王主任",
        "silence",
        CODE,
        "陈某某外出",
    )


def test_what_may_not_be_silenced(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", SHOVED, minutes=5), place.call("B1", KNIFE, caller=2, minutes=5))
    red = next(code for code in (CODE, "SS2025-000002") if show(place.desk, code).notices[0].notice.colour == 2)
    yellow = next(code for code in (CODE, "SS2025-000002") if code != red)
    person, day = place.person(), timedelta(days=1)
    for who, code, lasts, reason, said in (
        (person, red, day, "太吵", "红色事项不能静默"),
        (person, yellow, timedelta(days=30, seconds=1), "太吵", "最多静默 30 天"),
        (person, yellow, day, "  ", "写明理由"),
        (person, "SS1999-000001", day, "太吵", "没有派过单"),
        (place.person("赵分析", "analyst"), yellow, day, "太吵", "不能办理事项"),
    ):
        with pytest.raises(UsageError, match=said):
            silence(place.desk, who, code, lasts=lasts, reason=reason)


def test_history_has_no_notices_and_the_reason_why(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", KNIFE, days=40))
    shown = show(small_place.desk, "police_110:A1")
    assert (shown.notices, shown.why) == ((), notify.HISTORY)


def test_dead_letters_are_counted_and_revived_by_their_key(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", KNIFE, minutes=5))
    now = small_place.now
    with small_place.desk.store.beside() as tx:
        (held,) = tx.fresh_notices(10)
        tx.address_notice(held, "群", due_at=now, why="")
        tx.take("群", [held.key], parcel="p", now=now, until=now)
        tx.parcel_failed("p", 1, state=DEAD, why=notify.RETRY, again=now, now=now)
    assert given_up(small_place.desk) == 1
    assert [row.parcel for row in deliveries(small_place.desk, "dead", limit=5)] == ["p"]
    with pytest.raises(UsageError, match="没有发不出去的通知：q"):
        revive(small_place.desk, ["p", "q"])
    assert revive(small_place.desk, (), every=True) == 1
    assert given_up(small_place.desk) == 0
    with pytest.raises(UsageError, match="没有这个状态"):
        deliveries(small_place.desk, "lost", limit=5)
