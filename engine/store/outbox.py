"""The outbox: what is to be told, and how far each channel has come with it.

In: notices, channels chosen for them, outcomes. Out: the same, by state, matter or message. Not here: what is told and when (`engine.notify`),
sending (`engine.scheduler.messages`), every single try (`sendings`).

A notice is written by the transaction that decided it, once. A delivery is claimed with a lease and a fence like any due work; what a sender
says of it counts only while its fence is the row's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal_column, select, update

from engine.model import Colour, Notice
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.message_tables import deliveries, outbox
from engine.store.rows import Backlog, DeliveryRow
from engine.store.session import Session
from engine.store.tables import NO_TIME

FRESH, ADDRESSED, NOT_SENT = "fresh", "addressed", "not sent"
WAITING, SENT, DEAD = "waiting", "sent", "dead"

_fresh = outbox.c.state == literal_column("'fresh'")
_waiting = deliveries.c.state == literal_column("'waiting'")
"""Written out, not bound: the partial indexes serve no other way."""
_NOTICE = tuple(column for column in outbox.columns if column.name != "state")
_FRESH = Query(
    select(*_NOTICE)
    .where(_fresh)
    .order_by(outbox.c.key)
    .limit(bindparam("most", literal_execute=False))
    .with_for_update(skip_locked=True)
)
_ABOUT = Query(select(*_NOTICE).where(among(outbox.c.code, "codes")).order_by(outbox.c.at, outbox.c.key))
_CLOSE = Query(
    update(outbox).where(among(outbox.c.key, "keys")).values(state=bindparam("becomes"), verdict=bindparam("reason"))
)
_DELIVERY = tuple(column for column in deliveries.columns if column.name not in ("notice", "colour"))


def _rows_where(*which: ColumnElement[bool]) -> Select[Any]:
    joined = deliveries.join(outbox, outbox.c.key == deliveries.c.notice)
    return select(*_NOTICE, *_DELIVERY).select_from(joined).where(*which)


_of_channel = deliveries.c.channel == bindparam("of")
_READY = Query(
    _rows_where(
        _of_channel,
        _waiting,
        deliveries.c.due_at <= bindparam("now"),
        deliveries.c.lease_until <= bindparam("now"),
    )
    .order_by(deliveries.c.colour.desc(), deliveries.c.due_at, deliveries.c.notice)
    .limit(bindparam("most", literal_execute=False))
)
_PARCEL = Query(_rows_where(deliveries.c.parcel == bindparam("key")).order_by(deliveries.c.notice))
_OF_NOTICES = Query(_rows_where(among(deliveries.c.notice, "keys")).order_by(deliveries.c.notice, deliveries.c.channel))
_LISTED = Query(
    _rows_where(among(deliveries.c.state, "states"))
    .order_by(deliveries.c.colour.desc(), outbox.c.at.desc(), deliveries.c.notice, deliveries.c.channel)
    .limit(bindparam("most", literal_execute=False))
)
_TOLD = Query(_rows_where(_of_channel, among(outbox.c.code, "codes"), deliveries.c.parcel != literal_column("''")))
_UNHEARD = Query(
    select(*_NOTICE)
    .where(
        outbox.c.key >= bindparam("first"),
        outbox.c.state == NOT_SENT,
        outbox.c.event != literal_column("''"),
        outbox.c.colour >= bindparam("least"),
        among(outbox.c.verdict, "reasons"),
    )
    .order_by(outbox.c.colour.desc(), outbox.c.at.desc(), outbox.c.key)
    .limit(bindparam("most", literal_execute=False))
)
_ADDRESS_AGAIN = Query(update(outbox).where(among(outbox.c.key, "keys")).values(state=FRESH, verdict=""))
_STRANDED = Query(
    _rows_where(
        ~among(deliveries.c.channel, "channels"),
        _waiting,
        deliveries.c.due_at <= bindparam("since"),
        deliveries.c.lease_until <= bindparam("now"),
    )
    .order_by(deliveries.c.colour.desc(), deliveries.c.due_at, deliveries.c.notice)
    .limit(bindparam("most", literal_execute=False))
)
_COUNTS = Query(
    select(deliveries.c.channel, deliveries.c.state, func.count()).group_by(deliveries.c.channel, deliveries.c.state)
)
_BACKLOG = Query(
    select(
        func.count(),
        func.coalesce(func.sum(case((deliveries.c.due_at <= bindparam("now"), 1), else_=0)), 0),
        func.min(deliveries.c.due_at),
    ).where(_waiting)
)
_REFUSING = Query(
    select(deliveries.c.channel, func.count())
    .where(_waiting, deliveries.c.failures >= bindparam("least"))
    .group_by(deliveries.c.channel)
)
_these = among(deliveries.c.notice, "keys")
_WITHHOLD = Query(
    update(deliveries)
    .where(_of_channel, _these)
    .values(state=NOT_SENT, why=bindparam("reason"), done_at=bindparam("now"))
)
_PUT_OFF = Query(
    update(deliveries).where(_of_channel, _these).values(why=bindparam("reason"), due_at=bindparam("until"))
)
_TAKE = Query(
    update(deliveries)
    .where(_of_channel, _these, deliveries.c.state == WAITING, deliveries.c.lease_until <= bindparam("now"))
    .values(
        parcel=bindparam("key"),
        lease_until=bindparam("until"),
        attempts=deliveries.c.attempts + 1,
        fence=deliveries.c.fence + 1,
    )
)
_held = (
    deliveries.c.parcel == bindparam("key"),
    deliveries.c.fence == bindparam("held"),
    deliveries.c.state == WAITING,
)
_SENT = Query(update(deliveries).where(*_held).values(state=SENT, why="", done_at=bindparam("now"), lease_until=0))
_FAILED = Query(
    update(deliveries)
    .where(*_held)
    .values(
        state=bindparam("becomes"),
        why=bindparam("reason"),
        due_at=bindparam("again"),
        failures=deliveries.c.failures + 1,
        lease_until=0,
        done_at=bindparam("now"),
    )
)
_REVIVE = Query(
    update(deliveries)
    .where(deliveries.c.state == DEAD, among(deliveries.c.parcel, "parcels"))
    .values(state=WAITING, why="", due_at=bindparam("now"), failures=0, lease_until=0)
)
_TAKE_BACK = Query(
    update(deliveries)
    .where(_of_channel, deliveries.c.notice == bindparam("key"), deliveries.c.state == NOT_SENT)
    .where(deliveries.c.why == bindparam("was"))
    .values(state=WAITING, why=bindparam("reason"), due_at=bindparam("until"), parcel="", failures=0, done_at=NO_TIME)
)
_WRITE_NOTICE = Insert(outbox, once=True)
_ADDRESS = Insert(deliveries, once=True)


class Outbox(Session):
    """Notices and their deliveries."""

    def write_notices(self, notices: Sequence[Notice]) -> None:
        """Keep notices; one that is there already stays as it is."""
        self._each(_WRITE_NOTICE, [_notice_cells(notice) for notice in notices])

    def fresh_notices(self, most: int) -> list[Notice]:
        """The oldest notices for which no channel was chosen yet; they are ours until this transaction ends."""
        return [_notice(row) for row in self._tuples(_FRESH, most=most)]

    def close_notices(self, verdicts: Mapping[str, str]) -> None:
        """Say of notices that channels were chosen (empty), or why nobody is told."""
        for reason in sorted(set(verdicts.values())):
            keys = [key for key, held in verdicts.items() if held == reason]
            self._change(_CLOSE, keys=keys, becomes=NOT_SENT if reason else ADDRESSED, reason=reason)

    def notices_about(self, codes: Collection[str]) -> list[Notice]:
        """Every notice about matters with these codes, oldest first."""
        return [_notice(row) for row in self._tuples(_ABOUT, codes=codes)] if codes else []

    def address_notice(self, notice: Notice, channel: str, *, due_at: datetime, why: str) -> None:
        """Let a channel tell of a notice, from a time on; one that does already goes on as it is."""
        row = (notice.key, channel, int(notice.colour), WAITING, why, cells.seconds(due_at), "", 0, 0, 0, 0, NO_TIME)
        self._each(_ADDRESS, [row])

    def take_back(self, notice: Notice, channel: str, *, was: str, due_at: datetime, why: str) -> None:
        """Let a channel that did not tell of a notice for the reason `was` tell of it after all."""
        self._change(_TAKE_BACK, of=channel, key=notice.key, was=was, until=cells.seconds(due_at), reason=why)

    def stranded(self, channels: Collection[str], *, since: datetime, now: datetime, most: int) -> list[DeliveryRow]:
        """What waits for other channels than these, was due by `since`, and nobody is sending: red first, then the longest due."""
        times = {"since": cells.seconds(since), "now": cells.seconds(now)}
        return [_delivery(row) for row in self._tuples(_STRANDED, channels=channels, most=most, **times)]

    def ready(self, channel: str, *, now: datetime, most: int) -> list[DeliveryRow]:
        """What a channel may send now and nobody is sending, red first, then the longest due."""
        rows = self._tuples(_READY, of=channel, now=cells.seconds(now), most=most)
        return [_delivery(row) for row in rows]

    def parcel(self, key: str) -> list[DeliveryRow]:
        """All deliveries that go out in one message."""
        return [_delivery(row) for row in self._tuples(_PARCEL, key=key)]

    def told(self, channel: str, codes: Collection[str]) -> list[Notice]:
        """What a channel has sent of matters with these codes, or was about to send."""
        rows = self._tuples(_TOLD, of=channel, codes=codes) if codes else []
        return [_notice(row) for row in rows]

    def unheard(
        self, reasons: Collection[str], *, most: int, least: Colour = Colour.GREEN, first: str = ""
    ) -> list[Notice]:
        """What was to be told and nobody is, for one of these reasons: red first, then the newest; `first`: from this key on, for keys grow with time."""
        rows = self._tuples(_UNHEARD, reasons=reasons, most=most, least=int(least), first=first)
        return [_notice(row) for row in rows]

    def address_again(self, keys: Collection[str]) -> int:
        """Let channels be chosen once more for notices; how many there were."""
        return self._change(_ADDRESS_AGAIN, keys=keys) if keys else 0

    def withhold(self, channel: str, reasons: Mapping[str, str], now: datetime) -> None:
        """Deliveries of a channel that are not sent after all: notice -> reason."""
        for reason in sorted(set(reasons.values())):
            keys = [key for key, held in reasons.items() if held == reason]
            self._change(_WITHHOLD, of=channel, keys=keys, reason=reason, now=cells.seconds(now))

    def put_off(self, channel: str, keys: Collection[str], *, until: datetime, why: str) -> None:
        """Deliveries of a channel that wait longer."""
        self._change(_PUT_OFF, of=channel, keys=keys, until=cells.seconds(until), reason=why)

    def take(self, channel: str, keys: Collection[str], *, parcel: str, now: datetime, until: datetime) -> int:
        """Take deliveries of a channel in hand as one message, ours until `until`; how many nobody has and still wait."""
        at, later = cells.seconds(now), cells.seconds(until)
        return self._change(_TAKE, of=channel, keys=keys, key=parcel, now=at, until=later)

    def parcel_sent(self, parcel: str, fence: int, now: datetime) -> bool:
        """A message was taken by its channel; False when somebody else has it by now."""
        return self._change(_SENT, key=parcel, held=fence, now=cells.seconds(now)) > 0

    def parcel_failed(self, parcel: str, fence: int, *, state: str, why: str, again: datetime, now: datetime) -> bool:
        """A message was refused: it waits until `again`, or is dead; False when somebody else has it by now."""
        at, later = cells.seconds(now), cells.seconds(again)
        return self._change(_FAILED, key=parcel, held=fence, becomes=state, reason=why, again=later, now=at) > 0

    def deliveries(self, states: Collection[str], limit: int) -> list[DeliveryRow]:
        """Deliveries in these states, red first, then the newest."""
        return [_delivery(row) for row in self._tuples(_LISTED, states=states, most=limit)]

    def deliveries_of(self, keys: Collection[str]) -> list[DeliveryRow]:
        """Deliveries of these notices."""
        return [_delivery(row) for row in self._tuples(_OF_NOTICES, keys=keys)] if keys else []

    def delivery_counts(self) -> dict[tuple[str, str], int]:
        """How many deliveries each channel has in each state."""
        return {(row[0], row[1]): row[2] for row in self._rows(_COUNTS)}

    def dead_deliveries(self) -> int:
        """How many deliveries were given up, by every channel."""
        return sum(count for (_, state), count in self.delivery_counts().items() if state == DEAD)

    def delivery_backlog(self, now: datetime) -> Backlog:
        """How many deliveries wait, how many of them should have gone out by now, and since when the first."""
        ((waiting, overdue, first_at),) = self._rows(_BACKLOG, now=cells.seconds(now))
        return Backlog(waiting, int(overdue), None if first_at is None else cells.moment(first_at))

    def refusing(self, least: int) -> dict[str, int]:
        """How many of its waiting deliveries each channel has refused at least so often."""
        return {row[0]: row[1] for row in self._rows(_REFUSING, least=least)}

    def revive(self, parcels: Collection[str], now: datetime) -> int:
        """Give dead messages another chance under their old keys; how many deliveries there were."""
        return self._change(_REVIVE, parcels=parcels, now=cells.seconds(now)) if parcels else 0


def _notice_cells(notice: Notice) -> tuple[Any, ...]:
    return (
        notice.key,
        notice.matter,
        notice.code,
        notice.event,
        int(notice.colour),
        notice.route,
        cells.seconds(notice.at),
        cells.seconds(notice.due_at),
        0 if notice.within is None else int(notice.within.total_seconds()),
        NOT_SENT if notice.verdict else FRESH,
        notice.verdict,
    )


def _notice(row: Sequence[Any]) -> Notice:
    key, matter, code, event, colour, route, at, due_at, within, verdict = row[: len(_NOTICE)]
    return Notice(
        key=key,
        matter=matter,
        code=code,
        event=event,
        colour=Colour(colour),
        route=route,
        at=cells.moment(at),
        due_at=cells.moment_or_none(due_at),
        within=timedelta(seconds=within) if within else None,
        verdict=verdict,
    )


def _delivery(row: Sequence[Any]) -> DeliveryRow:
    channel, state, why, due_at, parcel, attempts, failures, lease_until, fence, done_at = row[len(_NOTICE) :]
    return DeliveryRow(
        _notice(row),
        channel,
        state,
        why,
        cells.moment(due_at),
        parcel,
        attempts,
        failures,
        cells.moment(lease_until) if lease_until else None,
        fence,
        cells.moment_or_none(done_at),
    )
