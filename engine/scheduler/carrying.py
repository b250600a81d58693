"""Carrying: messages on their way, each channel's in a thread of its own, so that one that answers slowly, or never, holds up nothing else.

In: what is to be sent and how. Out: the answers, as they come. Not here: what is sent when, and what becomes of an answer (`messages`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread
from typing import Generic, NamedTuple, TypeVar

from engine.model import Delivered, Refused

_PATIENCE_SECONDS = 1.0
Load = TypeVar("Load")


class Came(NamedTuple, Generic[Load]):
    """What was sent, and what the channel said."""

    load: Load
    answer: Delivered | Refused


class Carriers(Generic[Load]):
    """At most one message of each channel on its way; kept by a process from round to round.

    Whoever waits, waits `patience` seconds for a message at most, counted from when it set out: a channel that answers at once is done with
    at once, one that hangs costs that much once.
    """

    def __init__(self, patience: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._on_the_way: dict[str, tuple[Load, float]] = {}
        self._answers: Queue[tuple[str, Delivered | Refused]] = Queue()

    def busy(self, channel: str) -> bool:
        """Whether a message of this channel is on its way."""
        return channel in self._on_the_way

    def set_out(self, channel: str, load: Load, deliver: Callable[[], Delivered | Refused]) -> None:
        """Send from a thread; `deliver` raises nothing."""
        self._on_the_way[channel] = load, time.monotonic() + self._patience
        carry = Thread(target=lambda: self._answers.put((channel, deliver())), name=f"sends {channel}", daemon=True)
        carry.start()

    def come(self, patience: float = 0.0) -> Came[Load] | None:
        """The next that comes; None where nobody is worth waiting for, who is nobody for `patience` seconds from now at least."""
        if not self._on_the_way:
            return None
        until = max(time.monotonic() + patience, *(until for _, until in self._on_the_way.values()))
        left = until - time.monotonic()
        try:
            channel, answer = self._answers.get(timeout=left) if left > 0 else self._answers.get_nowait()
        except Empty:
            return None
        return Came(self._on_the_way.pop(channel)[0], answer)
