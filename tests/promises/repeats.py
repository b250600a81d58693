"""R2: a message is sent at least once, at most once more for each crash, and every repeat bears the same key.

In: a database, how many trials for each point. Out: `Repeats`. Not here: the process that is killed (`tests.message_worker`).
A trial: one to three notices, the sender killed once or twice at the point, then a sender that is left alone. The server is a WeCom of the test's
own that writes down every key.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

from engine import notify
from engine.model import Colour, Notice
from engine.store import Store, open_store
from engine.store.outbox import SENT
from tests.conftest import KEYS
from tests.message_worker import LEASE, POINTS
from tests.receivers import Posted, receiver

START = datetime(2025, 3, 10, 6, tzinfo=UTC)
_SENT_AT_CRASH = {"after send", "before mark"}


@dataclass(slots=True)
class Repeats:
    """What the trials came to: crashes, messages that came again, and what should not be."""

    trials: int = 0
    crashes: int = 0
    repeats: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Trial:
    """One trial: its point, its notices, how often its sender is killed."""

    number: int
    point: str
    notices: Sequence[Notice]
    kills: int
    now: datetime


def repeats(url: str, trials: int, seed: int = 2) -> Repeats:
    """So many trials for each of the four points."""
    made, draw = Repeats(), random.Random(seed)
    store = open_store(url, KEYS)
    with receiver() as place, _sender(url, place.port) as sender:
        for number in range(trials * len(POINTS)):
            before = len(place.got)
            trial = _trial(number, draw)
            with store.beside() as tx:
                tx.write_notices(trial.notices)
            made.crashes += _killed(sender, trial, made)
            _check(store, trial, place.got[before:], made)
    store.close()
    return made


def _trial(number: int, draw: random.Random) -> _Trial:
    now = START + timedelta(hours=number)
    notices = [
        Notice(
            key=f"{number:06d}-{n}",
            matter=f"police_110:A{number}{n}",
            code=f"SS2025-{number * 10 + n:06d}",
            event=notify.NEW,
            colour=Colour.RED,
            route="red",
            at=now,
        )
        for n in range(draw.randint(1, 3))
    ]
    return _Trial(number, POINTS[number % len(POINTS)], notices, draw.randint(1, 2), now)


def _killed(sender: subprocess.Popen[str], trial: _Trial, made: Repeats) -> int:
    """Kill the sender as often as the trial says, then leave it alone; how often it died."""
    crashes = 0
    for turn in range(trial.kills + 1):
        point = trial.point if turn < trial.kills else "never"
        now = int((trial.now + turn * LEASE).timestamp())
        assert sender.stdin is not None
        assert sender.stdout is not None
        sender.stdin.write(f"{point} {now}\n")
        sender.stdin.flush()
        told = sender.stdout.readline().strip()
        crashes += told == "killed"
        if told not in ("killed", "done 0"):
            made.violations.append(f"{trial.number} {trial.point}: the sender ended with {told}")
    return crashes


def _check(store: Store, trial: _Trial, got: Sequence[Posted], made: Repeats) -> None:
    made.trials += 1
    keys = [one.headers["Idempotency-Key"] for one in got]
    made.repeats += len(keys) - len(set(keys))
    most = 1 + (trial.kills if trial.point in _SENT_AT_CRASH else 0)
    with store.read() as view:
        rows = view.deliveries_of([notice.key for notice in trial.notices])
    faults = {
        f"sent {len(keys)} times": not 1 <= len(keys) <= most,
        f"{len(set(keys))} keys": len(set(keys)) != 1,
        "a repeat is not the same message": len({one.body for one in got}) != 1,
        "the ledger says otherwise": [row.state for row in rows] != [SENT] * len(trial.notices),
        "another key than the ledger's": {row.parcel for row in rows} != set(keys),
    }
    made.violations += [f"{trial.number} {trial.point}: {fault}" for fault, true in faults.items() if true]


@contextmanager
def _sender(url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """The process that forks senders, ready."""
    command = [sys.executable, "-m", "tests.message_worker", url, str(port)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the sender did not start")
        yield process
        assert process.stdin is not None
        process.stdin.close()
