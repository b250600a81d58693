"""Preview is production: a back-test's predictions beside a fresh database that takes in the same records and actions under the new rules (ruling 30).

In: seeds. Out: `Compared`: how many records and matters were compared, every difference, what is apart. A history is lived once: late, corrected and
merged records, what people did, matters falling due. Then for each change of rules it is tried on it, and lived again from the audit log, transaction by
transaction, under the changed rules. Not here: the changes (`rulebook_changes`), who asserts what (`test_preview`, promises).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from engine.assessment import Outline
from engine.config import Config, DatabaseConfig
from engine.desk import Desk
from engine.desk.acting import act, close, merge, override, reopen, split
from engine.desk.rebuilding import _Again, _entries
from engine.errors import UsageError
from engine.model import Colour, RawRecord
from engine.normalise import Normaliser
from engine.pipeline import Stages, ingest_batch, resettle
from engine.ruleset.tree import Rulebook
from engine.scheduler.matters import sweep
from engine.store import Store, open_store, upgrade
from engine.store.rows import AuditRow, Person
from engine.workbench.backtest import Backtest, Ground, Past, Side, past
from engine.workbench.backtest.matters import VIEW
from tests.conftest import KEYS
from tests.orders import township
from tests.property.rulebook_changes import base, changed, loaded

_MEMORY = Path("/dev/shm")
"""Fresh databases are thrown away: they need no disk where there is memory to write to."""
START = datetime(2025, 1, 2, tzinfo=UTC)
_PERSON = Person("王主任", "admin", START)
_TOGETHER = 4
_CORRECTED = ("地址", "地点", "电话", "号码", "内容", "事项", "时间", "人数")
_ACTS = (
    ("mediation_failed", "village"),
    ("mediation_failed", "village"),
    ("mediation_failed", "township"),
    ("mediation_tried", ""),
    ("returned", ""),
    ("returned", ""),
    ("contact", ""),
    ("agreement", ""),
    ("mediation_succeeded", ""),
)


@dataclass(slots=True)
class Compared:
    """What was compared: changes, records, matters; differences in words; matters apart, by why; what the histories and changes held."""

    changes: int = 0
    records: int = 0
    matters: int = 0
    moved: int = 0
    differences: list[str] = field(default_factory=list)
    apart: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)


def stages_of(rulebook: Rulebook) -> Stages:
    """The stages of a rulebook as a fresh database has them; durable-rules never gives rulesets back, and it is held equal elsewhere."""
    return Stages.of(rulebook, index_key=KEYS.index, engine="trace")


@dataclass
class Lived:
    """A database that lived through a history."""

    desk: Desk
    folder: Path
    now: datetime
    seen: Counter[str]


@contextmanager
def lived(seed: str, *, most: int = 300) -> Iterator[Lived]:
    """A history of 50 to `most` records under the base rules."""
    rng = Random(f"preview/{seed}")
    with TemporaryDirectory(prefix="sanse-preview-", dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'lived.db'}"
        upgrade(url, clock="simulated", at=START)
        shutil.copy(folder / "lived.db", folder / "empty.db")
        one = _Life(rng, url, folder)
        try:
            one.live(rng.randrange(50, most + 1))
            yield Lived(one.desk, folder, one.now, one.seen)
        finally:
            one.desk.close()


class _Life:
    """One history while it is lived."""

    def __init__(self, rng: Random, url: str, folder: Path) -> None:
        self._rng, self.now, self.seen = rng, START, Counter[str]()
        rulebook = loaded(base())
        config = Config(database=DatabaseConfig(url=url), clock="simulated", engine="trace").at(folder)
        self.desk = Desk(config, open_store(url, KEYS), rulebook, lambda: self.now, [stages_of(rulebook)], KEYS)

    def live(self, size: int) -> None:
        """Batches in order of time, late ones among them; after each perhaps something is done and what is due is looked at."""
        waiting = self._scheduled(township(size, seed=self._rng.randrange(10_000))[:size])
        while waiting:
            self.now += timedelta(days=self._rng.choice((2, 5, 9, 16)), seconds=self._rng.randrange(5_000))
            batch = [raw for at, raw in waiting if at <= self.now]
            waiting = [(at, raw) for at, raw in waiting if at > self.now]
            if batch:
                tally = ingest_batch(batch, store=self.desk.store, stages=self.desk.stages, known_at=self.now)
                self.seen["new"] += tally.new
                self.seen["corrected"] += tally.updated
            for _ in range(self._rng.choice((0, 1, 2, 4))):
                self.now += timedelta(seconds=self._rng.randrange(1, 9_000))
                self._do()
            if self._rng.random() < 0.3:
                self.now += timedelta(hours=1)
                sweep(self.desk.store, self.desk.stages, lambda: self.now)
        self.now += timedelta(days=self._rng.choice((1, 8, 20, 40)))
        sweep(self.desk.store, self.desk.stages, lambda: self.now)

    def _scheduled(self, raws: Sequence[RawRecord]) -> list[tuple[datetime, RawRecord]]:
        """When each row comes in: after what it tells of happened; some come months late."""
        normaliser, made = Normaliser(self.desk.rulebook), []
        for raw in raws:
            read = normaliser.normalise(raw, datetime(2027, 1, 1, tzinfo=UTC))
            at = max(filter(None, (getattr(read, "occurred_at", START), getattr(read, "updated_at", None))))
            if self._rng.random() < 0.12:
                at += timedelta(days=self._rng.choice((1, 10, 40, 120)))
                self.seen["late"] += 1
            made.append((at, raw))
            if self._rng.random() < 0.05:
                made.append((at + timedelta(days=self._rng.choice((1, 6, 30))), self._otherwise(raw, raws)))
        return made

    def _otherwise(self, raw: RawRecord, raws: Sequence[RawRecord]) -> RawRecord:
        """A later version of a row: where it was, who called, or what was said is told as another row of its channel has it."""
        fitting = [one for one in raws if one.kind == raw.kind]
        headers = [header for header in raw.values if any(part in header for part in _CORRECTED)]
        other = self._rng.choice(fitting)
        chosen = self._rng.sample(headers, min(len(headers), self._rng.choice((1, 2))))
        self.seen["made otherwise"] += 1
        return replace(raw, values={**raw.values, **{h: other.values[h] for h in chosen if h in other.values}})

    def _do(self) -> None:
        """Something that a person does about matters that are there."""
        with self.desk.store.read() as view:
            ids = sorted(row[0] for row in view._connection.exec_driver_sql("SELECT id FROM matters"))
        if len(ids) < 3:
            return
        matter, other = self._rng.sample(ids, 2)
        what = self._rng.choices(("act", "close", "reopen", "merge", "split", "raise"), (60, 14, 8, 8, 6, 4))[0]
        with suppress(UsageError):
            self._done(what, matter, other)
            self.seen[what] += 1

    def _done(self, what: str, matter: str, other: str) -> None:
        desk, who = self.desk, _PERSON
        if what == "act":
            kind, level = self._rng.choice(_ACTS)
            at = self.now - timedelta(days=self._rng.choice((0, 0, 1, 12)))
            act(desk, who, matter, kind=kind, level=level, at=at)
        elif what == "close":
            close(desk, who, matter, means="调解", evidence="协议书一号")
        elif what == "reopen":
            reopen(desk, who, matter, reason="又来了")
        elif what == "merge":
            merge(desk, who, matter, other, reason="同一件事")
        elif what == "split":
            with desk.store.read() as view:
                members = [member.sighting.id for member in view.members(matter)]
            split(desk, who, matter, records=members[len(members) // 2 :], reason="两件事")
        else:
            override(desk, who, matter, to=Colour.RED, reason="领导批示")


class _Otherwise(_Again):
    """The audit log lived again under one other rulebook."""

    def __init__(self, desk: Desk, view: Any, scratch: Store, stages: Stages) -> None:
        super().__init__(desk, view, scratch)
        self._other = stages

    def _stages_of(self, entry: AuditRow) -> Stages:
        return self._other


@contextmanager
def fresh(place: Lived, stages: Stages) -> Iterator[Store]:
    """A fresh database that took in the same records and actions under other rules, settled at the same time."""
    path = place.folder / "fresh.db"
    shutil.copy(place.folder / "empty.db", path)
    store = open_store(f"sqlite:///{path}", KEYS)
    try:
        with place.desk.store.read() as view:
            again = _Otherwise(place.desk, view, store, stages)
            for entry in _entries(view):
                again.run(entry)
        with store.batch() as tx:
            matters = [row[0] for row in tx._connection.exec_driver_sql("SELECT id FROM matters")]
            resettle(tx, stages, matters, known_at=place.now)
        yield store
    finally:
        store.close()
        for file in place.folder.glob("fresh.db*"):
            file.unlink()


def ground(place: Lived) -> Ground:
    """Where the back-test runs."""
    return Ground(place.desk.store, place.desk.rulebook, place.now)


def previews(seed: str, *, histories: int, changes: int, most: int = 300) -> Compared:
    """So many changes, each tried on each of so many histories."""
    made = Compared()
    with ExitStack() as stack:
        places = [stack.enter_context(lived(f"{seed}/{number}", most=most)) for number in range(histories)]
        live = Side(places[0].desk.rulebook, stages_of)
        pasts = [stack.enter_context(past(ground(place), live)) for place in places]
        for place in places:
            made.seen += place.seen
        for turn in range(changes):
            names, book = changed(Random(f"change/{seed}/{turn}"))
            made.seen.update(names)
            new = Side(loaded(book), stages_of)
            for number, (place, held) in enumerate(zip(places, pasts, strict=True)):
                named = f"{seed}/{number}/{turn} {'、'.join(names)}"
                made.differences += [f"{named}：{line}" for line in _compared(place, held, new, made)]
    return made


def promise(*, size: int, number: int) -> tuple[int, list[str]]:
    """So many pairs of a change and a history of up to 300 records."""
    made = previews(f"promise/{number}", histories=_TOGETHER, changes=size // _TOGETHER)
    return made.changes, made.differences


def _compared(place: Lived, held: Past, new: Side, made: Compared) -> Iterator[str]:
    made.changes += 1
    with held.against(new) as found, fresh(place, new.stages) as store, store.read() as view:
        made.moved += found.records.changed
        yield from _records(found, view, made)
        yield from _matters(found, view, made)


def _records(found: Backtest, view: Any, made: Compared) -> Iterator[str]:
    """Colours, and the rules that hit, of every record."""
    predicted = outlines(found)
    actual = {id_: Outline.recorded(orjson.loads(body)) for id_, body in view.newest_records(predicted).items()}
    if predicted.keys() != actual.keys():
        yield f"{len(predicted)} records here, {len(actual)} there"
    for id_, held in actual.items():
        made.records += 1
        if predicted[id_] != (held.colour, held.hits):
            yield f"{id_} predicted {predicted[id_]}, is {held.colour, held.hits}"


def outlines(found: Backtest) -> Mapping[str, tuple[Colour, frozenset[tuple[str, bool]]]]:
    """What a back-test says of every record after: colour, and rules with whether they ask for review."""
    return dict(found.matters.outlines())


def _matters(found: Backtest, view: Any, made: Compared) -> Iterator[str]:
    predicted = {matter: (part, colour) for matter, part, colour in found.matters.views()}
    states = view.matter_states(predicted)
    for matter, (part, colour) in predicted.items():
        state = states.get(matter)
        if state is None:
            yield f"{matter} is no matter there"
        elif part != VIEW:
            made.apart[part] += 1
        else:
            made.matters += 1
            if colour is not state.machine:
                held = state.standing > state.machine
                yield f"{matter} predicted {colour}, is {state.machine} (standing {state.standing}, held {held})"
