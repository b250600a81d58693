"""Ticker: looks every few seconds whether something is due, until it is told to stop.

In: what to do at each tick. Out: nothing. Not here: what is due (`matters`, `jobs`).

APScheduler only wakes us, by a first time of now: it lists every time since then that it missed. It keeps nothing, and a tick that comes while one is running or that was missed is no loss, because what is due stands
in the database. All ticks run in one thread, which owns what may only be used by one (the live engine).
"""

from __future__ import annotations

import logging
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
        _quiet()
        scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
        job = scheduler.add_job(
            self._tick,
            "interval",
            args=[self._stopping.is_set],
            seconds=self._every.total_seconds(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=_now(),
        )
        scheduler.start()
        while not self._stopping.wait(self._every.total_seconds()):
            if job.next_run_time > _now() + self._every:  # the clock was set back: nobody waits until it has caught up
                job.modify(next_run_time=_now())
        scheduler.shutdown(wait=True)

    def stop(self) -> None:
        """Ask for an end."""
        self._stopping.set()


def _quiet() -> None:
    """A tick that comes while one is running is no news: APScheduler says so at every one."""
    logging.getLogger("apscheduler").addHandler(logging.NullHandler())
    logging.getLogger("apscheduler").propagate = False


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- when we wake, never what is due
