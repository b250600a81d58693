"""Who comes again and again: masked, by channel and matter, with what we ourselves left undone; nothing here judges anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.desk import acting
from engine.desk.callers import CallerShown, repeat_callers, reply
from engine.errors import UsageError
from engine.model import Incident
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
LAMP = "村口的路灯坏了一个多星期没有人来修理"
NOW = datetime(2025, 3, 10, tzinfo=UTC)


def order(place: Installation, number: str, text: str, *, due: int = 0, **more: Any) -> dict[str, Any]:
    """A hotline order of the same invented caller, to be answered `due` days from now (0: not said)."""
    ago = {key: more.pop(key) for key in ("days", "hours") if key in more}
    deadline = {"办理时限": place.local(days=-due)} if due else {}
    return {
        "工单编号": number,
        "诉求内容": text,
        "来电时间": place.local(**ago),
        "来电人": "陈一一",
        "来电号码": "13800000001",
        "事发地址": "云溪镇柳树村1组",
        **deadline,
        **more,
    }


def only(place: Installation, **more: Any) -> CallerShown:
    (caller,) = repeat_callers(place.desk, **more)
    return caller


def test_records_of_one_person_over_channels_are_counted_together(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK + f"，第{n}次", days=9 - n) for n in range(3)))
    place.ingest(order(place, "H1", LAMP, days=2), kind="hotline_12345")
    caller = only(place)
    assert (caller.records, dict(caller.kinds)) == (4, {"police_110": 3, "hotline_12345": 1})
    assert [matter.records for matter in caller.matters] == [3, 1]
    assert caller.first_at < caller.last_at
    assert "several" in caller.help


def test_names_and_phones_are_masked(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK + f"，第{n}次", days=n) for n in range(3)))
    caller = only(place)
    assert (caller.name[0], caller.phone[-4:]) == ("陈", "0001")
    assert "13800000001" not in repr(caller)
    assert "陈二" not in repr(caller)


@pytest.mark.parametrize(
    ("more", "found"), [({"least": 4}, 0), ({"least": 3}, 1), ({"days": 5}, 0), ({"days": 11}, 1), ({"most": 1}, 1)]
)
def test_how_often_and_since_when_decide(place: Installation, more: dict[str, int], found: int) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK + f"，第{n}次", days=4 + 3 * n) for n in range(3)))
    place.ingest(place.call("B1", LAMP, caller=2, days=1))
    assert len(repeat_callers(place.desk, **more)) == found


def test_the_most_frequent_comes_first(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK + f"，第{n}次", days=n) for n in range(3)))
    place.ingest(*(place.call(f"B{n}", LAMP + f"，第{n}次", caller=2, days=n) for n in range(5)))
    assert [caller.records for caller in repeat_callers(place.desk)] == [5, 3]


def test_what_was_done_stands_beside_each_matter(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK + f"，第{n}次", days=n) for n in range(3)))
    assert "untried" in only(place).help
    for kind, level in (("contact", ""), ("mediation_failed", "village"), ("mediation_failed", "village")):
        place.later(minutes=1)
        acting.act(place.desk, place.person(), "police_110:A0", kind=kind, level=level)
    caller = only(place)
    assert dict(caller.matters[0].done) == {"contact": 1, "mediation_failed": 2}
    assert "untried" not in caller.help
    assert "review_measures" in caller.help


def test_our_own_late_replies_come_first(place: Installation) -> None:
    place.ingest(
        *(order(place, f"H{n}", LAMP + f"，第{n}次", due=1, days=3 + n) for n in range(3)), kind="hotline_12345"
    )
    caller = only(place)
    assert dict(caller.replies) == {"waiting": 3}
    place.later(days=2)
    caller = only(place)
    assert (dict(caller.replies), caller.help[0]) == ({"late": 3}, "reply_late")


@pytest.mark.parametrize(
    ("due", "given", "stands"),
    [(None, None, "unknown"), (None, 0, "unknown"), (-1, None, "late"), (0, None, "waiting"), (1, None, "waiting"),
     (-1, -1, "in_time"), (-2, -1, "late")],
)  # fmt: skip
def test_how_a_reply_stands(due: int | None, given: int | None, stands: str) -> None:
    at = [None if days is None else NOW + timedelta(days=days) for days in (due, given)]
    incident = Incident(
        kind="petition",
        source="s",
        source_id="1",
        version="v",
        occurred_at=NOW,
        known_at=NOW,
        reply_due_at=at[0],
        replied_at=at[1],
    )
    assert reply(incident, NOW) == stands


def test_confidential_records_are_left_out(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK + f"，第{n}次", days=n, 是否保密="是" if n else "否") for n in range(4)))
    assert repeat_callers(place.desk, least=2) == []


@pytest.mark.parametrize("more", [{"days": 0}, {"least": 1}])
def test_what_makes_no_sense_is_refused(small_place: Installation, more: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="天数"):
        repeat_callers(small_place.desk, **more)
