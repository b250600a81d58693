"""Sendings: the delivery ledger, what each channel may still send, and which matters a person silenced.

In: tries with their outcomes, levels, silences. Out: the same. Not here: how far a message is (`outbox`), what a level means (`engine.notify`).

What a person wrote of a silence is sealed: it may name anybody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, select, update

from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.message_tables import buckets, sendings, silences
from engine.store.rows import SendingRow, Silence
from engine.store.session import Session
from engine.store.tables import NO_TIME

_NEVER = -1
_TRIES = Query(select(sendings).where(among(sendings.c.parcel, "parcels")).order_by(sendings.c.n))
_END = Query(
    update(sendings)
    .where(sendings.c.n == bindparam("number"))
    .values(ended_at=bindparam("now"), outcome=bindparam("came_to"), said=bindparam("what"))
)
_BUCKET = Query(select(buckets).where(buckets.c.channel == bindparam("of")).with_for_update())
_SILENCES = Query(select(silences).where(among(silences.c.code, "codes")).order_by(silences.c.n))
_BEGIN = Insert(sendings)
_ENSURE_BUCKET = Insert(buckets, once=True)
_WRITE_BUCKET = Insert(buckets, keys=("channel",))
_WRITE_SILENCE = Insert(silences)


class Sendings(Session):
    """Tries, caps, silences."""

    def begin_sending(self, parcel: str, channel: str, *, attempt: int, at: datetime) -> int:
        """Note that a message is about to be sent; the number of the try."""
        (number,) = self._reserve(sendings, 1)
        self._each(_BEGIN, [(number, parcel, channel, attempt, cells.seconds(at), NO_TIME, "", "")])
        return number

    def end_sending(self, number: int, *, at: datetime, outcome: str, said: str) -> None:
        """Note what a try came to."""
        self._change(_END, number=number, now=cells.seconds(at), came_to=outcome, what=said)

    def sendings_of(self, parcels: Collection[str]) -> list[SendingRow]:
        """Every try of these messages, oldest first."""
        return [
            SendingRow(
                row.parcel,
                row.channel,
                row.attempt,
                cells.moment(row.began_at),
                cells.moment_or_none(row.ended_at),
                row.outcome,
                row.said,
            )
            for row in (self._rows(_TRIES, parcels=parcels) if parcels else ())
        ]

    def bucket(self, channel: str) -> tuple[int, datetime] | None:
        """Level of a channel and as of when; None when it never sent. It is locked: who holds it is the only one to choose what goes next."""
        self._each(_ENSURE_BUCKET, [(channel, _NEVER, 0)])
        (row,) = self._rows(_BUCKET, of=channel)
        return None if row.level == _NEVER else (row.level, cells.moment(row.at))

    def write_bucket(self, channel: str, level: int, at: datetime) -> None:
        """The level from now on."""
        self._each(_WRITE_BUCKET, [(channel, level, cells.seconds(at))])

    def silence(self, silence: Silence) -> None:
        """Silence a matter, or end its silence by one that ends at once."""
        (number,) = self._reserve(silences, 1)
        sealed = self._sealer.seal("casework", silence_cell(number), silence.reason.encode())
        known_at, until = cells.seconds(silence.known_at), cells.seconds(silence.until)
        self._each(_WRITE_SILENCE, [(number, silence.code, silence.by, sealed, known_at, until)])

    def silences_of(self, codes: Collection[str]) -> dict[str, Silence]:
        """The newest silence of each of these matters."""
        return {
            row.code: Silence(
                row.code,
                row.by,
                self._sealer.open("casework", silence_cell(row.n), row.reason).decode(),
                cells.moment(row.known_at),
                cells.moment(row.until),
            )
            for row in (self._rows(_SILENCES, codes=codes) if codes else ())
        }


def silence_cell(number: int) -> str:
    """The name of the cell that holds why a matter was silenced."""
    return f"silences/reason/{number}"
