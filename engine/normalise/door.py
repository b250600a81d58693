"""The door: what a row became is checked once, by a compiled pydantic schema, before it is an Incident.

In: the parsed fields of one row. Out: an Incident; raises pydantic's ValidationError for a row that cannot be one.
Not here: parsing (`reading`); this is the last look, so that nothing behind it needs another.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, InstanceOf, TypeAdapter, with_config
from typing_extensions import TypedDict

from engine.model import Cause, Contact, Incident

_Count = Annotated[int, Field(ge=0, le=2**53)]
_Name = Annotated[str, Field(min_length=1, max_length=500)]


class Origin(TypedDict):
    """Which record it is, when, and why it was made."""

    kind: _Name
    source: str
    source_id: _Name
    version: Annotated[str, Field(min_length=32, max_length=64)]
    occurred_at: AwareDatetime
    known_at: AwareDatetime
    updated_at: AwareDatetime | None
    cause: InstanceOf[Cause]
    confidential: bool
    numbers: tuple[str, ...]
    declared: InstanceOf[frozenset[str]]


class Account(TypedDict):
    """What it says, where, by whom and about whom."""

    title: str
    narrative: str
    feedback: str
    category: str | None
    category_text: str
    area: str
    address: str
    caller: InstanceOf[Contact]
    opponent: str
    anonymous: bool


class Facts(TypedDict):
    """What can be counted or answered with yes or no; None: not said."""

    visit: bool | None
    weapon: bool | None
    injury: bool | None
    heads: _Count | None
    people: _Count | None
    amount: _Count | None
    stated_repeats: _Count | None
    returns: _Count | None


class Course(TypedDict):
    """How far the supplier has come with it."""

    status: Annotated[str, Field(pattern="^(open|closed)$")] | None
    closed_at: AwareDatetime | None
    reply_due_at: AwareDatetime | None
    replied_at: AwareDatetime | None


@with_config(ConfigDict(strict=True, extra="forbid"))
class Parsed(Origin, Account, Facts, Course):
    """Field by field what Incident holds."""


_ADAPTER = TypeAdapter(Parsed)


def admitted(parsed: Parsed) -> Incident:
    """The incident; raises ValidationError when a field is not what it must be."""
    return Incident(**_ADAPTER.validate_python(parsed))
