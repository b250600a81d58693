"""Rulebooks: every one that was ever live, by the digest of its files; equal files are kept once.

In: a checked `Rulebook`. Out: its files, byte for byte. Not here: reading and checking them (`engine.ruleset`).
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import bindparam, select

from engine.ruleset.tree import Rulebook
from engine.store import cells
from engine.store.dialects import Insert, Query
from engine.store.session import Session
from engine.store.tables import blobs, rulebook_files, rulebooks

_FILES = Query(
    select(rulebook_files.c.name, blobs.c.body)
    .join(blobs, blobs.c.digest == rulebook_files.c.blob)
    .where(rulebook_files.c.rulebook == bindparam("digest"))
    .order_by(rulebook_files.c.name)
)
_ALL = Query(select(rulebooks).order_by(rulebooks.c.first_live_at, rulebooks.c.digest))
_HELD = Query(select(rulebooks.c.digest).where(rulebooks.c.digest == bindparam("digest")))

_WRITE = Insert(rulebooks, once=True)
_WRITE_FILE = Insert(rulebook_files, once=True)
_WRITE_BLOB = Insert(blobs, once=True)


class Rulebooks(Session):
    """Content-addressed rulebooks."""

    def note_rulebook(self, rulebook: Rulebook, at: datetime) -> bool:
        """Keep a rulebook that goes live; False if it is known already."""
        if self._rows(_HELD, digest=rulebook.digest):
            return False
        digests = {name: hashlib.sha256(body).hexdigest() for name, body in rulebook.files.items()}
        self._each(_WRITE, [(rulebook.digest, cells.seconds(at))])
        self._each(_WRITE_BLOB, sorted((digests[name], body) for name, body in rulebook.files.items()))
        self._each(_WRITE_FILE, [(rulebook.digest, name, digests[name]) for name in sorted(digests)])
        return True

    def rulebook(self, digest: str) -> dict[str, bytes]:
        """The files of a rulebook; empty when it is not known."""
        return {row[0]: bytes(row[1]) for row in self._rows(_FILES, digest=digest)}

    def rulebooks(self) -> list[tuple[str, datetime]]:
        """(digest, first live at) of every rulebook, oldest first."""
        return [(row[0], cells.moment(row[1])) for row in self._rows(_ALL)]
