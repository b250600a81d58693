"""Promise R5: whoever sleeps through its lease is overtaken, and what it then writes is refused.

In: an installation with due matters. Out: trials and violations. Not here: kills (`due_work`).

    python -m tests.promises.takeover URL ITEM LEASE_SECONDS      claims one matter, says so, and looks at it at the next line

The real clock, real processes, real SIGSTOP: leases and stops are short (ruling 37).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
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
    asleep = [_asleep(place.url, item) for item in items]
    store = open_store(place.url, KEYS)
    try:
        wrong = [line for item in items for line in _take(store, item)]
        for worker in asleep:
            worker.send_signal(signal.SIGCONT)
        said = [orjson.loads(worker.communicate()[0]) for worker in asleep]
        wrong += [
            f"{item}: the stale worker wrote {told}" for item, told in zip(items, said, strict=True) if told != [0, 1]
        ]
        with store.read() as view:
            reviews = view.reviews_of(items)
        wrong += [] if sorted(one.item for one in reviews) == items else [f"{len(reviews)} reviews of {count} matters"]
    finally:
        store.close()
    return Tried(count, wrong)


def _asleep(url: str, item: str) -> subprocess.Popen[str]:
    """A worker that has claimed, is stopped, and has the word to go on waiting for it."""
    command = [sys.executable, "-m", "tests.promises.takeover", url, item, str(int(LEASE.total_seconds()))]
    root = Path(__file__).resolve().parents[2]
    worker = subprocess.Popen(command, cwd=root, stdin=PIPE, stdout=PIPE, text=True)
    assert worker.stdin is not None
    assert worker.stdout is not None
    if worker.stdout.readline() != "claimed\n":
        raise RuntimeError(f"a worker did not start: {worker.wait()}")
    worker.send_signal(signal.SIGSTOP)
    worker.stdin.write("go\n")
    worker.stdin.flush()
    return worker


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


def main(url: str, item: str, lease: str) -> None:
    """Claim, say so, wait for the word, look; what came of it: looked at, lost."""
    store = open_store(url, KEYS)
    stages()
    now = store.clock(_now)()
    with store.beside() as tx:
        claims = tx.claim(MATTER, now=now, until=now + timedelta(seconds=int(lease)), most=1, items=[item])
    print("claimed", flush=True)
    sys.stdin.readline()
    swept = _look(store, claims)
    print(orjson.dumps([swept.done, swept.lost]).decode(), flush=True)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
