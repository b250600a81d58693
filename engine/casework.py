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
    """Status, episode (from 1) and colours of a matter. `held`: the standing colour lies above what the facts now say.

    `yellow_since`: since when something other than elapsed limits has made it yellow; none where nothing does, or something makes it red.
    """

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
    """Where a matter stands at `now`; `actions` in the order in which they were done and, at one time, written.

    The machine view (ruling 3) is the highest colour of the records of this episode and of `process`, what the rules of the process
    say at `now`. The standing colour (ruling 2) is the highest hit of this episode that no person has set aside, and never
    below the machine view unless a person set it aside. Hits of `elapsed` rules never begin the clock of a long yellow, for neglect
    does not climb the colours twice (ruling 1), and never stop it: what a long yellow made red stays so on the facts.
    """
    course = _course(records, actions)
    aside = {key for lowered in set_asides if lowered.expires_at > now for key in lowered.keys}
    held = [hit for hit in hits if not course.ended(hit) and hit.key not in aside]
    fresh = [record for record in records if not course.past(record.id)]
    machine = max((process, *(record.colour for record in fresh)))
    lowered_on = {hit.incident for hit in hits if hit.key in aside}
    untouched = [record.colour for record in fresh if record.id not in lowered_on]
    others = [hit for hit in held if hit.rule not in elapsed]
    itself = max((Colour.GREEN, *(hit.colour for hit in others), *untouched))
    colour = max((itself, *(hit.colour for hit in held)))
    status = course.status
    if status == OPEN and course.supplier_closed and max(colour, machine) is Colour.GREEN:
        status = CLOSED
    began = min((hit.known_at for hit in others if hit.colour >= Colour.YELLOW), default=None)
    yellow = began if itself is Colour.YELLOW else None
    return Standing(status, course.episode, colour, machine, yellow)


def of_episode(
    records: Sequence[RecordView], hits: Sequence[HitHad], *, actions: Sequence[Action]
) -> tuple[HitHad, ...]:
    """The hits that a matter has had in the episode it is in, set aside or not."""
    course = _course(records, actions)
    return tuple(hit for hit in hits if not course.ended(hit))


@dataclass(frozen=True, slots=True)
class _Close:
    """One close: when, what was done after it, and whether a new counting record came since."""

    at: datetime
    later: frozenset[str]
    succeeded: bool

    def precedes(self, hit: HitHad) -> bool:
        """Whether a hit came after this close; in the same second only one that rests on an action written after it."""
        if hit.known_at != self.at:
            return hit.known_at > self.at
        return not self.later.isdisjoint(hit.key.partition("|")[2].split(","))


class _Course:
    """A matter through its closes and reopenings (ruling 28).

    A close concerns the records that the matter held then, so a merge never closes what was open elsewhere. It ends their episode, but
    their colour stands until a new counting record begins the next. A person who reopens takes back the close: all that stood stands again.
    """

    def __init__(self, records: Sequence[RecordView]) -> None:
        self._records = records
        self._covers: dict[str, list[_Close]] = {record.id: [] for record in records}
        self._taken_up: set[str] = set()
        self._last: datetime | None = None
        self.status, self.episode = OPEN, 1

    def close(self, action: Action, later: frozenset[str]) -> None:
        """A close covers what it concerns; closing what is closed already changes nothing."""
        concerned = self._concerned(action)
        self._arrived(concerned)
        came = [record for record in self._records if record.counts and record.known_at >= action.known_at]
        closing = _Close(action.known_at, later, any(record.id not in concerned for record in came))
        for id_ in concerned & self._covers.keys():
            if self.status == OPEN or not self._covers[id_]:
                self._covers[id_].append(closing)
        self._taken_up -= concerned
        self.status, self._last = CLOSED, action.known_at

    def reopen(self, action: Action) -> None:
        """A reopening takes back the last close of each record that it concerns."""
        concerned = self._concerned(action)
        self._arrived(concerned)
        for id_ in concerned & self._covers.keys():
            self._covers[id_] = self._covers[id_][:-1]
        self._taken_up |= concerned
        self._open()

    def end(self) -> None:
        """The log is over: whatever is not covered keeps the matter open."""
        if any(self._opens(record) for record in self._records):
            self._open()

    def past(self, record: str) -> bool:
        """Whether a record belongs to an episode that is over."""
        return any(close.succeeded for close in self._covers[record])

    def ended(self, hit: HitHad) -> bool:
        """Whether a hit belongs to an episode that is over."""
        return any(close.succeeded and not close.precedes(hit) for close in self._covers.get(hit.incident, ()))

    @property
    def supplier_closed(self) -> bool:
        """Whether suppliers closed every record; those that a person has taken up again do not close a matter by themselves."""
        closed = bool(self._records) and all(record.supplier_closed for record in self._records)
        return closed and any(record.id not in self._taken_up for record in self._records)

    def _concerned(self, action: Action) -> frozenset[str]:
        """What an action concerns; one that names nothing concerns every record known then."""
        known = (record.id for record in self._records if record.known_at <= action.known_at)
        return frozenset(action.concerns or known)

    def _arrived(self, concerned: frozenset[str]) -> None:
        """Note that new counting records had opened a closed matter before the next step."""
        if any(r.id in concerned and r.counts and self._after(r) and not self._covers[r.id] for r in self._records):
            self._open()

    def _opens(self, record: RecordView) -> bool:
        """Taken up again; or covered by no close, and a counting one or one that stood elsewhere when this matter was closed."""
        uncovered = not self._covers[record.id]
        return record.id in self._taken_up or (uncovered and (record.counts or not self._after(record)))

    def _after(self, record: RecordView) -> bool:
        return self._last is not None and record.known_at >= self._last

    def _open(self) -> None:
        if self.status == CLOSED:
            self.status, self.episode = OPEN, self.episode + 1


def _course(records: Sequence[RecordView], actions: Sequence[Action]) -> _Course:
    """The closes and reopenings in order of time; at one time in the order given, which is that of writing."""
    course = _Course(records)
    ordered = sorted(actions, key=lambda action: action.known_at)
    for n, action in enumerate(ordered):
        if action.kind == CLOSE:
            course.close(action, frozenset(done.id for done in ordered[n + 1 :] if done.id))
        elif action.kind == REOPEN:
            course.reopen(action)
    course.end()
    return course


def flowed_back(actions: Sequence[Action]) -> bool:
    """Whether a matter that is open was closed after its last dispatch and nobody took it up: a new record began an episode (回流)."""
    ordered = sorted(actions, key=lambda action: action.known_at)
    turns = [action.kind for action in ordered if action.kind in (CLOSE, REOPEN, DISPATCH)]
    return turns[-1:] == [CLOSE]


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
