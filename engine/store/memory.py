"""Memory: sightings that this process has read before, so that a busy place is not read again for every batch.

In: what a write transaction reads, and which rows transactions of any process have written since. Out: rows that still hold.
Not here: reading rows (`neighbourhood`), keeping the list of changes (`filing`). Only write transactions use it: they see the newest
state of every row they have locked. A view of the past reads the database.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from engine.recent import Recent
from engine.store.rows import Stored

_MOST = 40_000
_TURNS = 16
_FEW = 250


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored record with its row number; `joined`: others name it as their cluster or chain."""

    number: int
    stored: Stored
    joined: bool


class Memory:
    """Bounded in rows and in time: what no transaction asked for in `turns` to twice as many is forgotten. Threads may share it.

    So a quiet centre does not gather all its records here for months. Where transactions read much, what the one before the last alone asked
    for is forgotten, however busy the place that the last one asked for.
    """

    def __init__(self, most: int = _MOST, turns: int = _TURNS, few: int = _FEW) -> None:
        self._held: Recent[int, Filed] = Recent(most)
        self._turns, self._few, self._passed = turns, few, 0
        self._lock = threading.Lock()
        self._generation = 0
        self.seen = -1

    def advance(self, seen: int, written: Iterable[int], *, all_of_it: bool = False) -> int:
        """A transaction begins: forget what was written since; the generation in which it may `keep` what it reads."""
        with self._lock:
            if all_of_it:
                self._held.clear()
            forgotten = [number for number in written if self._held.pop(number) is not None]
            self._generation += bool(forgotten) or seen > self.seen
            self.seen = max(self.seen, seen)
            self._passed += 1
            if self._passed % self._turns == 0 or self._held.young > self._few:
                self._held.grow_old()
            return self._generation

    def recall(self, numbers: Iterable[int]) -> list[Filed]:
        """Of these rows, those that are remembered."""
        with self._lock:
            return [row for row in map(self._held.get, numbers) if row is not None]

    def keep(self, rows: Iterable[Filed], generation: int) -> None:
        """Remember what was read in this generation; nothing, when another transaction has ended meanwhile."""
        with self._lock:
            if generation == self._generation:
                for row in rows:
                    self._held.put(row.number, row)

    def __len__(self) -> int:
        return len(self._held)
