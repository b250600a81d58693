"""A supplier's database, installations that read it as a configured feed, and what such an installation holds in the end.

In: folders, URLs of databases with every table, a number of rows. Out: an open `Desk`; a `Picture` of everything that must not depend on how often the
work was interrupted. Not here: who interrupts it (`interrupted`, `nth_call`).

The rows are those of every day: the same callers again, rows that come twice, corrections, rows that cannot be read, some of them dangerous.
"""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Column as Col
from sqlalchemy import Integer as Int
from sqlalchemy import MetaData, Table, Text, create_engine, select

from engine import casework
from engine.config import ChannelConfig, Config, DatabaseConfig, SourceConfig
from engine.desk import Desk
from engine.store import Reading, open_store, tables
from engine.store.message_tables import outbox
from tests.conftest import KEYS
from tests.installation import MORNING, ZONE, shipped, stages
from tests.orders import Picture, picture

BY_CURSOR, BY_FILE = "sql", "file"
"""The two ways in: a database read on from the cursor, and a file read from its first row each time."""
FEED = "police_110"
HEADERS = ("接警单编号", "报警时间", "报警人", "报警电话", "警情地址", "警情类型", "报警内容")
TEXTS = (
    "楼上漏水把天花板泡坏了，双方为赔偿争吵不休",
    "因停车位双方争吵推搡，没有受伤",
    "邻居拿着菜刀上门扬言要砍死我们一家人",
    "麻将馆半夜吵闹，影响休息",
    "老板拖欠三个月工资30000元，一直不给",
    "村口的路灯坏了一个多星期没有人来修理",
)
UNREADABLE = "昨天"
_BAD = 0.15
_SUPPLIER = Table("calls", MetaData(), Col("n", Int, primary_key=True), *(Col(header, Text) for header in HEADERS))
_ADDED = ("read", "new", "unchanged", "updated", "quarantined")


def rows(count: int, seed: int = 1) -> list[dict[str, str]]:
    """So many rows of a fortnight up to `MORNING`, a village where people quarrel with their neighbours."""
    draw = random.Random(f"supply/{seed}")
    made: list[dict[str, str]] = []
    while len(made) < count:
        chance = draw.random()
        if made and chance < 0.1:
            made.append(dict(draw.choice(made)))
        elif made and chance < 0.2:
            held = draw.choice(made)
            made.append({**held, "报警内容": f"{held['报警内容']}，补充：对方又来了"})
        else:
            made.append(_row(draw, len(made)))
    return made


def _row(draw: random.Random, number: int) -> dict[str, str]:
    caller = draw.randrange(12)
    at = MORNING - timedelta(minutes=draw.randrange(1, 60 * 24 * draw.choice((1, 3, 14))))
    bad = draw.random() < _BAD
    told = UNREADABLE if bad else at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "接警单编号": f"S{number:05d}",
        "报警时间": told,
        "报警人": f"陈{'一二三四五六七八九十百千'[caller]}",
        "报警电话": f"1990000{caller:04d}",
        "警情地址": f"云溪镇柳树村{caller // 3}组",
        "警情类型": "纠纷",
        "报警内容": draw.choice(TEXTS[1:3] if bad else TEXTS),
    }


def supplier(folder: Path, told: Sequence[dict[str, str]]) -> None:
    """The supplier's database and the same rows as a file."""
    engine = create_engine(f"sqlite:///{folder / 'supplier.db'}")
    with engine.begin() as connection:
        _SUPPLIER.create(connection)
        connection.execute(_SUPPLIER.insert(), [{"n": n, **row} for n, row in enumerate(told, start=1)])
    engine.dispose()
    with (folder / "supplier.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        writer.writerows(told)


def desk_at(url: str, folder: Path, clock: Callable[[], datetime], *, way: str = BY_CURSOR, batch: int = 5) -> Desk:
    """An installation on a database, with the supplier's rows as its feed and the console as its channel."""
    query = "SELECT * FROM calls WHERE n > :cursor ORDER BY n"  # and it does not look back: each row is read once
    asked = {"query": query, "cursor_column": "n", "cursor_start": "0", "look_back": 0}
    feeds = {
        BY_CURSOR: SourceConfig(
            name=FEED, kind=FEED, type="sql", location=f"sqlite:///{folder / 'supplier.db'}", options=asked
        ),
        BY_FILE: SourceConfig(name=FEED, kind=FEED, location=str(folder / "supplier.csv")),
    }
    config = Config(
        database=DatabaseConfig(url=url),
        clock="simulated",
        batch_size=batch,
        sources=[feeds[way]],
        channels=[ChannelConfig(name="屏幕", type="console")],
    ).at(folder)
    return Desk(config, open_store(url, KEYS), shipped(), clock, [stages()], KEYS)


def held(url: str) -> Picture:
    """All that a database holds of the rows: the picture of law 7, where matters stand, what is told, what the books say; no time of ours."""
    store = open_store(url, KEYS)
    try:
        with store.read() as view:
            return {
                **picture(url),
                "standing": dict(_standing(view)),
                "outbox": dict(_outbox(view)),
                "actions": dict(_actions(view)),
                "books": {name: (count,) for name, count in books(view).items()},
            }
    finally:
        store.close()


def books(view: Reading) -> Counter[str]:
    """What the audit log says was read, all batches together, and where reading goes on."""
    total: Counter[str] = Counter(dict.fromkeys(_ADDED, 0))
    for row in view._connection.execute(select(tables.audit.c.payload).where(tables.audit.c.what == "ingest")):
        told = orjson.loads(row[0])
        total.update({name: told[name] for name in _ADDED})
    total["cursor"] = int(view.cursor(FEED) or 0)
    return total


def faults(url: str, told: Sequence[dict[str, str]], *, way: str = BY_CURSOR) -> Iterator[str]:
    """What is wrong with a database that took in all of these rows."""
    store = open_store(url, KEYS)
    verified = store.verify(deep=True)
    if not verified.sound:
        yield f"not sound: {verified.findings} {verified.audit.findings}"
    with store.read() as view:
        yield from _miscounted(view, told, way)
        yield from _orphans(view)
    store.close()


def _miscounted(view: Reading, told: Sequence[dict[str, str]], way: str) -> Iterator[str]:
    """Stored = distinct keys = accounted for; the cursor stands behind the last row."""
    total, counts = books(view), view.row_counts()
    good = {row["接警单编号"] for row in told if row["报警时间"] != UNREADABLE}
    versions = {tuple(row.values()) for row in told if row["报警时间"] != UNREADABLE}
    bad = {tuple(row.values()) for row in told if row["报警时间"] == UNREADABLE}
    if total["read"] != sum(total[name] for name in _ADDED[1:]):
        yield f"read is not new + unchanged + updated + quarantined: {total}"
    for what, found, due in (
        ("records", counts["sightings"], len(good)),
        ("new", total["new"], len(good)),
        ("versions", counts["versions"], len(versions)),
        ("new and updated", total["new"] + total["updated"], len(versions)),
        ("quarantined rows", counts["quarantine"], len(bad)),
    ):
        if found != due:
            yield f"{found} {what}, {due} in the source"
    if way == BY_CURSOR and (total["cursor"], total["read"]) != (len(told), len(told)):
        yield f"cursor at {total['cursor']}, read {total['read']} of {len(told)} rows"


def _orphans(view: Reading) -> Iterator[str]:
    """Every row of the outbox is about a matter, or a quarantined row, that is there; every dispatched matter was told of, or has the reason why not."""
    home = {row.id: row.matter for row in view._connection.execute(select(tables.sightings))}
    states = view.matter_states(list(home))
    bad = {f"Q{row[0]}" for row in view._connection.execute(select(tables.quarantine.c.n))}
    told = defaultdict(set)
    for row in view._connection.execute(select(outbox)):
        told[row.code].add(row.event or row.verdict)
        if row.code not in bad if not row.matter else home.get(row.matter) not in states:
            yield f"an orphan in the outbox: {row.key} about {row.matter or row.code}"
    for state in states.values():
        acted = view.actions_of([id_ for id_, matter in home.items() if matter == state.id], evidence=False)
        sent = any(action.kind == casework.DISPATCH for action in acted)
        if sent != bool(state.code) or (sent and not told[state.code]):
            yield f"{state.id}: dispatched {sent}, code {state.code or 'none'}, told {sorted(told[state.code])}"
    alarms = view._connection.execute(select(tables.quarantine.c.n).where(tables.quarantine.c.colour == 2))
    for row in alarms:
        if not told[f"Q{row[0]}"]:
            yield f"quarantined row {row[0]} is dangerous and nobody was told"


def _standing(view: Reading) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for row in view._connection.execute(select(tables.matters)):
        yield row.id, (row.code, row.status, row.episode, row.standing, row.route, row.history)


def _outbox(view: Reading) -> Iterator[tuple[str, tuple[Any, ...]]]:
    numbers: Counter[str] = Counter()
    for row in view._connection.execute(select(outbox).order_by(outbox.c.key)):
        if row.matter:
            numbers[row.code] += 1
            yield (
                f"{row.code}/{numbers[row.code]}",
                (row.matter, row.event, row.colour, row.route, row.verdict, row.state),
            )
        else:
            yield row.key, (row.event, row.colour, row.verdict, row.state)


def _actions(view: Reading) -> Iterator[tuple[str, tuple[Any, ...]]]:
    a = tables.actions.c
    numbers: Counter[str] = Counter()
    for row in view._connection.execute(select(a.matter, a.kind, a.level, a.actor).order_by(a.n)):
        numbers[row.matter] += 1
        yield f"{row.matter}/{numbers[row.matter]}", tuple(row)
