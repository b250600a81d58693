"""The tables of blind grades, beside the others in one `metadata`.

In: nothing. Out: tables. Not here: how rows are written and read (`figures`), how a database gets these tables (`migrations`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, SmallInteger, Table, Text

from engine.store.tables import metadata

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _int(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


samples = Table(
    "samples",
    metadata,
    Column("n", _NUMBER, Identity(), primary_key=True, nullable=False),
    _int("round"),
    _text("matter"),
    _int("at"),
    _text("by"),
    _int("share"),
    Column("standing", SmallInteger, nullable=False),
    Column("machine", SmallInteger, nullable=False),
    _text("rules"),
    _text("rulebook"),
    Index("samples_matter", "matter"),
)
"""Matters that were dealt to be graded blind: in which round, of which share (in ten thousand), and what we held of each then, which is not shown."""

grades = Table(
    "grades",
    metadata,
    Column("sample", _NUMBER, ForeignKey("samples.n"), primary_key=True, nullable=False, autoincrement=False),
    Column("colour", SmallInteger, nullable=False),
    _int("at"),
    _text("by"),
)
"""What a person said of a dealt matter without seeing its colour; once."""
