"""Rows as other rooms see them: frozen records that come out of the store and are no part of the shared vocabulary.

In: nothing. Out: plain values. Not here: what every room speaks (`engine.model`), how a row is kept (`tables`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from engine.model import Colour, Links, MatterState, Moment, Notice, Sighting


class Reach(NamedTuple):
    """How far before and after a batch its neighbourhood goes: for records of its parties, and for those of its places and topics."""

    parties: timedelta
    places: timedelta


class BlockKeys(Protocol):
    """What the neighbourhood of a record is looked up by; `engine.identity` makes them from sightings."""

    @property
    def id(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def id_number(self) -> str | None: ...
    @property
    def account(self) -> str | None: ...
    @property
    def opponent(self) -> str | None: ...
    @property
    def fine_topic(self) -> tuple[str, str | None] | None: ...
    @property
    def place_topic(self) -> tuple[str, str | None] | None: ...
    @property
    def all_at(self) -> Sequence[tuple[str, str | None]]: ...
    @property
    def numbers(self) -> Sequence[str]: ...


class Hotspot(Protocol):
    """The state of a hotspot as settlement computes it."""

    @property
    def id(self) -> str: ...
    @property
    def records(self) -> int: ...
    @property
    def persons(self) -> int: ...
    @property
    def colour(self) -> Colour: ...
    @property
    def first_at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...
    @property
    def place(self) -> str: ...
    @property
    def topic(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A due row in the hands of one worker until its lease ends; whoever claims it next has a higher `fence`."""

    item: str
    kind: str
    due: Moment
    fence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class DueRow:
    """Something that is to be done at a time, and who has it: `lease_until` None when nobody has."""

    item: str
    kind: str
    due: Moment
    lease_until: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for its time: how much, how much of it is due, when the first is or was."""

    waiting: int
    overdue: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """One record of a person: its channel, when, the matter it belongs to, whether it counts."""

    person: str
    id: str
    kind: str
    at: datetime
    matter: str
    counts: bool


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job of the service: how often it runs, how its runs went, when it runs next (None: paused or never planned)."""

    name: str
    every: timedelta
    paused: bool
    last_at: datetime | None
    last_ok_at: datetime | None
    failures: int
    said: str
    next_at: datetime | None
    held_until: datetime | None
    """Until when whoever runs it has it at least; None while nobody does."""

    @property
    def running(self) -> bool:
        """Whether somebody has it."""
        return self.held_until is not None

    @property
    def retired(self) -> bool:
        """Whether the configuration has it no more: it gets no more turns, though nobody paused it."""
        return self.next_at is None and not self.paused and not self.running


@dataclass(frozen=True, slots=True)
class Review:
    """One time that a matter was looked at again.

    `due_at`: the moment it was due, None when something happened instead. `inputs`: digest of all it was judged from.
    `changed`: name -> before and after, empty when nothing did.
    """

    item: str
    due_at: datetime | None
    done_at: datetime
    trigger: str
    rulebook: str
    inputs: str
    changed: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One channel that tells of one notice: `why` it waits or was not sent, the key of its message, tries and refusals so far, who has it."""

    notice: Notice
    channel: str
    state: str
    why: str
    due_at: datetime
    parcel: str
    attempts: int
    failures: int
    lease_until: datetime | None
    fence: int
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class SendingRow:
    """One try of one message; without an end it was broken off, and nobody knows whether it arrived."""

    parcel: str
    channel: str
    attempt: int
    began_at: datetime
    ended_at: datetime | None
    outcome: str
    said: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A person's wish not to be told of a matter until a time."""

    code: str
    by: str
    reason: str
    known_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a record: its current version, every version ever seen, the current one's supplier time."""

    current: str
    versions: frozenset[str]
    updated_at: datetime | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored record as identity and windows see it, and where it belongs."""

    sighting: Sighting
    links: Links


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a record: when the supplier and we knew it, and which raw row it came from."""

    incident: str
    version: str
    source: str
    updated_at: datetime | None
    known_at: datetime
    current: bool
    raw_digest: str


@dataclass(frozen=True, slots=True)
class RawRow:
    """A raw row as it arrived, opened."""

    digest: str
    source: str
    kind: str
    row: int
    known_at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One decision as stored: `record` is the decision record, byte for byte."""

    seq: int
    subject: str
    as_of: datetime
    known_at: datetime
    trigger: str
    colour: Colour
    rulebook: str
    previous: int
    record: bytes


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A row that could not become an incident, opened: why, how often it came, what became of it."""

    id: int
    source: str
    kind: str
    row: int
    digest: str
    source_id: str | None
    code: str
    reason: str
    text: str
    colour: Colour | None
    status: str
    first_at: datetime
    last_at: datetime
    times: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HotspotRow:
    """A hotspot as it stood when it was last touched."""

    id: str
    records: int
    persons: int
    colour: Colour
    first_at: datetime
    last_at: datetime
    place: str
    topic: str
    known_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A person's cut or union of records, and whether it still holds; or the taking back of one, whose number is `revokes`."""

    id: int
    kind: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    by: str
    reason: str
    known_at: datetime
    revoked: bool
    revokes: int = 0


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry of the audit log: one transaction."""

    seq: int
    at: datetime
    actor: str
    what: str
    payload: Mapping[str, Any]
    mac: bytes


@dataclass(frozen=True, slots=True)
class Dealt:
    """A matter that was dealt to be graded blind: what was held of it then, and the grade where it has one."""

    number: int
    round: int
    matter: str
    at: datetime
    standing: Colour
    machine: Colour
    rules: tuple[str, ...]
    grade: Colour | None = None
    graded_by: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """A rulebook that was published: by whom, approved by whom, why."""

    number: int
    rulebook: str
    at: datetime
    by: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may act: a row of `people` without the secret."""

    name: str
    role: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One file that was taken in, and what became of its rows."""

    digest: str
    source: str
    at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MatterFilter:
    """Which matters a list shows; an empty field does not filter. Ordered by standing colour, then newest record."""

    status: str = ""
    colour: Colour | None = None
    route: str = ""
    area: str = ""
    history: bool | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A matter as a list or a page shows it: its state, and the area, place and topic of its oldest record.

    `for_110`: it stands open and holds a record that is to be handed back to 110 at once, as that was last judged; only lists say so.
    """

    state: MatterState
    area: str
    place: str
    topic: str
    kind: str
    for_110: bool = False
