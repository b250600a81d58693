"""A process that works on a store: killed, raced and watched by the tests of atomicity and concurrency.

    python -m tests.store_worker ingest URL ROWS BATCH     records 0 … ROWS-1, going on where it was stopped
    python -m tests.store_worker count URL TIMES PHONE     adds one to the matter `shared`, TIMES times, a batch each
    python -m tests.store_worker columns URL ROWS          reads ROWS records as columns, and fails if it loaded a second SQLite
    python -m tests.store_worker upgrade URL               makes the tables

It says `ready`, waits for a line, and begins. Also here: `survive`, the parent that kills and restarts an ingest until all is in.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE

from engine.model import Action
from engine.store import Keys, Store, open_store, upgrade
from engine.store.rows import MatterFilter
from tests.store_samples import START, Sample, rulebook, samples, state, write
from tests.store_samples import Keys as BlockKeys

KEYS = Keys(index=b"i" * 32, seal=b"s" * 32, chain=b"c" * 32)
SHARED = "shared"
BOOK = rulebook(a=b"rules: []")


def ingest(store: Store, rows: int, size: int) -> None:
    """Bring every record in once: a batch that is known already was committed before the last kill."""
    for first in range(0, rows, size):
        batch = [judged(sample) for sample in samples(min(size, rows - first), seed=3, first=first)]
        with store.batch([BlockKeys.of(s.sighting) for s in batch]) as tx:
            if batch[0].incident.id in tx.known([s.incident.id for s in batch]):
                continue
            tx.note_rulebook(BOOK, START)
            write(tx, batch, codes=True)
            tx.write_actions([Action(s.incident.id, "dispatch", "", "sanse", START, START, "派单") for s in batch])
            tx.append_audit("sanse", "ingest", {"first": first}, batch[-1].incident.known_at)


def judged(sample: Sample) -> Sample:
    """The sample, judged by a rulebook that is kept."""
    return replace(sample, assessment=replace(sample.assessment, rulebook=BOOK.digest))


def count(store: Store, times: int, phone: str) -> None:
    """Read, add one, write: an update that is lost shows in the sum."""
    (sample,) = samples(1)
    keys = BlockKeys.of(replace(sample.sighting, id=f"of {phone}", phone=phone, id_number=None, place=None, fine=None))
    for _ in range(times):
        with store.batch([keys]) as tx:
            held = tx.matter_states([SHARED]).get(SHARED)
            records = held.records if held else 0
            tx.write_matters([replace(state(sample), id=SHARED, records=records + 1)])
            tx.new_code(SHARED, START)
            tx.append_audit(phone, "count", {"records": records + 1}, START)


def columns(store: Store, rows: int) -> None:
    """Read the history and look for a second copy of SQLite among what this process has loaded."""
    with store.history() as view:
        assert len(view.records(0, rows)) == rows
    assert "libadbc_driver_sqlite" not in Path("/proc/self/maps").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Survival:
    """What a run of kills came to."""

    kills: int
    starts: int


def survive(url: str, *, kills: int, rows: int, size: int = 5, seed: int = 1) -> Survival:
    """Kill an ingest at random moments until it was killed so often, then let it end."""
    draw = random.Random(seed)
    done = starts = 0
    while True:
        starts += 1
        worker = start("ingest", url, rows, size)
        if done < kills:
            time.sleep(draw.uniform(0.03, 0.25))
            if worker.poll() is None:
                worker.kill()
                done += 1
        if worker.wait() == 0:
            return Survival(done, starts)


def assert_whole(store: Store, rows: int, size: int) -> None:
    """Every record is in, once, with everything that belongs to it, and the log tells of every batch."""
    verified = store.verify(deep=True)
    assert verified.findings == ()
    assert verified.audit.findings == ()
    for table in ("raws", "versions", "bodies", "sightings", "facts", "assessments", "verdicts", "matters", "actions"):
        assert verified.counts[table] == rows, table
    assert verified.audit.entries == rows // size
    with store.read() as view:
        codes = {view.codes_of(row.state.id)[0] for row in view.matters(MatterFilter(), limit=rows)}
    assert codes == {f"SS2024-{n:06d}" for n in range(1, rows + 1)}


def start(*arguments: object) -> subprocess.Popen[str]:
    """A worker that has begun."""
    (worker,) = ready([arguments])
    go(worker)
    return worker


def race(*jobs: tuple[object, ...]) -> list[int]:
    """Exit codes of workers that begin at the same moment."""
    workers = ready(jobs)
    for worker in workers:
        go(worker)
    return [worker.wait(120) for worker in workers]


def ready(jobs: Sequence[tuple[object, ...]]) -> list[subprocess.Popen[str]]:
    """Workers that have everything they need and wait for the word."""
    root = Path(__file__).parent.parent
    commands = [[sys.executable, "-m", "tests.store_worker", *map(str, arguments)] for arguments in jobs]
    workers = [subprocess.Popen(c, cwd=root, stdin=PIPE, stdout=PIPE, text=True) for c in commands]
    for worker in workers:
        assert worker.stdout is not None
        if worker.stdout.readline() != "ready\n":
            raise RuntimeError(f"a worker did not start: {worker.wait()}")
    return workers


def go(worker: subprocess.Popen[str]) -> None:
    """Give the word."""
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def main(job: str, url: str, *told: str) -> None:
    """Do one job."""
    if job == "upgrade":
        await_word()
        upgrade(url)
        return
    store = open_store(url, KEYS)
    await_word()
    if job == "ingest":
        ingest(store, int(told[0]), int(told[1]))
    elif job == "columns":
        columns(store, int(told[0]))
    else:
        count(store, int(told[0]), told[1])
    store.close()


def await_word() -> None:
    """Say that everything is ready and wait."""
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
