"""Rulebooks: every one that was ever live, by the digest of its files; equal files are kept once.

In: a checked `Rulebook`; who published it, approved by whom. Out: its files, byte for byte; what is published, and what was.
Not here: reading and checking them (`engine.ruleset`), who may publish (`engine.desk.publishing`).
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import bindparam, select

from engine.ruleset.tree import Rulebook
from engine.store import cells
from engine.store.dialects import Insert, Query
from engine.store.rows import Publication
from engine.store.session import Session
from engine.store.tables import assessments, blobs, publications, rulebook_files, rulebooks

_FILES = Query(
    select(rulebook_files.c.name, blobs.c.body)
    .join(blobs, blobs.c.digest == rulebook_files.c.blob)
    .where(rulebook_files.c.rulebook == bindparam("digest"))
    .order_by(rulebook_files.c.name)
)
_ALL = Query(select(rulebooks).order_by(rulebooks.c.first_live_at, rulebooks.c.digest))
_LAST_USED = Query(select(assessments.c.rulebook, assessments.c.known_at).order_by(assessments.c.seq.desc()).limit(1))
_JUDGED = Query(
    select(assessments.c.seq)
    .where(assessments.c.rulebook == bindparam("digest"), assessments.c.known_at >= bindparam("since"))
    .limit(1)
)
_HELD = Query(select(rulebooks.c.digest).where(rulebooks.c.digest == bindparam("digest")))

_PUBLISHED = Query(select(publications.c.rulebook, publications.c.at).order_by(publications.c.n.desc()).limit(1))
_PUBLICATIONS = Query(select(publications).order_by(publications.c.n))

_WRITE = Insert(rulebooks, once=True)
_WRITE_FILE = Insert(rulebook_files, once=True)
_WRITE_BLOB = Insert(blobs, once=True)
_WRITE_PUBLICATION = Insert(publications)
_KIND = "casework"


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
        """The files of the rulebook that held last; empty when none ever did."""
        return self.rulebook(next(iter(self.editions()), ""))

    def editions(self) -> list[str]:
        """Digests of all, the one that held last first: what was judged by last, or what went live or was published after that."""
        used = [(row[1], row[0]) for row in self._rows(_LAST_USED)]
        live = [(row[1], row[0]) for row in self._rows(_ALL)]
        published = [(row[1], row[0]) for row in self._rows(_PUBLISHED)]
        newest = sorted([*published, *live, *used], key=lambda known: known[0], reverse=True)
        return list(dict.fromkeys(digest for _, digest in newest))

    def write_publication(self, rulebook: Rulebook, *, by: str, second: str, reason: str, at: datetime) -> int:
        """Keep a rulebook and append that it is published from now on; the number of the publication."""
        self.note_rulebook(rulebook, at)
        (n,) = self._reserve(publications, 1)
        sealed = self._sealer.seal(_KIND, publication_cell(n), reason.encode())
        self._each(_WRITE_PUBLICATION, [(n, rulebook.digest, cells.seconds(at), by, second, sealed)])
        return n

    def published(self) -> str:
        """The digest of the rulebook that was published last; empty when none ever was."""
        return next((str(row[0]) for row in self._rows(_PUBLISHED)), "")

    def publications(self) -> list[Publication]:
        """Every publication, oldest first."""
        return [
            Publication(
                row.n,
                row.rulebook,
                cells.moment(row.at),
                row.by,
                row.second,
                self._sealer.open(_KIND, publication_cell(row.n), bytes(row.reason)).decode(),
            )
            for row in self._rows(_PUBLICATIONS)
        ]

    def judged_by(self, digest: str, since: datetime) -> bool:
        """Whether anything was judged by a rulebook since a time."""
        return bool(self._rows(_JUDGED, digest=digest, since=cells.seconds(since)))

    def rulebooks(self) -> list[tuple[str, datetime]]:
        """(digest, first live at) of every rulebook, oldest first."""
        return [(row[0], cells.moment(row[1])) for row in self._rows(_ALL)]


def publication_cell(number: int) -> str:
    """The cell of the reason of a publication."""
    return f"publications/reason/{number}"
