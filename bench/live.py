"""`python -m bench.live`: the live path. Loads what is missing, measures each size in a process of its own, prints one table, leaves JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bench import county, report
from bench.apart import measured
from bench.loading import place, stored
from bench.options import numbers

_SIZES = (10_000, 100_000, 1_000_000)
_BATCH_OF_WORKERS = 250


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where an answer was wrong, and then no figure is printed."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument(
        "--sizes", type=numbers(), default=",".join(map(str, _SIZES)), help="records stored before, smallest first"
    )
    parser.add_argument("--batches", type=int, default=10, help="batches of 1,000 to measure")
    parser.add_argument("--singles", type=int, default=400, help="batches of 1 to measure")
    parser.add_argument("--shared", type=int, default=8_000, help="records that 1, 2 and 4 workers share on PostgreSQL")
    parser.add_argument("--fresh", action="store_true", help="load again what is kept from an earlier run")
    given = parser.parse_args(arguments)
    county.OUT.mkdir(exist_ok=True)
    if given.fresh:
        for file in county.OUT.glob("stored-*"):
            file.unlink()
    found, smaller = [], 0
    for size in given.sizes:
        stored(size, smaller)
        smaller = size
        one = measured("bench.measuring", size, given.batches, given.singles)
        if one is None:
            return 1
        found.append(one)
    shared = measured("bench.workers", given.shared, _BATCH_OF_WORKERS) if given.shared else []
    if shared is None or any(line["differences"] for line in shared):
        print(f"no figures: workers differ\n{shared}", file=sys.stderr)
        return 1
    memory = json.loads(place(given.sizes[-1]).with_suffix(".json").read_text(encoding="utf-8"))["resident"]
    told = {"machine": report.machine(), "sizes": found, "memory": memory, "workers": shared}
    print(report.told(told))
    (county.OUT / "live.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
