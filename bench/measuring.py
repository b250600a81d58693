"""Measuring: the live path on a database that already holds some number of records.

In: the stored database, an export. Out: rates at batch 1,000, latencies at batch 1, shares of the stages, memory, checked answers.
Each size is a process of its own: `python -m bench.measuring SIZE BATCHES SINGLES`. Not here: loading, the table.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench import checking, county
from bench.floor import floor
from bench.loading import place, resident
from bench.stages import watched
from bench.yardstick import yardstick
from engine.model import RawRecord
from engine.pipeline import Tally, ingest_batch

BATCH = 1_000
_WARM_UP = 2
_WATCHED = 2


def measure(size: int, *, batches: int, singles: int) -> dict[str, object]:
    """The figures of one size; raises AssertionError where an answer is wrong, and then there are none."""
    work, export = county.OUT / f"work-{size}.db", county.OUT / f"export-{size}.csv"
    _clear(work)
    shutil.copyfile(place(size), work)
    county.write_file(export, (_WARM_UP + batches + _WATCHED) * BATCH + singles, first=size)
    made = county.install(f"sqlite:///{work}")
    stream = county.source(export, made.stages).read()
    tallies: list[Tally] = []
    cold = _run(made, stream, 1, tallies)
    _run(made, stream, _WARM_UP - 1, tallies)
    warm = _run(made, stream, batches, tallies)
    with watched() as shares:
        watched_seconds = sum(wall for wall, _ in _run(made, stream, _WATCHED, tallies))
    latencies = sorted(_single(made, raw, tallies) for raw in islice(stream, singles))
    bare = floor(
        county.source(export, made.stages).read(), work.with_suffix(".floor.db"), batches=batches, singles=singles
    )
    found: dict[str, object] = {
        "stored": size,
        "yardstick_ms": yardstick(),
        "per_second": [round(BATCH / wall) for wall, _ in warm],
        "per_processor_second": [round(BATCH / busy) for _, busy in warm],
        "cold_per_second": round(BATCH / cold[0][0]),
        "p50_ms": round(1_000 * latencies[len(latencies) // 2], 2),
        "p99_ms": round(1_000 * latencies[int(len(latencies) * 0.99)], 2),
        "floor": bare,
        "shares": {stage: round(100 * seconds / watched_seconds, 1) for stage, seconds in shares.seconds.most_common()},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "resident_mib": resident() >> 20,
        "database_mib": work.stat().st_size >> 20,
        "checked": checking.check(made, tallies),
    }
    made.store.close()
    _clear(work)
    _clear(work.with_suffix(".floor.db"))
    export.unlink()
    return found


def _run(
    made: county.Installation, stream: Iterator[RawRecord], batches: int, tallies: list[Tally]
) -> list[tuple[float, float]]:
    """Wall and processor seconds of each batch, from the file to the commit."""
    took = []
    for _ in range(batches):
        wall, busy = time.perf_counter(), time.process_time()
        batch = list(islice(stream, BATCH))
        tallies.append(_take(made, batch))
        took.append((time.perf_counter() - wall, time.process_time() - busy))
    return took


def _single(made: county.Installation, raw: RawRecord, tallies: list[Tally]) -> float:
    began = time.perf_counter()
    tallies.append(_take(made, [raw]))
    return time.perf_counter() - began


def _take(made: county.Installation, batch: Sequence[RawRecord]) -> Tally:
    return ingest_batch(batch, store=made.store, stages=made.stages, known_at=county.arrival(batch))


def _clear(database: Path) -> None:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), batches=int(sys.argv[2]), singles=int(sys.argv[3]))))
