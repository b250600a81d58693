"""Rotations that are killed: `sanse db rotate-keys` as a process, killed with signal 9 at random moments until it is done.

In: an office, how many kills. Out: kills and starts, violations in words. Not here: who asserts (`acceptance/test_rotation`, promises).
"""

from __future__ import annotations

import random
import subprocess
import time
from dataclasses import dataclass, field

from engine.config import load_config, read_keys
from engine.desk.opening import keys_of
from engine.store import open_store
from tests.console import ACTOR, SCRIPT, Console, _bare


@dataclass(slots=True)
class Killed:
    """What a rotation under kills came to."""

    kills: int = 0
    starts: int = 0
    violations: list[str] = field(default_factory=list)


def rotate_under_kills(office: Console, *, kills: int, seed: int, examine: bool = True) -> Killed:
    """Kill and start again until so many kills fell, then let it end; after each kill everything must open (`examine`)."""
    draw, told = random.Random(f"rotation/{seed}"), Killed()
    config = load_config(office.folder / "config.yaml")
    wanted = read_keys(config.key_file).generation + 1
    while True:
        told.starts += 1
        child = subprocess.Popen(
            [SCRIPT, "db", "rotate-keys", "--json"],
            cwd=office.folder,
            env={**_bare(), **ACTOR},
            stdout=subprocess.DEVNULL,
        )
        if told.kills < kills:
            _until_it_works(office, child)
            time.sleep(draw.uniform(0, 0.25))
            if child.poll() is None:
                child.kill()
                told.kills += 1
        code = child.wait()
        if examine or code == 0:
            told.violations += _faults(office)
        held = read_keys(config.key_file)
        if code == 0 and not held.former and (told.kills >= kills or held.generation > wanted):
            return told


def _until_it_works(office: Console, child: subprocess.Popen[bytes]) -> None:
    """Until the rules are read and the work begins: that is when the lock is there anew."""
    lock = office.folder / "sanse.keys.lock"
    lock.unlink(missing_ok=True)
    while child.poll() is None and not lock.exists():
        time.sleep(0.005)


def _faults(office: Console) -> list[str]:
    config = load_config(office.folder / "config.yaml")
    store = open_store(config.database_url, keys_of(config))
    try:
        verified = store.verify(deep=True)
    finally:
        store.close()
    return [*verified.findings, *map(str, verified.audit.findings)]
