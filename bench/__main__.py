"""`make bench`: loads what is missing, measures each size in a process of its own, prints one table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from bench import county, report
from bench.loading import place, stored

_SIZES = (10_000, 100_000, 1_000_000)


def main() -> int:
    """Print the table; 1 where an answer was wrong, and then no figure is printed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, _SIZES)), help="records stored before, smallest first")
    parser.add_argument("--batches", type=int, default=10, help="batches of 1,000 to measure")
    parser.add_argument("--singles", type=int, default=400, help="batches of 1 to measure")
    parser.add_argument("--fresh", action="store_true", help="load again what is kept from an earlier run")
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    county.OUT.mkdir(exist_ok=True)
    if given.fresh:
        for file in county.OUT.glob("stored-*"):
            file.unlink()
    found, smaller = [], 0
    for size in sizes:
        stored(size, smaller)
        smaller = size
        command = [sys.executable, "-m", "bench.measuring", str(size), str(given.batches), str(given.singles)]
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
        if run.returncode:
            print(f"no figures: an answer is wrong with {size:,} stored\n{run.stderr[-2_000:]}", file=sys.stderr)
            return 1
        found.append(json.loads(run.stdout))
    memory = json.loads(place(sizes[-1]).with_suffix(".json").read_text(encoding="utf-8"))["resident"]
    print(report.table(found, memory))
    (county.OUT / "bench.json").write_text(
        json.dumps({"machine": report.machine(), "sizes": found, "memory": memory}, indent=1), encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
