"""R1: an ingest that is killed at any moment, or whose database server is, and begun again until it is done, leaves what an undisturbed one leaves.

In: databases, how many kills, a seed. Out: `Interrupted`: kills by where they came, violations in words. Not here: the process that is killed
(`intake_worker`), what must be true in the end (`supply`).

A trial: a fresh database; the feed is taken in, killed after a drawn time, begun again, until a run ends by itself. The rows come from a database
that is read on from the cursor and from a file that is read from the start, in turn.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any, Self

import orjson

from engine.store import upgrade
from tests.orders import Picture, differences
from tests.postgres import PostgresServer
from tests.promises.supply import BY_CURSOR, BY_FILE, faults, held, rows, supplier

ROWS = 60
_SOONEST, _LONGER = 0.03, 1.15
"""No kill comes sooner after the first sign of life; the latest come a little after a whole run."""
_STARTS = 200
ENOUGH = 20
"""With so many violations nobody needs more of them."""

Fresh = Callable[[], AbstractContextManager[str]]
"""Gives the URL of a database with every table and nothing in them, and takes it away afterwards."""


@dataclass(slots=True)
class Interrupted:
    """What the trials came to. `places`: kills by where they came; `late`: kills that found the run at its end already."""

    trials: int = 0
    kills: int = 0
    late: int = 0
    places: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Killer:
    """The parent's side of `intake_worker`: a folder with the supplier in it, a process that is ready."""

    def __init__(self, fresh: Fresh) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sanse-killed-")
        self.told = rows(ROWS)
        supplier(Path(self._folder.name), self.told)
        root = Path(__file__).resolve().parents[2]
        with fresh() as url:
            command = [sys.executable, "-m", "tests.promises.intake_worker", self._folder.name, url]
            self._process = subprocess.Popen(command, cwd=root, stdin=PIPE, stdout=PIPE, text=True)
            if self._answer() != "ready":
                raise RuntimeError("the worker did not start")
        self.expected: dict[str, Picture] = {}
        self.whole = 0.0
        for way in (BY_CURSOR, BY_FILE):
            with fresh() as url:
                self.whole = max(self.whole, self.run(url, way)["seconds"])
                self.expected[way] = held(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def begin(self, url: str, way: str, delay: float | None = None) -> None:
        """Let a run begin, to be killed after its delay."""
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps({"url": url, "way": way, "delay": delay}).decode() + "\n")
        self._process.stdin.flush()

    def ended(self) -> dict[str, Any]:
        """How the run that was begun ended, and where."""
        told: dict[str, Any] = orjson.loads(self._answer())
        return told

    def run(self, url: str, way: str, delay: float | None = None) -> dict[str, Any]:
        """A run from its beginning to its end."""
        self.begin(url, way, delay)
        return self.ended()

    def wrong(self, url: str, way: str) -> Iterator[str]:
        """What is wrong with a database that was taken in to the end."""
        yield from faults(url, self.told, way=way)
        expected = {part: found for part, found in self.expected[way].items() if part != "books"}
        yield from differences(expected, held(url))

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def interrupted(fresh: Fresh, kills: int, seed: int = 1) -> Interrupted:
    """Trials until the ingest was killed so often."""
    made, draw = Interrupted(), random.Random(f"R1/{seed}")
    with Killer(fresh) as killer:
        _trials(killer, fresh, kills, made, lambda url, way: _killed(killer, url, way, made, draw))
    return made


def _trials(killer: Killer, fresh: Fresh, kills: int, made: Interrupted, trial: Callable[[str, str], None]) -> None:
    """Trial after trial, the two ways in turn, each looked over when it is done."""
    while made.kills < kills and len(made.violations) < ENOUGH:
        with fresh() as url:
            way = (BY_CURSOR, BY_FILE)[made.trials % 2]
            trial(url, way)
            made.violations += [f"trial {made.trials} ({way}): {line}" for line in killer.wrong(url, way)]
        made.trials += 1


def _killed(killer: Killer, url: str, way: str, made: Interrupted, draw: random.Random) -> None:
    """Kill and begin again until a run ends by itself."""
    for _ in range(_STARTS):
        latest = max(2 * _SOONEST, draw.choice((_LONGER / 4, _LONGER)) * killer.whole)
        told = killer.run(url, way, draw.uniform(_SOONEST, latest))
        if told["how"] == "done":
            made.late += 1
            return
        if told["how"] != "killed":
            made.violations.append(f"trial {made.trials} ({way}): a run was {told['how']}")
            return
        made.kills += 1
        made.places[told["place"]] += 1
    made.violations.append(f"trial {made.trials} ({way}): not done after {_STARTS} starts")


def server_killed(kills: int, seed: int = 1) -> Interrupted:
    """The same where the database server itself is killed with signal 9 and comes back, while a worker takes the feed in."""
    made, draw = Interrupted(), random.Random(f"R1/server/{seed}")
    with on_postgresql(durable=True) as (server, fresh), Killer(fresh) as killer:
        _trials(killer, fresh, kills, made, lambda url, way: _crashes(killer, server, url, way, made, draw))
    return made


def _crashes(
    killer: Killer, server: PostgresServer, url: str, way: str, made: Interrupted, draw: random.Random
) -> None:
    """Crash the server while the worker works, and begin again, until a run ends by itself."""
    for _ in range(_STARTS):
        killer.begin(url, way)
        time.sleep(draw.uniform(_SOONEST, killer.whole * draw.choice((0.5, 1))))
        server.crash()
        told = killer.ended()
        if told["how"] == "done":
            made.late += 1
            return
        if told["how"] != "refused":
            made.violations.append(f"trial {made.trials} ({way}): a run was {told['how']}, no StoreError")
            return
        made.kills += 1
        made.places[told["place"]] += 1


@contextmanager
def on_sqlite() -> Iterator[Fresh]:
    """Fresh databases in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="sanse-killed-") as name:
        template = Path(name) / "template.db"
        upgrade(f"sqlite:///{template}")

        @contextmanager
        def fresh() -> Iterator[str]:
            with tempfile.TemporaryDirectory(dir=name) as folder:
                shutil.copy(template, Path(folder) / "sanse.db")
                yield f"sqlite:///{folder}/sanse.db"

        yield fresh


@contextmanager
def on_postgresql(
    server: PostgresServer | None = None, *, durable: bool = False
) -> Iterator[tuple[PostgresServer, Fresh]]:
    """Fresh databases on a server, of their own where none is given."""
    running = server or PostgresServer.start(durable=durable)
    try:
        template = running.create()
        upgrade(running.url(template))

        @contextmanager
        def fresh() -> Iterator[str]:
            name = running.create(template)
            try:
                yield running.url(name)
            finally:
                running.drop(name)

        yield running, fresh
    finally:
        if server is None:
            running.stop()
