"""The year: when what happens, one event after another, from a seed.

In: a seed, how many records, the first day. Out: events in order of time. Not here: words (`stories`), files (`exports`).
Most callers call once; some call again about the same thing; a few write much and honestly; families escalate over weeks; whole estates
complain together; clerks urge, feed back, resend, correct, hand a call over to another channel.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.township.people import Citizen, citizen
from adapters.township.stories import Event, channel, event, resend, tale
from adapters.township.vocabulary import (
    DANGER,
    ESCALATION,
    ESTATES,
    FEEDBACKS,
    FIRMS,
    GROUP_LINES,
    TALES,
    URGES,
    VILLAGES,
)

_ZONE = ZoneInfo("Asia/Shanghai")
_DAYS = 365
_PER_PERSON = 2
_AGAIN, _THIRD = 0.16, 0.35
_URGED, _RESENT, _CORRECTED, _TRANSFERRED, _ANONYMOUS = 0.05, 0.02, 0.03, 0.02, 0.18
_GROUPS, _BIG_GROUP, _FAMILIES, _HONEST = 12, 60, 8, 6
_FEEDBACK_TO_POLICE = 0.06


class Year:
    """Draws one year; `events` gives it."""

    def __init__(self, seed: int, records: int, start: date) -> None:
        self._draw = random.Random(f"township/{seed}")
        self._records = records
        self._start = datetime(start.year, start.month, start.day, tzinfo=_ZONE).astimezone(UTC)
        self._count = 0
        people = max(50, records // _PER_PERSON)
        self._people = [citizen(self._draw, seed % 1000 * 10_000 + n) for n in range(people)]

    def events(self) -> list[Event]:
        """Every record of the year in order of time."""
        scale = min(1.0, self._records / 20_000)
        made: list[Event] = []
        for group in range(max(3, round(_GROUPS * scale))):
            made += self._group(group, _BIG_GROUP if group < 2 else self._draw.randrange(4, 18))
        for family in range(max(3, round(_FAMILIES * scale))):
            made += self._family(family)
        for _ in range(max(1, round(_HONEST * scale))):
            made += self._honest()
        for text in DANGER:
            made += self._danger(text)
        while len(made) < self._records:
            made += self._matter()
        return sorted(made, key=lambda e: (e.at, e.number))

    def _number(self, over: str, at: datetime) -> str:
        self._count += 1
        return f"{_PREFIX[over]}{at.astimezone(_ZONE):%Y%m%d}{self._count:06d}"

    def _moment(self, latest: int = _DAYS) -> datetime:
        day = self._draw.randrange(latest)
        second = round(self._draw.triangular(0, 86_399, 61_200))
        return self._start + timedelta(days=day, seconds=second)

    def _someone(self) -> Citizen:
        return self._draw.choice(self._people)

    def _matter(self) -> Iterator[Event]:
        """An everyday matter: one record, sometimes more, with what clerks add."""
        who, kind, over, at = self._someone(), tale(self._draw), channel(self._draw), self._moment()
        line = self._draw.choice(kind.lines)
        first = event(self._draw, self._number(over, at), at, who, kind=kind, over=over, line=line)
        if self._draw.random() < _ANONYMOUS:
            first = replace(first, who=None)
        first = self._answered(first)
        yield first
        yield from self._added(first)
        while first.who is not None and self._draw.random() < _AGAIN:
            at += timedelta(days=self._draw.randrange(2, 40), seconds=self._draw.randrange(3600))
            if at >= self._start + timedelta(days=_DAYS):
                return
            over = over if self._draw.random() < _THIRD else channel(self._draw)
            again = event(self._draw, self._number(over, at), at, who, kind=kind, over=over, line=line)
            yield self._answered(replace(again, address=first.address))

    def _answered(self, said: Event) -> Event:
        """When it was to be answered, and was; nine of ten in time."""
        if said.channel not in ("hotline_12345", "petition"):
            closed = said.at + timedelta(hours=self._draw.randrange(1, 60))
            return replace(said, closed_at=closed if said.channel == "police_110" else None)
        due = said.at + timedelta(days=5)
        late = self._draw.random() < 0.1
        replied = said.at + timedelta(days=7 if late else self._draw.randrange(1, 5))
        return replace(said, reply_due_at=due, replied_at=replied, closed_at=replied)

    def _added(self, first: Event) -> Iterator[Event]:
        """Urges, feedback, resends, corrections and hand-overs of a record."""
        draw, over = self._draw, first.channel
        if over in ("police_110", "hotline_12345") and draw.random() < _URGED:
            at = first.at + timedelta(hours=draw.randrange(2, 72))
            yield replace(
                first, number=self._number(over, at), at=at, text=draw.choice(URGES), cause="催办", main=first.number,
                closed_at=None, reply_due_at=None, replied_at=None,
            )  # fmt: skip
        if over == "police_110" and draw.random() < _FEEDBACK_TO_POLICE:
            at = first.at + timedelta(hours=1)
            yield replace(
                first,
                number=self._number(over, at),
                at=at,
                text=draw.choice(FEEDBACKS),
                cause="民警反馈",
                main=first.number,
            )
        if draw.random() < _RESENT:
            at = first.at + timedelta(minutes=draw.randrange(5, 600))
            yield resend(draw, self._number(over, at), at, first)
        if over == "hotline_12345" and draw.random() < _CORRECTED:
            yield replace(
                first, text=f"{first.text}补充：已拍照。", updated_at=first.at + timedelta(days=draw.randrange(1, 40))
            )
        if over == "police_110" and draw.random() < _TRANSFERRED:
            at = first.at + timedelta(minutes=30)
            handed = self._number("hotline_12345", at)
            yield replace(first, number=handed, at=at, channel="hotline_12345", main=first.number, cause="")

    def _group(self, group: int, size: int) -> Iterator[Event]:
        """Many people of one estate, over one matter, within some weeks."""
        estate, line = (
            ESTATES[group % len(ESTATES)],
            GROUP_LINES[group % len(GROUP_LINES)].replace("{firm}", FIRMS[group]),
        )
        begin = self._moment(_DAYS - 70)
        kind = TALES[1]
        for _ in range(size):
            who = replace(self._someone(), estate=estate)
            at = begin + timedelta(days=self._draw.triangular(0, 60, 12))
            at = at.replace(microsecond=0)
            over = self._draw.choice(
                ("message_board", "hotline_12345", "hotline_12345", "petition", "mini_program", "police_110")
            )
            yield event(self._draw, self._number(over, at), at, who, kind=kind, over=over, line=line)

    def _family(self, family: int) -> Iterator[Event]:
        """A quarrel that grows over weeks, told to 110 by the one who suffers."""
        steps = ESCALATION[family % len(ESCALATION)]
        who = self._people[-1 - family]
        kind = TALES[7] if "工地" in steps[0] else TALES[3] if "两家" in steps[0] else TALES[9]
        at = self._moment(_DAYS - 80)
        address = f"{who.estate}{who.unit}" if family % 2 else f"{who.village}{who.house}"
        for text in steps:
            yield replace(
                event(self._draw, self._number("police_110", at), at, who, kind=kind, over="police_110"),
                text=f"{self._draw.choice(('', '报警人称，', '来电说'))}{text}。地点在{address}",
                address=address,
            )
            at += timedelta(days=self._draw.randrange(4, 18), seconds=self._draw.randrange(20_000))

    def _honest(self) -> Iterator[Event]:
        """Somebody who writes much, about many true things, politely."""
        who = self._someone()
        for _ in range(self._draw.randrange(12, 25)):
            at, kind = self._moment(), self._draw.choice((TALES[2], TALES[4], TALES[11]))
            over = self._draw.choice(("hotline_12345", "message_board", "mini_program"))
            yield self._answered(event(self._draw, self._number(over, at), at, who, kind=kind, over=over))

    def _danger(self, text: str) -> Iterator[Event]:
        who, at = self._someone(), self._moment()
        made = event(self._draw, self._number("police_110", at), at, who, kind=TALES[3], over="police_110")
        yield replace(made, text=f"{text}，{self._draw.choice(VILLAGES)}", category="其他")


_PREFIX = {
    "police_110": "JJ", "hotline_12345": "RX", "message_board": "", "petition": "XF", "walk_in": "LF", "grid": "WG",
    "mini_program": "XCX", "open311": "SR",
}  # fmt: skip
