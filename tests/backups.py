"""R15: backups taken while a child process takes records in, each restored elsewhere: whole, at a point between two batches, and able to go on.

In: URLs of empty databases, sizes. Out: trials and violations in words. Not here: who asserts (`acceptance/test_promise_r15`, promises).
As a program: `python -m tests.backups URL RECORDS SEED BATCH` takes a township in, in order.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from engine.config import Config, DatabaseConfig, KeyMaterial, write_keys
from engine.desk import Desk
from engine.desk.backups import BackedUp, backup, restore
from engine.store import open_store, upgrade
from tests.conftest import KEYS
from tests.installation import shipped, stages
from tests.orders import KNOWN_AT, Picture, differences, picture, take_in, township

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Load:
    """What the child does."""

    records: int
    seed: int
    batch: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup: which one, and how many batches were surely committed before it began."""

    number: int
    made: BackedUp
    before: int

    @property
    def batches(self) -> int:
        """How many batches it holds, by its chain: every earlier backup added an entry, too."""
        return self.made.manifest.audit_seq - self.number


def config_of(folder: Path, url: str) -> Config:
    """The configuration of an installation with the keys of all tests."""
    keys = folder / "sanse.keys"
    if not keys.exists():
        write_keys(keys, KeyMaterial(KEYS.index, KEYS.seal, KEYS.chain))
    return Config(database=DatabaseConfig(url=url)).at(folder)


def under_load(folder: Path, empty: Callable[[Path], str], load: Load, backups: int) -> tuple[int, list[str]]:
    """Take so many backups while the child works, restore each, and let each go on to the end; how many, and what was wrong.

    `empty`: the URL of a new place where nothing is.
    """
    url = empty(folder)
    upgrade(url)
    taken = list(_take(folder, url, load, backups))
    whole, violations = picture(url), []
    for one in taken:
        place = folder / f"restored-{one.number}"
        place.mkdir()
        violations += [f"backup {one.number}: {fault}" for fault in _faults(place, empty(place), load, one, whole)]
    if not any(one.batches * load.batch < load.records for one in taken):
        violations.append("no backup was taken in the middle of the load")
    return len(taken), violations


def _take(folder: Path, url: str, load: Load, backups: int) -> Iterator[Taken]:
    arguments = map(str, (load.records, load.seed, load.batch))
    child = subprocess.Popen([sys.executable, "-m", "tests.backups", url, *arguments], cwd=_ROOT)
    now = [KNOWN_AT]
    desk = Desk(config_of(folder, url), open_store(url, KEYS), shipped(), lambda: now[0], [stages()], KEYS)
    try:
        for number in range(backups):
            wanted = max(1, load.records // load.batch * number // backups)
            while child.poll() is None and _committed(desk) < wanted:
                pass
            before = _committed(desk)
            now[0] += timedelta(hours=1)
            yield Taken(number, backup(desk, folder / "backups"), before)
    finally:
        desk.close()
        code = child.wait()
    assert code == 0


def _committed(desk: Desk) -> int:
    with desk.store.read() as view:
        return sum(entry.what == "ingest" for entry in view.audit_rows(limit=1_000_000))


def _faults(place: Path, url: str, load: Load, one: Taken, whole: Picture) -> Iterator[str]:
    restored = restore(config_of(place, url), one.made.path, lambda: KNOWN_AT, deep=True)
    store = open_store(url, KEYS)
    verified = store.verify(deep=True)
    store.close()
    if not verified.sound:
        yield f"not sound: {verified.findings} {verified.audit.findings}"
    if one.batches < one.before:
        yield f"{one.before} batches were committed before it began, {one.batches} are in it"
    if not restored.replayed:
        yield "no decision was replayed"
    take_in(url, township(load.records, load.seed)[one.batches * load.batch :], load.batch)
    yield from differences(whole, picture(url))


def main(url: str, records: str, seed: str, batch: str) -> None:
    take_in(url, township(int(records), int(seed)), int(batch))


if __name__ == "__main__":
    main(*sys.argv[1:])
