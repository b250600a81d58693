"""`python -m tests.sabotage [S]`: every defence (or those whose id begins with S) taken out once; ends with 1 when one goes unnoticed."""

from __future__ import annotations

import os
import sys
import time

from tests.sabotage.catalogue import DEFENCES
from tests.sabotage.running import ROOT, attempts, intact


def main(wanted: str = "") -> int:
    """Print the table; the exit code."""
    chosen = [one for one in DEFENCES if one.id.startswith(wanted)]
    if not chosen:
        print(f"没有以“{wanted}”开头的防线；有：{'、'.join(one.id for one in DEFENCES)}")
        return 2
    moved = [(one.id, c.file, c.stands(ROOT)) for one in chosen for c in one.changes if c.stands(ROOT) != 1]
    for id_, file, times in moved:
        print(f"{id_}：{file} 里的原文出现了 {times} 次，应当正好一次")
    if moved:
        return 1
    started = time.monotonic()
    whole = intact(chosen)
    print(f"防线都在时：{whole.said}")
    if whole.code:
        return 1
    missed = 0
    print(f"{'defence':<28}{'caught':<8}{'s':>5}  test")
    for result in attempts(chosen, max(1, min(2, os.cpu_count() or 1))):
        missed += not result.caught
        shown = "yes" if result.caught else "NO"
        print(f"{result.defence.id:<28}{shown:<8}{result.seconds:>5.1f}  {result.defence.tests[0]}", flush=True)
        if not result.caught:
            print(f"    {result.defence.title}：{result.said}")
    print(
        f"{len(chosen)} 道防线，{len(chosen) - missed} 道拆除后被测试发现，{missed} 道没有；{time.monotonic() - started:.0f} 秒"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
