"""A process that takes a feed in and is killed at a moment that it does not know: what R1 kills.

    python -m tests.promises.intake_worker FOLDER [WARM_URL]     then a line of JSON for each run: {"url", "way", "delay"}, answered by a line

Each run is a process of its own, forked when everything is imported and every statement was compiled once (on WARM_URL). It is killed with signal 9
so many seconds after its first sign of life, unless it ended before (`delay` null: never). The answer: how it ended, where it was then, how long
it took. The run is what the service does with a feed: `cli.jobs.poll`.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, event

from cli.jobs import poll
from engine.desk import Desk
from engine.errors import StoreError
from engine.store.dialects import _WRITES
from tests.installation import MORNING
from tests.promises.supply import FEED, desk_at

OPENING, READING, WORKING, COMMITTING, COMMITTED = range(1, 6)
PLACES = ("", "opening", "reading", "before the commit", "inside the commit", "after the commit")
"""Where a run may be: not yet at the feed, between transactions, in one, in its COMMIT, behind it."""
_REFUSED = 3


def main(folder: str, warm: str = "") -> None:
    """A fork for each line."""
    if warm:
        _take_in(desk_at(warm, Path(folder), lambda: MORNING), lambda: None)
    where = mmap.mmap(-1, 1)
    print("ready", flush=True)
    for line in sys.stdin:
        told = orjson.loads(line)
        where[0] = 0
        child = os.fork()
        if not child:
            _child(told["url"], Path(folder), told["way"], where)
        print(orjson.dumps(_ended(child, where, told["delay"])).decode(), flush=True)


def _ended(child: int, where: mmap.mmap, delay: float | None) -> dict[str, Any]:
    """Kill a child after its time; it is waited for here and nowhere else, so its number is nobody else's yet."""
    while not where[0]:
        time.sleep(0.0002)
    started = time.monotonic()
    handle = os.pidfd_open(child)
    select.select([handle], [], [], delay)
    if delay is not None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(handle)
    code = -signal.SIGKILL if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
    how = {-signal.SIGKILL: "killed", 0: "done", _REFUSED: "refused"}.get(code, "broken")
    return {"how": how, "place": PLACES[where[0]], "seconds": time.monotonic() - started}


def _child(url: str, folder: Path, way: str, where: mmap.mmap) -> None:
    """One run; it ends with the process that began it."""
    parent, code = os.getppid(), 1
    where[0] = OPENING
    try:
        desk = desk_at(url, folder, lambda: MORNING, way=way)
        _watch(desk, where)

        def beat() -> None:
            if os.getppid() != parent:
                os._exit(1)

        _take_in(desk, beat)
        code = 0
    except StoreError:
        code = _REFUSED
    except Exception as fault:  # noqa: BLE001 -- the edge of this process: what broke is told and counted
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _take_in(desk: Desk, beat: Callable[[], None]) -> None:
    try:
        poll(desk, FEED, beat)
    finally:
        desk.close()


def _watch(desk: Desk, where: mmap.mmap) -> None:
    """Note where the run is: a byte that the killer reads."""
    engine, writing = desk.store._engine, [False]
    commit = engine.dialect.do_commit

    def began(connection: Connection) -> None:
        writing[0] = bool(connection.get_execution_options().get(_WRITES))
        where[0] = WORKING if writing[0] else READING

    def committed(connection: Any) -> None:
        where[0] = COMMITTING if writing[0] else READING
        commit(connection)
        where[0] = COMMITTED if writing[0] else READING

    event.listen(engine, "begin", began)
    engine.dialect.do_commit = committed  # type: ignore[method-assign]


if __name__ == "__main__":
    main(*sys.argv[1:])
