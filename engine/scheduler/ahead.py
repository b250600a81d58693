"""Ahead: a source that somebody else answers, read in a thread of its own, so that who answers slowly, or not at all, holds up nothing else.

In: a source. Out: the same rows, as many as come without a long wait. Not here: taking them in (`desk.intake`), whose turn it is (`jobs`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread

from engine.model import RawRecord, Source

_MOST = 5_000
"""Rows that wait to be taken; who reads further ahead waits himself."""
_LOOK_SECONDS, _PATIENCE_SECONDS = 1.0, 2.0


class Ahead:
    """A source for which nobody waits long: `read` ends where `patience` seconds were spent waiting, and may be called again until it is `over`.

    So whoever answers at once is read to the end at once, and whoever drips or hangs costs each look that much.
    """

    def __init__(self, source: Source, most: int = _MOST, patience: float = _PATIENCE_SECONDS) -> None:
        self.spec = source.spec
        self.over = False
        self._source, self._queue, self._given_up = source, Queue[_Came](most), Event()
        self._cursor, self._patience = "", patience
        self._kept: _Came | None = None
        Thread(target=self._go, name=f"reads {source.spec.name}", daemon=True).start()

    def read(self) -> Iterator[RawRecord]:
        """What has come since; the last row is kept back until the next is there or all of it is read, for then its cursor is known.

        Raises what the source raised, after the rows that came before.
        """
        left = self._patience
        while not self.over:
            asked = time.monotonic()
            try:
                came = self._queue.get(timeout=max(left, 0.0))
            except Empty:
                return
            left -= time.monotonic() - asked
            kept, self._kept = self._kept, came
            self.over = came.row is None
            if self.over and came.fault is None:
                self._cursor = came.cursor
            elif kept is not None:
                self._cursor = kept.cursor
            if kept is not None and kept.row is not None:
                yield kept.row
            if came.fault is not None:
                raise came.fault

    def cursor(self) -> str:
        """Where the next read may begin after what was taken."""
        return self._cursor

    def give_up(self) -> None:
        """Nobody takes any more: the thread ends as soon as it comes on."""
        self._given_up.set()

    def _go(self) -> None:
        try:
            for row in self._source.read():
                if not self._put(_Came(row, self._source.cursor())):
                    return
            self._put(_Came(None, self._source.cursor()))
        except Exception as fault:  # noqa: BLE001 -- raised again where the rows are taken
            self._put(_Came(None, "", fault))

    def _put(self, came: _Came) -> bool:
        """Hand over, as soon as there is room; False when nobody takes any more."""
        while not self._given_up.is_set():
            try:
                self._queue.put(came, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return True
        return False


class _Came:
    """A row and the cursor after it, or the end and how it came."""

    __slots__ = ("cursor", "fault", "row")

    def __init__(self, row: RawRecord | None, cursor: str, fault: Exception | None = None) -> None:
        self.row, self.cursor, self.fault = row, cursor, fault
