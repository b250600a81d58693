"""The tables of 0.1.0.

In: an empty database. Out: every table, with the triggers that keep the audit log as it was written.
Not here: what the tables mean (`engine.store.tables`, which this step must never import: it is the past).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

_TABLES = {
    "meta": "name! value",
    "counters": "name! value:int",
    "versions": "n:number incident version source updated_at:int known_at:int current:small raw:blob",
    "raws": "version:row! kind row:int sealed:blob",
    "bodies": "version:row! sealed:blob",
    "quarantine": (
        "n:number source kind row:int digest code colour:small status first_at:int last_at:int times:int sealed:blob"
    ),
    "cursors": "source! cursor at:int",
    "imports": "n:number digest source at:int counts:blob",
    "sightings": (
        "n:number id kind at:int cause topic area place fine phone id_number account opponent gist "
        "text_digest numbers closed_at:int marks person matter hotspot counts:small resend_of cluster chain "
        "ties first_known_at:int joined:small"
    ),
    "blocks": "period:int! key:int! at:int! record:int!",
    "identities": "phone! id_number! record:int",
    "founders": "key:int! at:int id record:int",
    "changes": "seq:row! records:blob",
    "facts": "incident! made_by body:blob",
    "assessments": "seq:number subject as_of:int known_at:int trigger colour:small rulebook previous:int record:blob",
    "verdicts": "subject! seq:int colour:small handback:small input_digest",
    "hits": "n:number incident key rule colour:small known_at:int",
    "shadow_hits": "n:number subject line known_at:int",
    "defects": "n:number line known_at:int",
    "matters": (
        "id! code status episode:int standing:small machine:small records:int route history:small "
        "first_at:int last_at:int updated_at:int yellow_since:int"
    ),
    "matter_codes": "code! incident given_at:int",
    "hotspots": "id! records:int persons:int colour:small first_at:int last_at:int place topic known_at:int",
    "actions": "n:number id matter kind level actor at:int known_at:int evidence:blob concerns",
    "decisions": "n:number kind by reason:blob known_at:int revokes:int",
    "decision_sides": "record! decision:int! side:small!",
    "set_asides": "n:number incident keys by second reason:blob known_at:int expires_at:int",
    "rulebooks": "digest! first_live_at:int",
    "blobs": "digest! body:blob",
    "rulebook_files": "rulebook! name! blob",
    "audit": "seq:row! at:int actor what payload:blob mac:blob",
    "audit_head": "id:row! seq:int mac:blob seal:blob",
    "anchors": "n:number seq:int at:int mac:blob seal:blob",
    "people": "name! secret role added_at:int active:small",
    "outbox": "key! sealed:blob due_at:int state attempts:int lease_until:int fence:int made_at:int",
    "due": "item! kind! due_at:int lease_until:int fence:int attempts:int",
}
"""Columns as `name[:type][!]`: text where no type is named, `!` for the primary key, `number` for a counted one."""

_REFERS = {
    ("raws", "version"): "versions.n",
    ("bodies", "version"): "versions.n",
    ("decision_sides", "decision"): "decisions.n",
    ("rulebook_files", "rulebook"): "rulebooks.digest",
    ("rulebook_files", "blob"): "blobs.digest",
}
_ONCE = {
    "versions": ("versions_once", "incident", "version"),
    "quarantine": ("quarantine_once", "source", "digest"),
    "sightings": ("sightings_id", "id"),
    "actions": ("actions_id", "id"),
}
_WITHOUT_ROWID = {"blocks", "identities", "verdicts"}
_INDEXES = (
    ("imports_digest", "imports", "digest", ""),
    ("sightings_at", "sightings", "at", ""),
    ("sightings_cluster", "sightings", "cluster", ""),
    ("sightings_matter", "sightings", "matter", ""),
    ("identities_id_number", "identities", "id_number", ""),
    ("hits_incident", "hits", "incident", ""),
    ("matters_all", "matters", "standing last_at", ""),
    ("matters_by_status", "matters", "status standing last_at", ""),
    ("matter_codes_incident", "matter_codes", "incident", ""),
    ("actions_matter", "actions", "matter", ""),
    ("decisions_revokes", "decisions", "revokes", ""),
    ("decision_sides_decision", "decision_sides", "decision", ""),
    ("set_asides_incident", "set_asides", "incident", ""),
    ("outbox_due", "outbox", "state due_at", ""),
    ("due_next", "due", "due_at", ""),
    ("sightings_chain", "sightings", "chain", "chain <> ''"),
    ("matters_code", "matters", "code", "code <> ''"),
)
_TYPES = {"": sa.Text, "int": sa.BigInteger, "small": sa.SmallInteger, "blob": sa.LargeBinary}
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_SAID = "entries of this table are never changed and never taken out"
_GUARDED = ("audit", "anchors")
_GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        for table in _GUARDED
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        f"CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$",
        *(
            f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()"
            for table in _GUARDED
        ),
    ],
}


def upgrade() -> None:
    """Make every table, then its indexes and guards."""
    for table, columns in _TABLES.items():
        _make(table, columns)
    for index, table, columns, where in _INDEXES:
        partial: dict[str, Any] = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)} if where else {}
        op.create_index(index, table, columns.split(), **partial)
    op.execute(sa.text("INSERT INTO audit_head (id, seq, mac, seal) VALUES (1, 0, :none, :none)").bindparams(none=b""))
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _make(table: str, columns: str) -> None:
    parts: list[Any] = [_column(spec) for spec in columns.split()]
    parts += [sa.ForeignKeyConstraint([column], [to]) for (of, column), to in _REFERS.items() if of == table]
    if table in _ONCE:
        name, *once = _ONCE[table]
        parts.append(sa.UniqueConstraint(*once, name=name))
    op.create_table(table, *parts, sqlite_with_rowid=table not in _WITHOUT_ROWID)


def _column(spec: str) -> sa.Column[Any]:
    name, _, kind = spec.rstrip("!").partition(":")
    if kind == "number":
        return sa.Column(name, _NUMBER, sa.Identity(), primary_key=True, nullable=False)
    held = _NUMBER if kind == "row" else _TYPES[kind]
    return sa.Column(name, held, primary_key=spec.endswith("!"), nullable=False, autoincrement=False)
