"""Stories: what happens to whom, told in words.

In: citizens and a random source. Out: `Event`s: who, where, what, over which channel. Not here: when (`year`), in which file (`exports`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.township.people import Citizen
from adapters.township.vocabulary import CLOSINGS, FIRMS, OPENINGS, ROADS, SHOPS, TALES, WHEN, Tale

CHANNELS = ("police_110", "hotline_12345", "message_board", "petition", "walk_in", "grid", "mini_program", "open311")
_MIX = (36, 34, 8, 5, 5, 6, 4, 2)
_POLICE_ONLY_MIX = (100, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One record to be written. `number` is its order number; `main` the number it names; `cause` a supplier's word; `updated` a later version's time."""

    number: str
    channel: str
    at: datetime
    who: Citizen | None
    text: str
    title: str = ""
    category: str = ""
    address: str = ""
    area: str = ""
    cause: str = ""
    main: str = ""
    heads: int = 0
    visit: bool = False
    amount: int = 0
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    reply_due_at: datetime | None = None
    replied_at: datetime | None = None


def channel(draw: random.Random) -> str:
    """A channel, as often as it is used."""
    return draw.choices(CHANNELS, _MIX)[0]


def tale(draw: random.Random) -> Tale:
    """A kind of matter, as often as it comes."""
    return draw.choices(TALES, [t.weight for t in TALES])[0]


def told(draw: random.Random, line: str, who: Citizen) -> str:
    """A line with its slots filled, in somebody's words."""
    filled = line.format(
        estate=who.estate,
        unit=who.unit,
        village=who.village,
        house=who.house,
        road=draw.choice(ROADS),
        shop=draw.choice(SHOPS),
        firm=draw.choice(FIRMS),
        when=draw.choice(WHEN),
        money=draw.choice((120, 300, 580, 1500, 3600, 8000, 12000, 26000, 40000)),
    )
    return f"{draw.choice(OPENINGS)}{filled}{draw.choice(CLOSINGS)}"


def event(
    draw: random.Random, number: str, at: datetime, who: Citizen, *, kind: Tale, over: str, line: str = ""
) -> Event:
    """One record of a kind of matter by somebody over a channel."""
    line = line or draw.choice(kind.lines)
    text = told(draw, line, who)
    home = (
        f"{who.estate}{who.unit}" if "{estate}" in line else f"{who.village}{who.house}" if "{village}" in line else ""
    )
    return Event(
        number=number,
        channel=over,
        at=at,
        who=who,
        text=text,
        title=f"反映{kind.hotline}问题",
        category=kind.police if over == "police_110" else kind.hotline,
        address=home if draw.random() < _WITH_ADDRESS else "",
        area=who.village,
        heads=1 if over == "petition" else 0,
        visit=over in ("petition", "walk_in") and draw.random() < _IN_PERSON,
    )


def resend(draw: random.Random, number: str, at: datetime, before: Event) -> Event:
    """The same words again."""
    return replace(before, number=number, at=at, title=before.title, updated_at=None)


_WITH_ADDRESS = 0.6
_IN_PERSON = 0.5
