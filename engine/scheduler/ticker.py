"""Ticker: looks every few seconds whether something is due, until it is told to stop.

In: what to do at each tick. Out: nothing. Not here: what is due (`matters`, `jobs`).

APScheduler only wakes us: it keeps nothing, and a tick that comes while one is running or that was missed is no loss, because what is due stands
in the database. All ticks run in one thread, which owns what may only be used by one (the live engine).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler


class Ticker:
    """Runs `tick(stop)` at once and then every `every`; `stop()` inside a tick says whether it should come to an end."""

    def __init__(self, tick: Callable[[Callable[[], bool]], object], every: timedelta) -> None:
        self._tick, self._every = tick, every
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until SIGTERM, SIGINT or `stop`; the tick that is running is waited for."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: self.stop())
        scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
        scheduler.add_job(
            self._tick,
            "interval",
            args=[self._stopping.is_set],
            seconds=self._every.total_seconds(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.fromtimestamp(0, UTC),
        )
        scheduler.start()
        self._stopping.wait()
        scheduler.shutdown(wait=True)

    def stop(self) -> None:
        """Ask for an end."""
        self._stopping.set()
