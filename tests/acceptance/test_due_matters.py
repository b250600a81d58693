"""Due matters by behaviour: what is looked at again, when, why, and that each moment is taken once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.desk.acting import act, close, merge, override
from engine.desk.explaining import explain
from engine.desk.reading import show
from engine.model import Colour
from engine.scheduler.matters import sweep
from engine.settlement import MATTER
from engine.store.rows import MatterFilter, MatterRow, Review
from tests.installation import Installation

pytest_plugins = ["tests.places"]

QUIET = "楼道堆放杂物影响通行，请协调处理"
SHOVED = "因停车位双方争吵推搡，没有受伤"


def only(place: Installation) -> MatterRow:
    with place.desk.store.read() as view:
        (row,) = view.matters(MatterFilter())
    return row


def reviews(place: Installation) -> list[Review]:
    with place.desk.store.read() as view:
        return view.reviews_of([only(place).state.id])


def next_due(place: Installation) -> timedelta | None:
    with place.desk.store.read() as view:
        waiting = view.waiting(MATTER)
    return waiting[0].due.at - place.now if waiting else None


def swept(place: Installation) -> int:
    return sweep(place.desk.store, place.desk.stages, place.desk.clock).done


def test_a_green_matter_nobody_touches_turns_yellow_at_the_third_day_to_the_second(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, minutes=5))
    assert only(place).state.standing is Colour.GREEN
    assert next_due(place) == timedelta(days=3)
    place.later(days=3, seconds=-1)
    assert swept(place) == 0
    place.later(seconds=1)
    assert swept(place) == 1
    assert only(place).state.standing is Colour.YELLOW
    (review,) = reviews(place)
    assert (review.trigger, review.due_at, review.done_at) == ("limit", place.now, place.now)
    assert review.changed["standing"] == ["green", "yellow"]
    assert review.changed["rules"] == [[], ["Y8L"]]
    assert swept(place) == 0


def test_neglect_does_not_climb_the_colours_twice(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, minutes=5))
    for _ in range(120):
        place.later(days=1)
        swept(place)
    assert only(place).state.standing is Colour.YELLOW


def test_a_yellow_matter_turns_red_when_thirty_days_are_over(place: Installation) -> None:
    place.ingest(place.call("A1", SHOVED, minutes=5))
    assert only(place).state.standing is Colour.YELLOW
    place.later(days=31, seconds=-1)
    swept(place)
    assert only(place).state.standing is Colour.YELLOW
    place.later(seconds=1)
    swept(place)
    assert only(place).state.standing is Colour.RED
    assert reviews(place)[-1].changed["rules"] == [[], ["R9L"]]
    place.later(days=30)
    assert swept(place) == 1
    state = only(place).state
    assert (state.standing, state.machine) == (Colour.RED, Colour.RED), "a long yellow made it red, and still does"
    assert show(place.desk, state.code).process[0].reason == "黄色已61天未化解（限30天）"
    act(place.desk, place.person(), state.code, kind="mediation_succeeded", level="township")
    assert only(place).state.machine is Colour.YELLOW, "settled: only a person may lower what stands"


def test_what_the_process_said_of_a_former_matter_is_still_explained(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, caller=1, minutes=5), place.call("B1", SHOVED, caller=2, minutes=4))
    place.later(days=31)
    while swept(place):
        pass
    merge(place.desk, place.person(), "police_110:A1", "police_110:B1", reason="同一户的两件事")
    told = explain(place.desk, "police_110:A1")
    assert {part.subject for part in told} >= {"matter:police_110:A1", "matter:police_110:B1"}
    shown = {said.rule for said in show(place.desk, "police_110:A1").process}
    process = [part for part in told if part.subject.startswith("matter:")]
    assert {hit[0] for part in process for hit in part.record["hits"]} == shown == {"R9L", "Y8L", "Y9L"}


@pytest.mark.parametrize(
    ("text", "days"),
    [(QUIET, [3, 4, 3 + 3, 7, 8, 3 + 7, 3 + 14]), (SHOVED, [3, 4, 7, 8, 14, 30, 31])],
    ids=["green, yellow from the third day", "yellow, red from the thirty-first day"],
)
def test_the_moments_of_a_matter_are_the_limits_of_the_rules_and_the_floor(
    place: Installation, text: str, days: list[int]
) -> None:
    place.ingest(place.call("A1", text, minutes=5))
    began, seen = place.now, []
    while (wait := next_due(place)) is not None and place.now + wait - began <= timedelta(days=31):
        place.now += wait
        assert swept(place) == 1
        act(place.desk, place.person(), only(place).state.code, kind="mediation_tried", level="village")
        seen.append((place.now - began) / timedelta(days=1))
    assert seen == days


def test_after_closing_people_are_asked_again_and_nothing_else_is_due(place: Installation) -> None:
    place.ingest(place.call("A1", SHOVED, minutes=5))
    close(place.desk, place.person(), only(place).state.code, means="调解", evidence="2025-1号")
    assert next_due(place) == timedelta(days=7)
    place.later(days=7)
    assert swept(place) == 1
    assert reviews(place)[-1].trigger == "follow_up"
    assert next_due(place) == timedelta(days=23)
    place.later(days=23)
    swept(place)
    assert next_due(place) is None


def test_a_lowering_that_lapses_is_looked_at_in_that_second(place: Installation) -> None:
    place.ingest(place.call("A1", SHOVED, minutes=5))
    person, code = place.person(), only(place).state.code
    act(place.desk, person, code, kind="agreement", level="village", evidence="协议")
    place.later(days=8)
    swept(place)
    override(place.desk, person, code, to=Colour.GREEN, reason="已和好", lasts=timedelta(days=2))
    assert only(place).state.standing is Colour.GREEN
    place.later(days=2, seconds=-1)
    swept(place)
    assert only(place).state.standing is Colour.GREEN
    place.later(seconds=1)
    swept(place)
    assert only(place).state.standing is Colour.YELLOW
    assert reviews(place)[-1].trigger == "lapse"


def test_a_record_that_joins_is_told_as_a_change(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, minutes=50))
    assert reviews(place) == []
    place.ingest(place.call("A2", SHOVED + "，还是楼道堆放杂物", minutes=5, 关联主接警单编号="A1"))
    (review,) = reviews(place)
    assert (review.trigger, review.due_at) == ("arrival", None)
    assert review.changed["records"] == [1, 2]


def test_history_is_never_due(place: Installation) -> None:
    place.ingest(place.call("A1", SHOVED, days=40))
    assert only(place).state.history
    assert next_due(place) is None


def test_an_outage_is_made_up_in_one_sweep_red_first_then_the_longest_due(place: Installation) -> None:
    for n, text in enumerate((QUIET, "有人拿着菜刀要砍人", SHOVED, QUIET)):
        place.ingest(place.call(f"A{n}", text, caller=n, minutes=5))
        place.later(minutes=1)
    place.later(days=6)
    store, stages = place.desk.store, place.desk.stages
    with store.beside() as tx:
        claims = tx.claim(MATTER, now=place.now, until=place.now + timedelta(seconds=1), most=10)
    assert [claim.item for claim in claims] == [f"police_110:A{n}" for n in (1, 2, 0, 3)]
    place.later(seconds=1)
    assert sweep(store, stages, place.desk.clock, piece=3).done == 4
    assert swept(place) == 0


def test_a_worker_that_slept_through_its_lease_writes_nothing(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, minutes=5))
    place.later(days=3)
    store, lease = place.desk.store, timedelta(minutes=5)
    with store.beside() as tx:
        (asleep,) = tx.claim(MATTER, now=place.now, until=place.now + lease, most=10)
    with store.beside() as tx:
        assert tx.claim(MATTER, now=place.now, until=place.now + lease, most=10) == []
    place.later(minutes=5)
    assert swept(place) == 1
    with store.batch() as tx:
        assert tx.still_held([asleep]) == []
    assert len(reviews(place)) == 1


def test_a_clock_that_goes_back_makes_no_moment_due_twice(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, minutes=5))
    place.later(days=3)
    assert swept(place) == 1
    place.later(hours=-1)
    act(place.desk, place.person(), only(place).state.code, kind="contact", level="village")
    place.later(hours=2)
    swept(place)
    assert len({r.due_at for r in reviews(place) if r.due_at}) == len([r for r in reviews(place) if r.due_at])
