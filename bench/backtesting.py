"""Backtesting: another rulebook tried on a stored database, beside two re-scorings of the same file in the same run.

In: how many records are stored. Out: seconds of both re-scorings, of the back-test and of what it does besides, and that both come to the same colours. Each size
is a process of its own: `python -m bench.backtesting SIZE [RULES]`. Not here: loading (`loading`), re-scoring in parts (`rescoring`).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import county
from bench.loading import place
from bench.rescoring import repeated
from engine.features.base import made_by
from engine.model import Colour
from engine.rescore import Questions, scan, workspace
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import Store
from engine.workbench.backtest import Ground, Side, backtest, weeks

_OLD, _NEW = "value: 3, source: 长沙县“3次以上", "value: 2, source: 长沙县“3次以上"


def measure(size: int, rules: int = 0) -> dict[str, Any]:
    """The figures of one size, of so many rules (0: those that are shipped); raises AssertionError where a back-test and a re-scoring come to other colours."""
    work = county.OUT / f"tried-{size}.db"
    shutil.copyfile(place(size), work)
    made = county.install(f"sqlite:///{work}", engine="trace")
    old = made.stages.rulebook
    new = changed(old)
    if rules:
        old, new = repeated(old, rules), repeated(new, rules)
    with closing(sqlite3.connect(work)) as held, held:
        # An earlier release may have made these facts; making facts again is not what is measured.
        held.execute("UPDATE facts SET made_by = ?", [made_by(old)])
    seconds, found = [], None
    for rulebook in (old, new):
        began = time.perf_counter()
        with workspace() as space, made.store.history() as history:
            found = scan(history, Questions(rulebook), space)
        seconds.append(time.perf_counter() - began)
    assert found is not None
    began = time.perf_counter()
    sides = [Side(rulebook, county.stages) for rulebook in (old, new)]
    ground = Ground(made.store, old, _evening(made.store))
    with backtest(ground, *sides) as tried:
        load = weeks(tried.groups, old, new, {})
        took = time.perf_counter() - began
        told = {"matters": tried.parts, "moved": sum(n for (was, now), n in tried.matrix.items() if was is not now)}
        before, after = (_after(matrix) for matrix in (found.matrix, tried.records.matrix))
        remade = tried.remade
    assert not remade, f"{remade} facts made again"
    assert before == after, f"other colours than a re-scoring: {after}, {before}"
    made.store.close()
    work.unlink()
    return {
        "stored": size,
        "rules": len(old.rules),
        "rescorings": round(sum(seconds), 2),
        "backtest": round(took, 2),
        "times": round(took / sum(seconds), 2),
        "weeks": load.count,
        **told,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "load": round(os.getloadavg()[0], 1),
    }


def _evening(store: Store) -> datetime:
    """A day after the newest decision."""
    with store.history() as history:
        known = history.learned(0, history.newest())["first_known_at"]
    return datetime.fromtimestamp(max(known.to_pylist()), UTC) + timedelta(days=1)


def _after(matrix: Mapping[tuple[Colour, Colour], int]) -> Counter[Colour]:
    """How many records have each colour under the second rulebook."""
    counted: Counter[Colour] = Counter()
    for (_, now), count in matrix.items():
        counted[now] += count
    return +counted


def changed(rulebook: Rulebook) -> Rulebook:
    """The rules with one threshold moved."""
    files = dict(rulebook.files)
    assert files["parameters.yaml"].decode().count(_OLD) == 1
    files["parameters.yaml"] = files["parameters.yaml"].decode().replace(_OLD, _NEW).encode()
    return loader.load(files)


def line(one: dict[str, Any]) -> str:
    """A size on a line."""
    return (
        f"{one['stored']:,} from the database under two rulebooks: a back-test {one['backtest']} s, two re-scorings {one['rescorings']} s: "
        f"{one['times']} times; {one['moved']} matters move, {one['matters']}, {one['weeks']} weeks, {one['peak_mib']:,} MiB, load {one['load']}"
    )


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
