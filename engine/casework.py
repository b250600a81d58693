"""Casework: where a matter stands, as a pure function of its records, its hits and the event log.

In: a matter's records with their colours, the hits it has had, what people set aside and did. Out: `Standing` (status, episode,
standing colour, machine view). Not here: who does it (`routing`), what rules say (`triage`), writing it down (`store`, `pipeline`, `desk`).
Tasks, clocks and escalation come with the casework issue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model import Action, Colour, HitHad, Moment, SetAside

OPEN, CLOSED = "open", "closed"
LIMIT, FLOOR, FOLLOW_UP, LAPSE = "limit", "floor", "follow_up", "lapse"
"""Why a matter is looked at again: a limit of the rules, so many days at least, people are to be asked after closing, a lowering lapses."""
ACCEPT, CLOSE, REOPEN, DISPATCH = "accept", "close", "reopen", "dispatch"


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of a matter: when it happened, when we learned it, its colour now, and whether its supplier closed it."""

    id: str
    at: datetime
    known_at: datetime
    counts: bool
    colour: Colour
    supplier_closed: bool


@dataclass(frozen=True, slots=True)
class Looks:
    """For one colour: how long after dispatch a matter is looked at again whatever happens, and how long after closing people are asked."""

    review: tuple[timedelta, ...] = ()
    follow_up: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Status, episode (from 1) and colours of a matter. `held`: the standing colour lies above what the facts now say."""

    status: str
    episode: int
    standing: Colour
    machine: Colour
    yellow_since: datetime | None

    @property
    def held(self) -> bool:
        """Law 2 remembers more than the facts say: a person is asked."""
        return self.standing > self.machine


def standing(
    records: Sequence[RecordView],
    hits: Sequence[HitHad],
    *,
    set_asides: Sequence[SetAside],
    actions: Sequence[Action],
    process: Colour,
    now: datetime,
    elapsed: Collection[str] = (),
) -> Standing:
    """Where a matter stands at `now`.

    The machine view (ruling 3) is the highest colour of the records of this episode and of `process`, what the rules of the process
    say at `now`. The standing colour (ruling 2) is the highest hit of this episode that no person has set aside, and never
    below the machine view unless a person set it aside. Hits of `elapsed` rules never begin the clock of a long yellow: neglect
    does not climb the colours twice (ruling 1).
    """
    status, episode, since = _episode(records, actions)
    aside = {key for lowered in set_asides if lowered.expires_at > now for key in lowered.keys}
    held = [hit for hit in hits if (since is None or hit.known_at > since) and hit.key not in aside]
    machine = max(_machine(records, actions), process)
    colour = max((hit.colour for hit in held), default=Colour.GREEN)
    supplier_closed = bool(records) and all(record.supplier_closed for record in records)
    reopened = max((action.known_at for action in actions if action.kind == REOPEN), default=None)
    supplier_closed = supplier_closed and (reopened is None or any(record.known_at > reopened for record in records))
    if status == OPEN and supplier_closed and max(colour, machine) is Colour.GREEN:
        status = CLOSED
    began = (hit.known_at for hit in held if hit.colour >= Colour.YELLOW and hit.rule not in elapsed)
    yellow = min(began, default=None)
    return Standing(status, episode, colour, machine, yellow)


def _episode(records: Sequence[RecordView], actions: Sequence[Action]) -> tuple[str, int, datetime | None]:
    """Status, number of the episode and since when (known) it runs: each close ends one, a counting record or a reopen begins the next."""
    log = sorted((action.known_at, action.kind) for action in actions if action.kind in (CLOSE, REOPEN))
    arrivals = sorted(record.known_at for record in records if record.counts)
    status, episode, since = OPEN, 1, None
    closed_at: datetime | None = None
    for known_at, kind in log:
        if closed_at is not None and _arrived(arrivals, closed_at, known_at):
            status, episode, since, closed_at = OPEN, episode + 1, closed_at, None
        if kind == CLOSE and status == OPEN:
            status, closed_at = CLOSED, known_at
        elif kind == REOPEN and status == CLOSED:
            status, episode, since, closed_at = OPEN, episode + 1, closed_at, None
    if closed_at is not None and _arrived(arrivals, closed_at, None):
        status, episode, since = OPEN, episode + 1, closed_at
    return status, episode, since


def _arrived(arrivals: Sequence[datetime], after: datetime, before: datetime | None) -> bool:
    return any(after < known_at and (before is None or known_at <= before) for known_at in arrivals)


def _machine(records: Sequence[RecordView], actions: Sequence[Action]) -> Colour:
    """Highest colour of the records that happened after the last close; of all where none did (times of occurrence only: ruling 3)."""
    last = max((action.at for action in actions if action.kind == CLOSE), default=None)
    fresh = [record for record in records if last is None or record.at > last] or records
    return max((record.colour for record in fresh), default=Colour.GREEN)


def moments(
    stands: Standing,
    actions: Sequence[Action],
    set_asides: Sequence[SetAside],
    looks: Mapping[Colour, Looks],
    now: datetime,
) -> Iterator[Moment]:
    """Every later moment at which a matter is to be looked at again although no rule sets it, in no order.

    An open matter: so many days after it was last dispatched, by its colour. One that a person closed: so many days after that, by
    the colour it had. Either: when a lowering lapses.
    """
    yield from (Moment(aside.expires_at, LAPSE) for aside in set_asides if aside.expires_at > now)
    kind = DISPATCH if stands.status == OPEN else CLOSE
    last = max((action for action in actions if action.kind == kind), key=lambda a: (a.at, a.known_at), default=None)
    if last is None:
        return
    if kind == DISPATCH:
        days, why = looks[max(stands.standing, stands.machine)].review, FLOOR
    else:
        days, why = looks[Colour.named(last.level or Colour.GREEN.word)].follow_up, FOLLOW_UP
    yield from (Moment(last.at + after, why) for after in days if last.at + after > now)


def lowering(hits: Sequence[HitHad], *, to: Colour, set_asides: Sequence[SetAside], now: datetime) -> frozenset[str]:
    """The hit keys that a lowering to `to` sets aside: every hit above it that stands now (ruling 2)."""
    aside = {key for lowered in set_asides if lowered.expires_at > now for key in lowered.keys}
    return frozenset(hit.key for hit in hits if hit.colour > to and hit.key not in aside)


def is_history(last_at: datetime, known_at: datetime, newer_than: timedelta) -> bool:
    """Whether a matter whose newest record is of `last_at` was only learned of later: assessed, never dispatched (ruling 14)."""
    return last_at < known_at - newer_than
