"""The county that is measured: its rows by number, its installation, its clock.

In: a seed and numbers of rows. Out: rows as CSV files, an open store with its stages, the time at which a batch arrives.
Not here: loading and measuring.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

from adapters.sources.files import FileSource
from adapters.township.flow import stream
from engine.model import RawRecord, SourceSpec
from engine.pipeline import Stages
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import Keys, Store, open_store, upgrade

SEED = 20_250
OUT = Path(__file__).parent / "out"
KIND = "police_110"
_FIRST_DAY = date(2023, 1, 1)
_KEYS = Keys(b"i" * 32, b"s" * 32, b"c" * 32)
_CLOCK = {"police_110": "报警时间", "hotline_12345": "来电时间"}
_ZONE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Installation:
    """What takes records in."""

    store: Store
    stages: Stages


def rows(count: int, *, first: int = 0) -> Iterator[RawRecord]:
    """`count` rows of the county from number `first` on, in order of time."""
    return stream(SEED, count, _FIRST_DAY, first=first)


def arrival(raws: Iterable[RawRecord]) -> datetime:
    """When a batch arrives: an hour after its newest record, so that it is dispatched and no history."""
    newest = max(datetime.fromisoformat(raw.values[_CLOCK[raw.kind]]) for raw in raws)
    return newest.replace(tzinfo=UTC) - _ZONE + timedelta(hours=1)


def write_file(path: Path, count: int, *, first: int) -> None:
    """A police export of `count` rows that follow what is stored."""
    chosen = islice((raw for raw in rows(count * 3 + 100, first=first) if raw.kind == KIND), count)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for raw in chosen:
            if writer is None:
                writer = csv.DictWriter(file, list(raw.values))
                writer.writeheader()
            writer.writerow(raw.values)


def source(path: Path, stages: Stages) -> FileSource:
    """The file as a source."""
    return FileSource(SourceSpec(KIND, KIND, frozenset(stages.normaliser.known_headers(KIND)), str(path)))


def stages(rulebook: Rulebook) -> Stages:
    """The stages of another rulebook on the same keys."""
    return Stages.of(rulebook, index_key=_KEYS.index, engine="trace")


def install(url: str, *, engine: str = "durable") -> Installation:
    """An open installation on a database, made when it is not there, on the shipped rules."""
    upgrade(url, clock="simulated")
    rulebook = loader.load(loader.read_folder(loader.shipped()))
    return Installation(open_store(url, _KEYS), Stages.of(rulebook, index_key=_KEYS.index, engine=engine))
