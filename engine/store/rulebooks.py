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
from engine.store.tables import assessments, blobs, rulebook_files, rulebooks

_FILES = Query(
    select(rulebook_files.c.name, blobs.c.body)
    .join(blobs, blobs.c.digest == rulebook_files.c.blob)
    .where(rulebook_files.c.rulebook == bindparam("digest"))
    .order_by(rulebook_files.c.name)
)
_ALL = Query(select(rulebooks).order_by(rulebooks.c.first_live_at, rulebooks.c.digest))
_LAST_USED = Query(select(assessments.c.rulebook, assessments.c.known_at).order_by(assessments.c.seq.desc()).limit(1))
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

    def in_force(self) -> dict[str, bytes]:
        """The files of the rulebook that held last: what was judged by last, or what went live after that; empty when none ever did."""
        used = [(row[1], row[0]) for row in self._rows(_LAST_USED)]
        live = [(row[1], row[0]) for row in self._rows(_ALL)]
        _, digest = max([*live, *used], default=(0, ""), key=lambda known: known[0])
        return self.rulebook(digest)

    def rulebooks(self) -> list[tuple[str, datetime]]:
        """(digest, first live at) of every rulebook, oldest first."""
        return [(row[0], cells.moment(row[1])) for row in self._rows(_ALL)]
