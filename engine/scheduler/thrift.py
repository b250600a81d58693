"""Thrift: what the process has freed goes back to the system, once an hour.

In: the time. Out: nothing. Not here: what is remembered and for how long (`engine.store.memory`, `engine.recent`).

The C library keeps what is freed for the next large piece of work, and it lies between what is still held; without this a service that runs for a
year looks as large as its largest hour, and a little larger after each.
"""

from __future__ import annotations

import ctypes
from datetime import datetime, timedelta

_EVERY = timedelta(hours=1)


class Thrift:
    """Gives back at most once an hour; a clock that was set back begins a new hour."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def turn(self, now: datetime) -> bool:
        """Give back what is free, if the hour is over; whether it was."""
        if self._last is not None and timedelta(0) <= now - self._last < _EVERY:
            return False
        self._last = now
        _give_back()
        return True


def _give_back() -> None:
    """Of glibc; other C libraries give back by themselves, and have no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
