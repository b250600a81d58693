"""Facts of a matter's process at `as_of`, and the counting of actions (rulings 1 and 27).

In: the actions of one matter. Out: action counts and process facts. Elapsed limits look only at what sanse itself dispatched and
what has no outcome yet; imported status plays no part. Not here: what follows from them (`rules/process.yaml`), who acts (`casework`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.features.definitions import seconds
from engine.model import Action, Value
from engine.ruleset.tree import Feature

DISPATCH, REOPEN = "dispatch", "reopen"
OUTCOMES = frozenset({"close", "outcome", "mediation_succeeded", "terminated"})
TRIES = frozenset({"mediation_tried", "mediation_failed", "mediation_succeeded", "joint_departments"})
_DAY = timedelta(days=1)


def counted(feature: Feature, actions: Sequence[Action], at: datetime) -> list[Action]:
    """The actions that an action fact counts: not later than `at`, within its window, of the kinds and levels it names."""
    kinds, levels = feature.where.get("action"), feature.where.get("level")
    start = at - timedelta(seconds=seconds(feature)) if feature.within is not None else None
    return [
        action
        for action in actions
        if action.at <= at
        and (start is None or action.at >= start)
        and (kinds is None or action.kind in kinds)
        and (levels is None or action.level in levels)
    ]


def action_ids(actions: Sequence[Action]) -> tuple[str, ...]:
    """The ids of actions, sorted; one that is not stored yet has none."""
    return tuple(sorted(action.id for action in actions if action.id))


@dataclass(slots=True)
class Course:
    """Where the process stands after the actions seen so far: when it began, whether it has an outcome, whether somebody tried."""

    since: datetime | None = None
    ended: bool = False
    tried: bool = False

    def take(self, action: Action) -> None:
        """The next action. A second dispatch does not start the clock again; one after an outcome does, and so does reopening."""
        never = self.since is None and action.kind == DISPATCH
        if never or (self.ended and action.kind in (DISPATCH, REOPEN)):
            self.since, self.ended = action.at, False
        elif action.kind in TRIES:
            self.tried = True
        if action.kind in OUTCOMES and self.since is not None:
            self.ended, self.tried = True, False


def course_of(actions: Sequence[Action], as_of: datetime) -> Course:
    """Where the process stands at `as_of`; later actions are not looked at, those of one second in the order given."""
    course = Course()
    past = [action for action in actions if action.at <= as_of]
    for action in sorted(past, key=lambda a: (a.at, a.known_at)):
        course.take(action)
    return course


def process_facts(actions: Sequence[Action], as_of: datetime, yellow_since: datetime | None) -> Mapping[str, Value]:
    """The process facts known at `as_of`, by their name in chapter 2; those left out are absent. Of one second, in the order given.

    Never dispatched: none. With an outcome: only that. `yellow_days` counts from `yellow_since`, or from the dispatch if that is later;
    `yellow_since` is none unless something other than the elapsed limits makes the matter yellow and nothing else makes it red.
    """
    course = course_of(actions, as_of)
    if course.since is None:
        return {}
    if course.ended:
        return {"outcome_recorded": True}
    days = (as_of - course.since) // _DAY
    facts: dict[str, Value] = {
        "outcome_recorded": False,
        "days_since_dispatch": days,
        "days_open": days,
        "mediation_tried": course.tried,
    }
    if yellow_since is not None:
        facts["yellow_days"] = max(0, (as_of - max(yellow_since, course.since)) // _DAY)
    return facts
