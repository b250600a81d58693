"""R11: every row of every file is accounted for, by the tally and by what stands in the database afterwards.

In: an installation, numbers of trials. Out: `Account` with every violation in words. Not here: the files (`files`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.errors import SanseError
from engine.pipeline import Tally
from tests.installation import Installation
from tests.promises.files import Trial, trial


@dataclass(slots=True)
class Account:
    """What many files came to."""

    trials: int = 0
    rows: int = 0
    refused: int = 0
    tally: Tally = field(default_factory=Tally)
    kinds: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Held:
    """What stands in a database: versions of records, records, and how often a row was quarantined."""

    versions: int
    records: int
    quarantined: int


def account(place: Installation, numbers: Iterable[int]) -> Account:
    """Take the files of these numbers in, one after the other, and hold the books on each."""
    total = Account()
    for number in numbers:
        made = trial(place.folder, number, place.now)
        _one(place, made, total)
        made.path.unlink()
    return total


def _one(place: Installation, made: Trial, total: Account) -> None:
    before = _held(place)
    total.trials += 1
    total.kinds[made.what] += 1
    try:
        tally = place.read(made.path)
    except SanseError:
        total.refused += 1
        if made.rows is not None:
            total.violations.append(f"{made.path.name} ({made.what}): refused, though nothing is wrong with it")
        return
    after = _held(place)
    total.rows += tally.read
    total.tally.add(tally)
    total.violations += [f"{made.path.name} ({made.what}): {fault}" for fault in _faults(tally, made, before, after)]


def _faults(tally: Tally, made: Trial, before: _Held, after: _Held) -> Iterable[str]:
    shares = tally.new + tally.unchanged + tally.updated + tally.quarantined
    if tally.read != shares:
        yield f"read {tally.read}, accounted for {shares}"
    if made.rows is not None and tally.read != made.rows:
        yield f"{made.rows} rows in the file, read {tally.read}"
    if after.versions - before.versions != tally.new + tally.updated:
        yield f"{after.versions - before.versions} versions kept, told {tally.new} new and {tally.updated} updated"
    if after.records - before.records != tally.new:
        yield f"{after.records - before.records} records more, told {tally.new} new"
    if after.quarantined - before.quarantined != tally.quarantined:
        yield f"{after.quarantined - before.quarantined} rows quarantined, told {tally.quarantined}"


def _held(place: Installation) -> _Held:
    with place.desk.store.read() as view:
        rows = view._connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM versions), (SELECT count(*) FROM sightings), "
            "(SELECT coalesce(sum(times), 0) FROM quarantine)"
        ).fetchone()
    assert rows is not None
    return _Held(int(rows[0]), int(rows[1]), int(rows[2]))
