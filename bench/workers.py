"""Workers: the same county taken in by one, two and four processes on one real PostgreSQL, and whether all came to the same.

In: how many records, in batches of how many. Out: for each number of workers the rate, and where its database differs from one worker's.
Not here: SQLite (one writer at a time), one process alone (`measuring`). Run as a process of its own: `python -m bench.workers RECORDS BATCH`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from tempfile import TemporaryDirectory
from typing import Any

from engine.model import RawRecord
from engine.store import upgrade
from tests.orders import Picture, Row, Way, differences, picture, take, take_in, township, workers
from tests.postgres import PostgresServer

_WORKERS = (1, 2, 4)
_SEED, _FIRST = 20_250, 100


def measured(records: int, batch: int) -> list[dict[str, Any]]:
    """One line for each number of workers; every one begins with an empty database and has read the rules before the clock starts."""
    raws, slowest = township(records, _SEED), 0.0
    found: list[dict[str, Any]] = []
    alone: Picture = {}
    server = PostgresServer.start(durable=True)
    try:
        for count in _WORKERS:
            url = server.url(server.create())
            upgrade(url)
            with workers(count) as pool:
                _warm(pool, count, raws[:_FIRST])
                began = time.perf_counter()
                take(Way(0, batch, count), url, raws, pool)
                took = time.perf_counter() - began
            rate = len(raws) / took
            alone, slowest = alone or picture(url), slowest or rate
            told = {"workers": count, "records": len(raws), "batch": batch, "per_second": round(rate, 1)}
            found.append({**told, "scaling": round(rate / slowest, 2), "differences": differences(alone, picture(url))})
    finally:
        server.stop()
    return found


def _warm(pool: ProcessPoolExecutor, count: int, raws: Sequence[RawRecord]) -> None:
    """Every process has read the rules and judged something; while one is at it, the next call goes to another."""
    rows = [(raw.kind, raw.row, raw.values) for raw in raws]
    for future in [pool.submit(_judge, rows) for _ in range(count)]:
        future.result()


def _judge(rows: Sequence[Row]) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/warm.db"
        upgrade(url)
        take_in(url, [RawRecord(kind, kind, row, values) for kind, row, values in rows], len(rows))


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2])), ensure_ascii=False))
