"""Notify: whether to tell, whom, when, and in which words; with a reason for everything that is not sent.

In: a matter before and after, the policy of `rules/`, what the configuration says of its channels, the time. Out: `Notice`, `Slot`, `Message`, reasons.
Not here: keeping (`store.outbox`), sending (`scheduler.messages`, `adapters.channels`), who handles a matter (`routing`).

A message holds the code of a matter, its colour, what happened in a fixed word, until when, and a link: nothing that a record says, so no
personal data can be in it. Its words are those of `rules/labels.yaml`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.calendar import Calendar, Due
from engine.model import Colour, Line, MatterState, Message, Moment, Notice, digest, duration
from engine.ruleset.labels import filled
from engine.ruleset.tree import Rulebook

HANDBACK, NEW, RAISED, REOPENED, ROUTED, FOLLOW_UP, QUARANTINE, TEST = (
    "handback",
    "new",
    "raised",
    "reopened",
    "routed",
    "follow_up",
    "quarantine",
    "test",
)
"""What is told of."""
HISTORY, UNCHANGED, LOWERED, CLOSED, SILENCED, OVERTAKEN, NOBODY, EXPIRED, GONE = (
    "history",
    "unchanged",
    "lowered",
    "closed",
    "silenced",
    "overtaken",
    "nobody",
    "expired",
    "gone",
)
"""Why something is not sent; `GONE`: by this channel, for the configuration has it no more, and others are asked."""
QUIET, BATCH, CAP, RETRY, SECOND = "quiet", "batch", "cap", "retry", "second"
"""Why something is not sent yet, or why another channel is asked."""
UNHEARD = (NOBODY, EXPIRED)
"""Why nobody is told of what somebody should be told of: mend the channels, or see that they are served in time."""
LONGEST_SILENCE = timedelta(days=30)
_OPEN = "open"
_STALE = timedelta(days=7)
_WORDS = {HANDBACK: "险情，立即交回110"}
"""What is said where labels written before there was such an event do not name it."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_SIXTIETHS = 60


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a matter of a colour is to be signed for, from dispatch; `natural`: by the clock, else on working days only."""

    within: timedelta
    natural: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What `rules/` says of messages: deadlines, quiet hours (local; none when they are equal), receivers of each route, words."""

    calendar: Calendar
    deadlines: Mapping[Colour, Deadline] = field(default_factory=dict)
    quiet: tuple[time, time] = (time(0), time(0))
    receivers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rulebook: Rulebook, zone: str) -> Policy:
        """As `deadlines.yaml`, `calendar.yaml`, `routes.yaml` and `labels.yaml` have it."""
        documents = rulebook.documents
        labels = documents.get("labels", {})
        quiet = documents.get("notify", {}).get("quiet") or {"begin": "00:00", "end": "00:00"}
        return cls(
            Calendar.of(documents.get("calendar"), zone),
            {
                Colour.named(word): Deadline(duration(of["sign"]), of.get("clock") == "natural")
                for word, of in documents.get("deadlines", {}).items()
            },
            (time.fromisoformat(quiet["begin"]), time.fromisoformat(quiet["end"])),
            {route["id"]: frozenset(route["receivers"]) for route in documents.get("routes", ())},
            labels.get("colours", {}),
            {**_WORDS, **labels.get("messages", {})},
        )

    @property
    def zone(self) -> ZoneInfo:
        """Where it is told."""
        return self.calendar.zone

    def due(self, colour: Colour, at: datetime) -> Due | None:
        """Until when a matter that was dispatched at that time is to be signed for; None where no deadline is written."""
        deadline = self.deadlines.get(colour)
        if deadline is None:
            return None
        return Due(at + deadline.within, False) if deadline.natural else self.calendar.due(at, deadline.within)

    def quiet_until(self, at: datetime) -> datetime | None:
        """When the quiet hours end that `at` falls into; None outside them."""
        begin, end = self.quiet
        local = at.astimezone(self.zone)
        clock = local.time()
        within = begin <= clock < end if begin <= end else clock >= begin or clock < end
        if begin == end or not within:
            return None
        day = local.date() + timedelta(days=int(clock >= end))
        return datetime.combine(day, end, self.zone).astimezone(UTC)


def decide(
    former: Sequence[MatterState],
    state: MatterState,
    policy: Policy,
    due: Moment | None = None,
    *,
    handback: bool = False,
) -> Notice | None:
    """What is to be said of a matter that was settled: `former` are its states before, `due` the moment it was looked at for.

    `handback`: a record of it has just been found to be for 110 at once; that is said however red the matter was already. None while it was never dispatched: of history nothing is said (ruling 14).
    """
    if not state.code:
        return None
    event, verdict = _happened([held for held in former if held.code], state, due, handback=handback)
    until, within = None, None
    if event == FOLLOW_UP and due is not None:
        until = due.at
    elif not verdict and (dated := policy.due(state.standing, state.updated_at)) is not None:
        until, within = dated.at, policy.deadlines[state.standing].within
    return Notice(
        key=_key(state.updated_at, state.id, event or verdict, state.standing.word, state.route, state.records),
        matter=state.id,
        code=state.code,
        event=event,
        colour=state.standing,
        route=state.route,
        at=state.updated_at,
        due_at=until,
        within=within,
        verdict=verdict,
    )


def _happened(
    known: Sequence[MatterState], state: MatterState, due: Moment | None, *, handback: bool
) -> tuple[str, str]:
    """The event that is told of, or the reason why nobody is told."""
    was_open = [held for held in known if held.status == _OPEN]
    if due is not None and due.why == FOLLOW_UP:
        return FOLLOW_UP, ""
    if state.status != _OPEN:
        return "", CLOSED if was_open else UNCHANGED
    if handback:
        return HANDBACK, ""
    if not known:
        return NEW, ""
    if not was_open:
        return REOPENED, ""
    highest = max(held.standing for held in was_open)
    if state.standing > highest:
        return RAISED, ""
    if state.route not in {held.route for held in was_open}:
        return ROUTED, ""
    return "", LOWERED if state.standing < highest else UNCHANGED


def alarm(number: int, source: str, row_digest: str, at: datetime) -> Notice:
    """A row that cannot be read and whose text is dangerous: announced like a red matter, once however often it comes (ruling 13)."""
    key = f"q-{digest([source, row_digest])[:32]}"
    return Notice(key=key, matter="", code=f"Q{number}", event=QUARANTINE, colour=Colour.RED, route="", at=at)


def _key(at: datetime, *parts: object) -> str:
    """A key that grows with time, so that the outbox is filed in order."""
    return f"{first_key(at)}-{digest([str(part) for part in parts])[:22]}"


def first_key(at: datetime) -> str:
    """What no key of that time or later lies before, those of alarms among them."""
    return f"{int(at.timestamp()):010x}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the configuration says of one channel: which colours and receivers it serves, how long others wait to be sent together, its caps."""

    name: str
    colours: frozenset[Colour] = frozenset(Colour)
    receivers: frozenset[str] = frozenset()
    batch: timedelta = timedelta(0)
    per_minute: int = 20
    most_bytes: int = 2_000
    second: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One channel that is to tell of a notice, from when on, and why not at once."""

    channel: str
    not_before: datetime
    why: str = ""


def address(notice: Notice, channels: Iterable[Terms], policy: Policy, now: datetime) -> tuple[tuple[Slot, ...], str]:
    """The channels that tell of a notice; none and the reason where nobody does."""
    if notice.colour is not Colour.RED and notice.at < now - _STALE:
        return (), EXPIRED
    handlers = policy.receivers.get(notice.route, frozenset())
    chosen = [
        terms
        for terms in channels
        if notice.colour in terms.colours and (not terms.receivers or not notice.route or terms.receivers & handlers)
    ]
    slots = tuple(Slot(terms.name, *_not_before(notice.colour, terms.batch, policy, now)) for terms in chosen)
    return slots, "" if slots else NOBODY


def _not_before(colour: Colour, batch: timedelta, policy: Policy, now: datetime) -> tuple[datetime, str]:
    """Red at once, whatever the hour; others together with what comes in the same stretch of time, and never in quiet hours."""
    if colour is Colour.RED:
        return now, ""
    together = now
    if batch:
        seconds, step = int(now.timestamp()), int(batch.total_seconds())
        together = datetime.fromtimestamp(-(-seconds // step) * step, UTC)
    morning = policy.quiet_until(together)
    if morning is not None:
        return morning, QUIET
    return together, BATCH if together > now else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is now with the matter of a notice that waits: silenced by a person until then, or closed."""

    silenced: bool = False
    closed: bool = False


def withheld(
    notices: Sequence[Notice], standing: Mapping[str, Standing], told: Iterable[Notice] = ()
) -> dict[str, str]:
    """Which of the waiting notices of one channel are not sent after all, and why: key -> reason. Red is never silenced, and
    what is for 110 never overtaken.

    `told`: what the channel has sent, or has in hand, of the same matters: what is older must not be said after it.
    """
    newest: dict[str, Notice] = {}
    for notice in (*notices, *told):
        held = newest.setdefault(notice.code, notice)
        newest[notice.code] = max(held, notice, key=lambda one: (one.at, one.key))
    reasons = {}
    for notice in notices:
        now = standing.get(notice.matter, Standing())
        if newest[notice.code] is not notice and notice.event != HANDBACK:
            reasons[notice.key] = OVERTAKEN
        elif notice.colour is not Colour.RED and now.silenced:
            reasons[notice.key] = SILENCED
        elif now.closed and notice.event != FOLLOW_UP:
            reasons[notice.key] = CLOSED
    return reasons


def fitting(notices: Sequence[Notice], *, most_bytes: int, policy: Policy, link: str) -> int:
    """How many of the notices fit into one message, from the first on; one at least. Red ones go without others."""
    size, together = 0, 0
    for notice in notices:
        if together and (notice.colour is Colour.RED) != (notices[0].colour is Colour.RED):
            break
        size += len(_line(notice, policy, link).text.encode()) + 1
        if together and size + len(_title(policy).encode()) > most_bytes:
            break
        together += 1
    return together


def message(notices: Sequence[Notice], *, key: str, at: datetime, policy: Policy, link: str) -> Message:
    """The message that tells of notices; `link`: an address with `{code}` in it, or nothing.

    Red first, then as they were decided, in whatever order they are handed over: a repeat must be the same message.
    """
    ordered = sorted(notices, key=lambda notice: (-notice.colour, notice.key))
    return Message(key, at, _title(policy), tuple(_line(notice, policy, link) for notice in ordered))


def parcel_key(keys: Collection[str], channel: str) -> str:
    """The key under which a message goes out, the first time and every other."""
    return digest([channel, *sorted(keys)])[:32]


def _title(policy: Policy) -> str:
    return policy.words.get("title", "sanse")


def _line(notice: Notice, policy: Policy, link: str) -> Line:
    event = policy.words.get(notice.event, notice.event)
    there = filled(link, code=notice.code) if link and notice.event != TEST else ""
    text = filled(
        policy.words.get("line", "{colour} {code} {event}{due} {link}"),
        colour=policy.colours.get(notice.colour.word, notice.colour.word),
        code=notice.code,
        event=event,
        due=_due(notice, policy),
        link=there,
    )
    return Line(notice.code, notice.colour, event, notice.due_at, there, text.rstrip())


def _due(notice: Notice, policy: Policy) -> str:
    """Until when, in words; notices of before there was a calendar have only `within`."""
    if notice.due_at is not None:
        firm = policy.words.get("due_at", " {at}")
        told = firm if _is_firm(notice, policy) else policy.words.get("due_provisional", f"{firm}?")
        return filled(told, at=f"{notice.due_at.astimezone(policy.zone):%m-%d %H:%M}")
    if notice.within is not None:
        hours = -(-int(notice.within.total_seconds()) // 3600)
        return filled(policy.words.get("due_within", " {hours}h"), hours=hours)
    return ""


def _is_firm(notice: Notice, policy: Policy) -> bool:
    """Whether the calendar as it stands now gives the moment that was noted, and speaks of every year on the way to it."""
    deadline = policy.deadlines.get(notice.colour)
    if notice.within is None or deadline is None or deadline.natural:
        return True
    return policy.calendar.due(notice.at, notice.within) == Due(notice.due_at or notice.at, False)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a channel may still send: `level` in sixtieths of a message, as of `at`."""

    level: int
    at: datetime


def drawn(bucket: Bucket | None, per_minute: int, now: datetime) -> tuple[Bucket, timedelta]:
    """The bucket after one message was drawn from it, and zero; or as it is now, and how long to wait for one.

    Half the cap may go in one burst and the other half in the course of a minute: in no minute more than the cap (but one of 1 is one a minute).
    """
    most = max(1, per_minute // 2)
    per_second = max(1, per_minute - most)
    elapsed = 0 if bucket is None else max(0, int((now - bucket.at).total_seconds()))
    level = most * _SIXTIETHS if bucket is None else min(most * _SIXTIETHS, bucket.level + elapsed * per_second)
    since = now if bucket is None else max(now, bucket.at)
    if level >= _SIXTIETHS:
        return Bucket(level - _SIXTIETHS, since), timedelta(0)
    return Bucket(level, since), timedelta(seconds=-(-(_SIXTIETHS - level) // per_second))


def wait_before(failures: int, asked: timedelta = timedelta(0)) -> timedelta:
    """How long before the next try after so many failures: twice as long each time, an hour at most; never shorter than the other side asks."""
    return max(min(_FIRST_WAIT * (1 << min(failures - 1, 20)), _LONGEST_WAIT), asked)
