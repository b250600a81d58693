"""Puts mistakes into `rules/` one at a time and prints who notices each.

    python -m tests.faults --seed 64                     five of each class     (make faults SEED=64)
    python -m tests.faults --seed 64 --each 1 --only unreachable,masked

Exit code 1 if any mistake got away.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from engine.ruleset import loader
from tests.faults.book import Book
from tests.faults.draw import CLASSES, draw
from tests.faults.trial import Verdict, in_words, verdicts


def main() -> int:
    """Draw, try, print; 1 if any mistake got away."""
    asked = _asked()
    started = time.monotonic()
    rules = loader.shipped()
    faults = [f for f in draw(Book.read(rules), asked.seed, asked.each) if not asked.only or f.mistake in asked.only]
    print(f"种子 {asked.seed}：{len({f.mistake for f in faults})} 类，{len(faults)} 处错", flush=True)
    found = []
    for verdict in verdicts(rules, faults):
        print(in_words(verdict), flush=True)
        found.append(verdict)
    _sum_up(found, time.monotonic() - started)
    return 1 if any(one.escaped for one in found) else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--each", type=int, default=5)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help="classes, with commas")
    return parser.parse_args()


def _sum_up(found: list[Verdict], seconds: float) -> None:
    harmless, escaped = [one for one in found if one.harmless], [one for one in found if one.escaped]
    for title, some in (("证明无害的", harmless), ("没有发现的", escaped)):
        print(f"\n{title}：{len(some)} 处")
        for one in some:
            print(in_words(one))
    caught = [one for one in found if one.caught]
    by = Counter(one.caught[0].by for one in caught)
    at_line = sum(one.at_line for one in caught)
    print(f"\n{'class':<24}{'caught':>7}{'harmless':>10}{'escaped':>9}")
    for mistake in CLASSES:
        some = [one for one in found if one.fault.mistake == mistake.__name__]
        counts = (sum(bool(o.caught) for o in some), sum(bool(o.harmless) for o in some), sum(o.escaped for o in some))
        if some:
            print(f"{mistake.__name__:<24}{counts[0]:>7}{counts[1]:>10}{counts[2]:>9}")
    told = "，".join(f"{name} {count}" for name, count in by.items())
    print(
        f"{len(found)} 处：发现 {len(caught)}（{told}；正在改错的那一行 {at_line}），证明无害 {len(harmless)}，没有发现 {len(escaped)}"
    )
    print(f"{seconds:.0f} 秒")


if __name__ == "__main__":
    sys.exit(main())
