"""Seeded records for tests and measurements of the store: invented people, places and matters of one township.

In: a seed. Out: everything that a batch writes about a record, in the shapes of `engine.model`. The links are made up, not resolved:
what they mean is `engine.identity`'s; here they only have to be kept.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine

from engine.model import (
    Assessment,
    Cause,
    Colour,
    Contact,
    FeatureSet,
    Hit,
    HitHad,
    Incident,
    Link,
    Links,
    MatterState,
    RawRecord,
    Sighting,
    canonical,
    digest,
)
from engine.ruleset.tree import Rulebook
from engine.store import Batch

START = datetime(2024, 1, 1, tzinfo=UTC)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
TOPICS = ("neighbour", "wage", "family", "debt", "land", "noise", "property")


@dataclass(frozen=True, slots=True)
class Citizen:
    """An invented person."""

    name: str
    phone: str
    id_number: str


@dataclass(frozen=True, slots=True)
class Sample:
    """All that is written about one record."""

    raw: RawRecord
    incident: Incident
    sighting: Sighting
    links: Links
    base: FeatureSet
    assessment: Assessment
    record: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """Block keys of a sighting."""

    id: str
    phone: str | None
    id_number: str | None
    account: str | None
    opponent: str | None
    fine_topic: tuple[str, str | None] | None
    place_topic: tuple[str, str | None] | None
    numbers: Sequence[str]
    all_at: Sequence[tuple[str, str | None]] = ()

    @classmethod
    def of(cls, s: Sighting) -> Keys:
        """As `engine.identity` makes them."""
        return cls(
            s.id,
            s.phone,
            s.id_number,
            s.account,
            s.opponent,
            (s.fine, s.topic) if s.fine else None,
            (s.place, s.topic) if s.place else None,
            s.numbers,
        )


@cache
def citizens(count: int, seed: int = 1) -> tuple[Citizen, ...]:
    """Invented people, the same for the same seed."""
    draw = random.Random(seed)
    return tuple(
        Citizen(
            draw.choice(SURNAMES) + "".join(draw.sample(GIVEN, 2)),
            f"1{draw.choice('3578')}{draw.randrange(10**9):09d}",
            f"990001{draw.randrange(1950, 2005)}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"
            f"{draw.randrange(10**4):04d}",
        )
        for _ in range(count)
    )


def token(kind: str, value: str) -> str:
    """Stands for a keyed digest."""
    return hashlib.blake2b(f"{kind}{value}".encode(), digest_size=16).hexdigest()


def samples(
    count: int, *, seed: int = 1, first: int = 0, per_day: int = 400, people: int = 5_000, villages: int = 400
) -> Iterator[Sample]:
    """Records in order of time: so many a day, of so many people in so many villages."""
    draw = random.Random(f"{seed}/{first}")
    crowd = citizens(people, seed)
    for number in range(first, first + count):
        at = START + timedelta(seconds=number * 86_400 // per_day)
        yield sample(
            number, at, caller=crowd[draw.randrange(people)], draw=draw, village=f"村{draw.randrange(villages)}"
        )


def sample(number: int, at: datetime, *, caller: Citizen, draw: random.Random, village: str = "村1") -> Sample:
    """One record of a caller."""
    id_ = f"police_110:J{number:010d}"
    values = {
        "接警单编号": f"J{number:010d}",
        "报警人": caller.name,
        "报警电话": caller.phone,
        "证件号码": caller.id_number if number % 3 else "",
        "警情地址": f"青禾镇柳塘村{draw.randrange(1, 400)}号",
        "报警内容": f"{caller.name}报称与邻居因漏水发生争吵，电话{caller.phone}，要求处理。第{number}次登记",
    }
    raw = RawRecord("town_110", "police_110", number, values)
    topic = draw.choice(TOPICS)
    sighting = Sighting(
        id=id_,
        kind="police_110",
        at=at,
        cause=Cause.NEW,
        topic=topic,
        area="青禾镇",
        place=village,
        fine=token("fine", values["警情地址"]) if number % 2 else None,
        phone=token("phone", caller.phone),
        id_number=token("id", caller.id_number) if number % 3 else None,
        gist="漏水 争吵 邻居",
        text_digest=digest(values["报警内容"])[:32],
        marks=frozenset({"words.quarrel"}),
    )
    return _judged(raw, sighting, caller=caller, draw=draw)


def _judged(raw: RawRecord, sighting: Sighting, *, caller: Citizen, draw: random.Random) -> Sample:
    id_, at = sighting.id, sighting.at
    incident = Incident(
        kind="police_110",
        source="town_110",
        source_id=id_.removeprefix("police_110:"),
        version=digest(raw.values),
        occurred_at=at,
        known_at=at + timedelta(minutes=10),
        title="邻里纠纷",
        narrative="＊＊＊报称与邻居因漏水发生争吵，电话＊＊＊＊＊＊＊＊＊＊＊，要求处理。",
        category="quarrel",
        area=sighting.area,
        address=raw.values["警情地址"],
        caller=Contact(caller.name, caller.phone, raw.values["证件号码"]),
        injury=None,
        heads=draw.randrange(1, 9),
        declared=frozenset({"heads", "injury", "weapon"}),
    )
    matter = id_
    ties = (Link(70, id_, id_, "b"),) if draw.random() < 0.3 else ()
    links = Links(person=matter, matter=matter, hotspot=None, counts=True, cluster=matter, links=ties)
    base = FeatureSet(
        {"record.heads": incident.heads, "record.injury": None, "words.quarrel": True, "record.kind": "police_110"},
        spans={"words.quarrel": ("争吵",)},
        absent=("record.visit",),
    )
    return Sample(raw, incident, sighting, links, base, *_decision(id_, at, draw))


def _decision(id_: str, at: datetime, draw: random.Random) -> tuple[Assessment, bytes]:
    colour = Colour(draw.choices((0, 1, 2), (80, 15, 5))[0])
    rule = ("G0", "Y1", "R1")[colour]
    hits = (Hit(rule, "1", colour, "三十日内第2次报警（阈值3）", (id_,)),) if colour else ()
    facts = {f"matter.fact_{n}": draw.randrange(9) for n in range(25)}
    assessment = Assessment(
        subject=id_,
        as_of=at,
        trigger="arrival",
        colour=colour,
        hits=hits,
        reasons=tuple(f"{hit.rule}：{hit.reason}" for hit in hits) or ("G0：未命中任何风险规则",),
        missing=(),
        handback=False,
        flags=(),
        considered=(),
        rulebook="0" * 64,
        input_digest=digest(facts),
    )
    record = canonical({"subject": id_, "facts": facts, "reasons": assessment.reasons, "colour": colour.word})
    return assessment, record


def state(sample: Sample, code: str = "") -> MatterState:
    """The state of a matter of one record."""
    return MatterState(
        id=sample.links.matter,
        code=code,
        status="open",
        episode=1,
        standing=sample.assessment.colour,
        machine=sample.assessment.colour,
        records=1,
        route="mediator",
        history=not code,
        first_at=sample.sighting.at,
        last_at=sample.sighting.at,
        updated_at=sample.incident.known_at,
    )


def write(tx: Batch, batch: Sequence[Sample], *, known_at: datetime | None = None, codes: bool = False) -> None:
    """Everything about some records, in the order of the pipeline, without its audit entry."""
    known_at = known_at or batch[-1].incident.known_at
    tx.known([s.incident.id for s in batch])
    tx.write_versions([(s.raw, s.incident) for s in batch], frozenset(s.incident.version for s in batch), known_at)
    tx.write_bases([(s.sighting.id, s.base) for s in batch], "words")
    tx.write_sightings([(s.sighting, s.links) for s in batch])
    tx.write_assessments([(s.assessment, s.record) for s in batch], known_at)
    tx.write_hits(
        [HitHad(s.sighting.id, hit.key, hit.rule, hit.colour, known_at) for s in batch for hit in s.assessment.hits]
    )
    tx.write_matters([state(s, tx.new_code(s.links.matter, known_at) if codes else "") for s in batch])


@contextmanager
def by_hand(url: str) -> Iterator[Connection]:
    """A connection of somebody who goes past the store."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def spoil(file: Path, *tables: str) -> None:
    """The first bytes of these tables' first pages are gone, as a disk loses them."""
    with closing(sqlite3.connect(file)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = dict(connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    with file.open("rb+") as held:
        for table in tables:
            held.seek((pages[table] - 1) * size)
            held.write(bytes(64))


BLANKED = (
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET sql = replace(sql, 'sealed BLOB NOT NULL', 'sealed BLOB') WHERE name = 'raws'",
    "PRAGMA writable_schema = RESET",
    "UPDATE raws SET sealed = NULL WHERE version = 1",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET sql = replace(sql, 'sealed BLOB', 'sealed BLOB NOT NULL') WHERE name = 'raws'",
    "PRAGMA writable_schema = RESET",
)
"""A cell that says nothing where nothing but bytes was ever written: damage that SQLite hands out without a word."""


def rulebook(**files: bytes) -> Rulebook:
    """A rulebook that is only its files."""
    return Rulebook(
        digest=digest({name: hashlib.sha256(body).hexdigest() for name, body in files.items()}), files=files
    )
