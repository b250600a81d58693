"""Feeds: where each source was read up to, and which files were taken in.

In: cursors, digests of files with their counts. Out: the same. Not here: reading sources (`adapters`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import bindparam, func, select

from engine.model import canonical
from engine.store import cells
from engine.store.dialects import Insert, Query
from engine.store.rows import ImportRow
from engine.store.session import Session
from engine.store.tables import cursors, imports, meta, metadata

_CURSOR = Query(select(cursors.c.cursor).where(cursors.c.source == bindparam("source")))
_IMPORTS = Query(select(imports).where(imports.c.digest == bindparam("digest")).order_by(imports.c.n))
_META = Query(select(meta.c.name, meta.c.value))
_WRITE_CURSOR = Insert(cursors, keys=("source",))
_WRITE_IMPORT = Insert(imports, "digest", "source", "at", "counts")
_NOTE_META = Insert(meta, once=True)
_PUT_META = Insert(meta, keys=("name",))


class Feeds(Session):
    """Cursors, imports, and the facts about this database."""

    def cursor(self, source: str) -> str:
        """Where the next read of a source begins; empty for a source never read."""
        return next((row[0] for row in self._rows(_CURSOR, source=source)), "")

    def write_cursor(self, source: str, cursor: str, at: datetime) -> None:
        """Where a source was read up to, in the transaction that kept what was read."""
        self._each(_WRITE_CURSOR, [(source, cursor, cells.seconds(at))])

    def imports_of(self, digest: str) -> list[ImportRow]:
        """Every time a file was taken in."""
        return [
            ImportRow(row.digest, row.source, cells.moment(row.at), orjson.loads(row.counts))
            for row in self._rows(_IMPORTS, digest=digest)
        ]

    def write_import(self, digest: str, source: str, *, counts: Mapping[str, int], at: datetime) -> None:
        """A file that was taken in."""
        self._each(_WRITE_IMPORT, [(digest, source, cells.seconds(at), canonical(dict(counts)))])

    def meta(self) -> dict[str, str]:
        """Facts about this database: its clock, when it was made."""
        return {row[0]: row[1] for row in self._rows(_META)}

    def note_meta(self, name: str, value: str) -> None:
        """Put a fact about this database, once; a fact that is there stays as it is."""
        self._each(_NOTE_META, [(name, value)])

    def put_meta(self, name: str, value: str) -> None:
        """Put a fact about this database as it is now: when it was last backed up, whose keys it has."""
        self._each(_PUT_META, [(name, value)])

    def row_counts(self) -> dict[str, int]:
        """How many rows every table has."""
        tables = metadata.sorted_tables
        return {t.name: int(self._connection.execute(select(func.count()).select_from(t)).scalar_one()) for t in tables}
