"""A whole installation for tests: a folder with a database of either vendor, the shipped rules, and a clock that a test sets.

In: rows as dictionaries by Chinese header. Out: an open `Desk` and short ways to do to it what a command does. Rows go through a real
CSV file and the real pipeline. Not here: what is tested, and the fixtures that make one (`tests.places`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli.wiring import source_of
from engine.config import Config, DatabaseConfig, SourceConfig
from engine.desk import Desk, Person
from engine.desk.intake import known_headers, take_in
from engine.desk.opening import add_person, people
from engine.pipeline import Stages, Tally
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import open_store
from tests.conftest import KEYS

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2025, 3, 10, 1, tzinfo=UTC)
SECRET = "correct horse"


@cache
def shipped() -> Rulebook:
    """The shipped rules, read once in a process."""
    return loader.load(loader.read_folder(loader.shipped()))


@cache
def stages() -> Stages:
    """The stages of the shipped rules, made once in a process; both live readers decide."""
    return Stages.of(shipped(), index_key=KEYS.index)


@dataclass
class Installation:
    """An open desk whose clock stands still until a test moves it."""

    folder: Path
    url: str
    now: datetime = MORNING
    files: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        config = Config(database=DatabaseConfig(url=self.url), clock="simulated", batch_size=50).at(self.folder)
        self.desk = Desk(config, open_store(self.url, KEYS), shipped(), lambda: self.now, [stages()], KEYS)

    def later(self, **elapsed: float) -> None:
        """Move the clock."""
        self.now += timedelta(**elapsed)

    def local(self, **ago: float) -> str:
        """A time before now, as a supplier writes it."""
        return (self.now - timedelta(**ago)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")

    def write(self, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Rows as a CSV export."""
        path = self.folder / f"export-{next(self.files)}.csv"
        headers = list(dict.fromkeys(header for row in rows for header in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, headers, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def read(self, path: Path, kind: str = "police_110") -> Tally:
        """Take a file in."""
        feed = SourceConfig(name=kind, kind=kind, location=str(path))
        total = Tally()
        for tally in take_in(self.desk, source_of(feed, known=known_headers(self.desk, kind))):
            total.add(tally)
        return total

    def ingest(self, *rows: Mapping[str, Any], kind: str = "police_110") -> Tally:
        """Take rows in through a file."""
        return self.read(self.write(rows), kind)

    def call(self, number: str, text: str, *, caller: int = 1, place: str = "", **more: Any) -> dict[str, Any]:
        """A 110 row of an invented caller: the same `caller` is the same person at the same place."""
        ago = {key: more.pop(key) for key in ("days", "hours", "minutes") if key in more}
        return {
            "接警单编号": number,
            "报警时间": self.local(**ago),
            "报警人": f"陈{'一二三四五六七八九十'[caller % 10]}",
            "报警电话": f"1380000{caller:04d}",
            "警情地址": place or f"云溪镇柳树村{caller}组",
            "警情类型": "纠纷",
            "报警内容": text,
            **more,
        }

    def person(self, name: str = "王主任", role: str = "admin") -> Person:
        """Somebody who may act, registered once."""
        known = {person.name: person for person in people(self.desk)}
        if name not in known:
            first = next((person for person in known.values() if person.role == "admin"), None)
            if first is None and role != "admin":
                first = self.person()
            add_person(self.desk, name, f"{SECRET} {name}" if first else SECRET, role=role, by=first)
            known = {person.name: person for person in people(self.desk)}
        return known[name]

    def close(self) -> None:
        """Give back every connection."""
        self.desk.close()
