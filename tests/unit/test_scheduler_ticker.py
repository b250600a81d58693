"""The ticker: at once, again and again in one thread, until it is told to stop; the tick that runs is waited for."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo

import pytest

from engine.scheduler import ticker as ticker_module
from engine.scheduler.ticker import Ticker

TICK = timedelta(seconds=0.05)


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """What signals did before, again."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGTERM, signal.SIGINT)}
    yield
    for sign, held in before.items():
        signal.signal(sign, held)


def test_it_ticks_in_one_thread_until_it_is_stopped() -> None:
    threads: list[int] = []

    def tick(stop: Callable[[], bool]) -> None:
        assert not stop()
        threads.append(threading.get_ident())
        if len(threads) == 3:
            ticker.stop()

    ticker = Ticker(tick, TICK)
    ticker.run()
    assert len(threads) >= 3
    assert len(set(threads)) == 1


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_running_tick_is_waited_for(sign: signal.Signals) -> None:
    ended: list[bool] = []
    told = threading.Event()

    def tick(stop: Callable[[], bool]) -> None:
        if told.is_set():
            return
        told.set()
        os.kill(os.getpid(), sign)
        while not stop():
            threading.Event().wait(0.01)
        ended.append(stop())

    Ticker(tick, TICK).run()
    assert ended == [True]


def test_a_tick_that_is_longer_than_the_time_between_never_runs_twice_at_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    running, most, ticks = [0], [0], [0]

    def tick(stop: Callable[[], bool]) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        threading.Event().wait(0.2)
        running[0] -= 1
        ticks[0] += 1
        if ticks[0] == 3:
            ticker.stop()

    ticker = Ticker(tick, TICK)
    ticker.run()
    assert most == [1]
    assert capfd.readouterr().err == "", "a tick that was left out is no news"


def test_a_clock_that_is_set_back_an_hour_stops_no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, back, ticks = ticker_module._now, [timedelta(0)], [0]
    monkeypatch.setattr(ticker_module, "_now", lambda: honest() - back[0])

    class Clock(datetime):
        """The clock that APScheduler reads."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return (honest() - back[0]).astimezone(tz)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Clock)

    def tick(stop: Callable[[], bool]) -> None:
        ticks[0] += 1
        back[0] = timedelta(hours=1)
        if ticks[0] == 4:
            ticker.stop()

    ticker = Ticker(tick, TICK)
    alarm = threading.Timer(20, ticker.stop)
    alarm.start()
    ticker.run()
    alarm.cancel()
    assert ticks[0] >= 4
