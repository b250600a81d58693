"""Orders: the same records taken in in any order, any batches, by any number of workers, give the same database (law 7, ruling 36).

In: how many records, a seed, URLs of empty databases. Out: `Picture`s, plain and comparable; the drawn ways of taking in. Workers are
processes with disjoint shards of one PostgreSQL database, all writing at once. Not here: who asserts what (`property/test_orders`, promises).
"""

from __future__ import annotations

import multiprocessing
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import select

from adapters.township.exports import _ROWS
from adapters.township.stories import Event
from adapters.township.year import Year
from engine.model import RawRecord
from engine.pipeline import ingest_batch
from engine.store import open_store, tables
from tests.conftest import KEYS
from tests.installation import stages

START = date(2025, 1, 1)
KNOWN_AT = datetime(2026, 1, 2, tzinfo=UTC)
"""Soon after the year, so that its last matters are live and get dispatched."""

Picture = Mapping[str, Mapping[str, Any]]
Row = tuple[str, int, Mapping[str, Any]]
_THIN, _WHOLE = 4, 1_000
"""A small township is every fourth household of a larger one, or it would be one great demand and nothing else."""
_IDENTIFIED, _SHARED, _ACCUSED, _NAMED = 0.25, 0.06, 0.05, 0.03
_WEIGHTS, _SIGNS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take the records in: the shuffle's seed (0: order of time, -1: backwards), the batch size, the workers."""

    order: int
    batch: int
    workers: int = 1


def township(records: int, seed: int) -> list[RawRecord]:
    """A township's rows in order of time: urges, resends, hand-overs and later versions among them, and also callers who give an ID number,
    families on one phone, people who complain of each other, and orders that name another.
    """
    draw = random.Random(f"orders/{seed}")
    thin = _THIN if records < _WHOLE else 1
    lived = map(_corrected, Year(seed, records * thin, START).events())
    events = [event for event in lived if _known(event) and _household(event) % thin == 0]
    told: dict[str, dict[str, str]] = {}
    phones: list[str] = []
    raws = []
    for row, event in enumerate(events, start=2):
        values = {
            h: c.isoformat(sep=" ") if isinstance(c, datetime) else c
            for h, c in _ROWS[event.channel](draw, event).items()
        }
        if event.channel in _MORE:
            values |= _more(draw, event, phones, told)
        raws.append(RawRecord(event.channel, event.channel, row, values))
    return raws


def _corrected(event: Event) -> Event:
    """A later version comes with a time after everything that the first one told; equal times would make the order part of the input."""
    if event.updated_at is None:
        return event
    told = [at for at in (event.updated_at, event.replied_at, event.closed_at) if at is not None]
    return replace(event, updated_at=max(told) + timedelta(hours=1))


def _household(event: Event) -> int:
    """A number that all records of one caller, or of one address, share."""
    return zlib.crc32((event.who.phone if event.who else event.address).encode())


def _known(event: Event) -> bool:
    """Whether a version's own time has come: a time in the future is no time, and order would again be part of the input."""
    return event.updated_at is None or event.updated_at < KNOWN_AT


_MORE = {
    "hotline_12345": ("来电号码", "证件号码", "被投诉对象", "关联工单编号"),
    "petition": ("联系电话", "证件号码", "被反映人", "关联信访编号"),
}


def _more(draw: random.Random, event: Event, phones: list[str], told: dict[str, dict[str, str]]) -> dict[str, str]:
    """Cells that tie people and orders together, the same in every version of a record."""
    if event.who is None or event.updated_at is not None:
        return told.get(event.number, {})
    phone, card, opponent, related = _MORE[event.channel]
    cells: dict[str, str] = {}
    if draw.random() < _IDENTIFIED:
        cells[card] = card_number(event.who.number)
    if phones and draw.random() < _SHARED:
        cells[phone] = draw.choice(phones[-20:])
    if phones and draw.random() < _ACCUSED:
        cells[opponent] = f"对方电话{draw.choice(phones[-20:])}"
    same = (
        [number for number in islice(reversed(told), 60) if number[:2] == event.number[:2]]
        if draw.random() < _NAMED
        else ()
    )
    if same:
        cells[related] = draw.choice(same)
    phones.append(event.who.phone)
    told[event.number] = cells
    return cells


def card_number(number: int) -> str:
    """A resident's number of an invented person, with the right check digit."""
    body = f"439901{1950 + number % 55}{number % 12 + 1:02d}{number % 28 + 1:02d}{number % 1000:03d}"
    return body + _SIGNS[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def take_in(url: str, raws: Sequence[RawRecord], batch: int) -> int:
    """Rows in batches of this size; how many rows were rejected."""
    store = open_store(url, KEYS)
    rejected = 0
    try:
        for start in range(0, len(raws), batch):
            part = raws[start : start + batch]
            rejected += ingest_batch(part, store=store, stages=stages(), known_at=KNOWN_AT).quarantined
    finally:
        store.close()
    return rejected


def _take_in_rows(url: str, rows: Sequence[Row], batch: int) -> int:
    return take_in(url, [RawRecord(kind, kind, row, values) for kind, row, values in rows], batch)


@contextmanager
def workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that take shards in; they read the rules once."""
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def take(way: Way, url: str, raws: Sequence[RawRecord], pool: ProcessPoolExecutor | None = None) -> int:
    """All rows in one way; several workers have disjoint shards, a record's versions in different ones too."""
    ordered = in_order(raws, way.order)
    if way.workers == 1 or pool is None:
        return take_in(url, ordered, way.batch)
    shards = [[(r.kind, r.row, r.values) for r in ordered[n :: way.workers]] for n in range(way.workers)]
    return sum(pool.map(_take_in_rows, [url] * way.workers, shards, [way.batch] * way.workers))


def in_order(raws: Sequence[RawRecord], order: int) -> list[RawRecord]:
    """The rows as they come (0), backwards (-1), or shuffled."""
    ordered = list(reversed(raws)) if order < 0 else list(raws)
    if order > 0:
        random.Random(order).shuffle(ordered)
    return ordered


def picture(url: str) -> Picture:
    """What law 7 speaks of: colours, reasons, flags, facts, persons, matters, hotspots and machine views; no code, message or time of ours."""
    store = open_store(url, KEYS)
    t = tables
    verdicts = select(t.verdicts.c.subject, t.assessments.c.record).join(
        t.assessments, t.verdicts.c.seq == t.assessments.c.seq
    )
    try:
        with store.read() as view:
            ids = [row[0] for row in view._connection.execute(select(t.sightings.c.id))]
            decided = {row[0]: orjson.loads(row[1]) for row in view._connection.execute(verdicts)}
            links = {id_: stored.links for id_, stored in view.sightings(ids).items()}
            states = view.matter_states(ids)
            spots = view.hotspots()
            defects = view.defects()
    finally:
        store.close()
    return {
        "records": {id_: _judged(decided[id_]) for id_ in ids},
        "links": {
            i: (k.person, k.matter, k.hotspot, k.counts, k.resend_of, k.cluster, k.chain) for i, k in links.items()
        },
        "matters": {id_: (s.machine.word, s.records, s.first_at, s.last_at) for id_, s in states.items()},
        "hotspots": {
            s.id: (s.records, s.persons, s.colour.word, s.first_at, s.last_at, s.place, s.topic) for s in spots
        },
        "defects": dict(defects),
    }


def _judged(record: Mapping[str, Any]) -> tuple[Any, ...]:
    told = [sorted(record["facts"][part].items()) for part in ("values", "ids", "spans")]
    return (
        record["colour"],
        record["reasons"],
        record["hits"],
        record["missing"],
        record["flags"],
        record["considered"],
        told,
    )


def differences(one: Picture, other: Picture) -> list[str]:
    """Where two pictures differ, a few of them."""
    told = []
    for part, held in one.items():
        for key in sorted({*held, *other[part]}):
            left, right = held.get(key), other[part].get(key)
            if left != right:
                fields = [f"{a} / {b}" for a, b in zip(left or (), right or (), strict=False) if a != b]
                told.append(f"{part} {key}: {fields or (left, right)}")
    return told[:8]


def drawn(count: int, seed: int, *, batches: Sequence[int], most_workers: int) -> list[Way]:
    """Ways drawn by seed: every order once, each batch size and number of workers in turn."""
    draw = random.Random(f"ways/{seed}")
    orders = [-1, *draw.sample(range(1, 10_000), count - 1)]
    return [Way(order, batches[n % len(batches)], n % most_workers + 1) for n, order in enumerate(orders)]
