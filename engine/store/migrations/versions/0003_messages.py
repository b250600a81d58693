"""The tables of messages, after 0.1.0.

In: the tables of 0002. Out: `deliveries`, `sendings`, `buckets`, `silences`; `outbox` anew, which 0.1.0 made and never wrote.
Not here: what the tables mean (`engine.store.message_tables`, which this step must never import).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new tables and their indexes."""
    op.drop_table("outbox")
    _make("outbox", _texts("key!", "matter", "code", "event"), _small("colour"), _texts("route"), _ints("at", "due_at", "within"), _texts("state", "verdict"))  # fmt: skip
    _make("deliveries", _texts("notice!", "channel!"), _small("colour"), _texts("state", "why"), _ints("due_at"), _texts("parcel"),
          _ints("attempts", "failures", "lease_until", "fence", "done_at"))  # fmt: skip
    _make("sendings", _number(), _texts("parcel", "channel"), _ints("attempt", "began_at", "ended_at"), _texts("outcome", "said"))  # fmt: skip
    _make("buckets", _texts("channel!"), _ints("level", "at"))
    _make("silences", _number(), _texts("code", "by"), [sa.Column("reason", sa.LargeBinary, nullable=False)], _ints("known_at", "until"))  # fmt: skip
    for name, table, columns, where in (
        ("outbox_fresh", "outbox", "key", "state = 'fresh'"),
        ("outbox_code", "outbox", "code", ""),
        ("deliveries_next", "deliveries", "channel due_at", "state = 'waiting'"),
        ("deliveries_parcel", "deliveries", "parcel", ""),
        ("deliveries_state", "deliveries", "state done_at", ""),
        ("sendings_parcel", "sendings", "parcel", ""),
        ("silences_code", "silences", "code", ""),
    ):
        some = sa.text(where) if where else None
        op.create_index(name, table, columns.split(), sqlite_where=some, postgresql_where=some)


def _make(table: str, *columns: list[sa.Column[object]]) -> None:
    op.create_table(table, *(column for some in columns for column in some))


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name.rstrip("!"), sa.Text, primary_key=name.endswith("!"), nullable=False) for name in names]


def _ints(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _small(name: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.SmallInteger, nullable=False)]


def _number() -> list[sa.Column[object]]:
    return [sa.Column("n", _NUMBER, sa.Identity(), primary_key=True, nullable=False)]
