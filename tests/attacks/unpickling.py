"""A small installation from its making to its export, under an audit hook: no data become objects.

In: a folder. Out: the row: how many rows were taken in, and every event by which data were unpickled or run. Not here: what modules may be written
with (`syntax`). It happens in a child, for a hook stays; the hook is first shown to see a pickle.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapters.township import write_year
from tests.attacks.measure import ROOT, Outcome
from tests.console import Console, office
from tests.places import ROWS

_SEED = 8
_EVENTS = frozenset(
    {"pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "shelve.open"}
)
_OWN_CHILD = "adapters.sources.workbook_child"
_NOW = ("--now", "2026-01-05T09:00:00")


class _Control:
    """What a pickle of data would make."""


def trial(folder: Path, records: int) -> dict[str, Any]:
    """The child's work."""
    seen: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS or (event == "subprocess.Popen" and _OWN_CHILD not in str(arguments)):
            seen.append(f"{event} {repr(arguments)[:100]}")

    year = sorted(write_year(folder / "exports", seed=_SEED, records=records), key=lambda one: one.path.stat().st_size)
    exports = {(export.kind, export.path.suffix): export for export in year}.values()
    sys.addaudithook(hook)
    pickle.loads(pickle.dumps(_Control()))
    control = len(seen)
    seen.clear()
    console = office(folder / "office")
    (folder / "bad.csv").write_text("\n".join(ROWS), encoding="utf-8")
    read = _taken(console, folder / "bad.csv", "police_110") + sum(
        _taken(console, export.path, export.kind) for export in exports
    )
    console.ok("quarantine", "export", "--file", "q.xlsx")
    console.ok("quarantine", "retry", "--file", "q.xlsx", *_NOW)
    console.ok("replay", "--sample", "5")
    console.ok("db", "verify", "--deep")
    return {"control": control, "read": read, "seen": seen}


def _taken(console: Console, path: Path, kind: str) -> int:
    return int(console.ok("ingest", "--file", path, "--source", kind, "--json", *_NOW).only["read"])


def row(folder: Path, records: int) -> Outcome:
    """The row: rows read, events seen."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.unpickling", str(folder), str(records)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        return 0, [f"the child ended with {done.returncode}: {done.stderr[-300:]}"]
    made = json.loads(done.stdout.splitlines()[-1])
    return made["read"], [*([] if made["control"] else ["the hook did not see the control"]), *made["seen"]]


if __name__ == "__main__":
    print(json.dumps(trial(Path(sys.argv[1]), int(sys.argv[2]))))
