"""Promise R5: whoever sleeps through its lease is overtaken, and what it then writes is refused.

In: an installation with due matters. Out: trials and violations. Not here: kills (`due_work`).

    python -m tests.promises.takeover URL LEASE_SECONDS ITEM...      a worker for each matter: claims it, says so, and looks at it when it is let go on

The real clock, real processes, real SIGSTOP: leases and stops are short (ruling 37). The rules are read once, the workers forked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import orjson

from engine.scheduler import matters
from engine.scheduler.matters import Swept
from engine.settlement import MATTER
from engine.store import Store, open_store
from engine.store.rows import Claim
from tests.conftest import KEYS
from tests.installation import Installation, stages
from tests.promises.due_work import Tried, arrive

LEASE = timedelta(seconds=3)


def overtaken(place: Installation, *, first: int, count: int) -> Tried:
    """So many workers stopped with a claim in their hands; another comes when the lease is over; then they are let go on."""
    now = datetime.now(UTC).replace(microsecond=0)
    place.now = now - timedelta(days=4)
    arrive(place, first, count)
    items = [f"police_110:A{number:06d}" for number in range(first, first + count)]
    store = open_store(place.url, KEYS)
    try:
        with _asleep(place.url, items) as workers:
            wrong = [line for item in items for line in _take(store, item)]
            said = workers.let_go_on()
        wrong += [f"{item}: the stale worker wrote {told}" for item, told in sorted(said.items()) if told != [0, 1]]
        wrong += [] if sorted(said) == items else [f"{len(said)} workers of {count} came to an end"]
        with store.read() as view:
            reviews = view.reviews_of(items)
        wrong += [] if sorted(one.item for one in reviews) == items else [f"{len(reviews)} reviews of {count} matters"]
    finally:
        store.close()
    return Tried(count, wrong)


@dataclass(frozen=True, slots=True)
class _Asleep:
    """Workers that have claimed and are stopped."""

    began: subprocess.Popen[str]
    workers: list[int]

    def let_go_on(self) -> dict[str, list[int]]:
        """What became of each matter's worker: how many it looked at, how many it had lost."""
        for worker in self.workers:
            os.kill(worker, signal.SIGCONT)
        told = [orjson.loads(line) for line in self.began.communicate()[0].splitlines()]
        return {one["item"]: one["swept"] for one in told}


@contextmanager
def _asleep(url: str, items: Sequence[str]) -> Iterator[_Asleep]:
    command = [sys.executable, "-m", "tests.promises.takeover", url, str(int(LEASE.total_seconds())), *items]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdout=PIPE, text=True) as began:
        assert began.stdout is not None
        workers: list[int] = []
        try:
            for _ in items:
                workers.append(int(began.stdout.readline()))
                os.kill(workers[-1], signal.SIGSTOP)
            yield _Asleep(began, workers)
        except BaseException:
            for worker in workers:  # none has ended yet, so each number is still its own
                os.kill(worker, signal.SIGKILL)
            raise


def _take(store: Store, item: str) -> list[str]:
    """Take a matter over as soon as its lease lets us, and look at it."""
    clock = store.clock(_now)
    with store.read() as view:
        (lease,) = [row.lease_until for row in view.waiting(MATTER) if row.item == item]
    assert lease is not None
    while True:
        now = clock()
        with store.beside() as tx:
            claims = tx.claim(MATTER, now=now, until=now + LEASE, most=1, items=[item])
        if claims:
            break
        time.sleep(0.05)
    early = [f"{item} was taken at {now} before its lease ended at {lease}"] if now < lease else []
    swept = _look(store, claims)
    return [*early, *([] if swept.done == 1 else [f"{item}: the new holder did {swept.done}"])]


def _look(store: Store, claims: list[Claim]) -> Swept:
    swept = Swept()
    matters._look(store, stages(), claims, swept, now=store.clock(_now)())
    return swept


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def main(url: str, lease: str, *items: str) -> None:
    """A worker for each matter."""
    stages()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCONT])
    for item in items:
        if not os.fork():
            _work(url, item, timedelta(seconds=int(lease)))
            os._exit(0)
    for _ in items:
        os.wait()


def _work(url: str, item: str, lease: timedelta) -> None:
    """Claim, say so, wait to be let go on, look; what came of it: looked at, lost."""
    store = open_store(url, KEYS)
    now = store.clock(_now)()
    with store.beside() as tx:
        claims = tx.claim(MATTER, now=now, until=now + lease, most=1, items=[item])
    assert len(claims) == 1
    os.write(1, f"{os.getpid()}\n".encode())
    signal.sigwait([signal.SIGCONT])
    swept = _look(store, claims)
    os.write(1, orjson.dumps({"item": item, "swept": [swept.done, swept.lost]}) + b"\n")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
