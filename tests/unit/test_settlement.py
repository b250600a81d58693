"""A matter settled whole: what stands, which code, whether and where it is dispatched, and what the rules of the process add."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.desk import acting
from engine.desk.reading import MatterShown, show
from engine.evaluate.durable import DurableReader
from engine.evaluate.plan import Scope
from engine.model import Cause, Colour, Judgement, Sighting
from engine.settlement import hotspots
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
LAMP = "村口的路灯坏了一个多星期没有人来修理"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"
WAGES = "老板拖欠我三个月工资一直不给"


def matter(place: Installation, reference: str = "police_110:A1") -> MatterShown:
    return show(place.desk, reference)


def dispatches(place: Installation, reference: str = "police_110:A1") -> list[str]:
    """The colours it was dispatched with, oldest first."""
    return [action.level for action in matter(place, reference).actions if action.kind == "dispatch"]


def test_a_correction_never_lowers_what_stands(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", KNIFE, days=1))
    small_place.ingest(small_place.call("A1", LAMP, days=1))
    state = matter(small_place).row.state
    assert (state.standing, state.machine) == (Colour.RED, Colour.GREEN)
    assert state.status == "open"


class TestCodes:
    """一案一码: given at first dispatch, never changed, never given twice."""

    def test_it_stays_through_everything_that_happens(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LEAK, days=3))
        code = matter(place).row.state.code
        assert code == "SS2025-000001"
        place.ingest(place.call("A2", f"{LEAK}，又来了", days=1))
        place.ingest(place.call("A1", f"{LEAK}，更正", days=3))
        acting.close(place.desk, place.person(), code, means="调解", evidence="12号")
        place.later(days=1)
        place.ingest(place.call("A3", f"{LEAK}，第三次"))
        assert matter(place).row.state.code == code
        assert matter(place).row.state.episode == 2

    def test_an_older_record_that_comes_late_renames_the_matter_and_not_its_code(
        self, small_place: Installation
    ) -> None:
        place = small_place
        place.ingest(place.call("A2", LEAK, days=1))
        code = matter(place, "police_110:A2").row.state.code
        place.ingest(place.call("A1", f"{LEAK}，先前一次", days=4))
        state = matter(place, code).row.state
        assert (state.id, state.code, state.records) == ("police_110:A1", code, 2)

    def test_none_is_given_twice_even_after_a_merge(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LEAK), place.call("B1", LAMP, caller=2))
        codes = [matter(place, id_).row.state.code for id_ in ("police_110:A1", "police_110:B1")]
        acting.merge(place.desk, place.person(), *codes, reason="同一件事")
        place.ingest(place.call("C1", WAGES, caller=3))
        assert matter(place, "police_110:C1").row.state.code not in codes
        assert {matter(place, code).row.state.code for code in codes} == {min(codes)}

    def test_history_has_none_until_something_new_comes(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LEAK, days=8))
        assert (matter(place).row.state.code, dispatches(place)) == ("", [])
        place.ingest(place.call("A2", f"{LEAK}，又漏"))
        assert matter(place).row.state.code
        assert len(dispatches(place)) == 1

    def test_the_year_of_a_code_is_that_of_the_zone(self, small_place: Installation) -> None:
        place = small_place
        place.now = datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC)
        place.ingest(place.call("A1", LAMP))
        place.later(seconds=1)
        place.ingest(place.call("B1", LEAK, caller=2))
        codes = [matter(place, id_).row.state.code for id_ in ("police_110:A1", "police_110:B1")]
        assert codes == ["SS2024-000001", "SS2025-000001"]


class TestDispatch:
    """Once for each route."""

    def test_a_second_record_on_the_same_route_is_not_dispatched_again(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", KNIFE, days=2))
        place.later(hours=1)
        place.ingest(place.call("A2", f"{KNIFE}，又来了", days=1))
        assert matter(place).row.state.records == 2
        assert dispatches(place) == ["red"]

    def test_a_higher_colour_goes_to_its_own_route_at_once(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LEAK, days=2))
        place.ingest(place.call("A2", KNIFE))
        place.ingest(place.call("A1", KNIFE, days=2))
        assert dispatches(place)[-1] == "red"
        assert matter(place).row.state.route == "red"
        assert len(dispatches(place)) == len(set(dispatches(place)))

    def test_nothing_closed_is_dispatched(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LAMP, days=1))
        acting.close(place.desk, place.person(), "police_110:A1", means="调解", evidence="照片")
        before = dispatches(place)
        place.ingest(place.call("A1", f"{LAMP}，补充", days=1))
        assert dispatches(place) == before


class TestProcess:
    """Limits of the process are reached by time alone, and say so once."""

    @pytest.mark.parametrize("start", [datetime(2024, 2, 27, 1, tzinfo=UTC), datetime(2024, 12, 29, 1, tzinfo=UTC)])
    def test_days_since_dispatch_run_over_a_leap_day_and_a_years_end(
        self, small_place: Installation, start: datetime
    ) -> None:
        place = small_place
        place.now = start
        place.ingest(place.call("A1", LAMP))
        place.later(days=3, seconds=-1)
        acting.act(place.desk, place.person(), "police_110:A1", kind="contact")
        assert matter(place).row.state.standing is Colour.GREEN
        place.later(seconds=1)
        acting.act(place.desk, place.person(), "police_110:A1", kind="contact")
        assert matter(place).row.state.standing is Colour.YELLOW
        with place.desk.store.read() as view:
            (hit,) = view.hits_of(["police_110:A1"])
        assert hit.rule.startswith("Y8")


def sighting(id_: str, place: str | None = "和顺花园") -> Sighting:
    return Sighting(
        id=id_, kind="petition", at=datetime(2025, 1, 1, tzinfo=UTC), cause=Cause.NEW, topic="noise", place=place
    )


def test_a_hotspot_counts_all_anonymous_records_as_one_person() -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    rows = [
        ("h", "a", at, "p1", Colour.GREEN),
        ("h", "b", at + timedelta(days=1), "p1", Colour.RED),
        ("h", "c", at + timedelta(days=2), None, Colour.GREEN),
        ("h", "d", at - timedelta(days=1), None, Colour.YELLOW),
        ("k", "e", at, "p9", Colour.GREEN),
    ]
    made = {state.id: state for state in hotspots(rows, {"h": sighting("h"), "k": sighting("k", None)})}
    assert (made["h"].records, made["h"].persons, made["h"].colour) == (4, 2, Colour.RED)
    assert (made["h"].first_at, made["h"].last_at) == (at - timedelta(days=1), at + timedelta(days=2))
    assert (made["k"].persons, made["k"].place) == (1, "")


def test_readers_that_disagree_about_a_matter_are_a_defect(
    small_place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = small_place
    place.ingest(place.call("A1", LEAK, days=2))
    honest = DurableReader.judge

    def strict(reader: DurableReader, *facts: Any, scope: Scope = Scope.RECORD, **more: Any) -> Judgement:
        held = honest(reader, *facts, scope=scope, **more)
        return replace(held, colour=Colour.YELLOW) if scope is Scope.MATTER else held

    monkeypatch.setattr(DurableReader, "judge", strict)
    place.later(days=1)
    place.ingest(place.call("A2", f"{LEAK}，又来了"))
    with place.desk.store.read() as view:
        (defect,) = view.defects()
    assert "matter:police_110:A1" in str(defect)
