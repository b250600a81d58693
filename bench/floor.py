"""The floor under the live path: the same export parsed and its rows inserted as they stand, nothing decided.

In: an export, batches. Out: records in a second at batch 1,000, latencies at batch 1, both to the commit. Not here: the product (`measuring`).
A table of its own in a file of its own, with the same journal and the same promise about power cuts (WAL, FULL).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import orjson

from engine.model import RawRecord

_BATCH = 1_000


def floor(stream: Iterator[RawRecord], file: Path, *, batches: int, singles: int) -> dict[str, float]:
    """Rates and latencies of parsing and inserting alone."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE raws (source TEXT, row INTEGER, body BLOB)")
        began = time.perf_counter()
        taken = sum(_insert(connection, list(islice(stream, _BATCH))) for _ in range(batches))
        took = time.perf_counter() - began
        latencies = sorted(_single(connection, raw) for raw in islice(stream, singles))
        assert taken + len(latencies) == connection.execute("SELECT count(*) FROM raws").fetchone()[0]
    return {
        "per_second": round(taken / took),
        "p50_ms": round(1_000 * latencies[len(latencies) // 2], 2),
        "p99_ms": round(1_000 * latencies[int(len(latencies) * 0.99)], 2),
    }


def _single(connection: sqlite3.Connection, raw: RawRecord) -> float:
    began = time.perf_counter()
    _insert(connection, [raw])
    return time.perf_counter() - began


def _insert(connection: sqlite3.Connection, batch: list[RawRecord]) -> int:
    rows = [(raw.source, raw.row, orjson.dumps(raw.values, default=str)) for raw in batch]
    with connection:
        connection.executemany("INSERT INTO raws VALUES (?, ?, ?)", rows)
    return len(rows)
