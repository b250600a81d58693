"""Between two moments nothing that the rules of the process say can change, and every change comes at one of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.features.moments import ProcessMoments
from engine.model import Action
from tests.installation import shipped, stages
from tests.rulebook_samples import rule, rulebook

START = datetime(2025, 2, 26, 3, 17, 5, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
KINDS = (
    ("mediation_failed", "village"),
    ("mediation_failed", "township"),
    ("mediation_tried", "village"),
    ("contact", "village"),
    ("returned", ""),
    ("joint_departments", "county"),
    ("close", "yellow"),
    ("reopen", ""),
    ("dispatch", "yellow"),
)


def action(kind: str, days: float, level: str = "") -> Action:
    at = START + days * DAY
    return Action("m", kind, level, "王主任", at, at, id=f"{kind}{days}")


def days(moments: ProcessMoments, *actions: Action, now: float = 0, yellow: float | None = None) -> list[float]:
    """The moments after `now`, in days."""
    since = None if yellow is None else START + yellow * DAY
    found = moments.after(actions, START + now * DAY, since)
    return sorted({(at - START) / DAY for at in found})


@pytest.fixture(scope="module")
def moments() -> ProcessMoments:
    return ProcessMoments(shipped(), SHANGHAI)


class TestShipped:
    """The shipped rules: three days without a try, seven without an outcome, thirty of yellow."""

    def test_a_matter_that_was_never_dispatched_waits_for_nothing(self, moments: ProcessMoments) -> None:
        assert days(moments, action("contact", 0)) == []

    def test_limits_count_from_dispatch_and_lie_in_the_future(self, moments: ProcessMoments) -> None:
        dispatched = action("dispatch", 0)
        assert days(moments, dispatched) == [3, 4, 7, 8]
        assert days(moments, dispatched, now=3) == [4, 7, 8]
        assert days(moments, dispatched, now=8) == []

    def test_a_yellow_matter_has_its_own_from_the_later_of_both(self, moments: ProcessMoments) -> None:
        dispatched = action("dispatch", 0)
        assert days(moments, dispatched, now=9, yellow=5) == [35, 36]
        assert days(moments, dispatched, now=9, yellow=-5) == [30, 31]

    def test_with_an_outcome_there_are_none_until_it_begins_again(self, moments: ProcessMoments) -> None:
        history = [action("dispatch", 0), action("close", 1)]
        assert set(days(moments, *history, now=1)).isdisjoint({3, 4, 7, 8})
        assert {5, 6, 9, 10} <= set(days(moments, *history, action("reopen", 2), now=2))


FAILED_7D = {"count": "actions", "same": "matter", "within": "7d", "where": {"action": "mediation_failed"}}


def test_an_action_leaves_its_window_one_second_after_it_was_last_included() -> None:
    book = rulebook(rule("R", {"t": ("f.failed", "at_least", 1)}), features={"f.failed": FAILED_7D})
    history = [action("dispatch", 0), action("mediation_failed", 1), action("contact", 2)]
    assert days(ProcessMoments(book, SHANGHAI), *history, now=2) == [(8 * DAY + SECOND) / DAY]
    assert days(ProcessMoments(book, SHANGHAI), *history, now=9) == []


def test_an_action_of_a_time_to_come_is_a_moment() -> None:
    book = rulebook(rule("R", {"t": ("f.failed", "at_least", 1)}), features={"f.failed": FAILED_7D})
    assert days(ProcessMoments(book, SHANGHAI), action("contact", 2), now=1) == [2]


def test_a_threshold_that_gets_another_value_is_a_moment_at_midnight_and_each_value_a_limit() -> None:
    book = rulebook(
        rule("R", {"t": ("process.days_open", "at_least", "$open.days")}),
        parameters={"open.days": [("2024-01-01", 3), ("2025-03-05", 5)]},
    )
    made = ProcessMoments(book, SHANGHAI)
    midnight = datetime(2025, 3, 5, tzinfo=SHANGHAI)
    assert days(made, action("dispatch", 0)) == sorted([3, 4, 5, 6, (midnight - START) / DAY])
    assert days(made, action("contact", 0)) == [], "nothing was dispatched"


def test_rules_that_do_not_act_set_no_moments() -> None:
    for status in ("draft", "retired"):
        book = rulebook({**rule("R", {"t": ("process.days_open", "at_least", 3)}), "status": status})
        assert days(ProcessMoments(book, SHANGHAI), action("dispatch", 0)) == []


@pytest.mark.parametrize("seed", range(12))
def test_what_the_rules_say_changes_at_moments_and_nowhere_else(moments: ProcessMoments, seed: int) -> None:
    draw = random.Random(f"moments/{seed}")
    actions = [action("dispatch", 0, "yellow")]
    actions += [action(kind, draw.randrange(0, 400) / 10, level) for kind, level in draw.choices(KINDS, k=4)]
    yellow = draw.choice([None, START])
    announced = sorted({at for now in _known_times(actions) for at in _after(moments, actions, now, yellow)})
    said = None
    for hour in range(24 * 75):
        at = START + hour * timedelta(hours=1)
        held = _says(actions, at, yellow)
        if said is not None and held != said:
            between = [moment for moment in announced if at - timedelta(hours=1) < moment <= at]
            assert between, f"{at}: {said} -> {held}"
            assert _says(actions, between[0] - SECOND, yellow) == said, "not a second before"
        said = held


def _known_times(actions: Sequence[Action]) -> list[datetime]:
    return [START, *(one.at for one in actions)]


def _after(
    moments: ProcessMoments, actions: Sequence[Action], now: datetime, yellow: datetime | None
) -> Sequence[datetime]:
    known = [one for one in actions if one.at <= now]
    return [*moments.after(known, now, yellow), now]


def _says(actions: Sequence[Action], at: datetime, yellow: datetime | None) -> tuple[tuple[str, str], ...]:
    known = [one for one in actions if one.at <= at]
    decision = stages().triage.assess_matter("m", known, as_of=at, yellow_since=yellow, trigger="process")
    return tuple(sorted((hit.rule, hit.colour.word) for hit in decision.assessment.hits)) if decision else ()
