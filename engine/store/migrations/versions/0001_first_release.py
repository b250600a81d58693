"""The tables of 0.1.0."""

from alembic import op

from engine.store.tables import metadata

revision, down_revision = "0001", None


def upgrade() -> None:
    """Make every table."""
    metadata.create_all(op.get_bind())
    op.bulk_insert(metadata.tables["audit_head"], [{"id": 1, "seq": 0, "mac": b"", "seal": b""}])
