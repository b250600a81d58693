"""The facts of a process: what sanse dispatched, until it has an outcome, to the second."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from engine.features.process import action_ids, counted, process_facts
from engine.model import Action
from engine.ruleset.tree import Feature, FeatureKind
from tests.feature_samples import DAY, NOW, action


def known(*actions: Action, at: datetime = NOW, since: datetime | None = None) -> dict[str, object]:
    return dict(process_facts(actions, at, since))


def days(*actions: Action) -> object:
    return known(*actions).get("days_since_dispatch")


def test_a_matter_that_was_never_dispatched_has_no_process() -> None:
    assert known() == {}
    assert known(action("reopen"), action("mediation_tried"), action("close")) == {}
    assert known(action("dispatch", -1)) == {}


def test_a_dispatch_of_this_second_is_known() -> None:
    assert known(action("dispatch")) == {
        "outcome_recorded": False,
        "days_since_dispatch": 0,
        "days_open": 0,
        "mediation_tried": False,
    }


@pytest.mark.parametrize(
    ("seconds", "whole"), [(0, 0), (DAY - 1, 0), (DAY, 1), (7 * DAY - 1, 6), (7 * DAY, 7), (366 * DAY, 366)]
)
def test_days_are_whole_days_since_dispatch(seconds: int, whole: int) -> None:
    assert days(action("dispatch", seconds)) == whole


def test_days_run_through_a_leap_day_and_a_years_end() -> None:
    start = datetime.fromisoformat("2023-12-31T23:59:59+08:00")
    dispatched = action("dispatch", at=start)
    assert known(dispatched, at=start + timedelta(days=60))["days_open"] == 60
    assert known(dispatched, at=datetime.fromisoformat("2024-03-01T00:00:00+08:00"))["days_open"] == 60


@pytest.mark.parametrize("outcome", ["close", "outcome", "mediation_succeeded", "terminated"])
def test_with_an_outcome_only_that_is_known(outcome: str) -> None:
    assert known(action("dispatch", 9), action(outcome, 5)) == {"outcome_recorded": True}
    assert known(action("dispatch", 9), action(outcome, -1))["outcome_recorded"] is False


def test_a_second_dispatch_does_not_start_the_clock_again() -> None:
    assert days(action("dispatch", 9 * DAY), action("dispatch", 2 * DAY)) == 9


@pytest.mark.parametrize("again", ["dispatch", "reopen"])
def test_one_after_an_outcome_does(again: str) -> None:
    history = (
        action("dispatch", 9 * DAY),
        action("mediation_tried", 8 * DAY),
        action("close", 5 * DAY),
        action(again, 2 * DAY),
    )
    assert known(*history) == {
        "outcome_recorded": False,
        "days_since_dispatch": 2,
        "days_open": 2,
        "mediation_tried": False,
    }


def test_reopening_an_open_matter_changes_nothing() -> None:
    assert days(action("dispatch", 9 * DAY), action("reopen", 2 * DAY)) == 9


@pytest.mark.parametrize("kind", ["mediation_tried", "mediation_failed", "joint_departments"])
def test_a_try_is_a_try_even_before_the_dispatch(kind: str) -> None:
    assert known(action("dispatch", 9), action(kind, 3))["mediation_tried"] is True
    assert known(action(kind, 12), action("dispatch", 9))["mediation_tried"] is True
    assert known(action("dispatch", 9), action("urge", 3))["mediation_tried"] is False


def test_actions_of_one_second_are_taken_in_the_order_in_which_they_became_known() -> None:
    opened = action("dispatch", 9 * DAY, id="a")
    closed = action("close", DAY, id="b", known_at=NOW - timedelta(seconds=DAY))
    again = action("dispatch", DAY, id="c", known_at=NOW)
    for order in permutations((opened, closed, again)):
        assert days(*order) == 1
    sooner = action("dispatch", DAY, id="c", known_at=NOW - timedelta(days=2))
    for order in permutations((opened, closed, sooner)):
        assert known(*order) == {"outcome_recorded": True}


def test_of_one_instant_the_order_of_writing_decides() -> None:
    log = [action("dispatch", DAY), *(action(kind, 9) for kind in ("close", "reopen", "close", "dispatch"))]
    held = [known(*log[:n]).get("outcome_recorded") for n in range(1, 6)]
    assert held == [False, True, False, True, False]


@pytest.mark.parametrize(("since", "expected"), [(4 * DAY, 4), (4 * DAY - 1, 3), (20 * DAY, 9), (-5, 0), (None, None)])
def test_yellow_days_count_from_the_later_of_both(since: int | None, expected: int | None) -> None:
    moment = None if since is None else NOW - timedelta(seconds=since)
    held = known(action("dispatch", 9 * DAY), since=moment)
    assert held.get("yellow_days") == expected


def feature(within: timedelta | None = None, **where: tuple[str, ...]) -> Feature:
    return Feature(name="m.acts", title="次数", kind=FeatureKind.ACTIONS, same="matter", within=within, where=where)


def test_actions_are_counted_up_to_the_subjects_own_second() -> None:
    done = [action(before=before, id=str(before)) for before in (-1, 0, 5)]
    assert action_ids(counted(feature(), done, NOW)) == ("0", "5")
    assert counted(feature(), [], NOW) == []


def test_a_window_of_actions_holds_both_its_ends() -> None:
    done = [action(before=before, id=f"{before:02}") for before in (0, 9, 10, 11)]
    assert action_ids(counted(feature(timedelta(seconds=10)), done, NOW)) == ("00", "09", "10")
    assert action_ids(counted(feature(timedelta(0)), done, NOW)) == ("00",)


def test_kinds_and_levels_must_both_fit() -> None:
    done = [
        action("mediation_failed", level="township", id="a"),
        action("mediation_failed", level="village", id="b"),
        action("returned", level="township", id="c"),
    ]
    assert action_ids(counted(feature(action=("mediation_failed",)), done, NOW)) == ("a", "b")
    assert action_ids(counted(feature(level=("township",)), done, NOW)) == ("a", "c")
    assert action_ids(counted(feature(action=("mediation_failed", "x"), level=("township",)), done, NOW)) == ("a",)


def test_an_action_that_is_not_stored_yet_is_counted_and_has_no_id() -> None:
    done = counted(feature(), [action(id="b"), action(), action(id="a")], NOW)
    assert len(done) == 3
    assert action_ids(done) == ("a", "b")
