"""Soak: a busy centre for months in one process: memory, lateness of what is due, and how long lists take (R18).

In: days, records a day. Out: `Soaked`. The service is the real one, round after round; only the clock is ours, and it leaps over minutes in which
nothing is due. Feeds bring their hours' records as files, people act on what was dispatched. Run: `python -m tests.soak DAYS RECORDS`.

The records are drawn beforehand, in a process of their own: here nothing is held but what the service holds.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import orjson

from adapters.township.exports import _ROWS
from adapters.township.stories import Event
from adapters.township.year import Year
from cli.folder import prepare
from cli.service import _Service
from engine.config import load_config
from engine.desk import Desk, Person, acting, open_desk, reading
from engine.desk.opening import add_person, people
from engine.errors import UsageError
from engine.store.jobs import JOB

FIRST = date(2025, 1, 1)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_ACTED, _CLOSED = 0.6, 0.5
_PAGES = 20
_START = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(hours=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SECRET = "correct horse"


@dataclass
class Soaked:
    """What it came to. `late`: due work that waited longer than a minute, in words; `resident`: bytes held at the end of each day."""

    records: int = 0
    rounds: int = 0
    reviews: int = 0
    latest: timedelta = timedelta(0)
    late: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    list_ms: list[float] = field(default_factory=list)

    @property
    def drift(self) -> float:
        """How much more memory is held at the end than when a tenth of the days had passed, as a share."""
        first = self.resident[len(self.resident) // 10]
        return (self.resident[-1] - first) / first

    @property
    def p95_ms(self) -> float:
        """Of all lists that were asked for."""
        return quantiles(self.list_ms, n=20)[-1]


@dataclass
class _Centre:
    """The installation, its clock, and whoever works there."""

    folder: Path
    now: datetime
    draw: random.Random
    told: Soaked

    def __post_init__(self) -> None:
        prepare(self.folder, clock="simulated", at=self.now)
        path = self.folder / "config.yaml"
        feeds = "".join(
            f"  - {{name: {kind}, kind: {kind}, type: file, location: {kind}/*.jsonl, every: 1m}}\n" for kind in _ROWS
        )
        text = path.read_text(encoding="utf-8").replace("sources: []\n", f"sources:\n{feeds}")
        path.write_text(text + "service: {tick: 1m}\n", encoding="utf-8")
        self.desk: Desk = open_desk(load_config(path), lambda: self.now)
        self.service = _Service(self.desk, as_json=True)
        add_person(self.desk, "王主任", _SECRET, role="admin", by=None)
        (self.person,) = people(self.desk)

    def hour(self, brought: Path) -> None:
        """An hour: what came in it lies there at its end, in some second; what is due is done in its minute."""
        begin = self.now.replace(minute=0, second=0)
        end = begin + _HOUR + timedelta(seconds=self.draw.randrange(3_600))
        while (at := self._next(end)) < end:
            self._round(at if at > self.now else self.now + _MINUTE)
        self.now = end
        self._bring(brought)
        self._round(self.now)

    def _next(self, end: datetime) -> datetime:
        """The next whole minute before `end` at which something is due, jobs apart: feeds have their turn with each hour."""
        with self.desk.store.read() as view:
            due = [backlog.first_at for kind, backlog in view.backlogs(self.now).items() if kind != JOB]
        first = min((at for at in due if at), default=end)
        return first + (-(first - _EPOCH) % _MINUTE)

    def _round(self, at: datetime) -> None:
        self.now = at
        with self.desk.store.read() as view:
            waiting = {kind: held for kind, held in view.backlogs(at).items() if kind != JOB}
        with contextlib.redirect_stdout(_Nowhere()):
            well = self.service.everything(lambda: False)
        self.told.rounds += 1
        for kind, held in waiting.items():
            self.told.reviews += held.overdue
            lag = max(at - held.first_at, timedelta(0)) if held.first_at else timedelta(0)
            self.told.latest = max(self.told.latest, lag)
            if lag > _MINUTE:
                self.told.late.append(f"{kind}: {held.overdue} at {at}, the first of {held.first_at}")
        if not well:
            self.told.failed.append(f"round of {at}")

    def _bring(self, brought: Path) -> None:
        """The feeds' new files take the place of those of the hour before."""
        for kind in _ROWS:
            folder = self.folder / kind
            folder.mkdir(exist_ok=True)
            for read in folder.glob("*.jsonl"):
                read.unlink()
            new = (brought / kind).rename(folder / f"{self.now:%Y%m%d%H}.jsonl")
            self.told.records += new.read_bytes().count(b"\n")

    def work(self) -> None:
        """A morning's work: somebody tries to mediate newly dispatched matters, closes some of those of days before."""
        chosen = reading.matters_filter(open_only=True)
        rows, _ = reading.matters(self.desk, chosen, limit=100)
        for row in rows:
            if self.draw.random() < _ACTED:
                _may(acting.act, self.desk, self.person, row.state.id, kind="mediation_tried")
            elif self.draw.random() < _CLOSED:
                _may(acting.close, self.desk, self.person, row.state.id, means="调解", evidence="协议书")

    def look(self) -> None:
        """Pages of lists as people ask for them, and the memory that is held."""
        for page in range(_PAGES):
            colour = ("", "red", "yellow", "green")[page % 4]
            chosen = reading.matters_filter(colour, open_only=page % 2 == 0)
            began = time.perf_counter()
            reading.matters(self.desk, chosen, limit=50, offset=50 * (page // 4))
            self.told.list_ms.append(1000 * (time.perf_counter() - began))
        gc.collect()
        self.told.resident.append(int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE)


class _Nowhere(contextlib.nullcontext[None]):
    """Where the journal goes: it is said, and nobody keeps it."""

    buffer = property(lambda self: self)

    def write(self, said: bytes | str) -> int:
        """Nothing is kept."""
        return len(said)

    def flush(self) -> None:
        """Nothing to do."""

    def isatty(self) -> bool:
        """It is no screen."""
        return False


def _may(do: Callable[..., object], desk: Desk, person: Person, reference: str, **how: str) -> None:
    """Do it where the rules of acting allow it: a red matter asks for more than one person."""
    with contextlib.suppress(UsageError):
        do(desk, person, reference, **how)


def soak(folder: Path, *, days: int, per_day: int, seed: int = 18, told: Callable[[str], None] = print) -> Soaked:
    """Live so many days with so many records each."""
    result = Soaked()
    brought = folder.with_name(f"{folder.name}-brought")
    drawing = multiprocessing.get_context("spawn").Process(target=_draw, args=(brought, days, per_day, seed))
    drawing.start()
    drawing.join()
    assert drawing.exitcode == 0, "the records could not be drawn"
    centre = _Centre(folder, _START, random.Random(seed), result)
    try:
        for day in range(1, days + 1):
            for hour in range(24):
                centre.hour(brought / f"{24 * (day - 1) + hour:05}")
                if centre.now.hour == 1:
                    centre.work()
            centre.look()
            told(
                f"  day {day}: {result.records:,} records, {result.reviews:,} reviews, {result.resident[-1] >> 20} MiB"
            )
    finally:
        centre.desk.close()
    return result


def _draw(brought: Path, days: int, per_day: int, seed: int) -> None:
    """Write a folder for each hour with a file for each feed, by the time at which records are known: a corrected version comes when it was corrected."""
    draw, by_hour = random.Random(seed), defaultdict[int, list[Event]](list)
    for event in Year(seed, per_day * 365, FIRST).events():
        known = event.updated_at or event.at
        by_hour[int((known - _START) / _HOUR)].append(_open(event, known))
    for hour in range(24 * days):
        rows: dict[str, list[bytes]] = defaultdict(list)
        for event in by_hour[hour]:
            cells = _ROWS[event.channel](draw, event)
            plain = {h: c.isoformat(sep=" ") if isinstance(c, datetime) else c for h, c in cells.items()}
            rows[event.channel].append(orjson.dumps(plain) + b"\n")
        folder = brought / f"{hour:05}"
        folder.mkdir(parents=True)
        for kind in _ROWS:
            (folder / kind).write_bytes(b"".join(rows[kind]))


def _open(event: Event, known: datetime) -> Event:
    """A record as it stands when it comes: what has not happened by then is not told."""
    times = {name: getattr(event, name) for name in ("closed_at", "replied_at")}
    return replace(event, **{name: None for name, at in times.items() if at and at > known + _HOUR})


def main() -> int:
    """Print what came of it; 1 where a promise is broken."""
    days, per_day = int(sys.argv[1]), int(sys.argv[2])
    began = time.monotonic()
    with TemporaryDirectory(prefix="sanse-soak-") as folder:
        made = soak(Path(folder) / "centre", days=days, per_day=per_day, told=lambda line: print(line, flush=True))
    broken = [*made.late[:5], *made.failed[:5]]
    broken += [f"memory grew by {100 * made.drift:.1f} %"] * (made.drift >= 0.05)
    broken += [f"lists: p95 {made.p95_ms:.0f} ms"] * (made.p95_ms >= 200)
    print(
        f"{days} days, {made.records:,} records, {made.rounds:,} rounds, {made.reviews:,} due rows, the latest {made.latest} late; "
        f"memory {100 * made.drift:+.1f} %; lists p95 {made.p95_ms:.1f} ms; {time.monotonic() - began:.0f} s"
    )
    for line in broken:
        print(f"broken: {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
