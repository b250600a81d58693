"""The tables of the workbench: rulebooks that were published, matters that were dealt to be graded blind, and their grades.

In: the tables of the step before. Out: `publications`, `samples`, `grades`. Not here: what they mean (`engine.store.tables`, `grading_tables`, which this step must never import).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new tables; nothing that was ever written is touched."""
    op.create_table(
        "publications",
        sa.Column("n", _NUMBER, sa.Identity(), primary_key=True, nullable=False),
        sa.Column("rulebook", sa.Text, sa.ForeignKey("rulebooks.digest"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "second")),
        sa.Column("reason", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "samples",
        sa.Column("n", _NUMBER, sa.Identity(), primary_key=True, nullable=False),
        sa.Column("round", sa.BigInteger, nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("share", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in ("standing", "machine")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("rules", "rulebook")),
    )
    op.create_index("samples_matter", "samples", ["matter"])
    op.create_table(
        "grades",
        sa.Column("sample", _NUMBER, sa.ForeignKey("samples.n"), primary_key=True, nullable=False, autoincrement=False),
        sa.Column("colour", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
