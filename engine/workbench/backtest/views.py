"""Views: the machine view of a matter under a rulebook, from the colours that its records would have.

In: a matter's records, log and time; the colours of its records. Out: a `View`: a colour with the rules of the process that speak, or that nobody
can know it. Not here: colours of records (`engine.rescore`), what a standing is (`casework`), what rules say of a process (`triage`).

Two things in a matter's past may have come about otherwise under other rules, and both are known exactly where nothing was ever judged twice:
since when it is yellow, and when it was dispatched (a matter that its suppliers closed is dispatched only if it is not green; so is each part of one that
people joined). Elsewhere every possible past is tried; where all of them give one colour that is the view, else the matter is told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine import casework
from engine.evaluate.plan import POINTS_COLOURS
from engine.features.definitions import Definitions, seconds
from engine.features.process import DISPATCH, OUTCOMES, course_of
from engine.model import Action, Colour, HitHad
from engine.ruleset.tree import Bound, FeatureKind, Leaf, Never, Place, Reference, Rule, Rulebook, Status
from engine.triage import Triage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_DONE = (FeatureKind.ACTIONS, FeatureKind.PROCESS)
_ALL_DAYS = frozenset(range(-1, 100_000))
MACHINE = "sanse"
"""Who it is that dispatches by itself."""


@dataclass(frozen=True, slots=True)
class Case:
    """One matter: its records as stored, its log in the order of writing. `plain`: its log was never that of several matters, no person merged or split
    it. `once`: no record of it was ever judged twice. `quiet`: no record of it could have been, under any windows (`steadiness`). `retold`: of a record
    there are several versions, of which an older one may have said that its supplier had closed it.
    """

    id: str
    records: tuple[casework.RecordView, ...]
    actions: tuple[Action, ...]
    plain: bool
    once: bool
    quiet: bool
    retold: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The machine view, None where it hangs on a moment that history does not tell; `rules`: those of the process that hit.

    `imagined`: it would be milder but for a dispatch that only would have been: in truth nobody was ever sent, so nobody could do anything.
    """

    colour: Colour | None
    rules: tuple[str, ...] = ()
    imagined: bool = False


class Viewer:
    """Machine views under one rulebook; `steady`: its windows are those of every rulebook that ever judged the stored records."""

    def __init__(self, triage: Triage, *, steady: bool, newer_than: timedelta) -> None:
        self._triage, self._steady, self._newer_than = triage, steady, newer_than
        rulebook = triage.rulebook
        self._bounds = _yellow_bounds(rulebook)
        self._counting = Definitions.of(rulebook).actions
        parts: Sequence[Rule | Never] = (*rulebook.rules, *rulebook.nevers)
        self._looking = (_of_the_process(rulebook), triage.live_engine, steady, newer_than)
        self._numbers = frozenset(_numbers(rulebook, [leaf for part in parts for leaf in part.let.values()]))

    def view(self, case: Case, colours: Sequence[Colour], now: datetime) -> View:
        """Where a matter would stand at `now`, its records having these colours."""
        records = tuple(replace(r, colour=c) for r, c in zip(case.records, colours, strict=True))
        base = self._standing(records, (), case.actions, now).machine
        if base is Colour.RED:
            return View(base)
        told = [
            self._process(case, actions, since, now)
            for actions in self._logs(case, records, now)
            for since in self._since(case, records, actions, now)
        ]
        made = {max(base, colour) for colour, _ in told}
        if len(made) > 1:
            return View(None)
        colour = made.pop()
        return View(colour, told[0][1], colour > base and self._imagined(case, records, colour, now))

    def _imagined(self, case: Case, records: Sequence[casework.RecordView], colour: Colour, now: datetime) -> bool:
        """Whether it was never dispatched, and its process is milder as it was."""
        if any(action.kind == DISPATCH for action in case.actions):
            return False
        since = self._since(case, records, case.actions, now)
        return all(self._process(case, case.actions, one, now)[0] < colour for one in since)

    def alike(self, other: Viewer) -> bool:
        """Whether another one of the same installation sees the same in the same colours: the rules of the process are the same, all that they ask too."""
        return self._looking == other._looking

    def spans(self) -> Iterator[int]:
        """The lengths of time, in seconds, that a view tells from shorter and longer ones."""
        yield self._newer_than // _SECOND
        yield from (seconds(feature) for feature in self._counting)
        yield from ((number + 1) * (_DAY // _SECOND) for number in self._numbers)

    def turns(self) -> Iterator[datetime]:
        """The moments from which on a parameter has another value."""
        yield from self._triage.turns

    def only_limits(self) -> bool:
        """Whether nothing but elapsed limits ever speaks of a matter that is dispatched, however often, and of which nothing else is done."""
        if any(DISPATCH in feature.where.get("action", (DISPATCH,)) for feature in self._counting):
            return False
        days = {number + more for number in (0, *self._numbers) for more in (-1, 0, 1)} & _ALL_DAYS
        turns = sorted(self.turns()) or [_EPOCH]
        return all(self._only_limits(day * _DAY, at) for at in (turns[0] - _DAY, *turns) for day in days)

    def _only_limits(self, since: timedelta, at: datetime) -> bool:
        dispatched = Action("", DISPATCH, "", MACHINE, at - since, at - since)
        decision = self._triage.assess_matter("", [dispatched], as_of=at, yellow_since=None, trigger="process")
        return decision is None or all(hit.rule in self._triage.elapsed for hit in decision.assessment.hits)

    def _exact(self, case: Case) -> bool:
        return case.plain and (case.once if self._steady else case.quiet)

    def _standing(
        self,
        records: Sequence[casework.RecordView],
        hits: Sequence[HitHad],
        actions: Sequence[Action],
        now: datetime,
    ) -> casework.Standing:
        return casework.standing(
            records,
            hits,
            set_asides=(),
            actions=actions,
            process=Colour.GREEN,
            now=now,
            elapsed=self._triage.elapsed,
        )

    def _process(
        self, case: Case, actions: Sequence[Action], since: datetime | None, now: datetime
    ) -> tuple[Colour, tuple[str, ...]]:
        """What the rules of the process say; only matters somebody has acted on have a process."""
        if not actions:
            return Colour.GREEN, ()
        decision = self._triage.assess_matter(case.id, actions, as_of=now, yellow_since=since, trigger="process")
        if decision is None:
            return Colour.GREEN, ()
        made = decision.assessment
        return made.colour, tuple(hit.rule for hit in made.hits)

    def _since(
        self, case: Case, records: Sequence[casework.RecordView], actions: Sequence[Action], now: datetime
    ) -> Iterator[datetime | None]:
        """Since when it may have been yellow: one answer where that is known, else one for each that a rule can tell from another."""
        if not self._bounds:
            yield None
        elif self._exact(case):
            yield self._standing(records, list(self._hits(case, records, actions, now)), actions, now).yellow_since
        else:
            yield None
            began = course_of(actions, now).since
            if began is not None:
                longest = (now - max(began, min(record.known_at for record in records))) // _DAY
                yield from (now - days * _DAY for days in sorted({0, *self._bounds}) if days <= longest)

    def _hits(
        self, case: Case, records: Sequence[casework.RecordView], actions: Sequence[Action], now: datetime
    ) -> Iterator[HitHad]:
        """The hits that a matter has had whose records were judged once: theirs from the first, those of actions since each was written."""
        for record in records:
            if record.colour >= Colour.YELLOW:
                yield HitHad(record.id, "|", "", record.colour, record.known_at)
        for at in sorted({action.known_at for action in actions if action.known_at <= now}):
            known = [action for action in actions if action.known_at <= at]
            decision = self._triage.assess_matter(case.id, known, as_of=at, yellow_since=None, trigger="process")
            for hit in decision.assessment.hits if decision else ():
                yield HitHad(case.id, hit.key, hit.rule, hit.colour, at)

    def _logs(self, case: Case, records: Sequence[casework.RecordView], now: datetime) -> Sequence[Sequence[Action]]:
        """The logs that may have come about: as stored, but for our own dispatches where these follow from a colour."""
        earliest = min(record.known_at for record in records)
        first_known = [record for record in records if record.known_at == earliest]
        if case.retold or (not case.plain and any(record.supplier_closed for record in records)):
            return _dispatched_otherwise(case, records, earliest)
        closed = all(record.supplier_closed for record in first_known)
        ended = [a for a in case.actions if a.kind in OUTCOMES and a.kind != casework.CLOSE]
        if ended:
            return _dispatched_otherwise(case, records, earliest if closed else ended[0].known_at)
        if not closed:
            return [case.actions]
        turned = any(action.kind in (casework.CLOSE, casework.REOPEN, casework.ACCEPT) for action in case.actions)
        first = min((action.known_at for action in case.actions if _ours(action)), default=None)
        if turned or not self._exact(case) or self._opened(case, case.records) != first:
            return _dispatched_otherwise(case, records, earliest)
        return [_first_dispatched(case, self._opened(case, records))]

    def _opened(self, case: Case, records: Sequence[casework.RecordView]) -> datetime | None:
        """When it was first to be dispatched: as soon as what is known of it is neither history nor closed by its suppliers and green.

        What people did may make it other than green before it was ever dispatched.
        """
        others = [action for action in case.actions if not _ours(action)]
        for at in sorted({record.known_at for record in records} | {action.known_at for action in others}):
            known = [record for record in records if record.known_at <= at]
            if not known or casework.is_history(max(record.at for record in known), at, self._newer_than):
                continue
            acted, _ = self._process(case, [action for action in others if action.known_at <= at], None, at)
            if acted is not Colour.GREEN or not all(r.supplier_closed and r.colour is Colour.GREEN for r in known):
                return at
        return None


def _ours(action: Action) -> bool:
    """Whether it is a dispatch of the machine's."""
    return action.kind == DISPATCH and action.actor == MACHINE


def _first_dispatched(case: Case, at: datetime | None) -> Sequence[Action]:
    """The log with our first dispatch at another time, or none."""
    ours = [action for action in case.actions if _ours(action)]
    others = [action for action in case.actions if action not in ours]
    if at is None:
        return others
    first = replace(ours[0], at=at, known_at=at) if ours else Action(case.id, DISPATCH, "", MACHINE, at, at, "")
    return [first, *ours[1:], *others]


def _dispatched_otherwise(
    case: Case, records: Sequence[casework.RecordView], since: datetime
) -> list[Sequence[Action]]:
    """As stored; without our dispatches from a time on; with one more at each moment from then on at which it may have come."""
    kept = [a for a in case.actions if not (_ours(a) and a.known_at >= since)]
    moments = {r.known_at for r in records} | {a.known_at for a in case.actions}
    more = [Action(case.id, DISPATCH, "", MACHINE, at, at, "") for at in sorted(moments) if at >= since]
    return [case.actions, kept, *([*kept, one] for one in more)]


def _of_the_process(rulebook: Rulebook) -> Any:
    """All of a rulebook that the rules of the process go by, wherever it stands in the files."""
    rules = [replace(r, place=Place(), tests=(), test_places=()) for r in rulebook.rules if r.matter_rule]
    nevers = [replace(never, place=Place()) for never in rulebook.nevers]
    features = [replace(feature, place=Place()) for feature in rulebook.features.values() if feature.kind in _DONE]
    parts: Sequence[Rule | Never] = (*rules, *nevers)
    bounds = [part for one in parts for leaf in one.let.values() for part in _parts(leaf.bound)]
    names = {part.name for part in bounds if isinstance(part, Reference)} | {name for name, _ in POINTS_COLOURS}
    return rules, nevers, features, {name: p.values for name, p in rulebook.parameters.items() if name in names}


def _yellow_bounds(rulebook: Rulebook) -> frozenset[int]:
    """The numbers of days that rules tell apart since when a matter is yellow; empty where no rule asks."""
    live = [rule for rule in rulebook.rules if rule.matter_rule and rule.status is Status.LIVE]
    leaves = [leaf for rule in live for leaf in rule.let.values() if _process_fact(rulebook, leaf) == "yellow_days"]
    found = {number + more for number in _numbers(rulebook, leaves) for more in (0, 1)}
    return frozenset(found | {0}) if leaves else frozenset()


def _numbers(rulebook: Rulebook, leaves: Sequence[Leaf]) -> Iterator[int]:
    """The numbers, of any day, that process facts are compared with."""
    for leaf in leaves:
        if not _process_fact(rulebook, leaf):
            continue
        for part in _parts(leaf.bound):
            dated = rulebook.parameters[part.name].values if isinstance(part, Reference) else ()
            numbers: list[object] = [one.value for one in dated] or [part]
            yield from (number for number in numbers if isinstance(number, int))


def _parts(bound: Bound) -> Sequence[object]:
    return bound if isinstance(bound, tuple) else (bound,)


def _process_fact(rulebook: Rulebook, leaf: Leaf) -> str:
    """The process fact that a line compares, if it is one."""
    feature = rulebook.features.get(leaf.feature)
    return feature.of if feature is not None and feature.kind is FeatureKind.PROCESS else ""
