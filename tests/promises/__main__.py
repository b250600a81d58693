"""`python -m tests.promises [R19]`: the promises at full size, one or all, a piece at a time; ends with 1 on a violation.

What is done is kept in `build/promises.json` (ignored by git) after every piece, so a run that was stopped goes on where it was; a promise that was
tried to its end is tried anew.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.promises.promises import PROMISES, Promise

STATE = Path(__file__).resolve().parents[2] / "build" / "promises.json"
_SHOWN = 20


@dataclass(slots=True)
class Progress:
    """How far a promise has come."""

    pieces: int = 0
    trials: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


def run(promise: Promise, states: dict[str, Progress], file: Path = STATE) -> Progress:
    """The pieces that are still to be done; a piece that cannot run is a violation, for a promise that is not tried is not kept."""
    held = states.get(promise.id, Progress())
    if held.pieces >= promise.pieces:
        held = Progress()
    states[promise.id] = held
    while held.pieces < promise.pieces:
        started = time.monotonic()
        try:
            trials, violations = promise.piece(held.pieces)
        except Exception:  # noqa: BLE001 -- the edge of this process: what broke is told and counted
            trials, violations = 0, [traceback.format_exc(limit=-3)]
        held.pieces += 1
        held.trials += trials
        held.violations += violations
        held.seconds += time.monotonic() - started
        save(states, file)
        print(f"  {promise.id} {held.pieces}/{promise.pieces}：{held.trials:,}", file=sys.stderr, flush=True)
    return held


def save(states: Mapping[str, Progress], file: Path = STATE) -> None:
    """Keep what is done; a stop in the middle leaves the old state."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(
        json.dumps({id_: asdict(held) for id_, held in states.items()}, ensure_ascii=False), encoding="utf-8"
    )
    new.replace(file)


def load(file: Path = STATE) -> dict[str, Progress]:
    """What was done before."""
    if not file.is_file():
        return {}
    return {id_: Progress(**held) for id_, held in json.loads(file.read_text(encoding="utf-8")).items()}


def main(wanted: str = "") -> int:
    """Run and print the table; the exit code."""
    chosen = [promise for promise in PROMISES if wanted in ("", promise.id)]
    if not chosen:
        print(f"没有承诺“{wanted}”；有：{'、'.join(promise.id for promise in PROMISES)}")
        return 2
    states = load()
    done = [(promise, run(promise, states)) for promise in chosen]
    print(f"{'promise':<8}{'trials':>12}{'violations':>12}{'seconds':>10}")
    for promise, held in done:
        print(f"{promise.id:<8}{held.trials:>12,}{len(held.violations):>12}{held.seconds:>10.0f}  {promise.title}")
        for violation in held.violations[:_SHOWN]:
            print(f"    {violation}")
    return 1 if any(held.violations for _, held in done) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
