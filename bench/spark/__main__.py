"""`python -m bench.spark`: DuckDB and Spark asked the same, every cell compared; 1 where one differs, 3 where Spark cannot run here."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.spark import asking
from bench.spark.comparing import Comparison, compared, on_duckdb, on_spark
from engine.config import BulkConfig
from engine.errors import SanseError
from engine.rescore.spark import cluster, lacking

OUT = Path(__file__).parents[1] / "out"
_HEAD = f"{'':<18}{'rows':>12}{'cells':>14}{'differ':>8}{'duckdb s':>9}{'spark s':>9}{'cpu s':>9}{'cpu s':>9}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was compared; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.spark", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="records of every question")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--master", default="local[2]", help="as bulk.master of the configuration")
    parser.add_argument("--option", action="append", default=[], help="an option of Spark, name=value")
    given = parser.parse_args(arguments)
    if fault := lacking():
        print(f"Spark 没有比对：{fault}", file=sys.stderr)
        return fault.exit_code
    OUT.mkdir(exist_ok=True)
    bulk = BulkConfig(engine="pyspark", master=given.master, options=dict(one.split("=", 1) for one in given.option))
    try:
        with TemporaryDirectory(dir=OUT) as folder, cluster(bulk, OUT) as spark:
            print(_HEAD)
            found = []
            asked = asking.questions(Path(folder), given.rows, given.seed)
            for one in compared(asked, Path(folder), on_duckdb, on_spark(spark), busy=spark.busy):
                print(_line(one), flush=True)
                found.append(one)
            java = spark.peak()
    except SanseError as fault:
        print(f"Spark 没有比对：{fault}", file=sys.stderr)
        return fault.exit_code
    return _told(found, given.rows, given.seed, java)


def _line(one: Comparison) -> str:
    wrong = sum(one.differing.values())
    seconds = "".join(f"{held:>9.1f}" for held in (*one.wall, *one.busy))
    said = f"{one.question.name:<18}{one.rows[0]:>12,}{one.cells:>14,}{wrong:>8,}{seconds}"
    return said if one.same else f"{said}   {one.rows} {one.differing}"


def _told(found: Sequence[Comparison], rows: int, seed: int, java: int) -> int:
    """The sum, as a line and as JSON."""
    seen = frozenset[str]().union(*(one.question.seen for one in found))
    missing = sorted(asking.OPERATORS - seen)
    features = sum(name.startswith("feature ") for name in seen)
    wrong = sum(sum(one.differing.values()) for one in found)
    same = all(one.same for one in found) and not missing
    summary = {
        "rows": rows,
        "seed": seed,
        "features": features,
        "operators": len(seen & asking.OPERATORS),
        "cells": sum(one.cells for one in found),
        "differing": wrong,
        "seconds": [round(sum(one.wall[side] for one in found)) for side in (0, 1)],
        "seconds_computing": [round(sum(one.busy[side] for one in found)) for side in (0, 1)],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "peak_mib_java": java,
        "load": [round(load, 1) for load in os.getloadavg()],
    }
    (OUT / "spark.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    print(json.dumps(summary))
    if missing:
        print(f"没有问到：{'、'.join(missing)}")
    print(
        f"Spark 已比对：{rows} 件，{features} 个事实，{summary['operators']} 个运算符，{summary['cells']} 格，{wrong} 格不同"
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
