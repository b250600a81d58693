"""Running sabotages: a copy of the tree, one defence taken out of it, its tests run there in a process of their own.

In: defences. Out: `Result` for each: whether the tests pass with it and fail without it. Not here: which defences there are (`catalogue`).

Each worker keeps one copy and puts every file back as it was. A run in which no test was found or that was broken off is not "caught":
only exit code 1 of pytest is, with at least one test that failed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.sabotage.defence import Defence

ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("engine", "adapters", "cli", "tests", "rules", "docs", "fixtures", "tools", "bench")
_MEASURED = ("out",)
"""`bench/out`: what was measured, and databases of gigabytes."""
_SECONDS = 180
_FAILED = 1
_COUNT = re.compile(r"(\d+) (passed|failed|error)")


@dataclass(frozen=True, slots=True)
class Result:
    """What happened to a defence's tests without it."""

    defence: Defence
    caught: bool
    said: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest: exit code, what failed, and its last words."""

    code: int
    said: str

    @property
    def counts(self) -> dict[str, int]:
        """How many tests passed, failed, broke."""
        return {word: int(number) for number, word in _COUNT.findall(self.said)}


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of everything that tests need, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sanse-sabotage-") as name:
        tree = Path(name) / "tree"
        for folder in _COPIED:
            if (ROOT / folder).is_dir():
                shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns(*_MEASURED))
        for file in ROOT.glob("*.*"):
            if file.is_file():
                shutil.copy2(file, tree / file.name)
        yield tree


@contextmanager
def without(tree: Path, sabotaged: Defence) -> Iterator[None]:
    """The tree with a defence taken out; put back as it was, with its time, so that what Python compiled still fits."""
    for change in sabotaged.changes:
        (tree / change.file).write_text(change.applied(tree), encoding="utf-8")
    try:
        yield
    finally:
        for change in sabotaged.changes:
            shutil.copy2(ROOT / change.file, tree / change.file)


def pytest(tree: Path, tests: Sequence[str], *, first_only: bool = True) -> Run:
    """Run tests of a tree; everything they import comes from it."""
    options = ["-q", "-n0", "-p", "no:cacheprovider", "--no-header", "--tb=line", *(["-x"] if first_only else [])]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS * (1 if first_only else 10),
        )
    except subprocess.TimeoutExpired:
        return Run(-1, "no end in sight")
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    named = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    counts = next((line for line in reversed(lines) if _COUNT.search(line)), "".join(lines[-1:]))
    return Run(done.returncode, "\n".join([*named, counts]) if lines else "nothing said")


def attempt(tree: Path, sabotaged: Defence) -> Result:
    """Take one defence out and run its tests."""
    started = time.monotonic()
    with without(tree, sabotaged):
        run = pytest(tree, sabotaged.tests)
    caught = run.code == _FAILED and run.counts.get("failed", 0) > 0
    return Result(sabotaged, caught, run.said, time.monotonic() - started)


def intact(defences: Sequence[Defence]) -> Run:
    """All their tests with every defence in its place: they must pass."""
    with copied() as tree:
        return pytest(tree, sorted({test for one in defences for test in one.tests}), first_only=False)


def attempts(defences: Sequence[Defence], workers: int) -> Iterator[Result]:
    """Every defence taken out in turn, in their order."""
    trees: Queue[Path] = Queue()

    def one(sabotaged: Defence) -> Result:
        tree = trees.get()
        try:
            return attempt(tree, sabotaged)
        finally:
            trees.put(tree)

    with _copies(workers) as made:
        for tree in made:
            trees.put(tree)
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(one, defences)


@contextmanager
def _copies(count: int) -> Iterator[list[Path]]:
    if not count:
        yield []
        return
    with copied() as tree, _copies(count - 1) as more:
        yield [tree, *more]
