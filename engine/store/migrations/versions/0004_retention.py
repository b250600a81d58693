"""The tables of retention: legal holds, purges, and the tombstone of every row that was purged.

In: the tables of the step before. Out: `holds`, `purges`, `tombstones`. Not here: what they mean (`engine.store.tables`, which this step must never import).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new tables; nothing that was ever written is touched."""
    op.create_table(
        "holds",
        sa.Column("n", _NUMBER, sa.Identity(), primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("record", "kind", "by")),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("holds_record", "holds", ["record"])
    op.create_table(
        "purges",
        sa.Column("n", _NUMBER, sa.Identity(), primary_key=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "rule")),
    )
    op.create_table(
        "tombstones",
        sa.Column("aim", sa.Text, primary_key=True, nullable=False),
        sa.Column("row", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("purge", sa.BigInteger, nullable=False),
        sa.Column("confidential", sa.SmallInteger, nullable=False),
    )
