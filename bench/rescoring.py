"""Rescoring: all of a stored database judged again by columns, each part of it timed apart.

In: how many records are stored, how many rules. Out: rates, seconds of each part, memory, and that nothing came out otherwise. Each size is a process
of its own: `python -m bench.rescoring SIZE [RULES]`. Not here: loading (`loading`), the live path (`measuring`).

With RULES the shipped rules are repeated under other names and bounds until there are so many: then only features and rules are timed.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle, islice
from unittest.mock import patch

from bench import county
from bench.loading import place
from bench.stages import Shares, _timed
from engine.evaluate.plan import Scope, judged
from engine.rescore import Questions, scan, scanning, workspace
from engine.ruleset.tree import Leaf, Rule, Rulebook
from engine.store.history import History

PARTS = {
    "read": ((scanning, "read"),),
    "windows": ((scanning, "windows"),),
    "read base facts": ((History, "facts"),),
    "base facts and rules": ((scanning, "decide"),),
    "read decisions": ((History, "verdicts"), (scanning, "stored")),
    "compare": ((scanning, "aligned"), (scanning, "_compare")),
}


def measure(size: int, rules: int = 0) -> dict[str, object]:
    """The figures of one size; raises AssertionError where a record would come out otherwise under the rules that judged it."""
    work = county.OUT / f"rescored-{size}.db"
    shutil.copyfile(place(size), work)
    made = county.install(f"sqlite:///{work}")
    rulebook = repeated(made.stages.rulebook, rules) if rules else made.stages.rulebook
    began = time.perf_counter()
    questions = Questions(rulebook)
    compiled = time.perf_counter() - began
    shares = Shares()
    with ExitStack() as stack:
        for label, places in PARTS.items():
            for owner, name in places:
                stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), label, shares)))
        began = time.perf_counter()
        with workspace() as space, made.store.history() as history:
            found = scan(history, questions, space)
            took, disk = time.perf_counter() - began, space.size
    assert rules or found.changed == 0, f"{found.changed} records would come out otherwise"
    made.store.close()
    work.unlink()
    return {
        "stored": size,
        "rules": sum(len(layer) for layer in judged(rulebook, Scope.RECORD)),
        "per_second": round(found.records / took),
        "seconds": {"compile": round(compiled, 2), **{part: round(held, 2) for part, held in shares.seconds.items()}},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "disk_mib": disk >> 20,
    }


def repeated(rulebook: Rulebook, count: int) -> Rulebook:
    """The rulebook with its rules of colour repeated, each time with numbers one higher, until there are `count`."""
    return replace(rulebook, rules=(*rulebook.rules, *islice(_more(rulebook), max(0, count - len(rulebook.rules)))))


def _more(rulebook: Rulebook) -> Iterator[Rule]:
    coloured = [rule for layer in judged(rulebook, Scope.RECORD) for rule in layer if rule.colour is not None]
    for turn, rule in enumerate(cycle(coloured)):
        higher = turn // len(coloured) + 1
        yield replace(
            rule, id=f"{rule.id}x{turn}", let={name: _raised(leaf, higher) for name, leaf in rule.let.items()}
        )


def _raised(leaf: Leaf, by: int) -> Leaf:
    number = isinstance(leaf.bound, int) and not isinstance(leaf.bound, bool)
    return replace(leaf, bound=leaf.bound + by) if number else leaf  # type: ignore[operator]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:]))) + "\n")
