"""The tables of what is told to people, beside the others in one `metadata`.

In: nothing. Out: tables. Not here: how rows are written and read (`outbox`, `sendings`), how a database gets these tables (`migrations`).

As in `tables`: times are whole seconds since 1970 UTC, `NO_TIME` and the empty text stand for "none". No cell may hold a word of a record.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, SmallInteger, Table, Text, text

from engine.store.tables import metadata


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _int(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _number() -> Column[int]:
    return Column("n", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True, nullable=False)


_fresh = text("state = 'fresh'")
_waiting = text("state = 'waiting'")

outbox = Table(
    "outbox",
    metadata,
    _text("key", key=True),
    _text("matter"),
    _text("code"),
    _text("event"),
    Column("colour", SmallInteger, nullable=False),
    _text("route"),
    _int("at"),
    _int("due_at"),
    _int("within"),
    _text("state"),
    _text("verdict"),
    Index("outbox_fresh", "key", sqlite_where=_fresh, postgresql_where=_fresh),
    Index("outbox_code", "code"),
)
"""What is to be told, written by the transaction that decided it: `fresh` until channels were chosen, then `addressed`; or `not sent` and why."""

deliveries = Table(
    "deliveries",
    metadata,
    _text("notice", key=True),
    _text("channel", key=True),
    Column("colour", SmallInteger, nullable=False),
    _text("state"),
    _text("why"),
    _int("due_at"),
    _text("parcel"),
    _int("attempts"),
    _int("failures"),
    _int("lease_until"),
    _int("fence"),
    _int("done_at"),
    Index("deliveries_next", "channel", "due_at", sqlite_where=_waiting, postgresql_where=_waiting),
    Index("deliveries_parcel", "parcel"),
    Index("deliveries_state", "state", "done_at"),
)
"""One channel that tells of one notice: `waiting`, `sent`, `dead`, or `not sent` and why. `parcel`: the key of the message it goes out in, given
when it is first taken in hand and never changed: every repeat is the same message."""

sendings = Table(
    "sendings",
    metadata,
    _number(),
    _text("parcel"),
    _text("channel"),
    _int("attempt"),
    _int("began_at"),
    _int("ended_at"),
    _text("outcome"),
    _text("said"),
    Index("sendings_parcel", "parcel"),
)
"""The delivery ledger: every try of every message, begun before it is sent; one without an end was broken off."""

buckets = Table("buckets", metadata, _text("channel", key=True), _int("level"), _int("at"))
"""What each channel may still send, in sixtieths of a message."""

silences = Table(
    "silences",
    metadata,
    _number(),
    _text("code"),
    _text("by"),
    Column("reason", LargeBinary, nullable=False),
    _int("known_at"),
    _int("until"),
    Index("silences_code", "code"),
)
"""Matters (by code) whose messages a person silenced; the newest row of one holds."""
