"""The tables of the service, after 0.1.0: what became of every time that a matter was looked at again.

In: the tables of 0001. Out: `reviews`, `jobs`; `due` anew, which 0.1.0 made and never wrote, with every matter that was ever dispatched: the service
looks at each once and then knows when it is due. Not here: what the tables mean (`engine.store.tables`, which this step must never import).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new tables; nothing that was ever written is touched."""
    op.drop_table("due")
    op.create_table(
        "due",
        sa.Column("item", sa.Text, primary_key=True, nullable=False),
        sa.Column("kind", sa.Text, primary_key=True, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("due_at", "lease_until", "fence", "attempts")),
    )
    op.create_index("due_next", "due", ["kind", "due_at"])
    op.create_table(
        "reviews",
        sa.Column("n", _NUMBER, sa.Identity(), primary_key=True, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("rulebook", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("changed", sa.LargeBinary, nullable=False),
    )
    op.create_index("reviews_item", "reviews", ["item"])
    due = sa.text("due_at > 0")
    op.create_index("reviews_once", "reviews", ["item", "due_at"], unique=True, sqlite_where=due, postgresql_where=due)
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("every", sa.BigInteger, nullable=False),
        sa.Column("paused", sa.SmallInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("last_ok_at", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.execute(
        "INSERT INTO due (item, kind, why, due_at, lease_until, fence, attempts) "
        "SELECT id, 'matter', 'upgrade', updated_at, 0, 0, 0 FROM matters WHERE code <> ''"
    )
