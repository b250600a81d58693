"""Memory: sightings that this process has read before, so that a busy place is not decoded again for every batch.

In: row numbers with the revision that a row has now. Out: what was read at exactly that revision.
Not here: reading rows (`neighbourhood`). A revision is a random number drawn at each write, so what another process wrote, what was
rolled back and what a restored backup holds can never be mistaken for what is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.store.rows import Stored

_MOST = 65_536


class Memory:
    """Bounded: when it is full, the half that was remembered first is forgotten."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._held: dict[int, tuple[int, Stored]] = {}

    def recall(self, revisions: Mapping[int, int]) -> dict[int, Stored]:
        """Of these rows, those remembered at this revision."""
        held = self._held
        found = {}
        for number, revision in revisions.items():
            known = held.get(number)
            if known is not None and known[0] == revision:
                found[number] = known[1]
        return found

    def keep(self, rows: Iterable[tuple[int, int, Stored]]) -> None:
        """Remember rows: number, revision, content."""
        self._held.update((number, (revision, stored)) for number, revision, stored in rows)
        if len(self._held) > self._most:
            newest = list(self._held.items())[-self._most // 2 :]
            self._held = dict(newest)
