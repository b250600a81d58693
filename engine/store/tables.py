"""The tables, as SQLAlchemy Core metadata.

In: nothing. Out: one `metadata`. Not here: how rows are written and read (the modules of rows), vendors (`dialects`), how a
database gets these tables (`migrations`).

Times are whole seconds since 1970 UTC. Nothing may be null: an empty text, `NO_TIME` and -1 stand for "none" (ruling 87).
Colours are 0, 1, 2; truths 0 and 1. Whatever may name a person is inside a `sealed` cell or a keyed digest.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

NO_TIME = -(1 << 62)
"""Reserved for "no time" in time columns."""
NO_COLOUR = -1
"""Reserved for "no colour" in colour columns."""

metadata = MetaData()


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _int(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _small(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


def _blob(name: str, *, key: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, primary_key=key, nullable=False)


def _number(name: str = "n") -> Column[int]:
    """A row number that the database, or `Vendor.reserve`, counts up."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True, nullable=False)


def _row(name: str, *refers: ForeignKey) -> Column[int]:
    """A row number that is given, not counted; the rowid itself on SQLite."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column(name, kind, *refers, primary_key=True, nullable=False, autoincrement=False)


meta = Table("meta", metadata, _text("name", key=True), _text("value"))
counters = Table("counters", metadata, _text("name", key=True), _int("value"))

versions = Table(
    "versions",
    metadata,
    _number(),
    _text("incident"),
    _text("version"),
    _text("source"),
    _int("updated_at"),
    _int("known_at"),
    _small("current"),
    _blob("raw"),
    UniqueConstraint("incident", "version", name="versions_once"),
)
"""`raw` is the digest of the raw row that a version was made of."""

raws = Table(
    "raws",
    metadata,
    _row("version", ForeignKey("versions.n")),
    _text("kind"),
    _int("row"),
    _blob("sealed"),
)

bodies = Table(
    "bodies",
    metadata,
    _row("version", ForeignKey("versions.n")),
    _blob("sealed"),
)

sightings = Table(
    "sightings",
    metadata,
    _number(),
    _text("id"),
    _text("kind"),
    _int("at"),
    _text("cause"),
    _text("topic"),
    _text("area"),
    _text("place"),
    _text("fine"),
    _text("phone"),
    _text("id_number"),
    _text("account"),
    _text("opponent"),
    _text("gist"),
    _text("text_digest"),
    _text("numbers"),
    _int("closed_at"),
    _text("marks"),
    _text("person"),
    _text("matter"),
    _text("hotspot"),
    _small("counts"),
    _text("resend_of"),
    _text("cluster"),
    _text("chain"),
    _text("ties"),
    _int("first_known_at"),
    _small("joined"),
    UniqueConstraint("id", name="sightings_id"),
    Index("sightings_at", "at"),
    Index("sightings_matter", "matter"),
    Index("sightings_cluster", "cluster"),
    Index("sightings_chain", "chain", sqlite_where=text("chain <> ''"), postgresql_where=text("chain <> ''")),
)

blocks = Table(
    "blocks",
    metadata,
    _int("period", key=True),
    _int("key", key=True),
    _int("at", key=True),
    _int("record", key=True),
    sqlite_with_rowid=False,
)
"""The narrow table behind the neighbourhood: one row per block key of a record (`block_keys.py`), months kept together so that a
batch of today writes few pages, however many records there are."""

identities = Table(
    "identities",
    metadata,
    _text("phone", key=True),
    _text("id_number", key=True),
    _int("record"),
    Index("identities_id_number", "id_number"),
    sqlite_with_rowid=False,
)
"""Which ID numbers a phone is seen with, and one record that says so."""

founders = Table("founders", metadata, _int("key", key=True), _int("at"), _text("id"), _int("record"))
"""The first record under each person key (`block_keys.person`): it names the person."""

changes = Table("changes", metadata, _row("seq"), _blob("records"))
"""Which sightings each transaction wrote, so that processes know what they remember no longer holds (`memory.py`)."""

facts = Table("facts", metadata, _text("incident", key=True), _text("made_by"), _blob("body"))

assessments = Table(
    "assessments",
    metadata,
    _number("seq"),
    _text("subject"),
    _int("as_of"),
    _int("known_at"),
    _text("trigger"),
    _small("colour"),
    _text("rulebook"),
    _int("previous"),
    _blob("record"),
)

verdicts = Table(
    "verdicts",
    metadata,
    _text("subject", key=True),
    _int("seq"),
    _small("colour"),
    _small("handback"),
    _text("input_digest"),
    sqlite_with_rowid=False,
)
"""The newest assessment of every subject."""

hits = Table(
    "hits",
    metadata,
    _number(),
    _text("incident"),
    _text("key"),
    _text("rule"),
    _small("colour"),
    _int("known_at"),
    Index("hits_incident", "incident"),
)

shadow_hits = Table("shadow_hits", metadata, _number(), _text("subject"), _text("line"), _int("known_at"))
defects = Table("defects", metadata, _number(), _text("line"), _int("known_at"))

matters = Table(
    "matters",
    metadata,
    _text("id", key=True),
    _text("code"),
    _text("status"),
    _int("episode"),
    _small("standing"),
    _small("machine"),
    _int("records"),
    _text("route"),
    _small("history"),
    _int("first_at"),
    _int("last_at"),
    _int("updated_at"),
    _int("yellow_since"),
    Index("matters_by_status", "status", "standing", "last_at"),
    Index("matters_all", "standing", "last_at"),
    Index("matters_code", "code", sqlite_where=text("code <> ''"), postgresql_where=text("code <> ''")),
)

matter_codes = Table(
    "matter_codes",
    metadata,
    _text("code", key=True),
    _text("incident"),
    _int("given_at"),
    Index("matter_codes_incident", "incident"),
)

hotspots = Table(
    "hotspots",
    metadata,
    _text("id", key=True),
    _int("records"),
    _int("persons"),
    _small("colour"),
    _int("first_at"),
    _int("last_at"),
    _text("place"),
    _text("topic"),
    _int("known_at"),
)

actions = Table(
    "actions",
    metadata,
    _number(),
    _text("id"),
    _text("matter"),
    _text("kind"),
    _text("level"),
    _text("actor"),
    _int("at"),
    _int("known_at"),
    _blob("evidence"),
    _text("concerns"),
    UniqueConstraint("id", name="actions_id"),
    Index("actions_matter", "matter"),
)

decisions = Table(
    "decisions",
    metadata,
    _number(),
    _text("kind"),
    _text("by"),
    _blob("reason"),
    _int("known_at"),
    _int("revokes"),
    Index("decisions_revokes", "revokes"),
)

decision_sides = Table(
    "decision_sides",
    metadata,
    _text("record", key=True),
    Column("decision", BigInteger, ForeignKey("decisions.n"), primary_key=True, autoincrement=False, nullable=False),
    Column("side", SmallInteger, primary_key=True, autoincrement=False, nullable=False),
    Index("decision_sides_decision", "decision"),
)

set_asides = Table(
    "set_asides",
    metadata,
    _number(),
    _text("incident"),
    _text("keys"),
    _text("by"),
    _text("second"),
    _blob("reason"),
    _int("known_at"),
    _int("expires_at"),
    Index("set_asides_incident", "incident"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _number(),
    _text("source"),
    _text("kind"),
    _int("row"),
    _text("digest"),
    _text("code"),
    _small("colour"),
    _text("status"),
    _int("first_at"),
    _int("last_at"),
    _int("times"),
    _blob("sealed"),
    UniqueConstraint("source", "digest", name="quarantine_once"),
)

rulebooks = Table("rulebooks", metadata, _text("digest", key=True), _int("first_live_at"))
rulebook_files = Table(
    "rulebook_files",
    metadata,
    Column("rulebook", Text, ForeignKey("rulebooks.digest"), primary_key=True, nullable=False),
    _text("name", key=True),
    Column("blob", Text, ForeignKey("blobs.digest"), nullable=False),
)
blobs = Table("blobs", metadata, _text("digest", key=True), _blob("body"))
publications = Table(
    "publications",
    metadata,
    _number(),
    Column("rulebook", Text, ForeignKey("rulebooks.digest"), nullable=False),
    _int("at"),
    _text("by"),
    _text("second"),
    _blob("reason"),
)
"""Every time a rulebook was published, an old one anew too: by whom, approved by whom, why. Only grows; the newest says what is published."""

audit = Table(
    "audit",
    metadata,
    _row("seq"),
    _int("at"),
    _text("actor"),
    _text("what"),
    _blob("payload"),
    _blob("mac"),
)
audit_head = Table("audit_head", metadata, _row("id"), _int("seq"), _blob("mac"), _blob("seal"))
anchors = Table("anchors", metadata, _number(), _int("seq"), _int("at"), _blob("mac"), _blob("seal"))

people = Table(
    "people", metadata, _text("name", key=True), _text("secret"), _text("role"), _int("added_at"), _small("active")
)

cursors = Table("cursors", metadata, _text("source", key=True), _text("cursor"), _int("at"))
imports = Table(
    "imports",
    metadata,
    _number(),
    _text("digest"),
    _text("source"),
    _int("at"),
    _blob("counts"),
    Index("imports_digest", "digest"),
)

reviews = Table(
    "reviews",
    metadata,
    _number(),
    _text("item"),
    _int("due_at"),
    _int("done_at"),
    _text("trigger"),
    _text("rulebook"),
    _text("inputs"),
    _blob("changed"),
    Index("reviews_item", "item"),
    Index(
        "reviews_once",
        "item",
        "due_at",
        unique=True,
        sqlite_where=text("due_at > 0"),
        postgresql_where=text("due_at > 0"),
    ),
)
"""Every time a matter was looked at again: when it was due (`NO_TIME`: something happened), why, from what, and what changed. Only grows;
no moment that was due is ever taken twice."""

jobs = Table(
    "jobs",
    metadata,
    _text("name", key=True),
    _int("every"),
    _small("paused"),
    _int("last_at"),
    _int("last_ok_at"),
    _int("failures"),
    _text("said"),
)
"""What the service does again and again: seconds between runs, when it last ran and last succeeded, failures since, what it last said."""

due = Table(
    "due",
    metadata,
    _text("item", key=True),
    _text("kind", key=True),
    _text("why"),
    _int("due_at"),
    _int("lease_until"),
    _int("fence"),
    _int("attempts"),
    Index("due_next", "kind", "due_at"),
)

holds = Table(
    "holds",
    metadata,
    _number(),
    _text("record"),
    _text("kind"),
    _text("by"),
    _blob("reason"),
    _int("at"),
    Index("holds_record", "record"),
)
"""Legal holds and their ends, by record; the newest row of a record says whether it is held. Only grows."""

purges = Table("purges", metadata, _number(), _int("at"), _text("by"), _text("rule"))

tombstones = Table(
    "tombstones",
    metadata,
    _text("aim", key=True),
    _int("row", key=True),
    _int("purge"),
    _small("confidential"),
)
"""Which rows were purged, for which aim, and by which purge; versions by number, rows of the quarantine under an aim of their own."""
