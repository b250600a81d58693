"""Workers that sweep by a clock in a file, and the process that begins them: killed, stopped and gone on with at any moment.

In: a database, a clock file. Out: `Nursery`. Not here: what must hold (`due_work`).

    python -m tests.promises.nursery URL CLOCK LEASE_SECONDS      begins a worker for every line it reads and says its number

The process reads the rules once and forks its workers, so that a new one works at once.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from typing import Self

from engine.errors import StoreError
from engine.pipeline import Stages
from engine.scheduler.matters import sweep
from engine.store import open_store
from tests.conftest import KEYS
from tests.installation import stages

_CLOCK = struct.Struct("q")
_PAUSE = 0.03
_ROUNDS = 40
_PATIENCE = 240


class Nursery:
    """The parent's side: begins workers, moves their clock, disturbs them."""

    def __init__(self, url: str, clock: Path, now: datetime, *, lease: timedelta) -> None:
        self._clock = clock
        clock.write_bytes(_CLOCK.pack(int(now.timestamp())))
        command = [sys.executable, "-m", "tests.promises.nursery", url, str(clock), str(int(lease.total_seconds()))]
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(command, cwd=root, stdin=PIPE, stdout=PIPE, text=True)
        self._running: list[int] = []
        self._stopped: list[int] = []
        self._seen = -1
        self._idle = 0
        self.kills = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for worker in (*self._running, *self._stopped):
            _send(worker, signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def begin(self) -> None:
        """One more worker."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("begin\n")
        self._process.stdin.flush()
        self._running.append(int(self._process.stdout.readline()))

    def set(self, now: datetime) -> None:
        """Move the clock of all workers, then let them work for a moment."""
        with self._clock.open("r+b", buffering=0) as file:
            file.write(_CLOCK.pack(int(now.timestamp())))
        time.sleep(_PAUSE)

    def comes_on(self, due: int, *, free: bool) -> bool:
        """Whether workers come on with what is due, or may yet: patiently while some of it is `free` to take, else until its holders seem to be gone.

        What looks free may be in the hands of one that was stopped before it said so.
        """
        self._idle = 0 if due != self._seen else self._idle + 1
        self._seen = due
        return self._idle < (_PATIENCE if free and not self._stopped else _PATIENCE // 30)

    def disturb(self, draw: random.Random) -> None:
        """Kill a worker and begin another, or stop one, or let a stopped one go on with what it was at."""
        kind = draw.random()
        if kind < 0.5 and self._running:
            self.kills += 1
            _send(self._running.pop(draw.randrange(len(self._running))), signal.SIGKILL)
            self.begin()
        elif kind < 0.75 and len(self._running) > 1:
            worker = self._running.pop(draw.randrange(len(self._running)))
            _send(worker, signal.SIGSTOP)
            self._stopped.append(worker)
        elif self._stopped:
            worker = self._stopped.pop(0)
            _send(worker, signal.SIGCONT)
            self._running.append(worker)

    def wake(self) -> None:
        """Whoever was stopped goes on."""
        for worker in self._stopped:
            _send(worker, signal.SIGCONT)
        self._running += self._stopped
        self._stopped = []

    def settle(self, done: Callable[[], bool], onward: Callable[[], None]) -> None:
        """Let everybody go on, and wait until nothing is due; those that slept longest find that others were there."""
        self.wake()
        for _ in range(_ROUNDS):
            time.sleep(_PAUSE)
        while not done():
            onward()


def _send(worker: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, sign)


def main(url: str, clock: str, lease: str) -> None:
    """Begin a worker for each line. None is waited for before this process ends: a number that was given back could be somebody else's when it is killed."""
    judging = stages()
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            _work(url, Path(clock), timedelta(seconds=int(lease)), judging)
            os._exit(0)
        print(child, flush=True)


def _work(url: str, clock: Path, lease: timedelta, judging: Stages) -> None:
    """Sweep until the process that began it is gone."""
    parent = os.getppid()
    store = open_store(url, KEYS)
    file = os.open(clock, os.O_RDONLY)

    def now() -> datetime:
        return datetime.fromtimestamp(_CLOCK.unpack(os.pread(file, _CLOCK.size, 0))[0], UTC)

    while os.getppid() == parent:
        with contextlib.suppress(StoreError):
            sweep(store, judging, now, lease=lease, piece=5)
        time.sleep(_PAUSE / 3)


if __name__ == "__main__":
    main(*sys.argv[1:])
