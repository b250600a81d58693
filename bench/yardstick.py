"""The yardstick: a fixed piece of work, so that figures of a machine that is slower today are not read as a slower program.

In: nothing. Out: milliseconds. The work is of the kind the live path does: dictionaries, small objects, JSON, a digest, sorting.
"""

from __future__ import annotations

import hashlib
import time
from statistics import median

import orjson

_ROUNDS, _ROWS = 9, 4_000


def yardstick() -> float:
    """Milliseconds that the fixed work takes now: the median of nine times."""
    return round(1_000 * median(_once() for _ in range(_ROUNDS)), 2)


def _once() -> float:
    began = time.perf_counter()
    rows = [{"id": f"r{n * 7919 % _ROWS}", "at": n * 61, "words": ["a", "b", str(n % 97)]} for n in range(_ROWS)]
    grouped: dict[str, list[str]] = {}
    for row in rows:
        body = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
        grouped.setdefault(str(row["at"])[-2:], []).append(hashlib.sha256(body).hexdigest())
    assert sum(len(sorted(held)) for held in grouped.values()) == _ROWS
    return time.perf_counter() - began
