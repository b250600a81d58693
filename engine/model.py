"""The vocabulary: the frozen records that every room speaks.

In: nothing. Out: plain values without behaviour beyond naming themselves.
Not here: reading (adapters), meaning (normalise, identity, features, evaluate), keeping (store).

Times are zone-aware UTC `datetime` with whole seconds. Money is integer fen. No floating point anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Any, Protocol

import orjson

Value = bool | int | str | tuple[str, ...]
"""What a fact may hold: truth, a count (or fen, seconds), a code, or a sorted tuple of codes."""


class Colour(IntEnum):
    """Risk of a matter; ordered, so that `max` is the colour that wins."""

    GREEN = 0
    YELLOW = 1
    RED = 2

    @property
    def word(self) -> str:
        """The name used in files and JSON: green, yellow or red."""
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> Colour:
        """The colour of a file's word; raises KeyError for any other word."""
        return cls[word.upper()]


class Cause(str, Enum):
    """Why a record was made; only NEW and REPEAT count as incidents, every cause gets a colour."""

    NEW = "new"
    REPEAT = "repeat"
    URGE = "urge"
    FEEDBACK = "feedback"
    NUISANCE = "nuisance"
    VOID = "void"

    @property
    def counts(self) -> bool:
        """Whether windows count a record of this cause."""
        return self in (Cause.NEW, Cause.REPEAT)


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def canonical(value: object) -> bytes:
    """Deterministic JSON: sorted keys, UTF-8, no spaces; the same value is the same bytes on every machine."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def duration(text: str) -> timedelta:
    """`30d`, `72h`, `90m`, `45s` as a timedelta."""
    return timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])


def digest(value: object) -> str:
    """SHA-256 (hex, 64 characters) of the canonical JSON of a value."""
    return hashlib.sha256(canonical(value)).hexdigest()


TORN = "（没有写完的行）"
"""The cell by which a source marks the last row of a file that looks half written; emptied by whoever completes the row."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One row as the supplier gave it: header -> cell (text, number, truth or None; native dates as ISO text)."""

    source: str
    kind: str
    row: int
    values: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Content digest over the values alone: the same row is the same digest wherever it stood."""
        return digest(dict(self.values))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot become an incident: kept in quarantine with its reason, never lost.

    `colour` is RED when its readable text fires a danger rule (ruling 13); the pipeline sets it.
    """

    raw: RawRecord
    code: str
    reason: str
    source_id: str | None = None
    text: str = ""
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """What a record says of its caller, in plain text; leaves memory only encrypted or masked."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An immutable version of a normalised record, unique by kind, source_id and version (ruling 17).

    `declared` names the fields whose column the record's source carries: a None there is *unknown*,
    a None elsewhere is *absent* (ruling 12). `title` and `narrative` are masked as ruling 10 says.
    """

    kind: str
    source: str
    source_id: str
    version: str
    occurred_at: datetime
    known_at: datetime
    updated_at: datetime | None = None
    cause: Cause = Cause.NEW
    title: str = ""
    narrative: str = ""
    feedback: str = ""
    category: str | None = None
    category_text: str = ""
    area: str = ""
    address: str = ""
    caller: Contact = Contact()
    opponent: str = ""
    anonymous: bool = False
    visit: bool | None = None
    weapon: bool | None = None
    injury: bool | None = None
    heads: int | None = None
    people: int | None = None
    amount: int | None = None
    stated_repeats: int | None = None
    returns: int | None = None
    status: str | None = None
    closed_at: datetime | None = None
    reply_due_at: datetime | None = None
    replied_at: datetime | None = None
    confidential: bool = False
    numbers: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """Derived id `kind:source_id`; shared by all versions of one record."""
        return f"{self.kind}:{self.source_id}"

    @property
    def text(self) -> str:
        """What word lists read: title and narrative, masked, joined by a full stop."""
        return f"{self.title}。{self.narrative}" if self.title and self.narrative else self.title or self.narrative


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What identity and windows see of a record's current version: lean, and free of plain personal data.

    Keys (`phone`, `id_number`, `account`, `opponent`, `fine`) are keyed digests or None. `place` is a village,
    estate or firm in plain text; `fine` a household, shop, site or building within it. `marks` are the names of the
    base facts that are true of the record. `numbers` are incident ids this record names (ruling 5a).
    """

    id: str
    kind: str
    at: datetime
    cause: Cause
    topic: str | None = None
    area: str = ""
    place: str | None = None
    fine: str | None = None
    phone: str | None = None
    id_number: str | None = None
    account: str | None = None
    opponent: str | None = None
    gist: str = ""
    text_digest: str = ""
    numbers: tuple[str, ...] = ()
    closed_at: datetime | None = None
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """Why two records concern one matter: score 0-100, rule letter of ruling 5 (a, b, c, or `person`), reason codes."""

    score: int
    left: str
    right: str
    why: str
    applied: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """A person's decision that no record of `left` belongs to the matter of any record of `right`."""

    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """A person's decision that two records concern one matter."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Links:
    """Where one record belongs: ids of the oldest record of each group (ruling 6); None where it has none.

    `counts` is False for urges, feedback, nuisance, void, exact resends within 24 h and the second number of a
    transferred call. `cluster` and `chain` are the closures that late records reopen (never shown).
    """

    person: str | None
    matter: str
    hotspot: str | None
    counts: bool
    resend_of: str | None = None
    cluster: str = ""
    chain: str | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person or sanse did about a matter: the only source of process facts (ruling 27).

    `concerns`: the records that the matter held then, for those that end or take up an episode; a later merge does not widen them.
    """

    matter: str
    kind: str
    level: str
    actor: str
    at: datetime
    known_at: datetime
    evidence: str = ""
    id: str = ""
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When something is to be looked at again although nothing happened, and why."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Every fact about one subject at one time.

    `values`: fact -> value, None for *unknown*; *absent* facts are not in it and stand in `absent`.
    `ids`: fact -> contributing record ids (windows). `spans`: fact -> matched words (word facts).
    """

    values: Mapping[str, Value | None]
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spans: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


class Outcome(str, Enum):
    """What one rule says of one subject, after `on_missing`."""

    FIRED = "fired"
    REVIEW = "review"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reader of the condition tree decided: the thing in which all readers must be equal.

    `outcomes`: rule id -> outcome, only rules that are not QUIET. `concluded`: concluded fact -> True, False or
    None (unknown). `points`: sum over fired live points rules. `colour`: highest of all that fired.
    """

    outcomes: Mapping[str, Outcome]
    concluded: Mapping[str, bool | None]
    points: int
    colour: Colour


_LONGEST_KEY = 240


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired (or asks for review), with its evidence; `key` names it for setting aside (ruling 2)."""

    rule: str
    version: str
    colour: Colour
    reason: str
    evidence: tuple[str, ...] = ()
    review: bool = False

    @property
    def key(self) -> str:
        """Rule id and the ids of the records and actions that made the hit; their digest where they are many.

        A matter of n records has n hits of up to n ids each: keys of bounded length keep what is remembered of it linear.
        """
        made_by = ",".join(self.evidence)
        return f"{self.rule}|{made_by if len(made_by) <= _LONGEST_KEY else digest(self.evidence)}"


@dataclass(frozen=True, slots=True)
class Flag:
    """A request for human review of a reporting pattern: expires, lists what was checked, never a colour."""

    rule: str
    title: str
    expires_at: datetime
    checked: tuple[str, ...]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Colour and reasons of one subject at one time; `subject` is an incident id or `matter:` + matter id."""

    subject: str
    as_of: datetime
    trigger: str
    colour: Colour
    hits: tuple[Hit, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    handback: bool
    flags: tuple[Flag, ...]
    considered: tuple[str, ...]
    rulebook: str
    input_digest: str


@dataclass(frozen=True, slots=True)
class Route:
    """Who handles a matter: route id, receivers in order (the first is in charge), and why."""

    id: str
    colour: Colour
    receivers: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What a source is told (ruling 9): where it reads, which headers are known, where it stopped, its limits."""

    name: str
    kind: str
    known_headers: frozenset[str] = frozenset()
    location: str = ""
    cursor: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    allowed_hosts: tuple[str, ...] = ()


class Source(Protocol):
    """A supplier of raw records; yields rows as they stand and maps nothing."""

    spec: SourceSpec

    def read(self) -> Iterator[RawRecord]:
        """Rows in their order; raises SourceError when the whole source cannot be read."""
        ...

    def cursor(self) -> str:
        """Where the next read may begin; empty when the source has no cursor."""
        ...


def oldest(records: Sequence[tuple[datetime, str]]) -> str:
    """The id that names a group: its oldest record, equal times by the smaller id (ruling 6)."""
    return min(records)[1]


@dataclass(frozen=True, slots=True)
class HitHad:
    """A hit that a record's matter has had, superseded or not: what the standing colour remembers (ruling 2).

    `incident` is the record it was made on, or the oldest record of the matter for rules of the process and what a person raised.
    """

    incident: str
    key: str
    rule: str
    colour: Colour
    known_at: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """What one human lowering set aside: hit keys, until it expires; `second`: the other person, if needed."""

    incident: str
    keys: frozenset[str]
    by: str
    reason: str
    known_at: datetime
    expires_at: datetime
    second: str = ""


@dataclass(frozen=True, slots=True)
class MatterState:
    """Where a matter stands: recomputed whole whenever a record, an action or the time changes it.

    `code` is empty until first dispatch; `history`: never dispatched (ruling 14); `route`: id of the last one.
    """

    id: str
    code: str
    status: str
    episode: int
    standing: Colour
    machine: Colour
    records: int
    route: str
    history: bool
    first_at: datetime
    last_at: datetime
    updated_at: datetime
    yellow_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about a matter that somebody may have to be told: all that a message can be made of, and no word of a record.

    `matter` is kept for looking up and never sent; `verdict` is empty when it is to be told, else the reason why nobody is.
    """

    key: str
    matter: str
    code: str
    event: str
    colour: Colour
    route: str
    at: datetime
    due_at: datetime | None = None
    within: timedelta | None = None
    verdict: str = ""


class Health(IntEnum):
    """How well something does: as it should, with something to see to, or not at all; ordered, so that `max` is that of the whole."""

    OK = 0
    DEGRADED = 1
    FAILING = 2

    @property
    def word(self) -> str:
        """The name used in JSON: ok, degraded or failing."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of how the service does, by name, in few words; nothing of a record or person is ever in it."""

    name: str
    health: Health
    said: str


def worst(signs: Iterable[Sign]) -> Health:
    """The health of the whole: that of its worst sign."""
    return max((sign.health for sign in signs), default=Health.OK)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number for whoever draws curves, named as Prometheus has it: base units, `_total` for what only grows."""

    name: str
    meaning: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One matter in a message: its code, colour, what happened in a fixed word, until when, where to read on; `text`: all of it in words."""

    code: str
    colour: Colour
    event: str
    due_at: datetime | None
    link: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel delivers. `key`: the same for every repeat of the same message; `at`: when it is being sent."""

    key: str
    at: datetime
    title: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """Everything as plain text, a line for each matter."""
        return "\n".join([self.title, *(line.text for line in self.lines)])


@dataclass(frozen=True, slots=True)
class Delivered:
    """The channel took the message; `said`: what it answered, in few words."""

    said: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel did not take the message: why; whether trying again can help; how long it asks us to wait."""

    why: str
    again: bool = True
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel bears: messages a minute, bytes of text in one."""

    per_minute: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """What a channel is told: where it sends, its secret, which hosts it may reach, options of its type."""

    name: str
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    allowed_hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


class Channel(Protocol):
    """A way to tell people; knows no matter and keeps nothing."""

    spec: ChannelSpec
    limits: Limits

    def deliver(self, message: Message) -> Delivered | Refused:
        """Hand one message over; whatever goes wrong out there is a `Refused`."""
        ...
