"""Measures of one attack: processor time, memory, and a stop for what does not end.

In: something to call. Out: seconds of processor time, bytes, what was raised. Not here: which figure is too much (the rows). Wall-clock time
is never judged; a guard only keeps a hanging attack from hanging the tests.
"""

from __future__ import annotations

import os
import re
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Outcome = tuple[int, list[str]]
"""Trials and violations of one row."""

ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
_RUNS = 2
ENDLESS = 5.0
"""Seconds of processor time that nothing takes but what never ends; the table's 50 ms are printed, for machines differ."""
MEASURED: dict[str, float] = {}
"""Processor time of every run by its name."""
_HAN = re.compile("[\u4e00-\u9fff]")


class TooLong(Exception):
    """The guard's end of an attack that does not end."""


@contextmanager
def cpu_guard(seconds: float) -> Iterator[None]:
    """Raise TooLong after so much processor time."""
    with _timer(signal.ITIMER_VIRTUAL, signal.SIGVTALRM, seconds):
        yield


@contextmanager
def hang_guard(seconds: float) -> Iterator[None]:
    """Raise TooLong when something waits for ever."""
    with _timer(signal.ITIMER_REAL, signal.SIGALRM, seconds):
        yield


@contextmanager
def _timer(which: int, signum: int, seconds: float) -> Iterator[None]:
    """A timer, and afterwards the one that pytest may have had."""

    def stop(_signum: int, _frame: object) -> None:
        raise TooLong

    handler = signal.signal(signum, stop)
    held = signal.setitimer(which, seconds)
    try:
        yield
    finally:
        signal.setitimer(which, 0)
        signal.signal(signum, handler)
        signal.setitimer(which, *held)


def cpu_seconds(name: str, work: Callable[[], object]) -> float:
    """The processor time of a run, the better of two; one that does not end is stopped. What was measured stands in `MEASURED`."""
    best = float("inf")
    for _ in range(_RUNS):
        started = _spent()
        try:
            with cpu_guard(2 * ENDLESS):
                work()
        except TooLong:
            break
        best = min(best, _spent() - started)
    MEASURED[name] = best
    return best


def slowest(row: str, goal: float = 0.05) -> list[str]:
    """How many measured runs of a row were within the goal of the attack table, and those that were not."""
    held = {name: seconds for name, seconds in MEASURED.items() if name.startswith(row)}
    late = sorted((seconds, name) for name, seconds in held.items() if seconds > goal)
    return [f"{row}: {len(held) - len(late)} of {len(held)} within {goal * 1000:.0f} ms of processor time",
            *(f"  {seconds * 1000:.0f} ms: {name}" for seconds, name in reversed(late))]  # fmt: skip


def _spent() -> float:
    """Processor time of this process and of the children that have ended."""
    return sum(os.times()[:4])


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory of Python objects that a run held beside what was there."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def in_chinese(text: str) -> bool:
    """Whether a refusal is told in the language of those who read it."""
    return bool(_HAN.search(text))
