"""Moments: when the passing of time alone will next change what the rules can say of a matter.

In: a rulebook, then the actions of one matter and a time. Out: the exact moments at which a fact of its process crosses a bound that some
rule compares it with, an action leaves a window, or a threshold gets its next dated value. Not here: what the rules say then (`evaluate`),
moments that no rule sets (`engine.casework`).

Facts count whole days from an anchor (dispatch, or since when it is yellow): a bound of N days can only matter at anchor + N days and,
for operators that leave N out, at anchor + N + 1 days. There is nothing to scan for in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.features.process import Course, counted, course_of
from engine.model import Action
from engine.ruleset.tree import Bound, Feature, FeatureKind, Leaf, Reference, Rulebook, Status

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_FROM_YELLOW, _FROM_DISPATCH = "yellow_days", ("days_since_dispatch", "days_open")


class ProcessMoments:
    """The moments of one rulebook; days of thresholds begin at midnight in `zone`."""

    def __init__(self, rulebook: Rulebook, zone: ZoneInfo) -> None:
        rules = [rule for rule in rulebook.rules if rule.matter_rule and rule.status in (Status.LIVE, Status.SHADOW)]
        leaves = [leaf for rule in rules for leaf in rule.let.values()]
        self._days: dict[str, tuple[int, ...]] = _bounds(rulebook, leaves)
        asked = {leaf.feature: rulebook.features.get(leaf.feature) for leaf in leaves}
        self._windows = [f for f in asked.values() if f and f.kind is FeatureKind.ACTIONS and f.within is not None]
        names = {part.name for leaf in leaves for part in _parts(leaf.bound) if isinstance(part, Reference)}
        starts = {dated.start for name in names for dated in rulebook.parameters[name].values[1:]}
        self._regimes = sorted(datetime.combine(start, time(), zone) for start in starts)

    def after(self, actions: Sequence[Action], now: datetime, yellow_since: datetime | None) -> Iterator[datetime]:
        """Every later moment that is known now, in no order; `yellow_since` as `process_facts` takes it."""
        course = course_of(actions, now)
        yield from (at for at in self._limits(course, yellow_since) if at > now)
        yield from (at for at in self._leaving(actions) if at > now)
        yield from (action.at for action in actions if action.at > now)
        if course.since is not None:
            yield from (at for at in self._regimes if at > now)

    def _limits(self, course: Course, yellow_since: datetime | None) -> Iterator[datetime]:
        if course.since is None or course.ended:
            return
        anchors = dict.fromkeys(_FROM_DISPATCH, course.since)
        if yellow_since is not None:
            anchors[_FROM_YELLOW] = max(yellow_since, course.since)
        for fact, anchor in anchors.items():
            yield from (anchor + days * _DAY for days in self._days.get(fact, ()))

    def _leaving(self, actions: Sequence[Action]) -> Iterator[datetime]:
        """One second after both ends of a window were last included."""
        for feature in self._windows:
            assert feature.within is not None
            for action in actions:
                if counted(feature, (action,), action.at):
                    yield action.at + feature.within + _SECOND


def _bounds(rulebook: Rulebook, leaves: Sequence[Leaf]) -> dict[str, tuple[int, ...]]:
    """The numbers of days at which a process fact can change a line's truth, on whatever day the thresholds are of."""
    days: dict[str, set[int]] = defaultdict(set)
    for leaf in leaves:
        feature: Feature | None = rulebook.features.get(leaf.feature)
        if feature is None or feature.kind is not FeatureKind.PROCESS:
            continue
        for number in _numbers(rulebook, leaf.bound):
            days[feature.of].update((number, number + 1))
    return {fact: tuple(sorted(numbers)) for fact, numbers in days.items()}


def _numbers(rulebook: Rulebook, bound: Bound) -> Iterator[int]:
    for part in _parts(bound):
        values = (
            [dated.value for dated in rulebook.parameters[part.name].values] if isinstance(part, Reference) else [part]
        )
        yield from (value for value in values if isinstance(value, int) and not isinstance(value, bool))


def _parts(bound: Bound) -> Sequence[object]:
    return bound if isinstance(bound, tuple) else (bound,)
