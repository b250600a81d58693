"""Loading: a database that already holds some number of records, taken in through the real pipeline.

In: how many. Out: the database file under `bench/out/`, kept for the next run, and what memory the one loading process held on the way.
Larger sizes grow from smaller ones. Not here: measuring (`measuring`). Run as a process of its own: `python -m bench.loading SIZE`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from bench import county
from engine.pipeline import ingest_batch

BATCH = 1_000
_NOTED = 100_000
_PAGE = os.sysconf("SC_PAGE_SIZE")


def stored(size: int, smaller: int = 0) -> Path:
    """The database that holds `size` records; loaded when it is not there, from the one that holds `smaller`."""
    path = place(size)
    if not path.exists():
        command = [sys.executable, "-m", "bench.loading", str(size), str(smaller)]
        subprocess.run(command, check=True, cwd=Path(__file__).parents[1])
    return path


def place(size: int) -> Path:
    """Where the database of a size is kept."""
    return county.OUT / f"stored-{county.SEED}-{size}.db"


def resident() -> int:
    """Memory this process holds now, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def load(size: int, smaller: int) -> None:
    """Take in rows `smaller` to `size` and keep the database with a note of the memory held."""
    county.OUT.mkdir(exist_ok=True)
    path, growing = place(size), county.OUT / f"growing-{size}.db"
    for leftover in county.OUT.glob(f"growing-{size}.db*"):
        leftover.unlink()
    memory: dict[str, int] = {}
    if smaller:
        shutil.copyfile(place(smaller), growing)
    made = county.install(f"sqlite:///{growing}")
    rows = county.rows(size - smaller, first=smaller)
    held, began = smaller, time.perf_counter()
    while batch := list(islice(rows, BATCH)):
        ingest_batch(batch, store=made.store, stages=made.stages, known_at=county.arrival(batch))
        held += len(batch)
        if held % _NOTED == 0:
            memory[str(held)] = resident()
            rate = (held - smaller) / (time.perf_counter() - began)
            print(f"  {held:,} stored, {rate:,.0f}/s, {memory[str(held)] >> 20} MiB", file=sys.stderr, flush=True)
    made.store.close()
    growing.rename(path)
    path.with_suffix(".json").write_text(json.dumps({"resident": memory}), encoding="utf-8")


if __name__ == "__main__":
    load(int(sys.argv[1]), int(sys.argv[2]))
