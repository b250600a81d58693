"""The promises with long runs: how each is tried a piece at a time, and what counts as a violation.

In: nothing. Out: `PROMISES`. Not here: order, state and table (`__main__`). Each piece is small enough to be begun again after a stop,
and gives trials and violations in words.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.store import upgrade
from tests.installation import Installation
from tests.postgres import PostgresServer

Outcome = tuple[int, list[str]]
"""Trials and violations of one piece."""

_FILES, _FILE_PIECE = 5_000, 250
_EVALUATIONS, _EVALUATION_PIECE = 1_000_000, 250_000
_POISON_ROWS = 10_000
_PAIRS, _RULEBOOKS, _READER_PIECES = 100_000, 2_000, 20
_ORDER_RECORDS, _ORDERS, _ORDER_SEED = 100_000, 20, 6
_KNOTS, _KNOT_PIECES = 24_000, 20
_CRASHES, _CRASH_PIECE = 250, 25
_CELLS = 10_000
_MATTERS, _KILLS, _CRUISES = 1_500, 120, 4
_OUTAGES = (1, 6, 12, 24, 36, 48, 60, 71, 72, 73, 84, 96, 120, 168, 240, 336, 480, 720, 1_440, 8_760)
_TAKEOVERS, _ASLEEP = 50, 5
_JUMPS, _JUMP_PIECE = 500, 25
_PEOPLE = 10_000
_SPANS, _SPAN_PIECES = 50_000, 10
_BACKUP_PIECES, _BACKUPS = 10, 5
_FAULTS = 35
_ROTATED = 20_000
_KILLED = (*[("sqlite", 100)] * 10, *[("postgresql", 100)] * 5, *[("server", 10)] * 10)
_CALL_PIECES = 10
_PREVIEWS, _PREVIEW_PIECES = 1_000, 10
_MIGRATED = (("sqlite", 50_000, 23), ("postgresql", 50_000, 22), ("sqlite", 1_000_000, 5))


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: `pieces` runs of `piece(number)`."""

    id: str
    title: str
    pieces: int
    piece: Callable[[int], Outcome]


def _evaluations(number: int) -> Outcome:
    """Quarters of a million: two with the collector paused in batches, two with it on."""
    from tests.promises.evaluations import apart

    made = apart(_EVALUATION_PIECE, paused=number % 2 == 0)
    wrong = [f"{made.wrong} judgements differ from the tracer's"] if made.wrong else []
    grown = [f"memory grew by {made.grown_kib} KiB"] if made.grown_kib >= 10 * 1024 else []
    return made.judged, [*wrong, *grown]


def _files(number: int) -> Outcome:
    """A stretch of files on SQLite or PostgreSQL in turn."""
    from tests.promises.accounting import account

    with _place("sqlite" if number % 2 else "postgresql") as place:
        made = account(place, range(number * _FILE_PIECE, (number + 1) * _FILE_PIECE))
    return made.trials, made.violations


def _poison(number: int) -> Outcome:
    from tests.promises.poison import poisoned

    vendor = ("sqlite", "postgresql")[number]
    with _place(vendor) as clean, _place(vendor) as dirty:
        made = poisoned(clean, dirty, _POISON_ROWS)
    return made.rows, [
        *(f"{id_} is missing" for id_ in made.missing),
        *(f"{id_} is judged otherwise than without the poison" for id_ in made.otherwise),
        *(f"{id_} is neither a record nor in quarantine" for id_ in made.unaccounted),
    ]


def _repeats(number: int) -> Outcome:
    """A sender killed at four points, on SQLite and PostgreSQL in turn."""
    from tests.promises.repeats import repeats

    with _url("sqlite" if number % 2 else "postgresql") as url:
        made = repeats(url, _CRASH_PIECE, seed=number)
    return made.trials, made.violations


def _readers(number: int) -> Outcome:
    from tests.property.readers import agreement

    rulebooks = _RULEBOOKS // _READER_PIECES
    made = agreement(seed=f"promise/{number}", rulebooks=rulebooks, pairs=_PAIRS // _READER_PIECES)
    return made.pairs, made.disagreements


def _orders(number: int) -> Outcome:
    """One drawn way of taking a township in, compared with taking it in once, in order."""
    from tests.orders import differences, drawn, picture, take, township, workers

    raws = township(_ORDER_RECORDS, seed=_ORDER_SEED)
    way = drawn(_ORDERS, _ORDER_SEED, batches=(500, 1_000, 2_000), most_workers=4)[number]
    expected, refused = _once()
    with _url("sqlite" if way.workers == 1 else "postgresql") as url, workers(way.workers) as pool:
        dropped = take(way, url, raws, pool)
        found = differences(expected, picture(url))
    lost = [f"{way}: {dropped} rows refused, {refused} before"] if dropped != refused else []
    return len(raws), [*lost, *(f"{way}: {line}" for line in found)]


@cache
def _once() -> tuple[Any, int]:
    """The township taken in once, in order, by one worker: its picture, and how many rows were refused."""
    from tests.orders import Way, picture, take, township

    raws = township(_ORDER_RECORDS, seed=_ORDER_SEED)
    with _url("sqlite") as url:
        refused = take(Way(0, 1_000), url, raws)
        return picture(url), refused


def _due_work(number: int) -> Outcome:
    """Matters of a month in the hands of one to four workers that are killed and stopped, on SQLite and PostgreSQL in turn."""
    from tests.promises.due_work import exactly_once

    with _place("sqlite" if number % 2 else "postgresql") as place:
        share = _MATTERS // _CRUISES
        made = exactly_once(place, matters=share, workers=number + 1, kills=_KILLS // _CRUISES, seed=number)
    return made.trials, made.violations


def _outages(number: int) -> Outcome:
    """Outages of twenty lengths, ten on either database."""
    from tests.promises.due_work import outage

    with _place("sqlite" if number else "postgresql") as place:
        tried = [outage(place, hours=hours, number=turn) for turn, hours in enumerate(_OUTAGES[number::2])]
    return sum(made.trials for made in tried), [line for made in tried for line in made.violations]


def _takeovers(number: int) -> Outcome:
    """Workers that sleep through their leases."""
    from tests.promises.takeover import overtaken

    with _place("sqlite" if number % 2 else "postgresql") as place:
        made = overtaken(place, first=0, count=_ASLEEP)
    return made.trials, made.violations


def _clocks(number: int) -> Outcome:
    """Months in which the clock is set forward and back; a trial is a month of three matters."""
    from tests.promises.due_work import jumping

    with _place("sqlite" if number % 2 else "postgresql") as place:
        tried = [jumping(place, number=number * _JUMP_PIECE + turn) for turn in range(_JUMP_PIECE)]
    return len(tried), [line for made in tried for line in made.violations]


def _faults(number: int) -> Outcome:
    """One fault of one component under a running service."""
    from tests.promises.faults import tried

    made = tried(number)
    return 1, [f"{made.component}, {made.fault}: {line}" for line in made.violations]


def _elsewhere(module: str, function: str, size: int) -> Callable[[int], Outcome]:
    """A long run that stands beside its short one: `function(size=, number=)` gives trials and violations."""

    def piece(number: int) -> Outcome:
        run = getattr(importlib.import_module(module), function)
        trials, violations = run(size=size, number=number)
        return int(trials), list(violations)

    return piece


@contextmanager
def _place(vendor: str) -> Iterator[Installation]:
    """A fresh installation in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="sanse-promise-") as folder, _url(vendor) as url:
        place = Installation(Path(folder), url)
        try:
            yield place
        finally:
            place.close()


@contextmanager
def _url(vendor: str) -> Iterator[str]:
    """A fresh database with every table, removed afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sanse-promise-")))
        url = f"sqlite:///{folder / 'sanse.db'}"
        if vendor == "postgresql":
            server = PostgresServer.start()
            stack.callback(server.stop)
            url = server.url(server.create())
        upgrade(url)
        yield url


def _backups(number: int) -> Outcome:
    """Backups while ten thousand records come in, each restored and gone on with; SQLite and PostgreSQL in turn."""
    from tests.backups import Load, under_load

    load = Load(records=10_000, seed=15 + number, batch=100)
    with tempfile.TemporaryDirectory(prefix="sanse-promise-") as folder, ExitStack() as stack:
        if number % 2:
            server = PostgresServer.start()
            stack.callback(server.stop)
            return under_load(Path(folder), lambda _: server.url(server.create("template0")), load, _BACKUPS)
        return under_load(Path(folder), lambda place: f"sqlite:///{place / 'sanse.db'}", load, _BACKUPS)


def _migrations(number: int) -> Outcome:
    """The schema of 0.1.0 with rows comes to this release, killed at statements spread over all of it."""
    from tests.migrations import killed_and_resumed

    vendor, rows, kills = _MIGRATED[number]
    with tempfile.TemporaryDirectory(prefix="sanse-promise-") as folder, ExitStack() as stack:
        url = f"sqlite:///{folder}/old.db"
        if vendor == "postgresql":
            server = PostgresServer.start()
            stack.callback(server.stop)
            url = server.url(server.create("template0"))
        return killed_and_resumed(url, "0001", rows, kills, seed=number)


def _killed(number: int) -> Outcome:
    """An ingest killed at random moments on SQLite and on PostgreSQL, and a PostgreSQL killed under it; where the kills came is printed."""
    from tests.promises.interrupted import interrupted, on_postgresql, on_sqlite, server_killed

    what, kills = _KILLED[number]
    if what == "server":
        made = server_killed(kills, seed=number)
    elif what == "sqlite":
        with on_sqlite() as fresh:
            made = interrupted(fresh, kills, seed=number)
    else:
        with on_postgresql() as (_, fresh):
            made = interrupted(fresh, kills, seed=number)
    print(f"    R1 {what}: {dict(made.places)}, {made.trials} trials", file=sys.stderr)
    return made.kills, made.violations


def _failed_calls(number: int) -> Outcome:
    """Every fifth call to the database of a whole run, from another one on each time; half of the pieces on either database."""
    from tests.promises.interrupted import on_postgresql, on_sqlite
    from tests.promises.nth_call import each_call

    step = _CALL_PIECES // 2

    def chosen(total: int) -> range:
        return range(1 + number // 2, total + 1, step)

    with ExitStack() as stack:
        fresh = stack.enter_context(on_postgresql())[1] if number % 2 else stack.enter_context(on_sqlite())
        made = each_call(fresh, chosen)
    return made.trials, made.violations


def _golden(number: int) -> Outcome:
    """The frozen logs of all releases; a trial is a line that was pinned."""
    from tests.promises.golden import pinned, releases, violations

    folders = releases()
    return sum(pinned(folder) for folder in folders), [
        f"{folder.name}: {line}" for folder in folders for line in violations(folder)
    ]


PROMISES = (
    Promise("R1", "读入随时被杀：不丢、不重、通知不成孤儿", len(_KILLED), _killed),
    Promise("R2", "通知至少送达一次，每次中断至多重发一次，编号不变", _CRASHES // _CRASH_PIECE, _repeats),
    Promise("R3", "每个到期的时刻恰好办一次，进程随时被杀、被停", _CRUISES, _due_work),
    Promise("R4", "停多久都不丢一个时限，红色先补", 2, _outages),
    Promise("R5", "睡过租约的进程写不进去", _TAKEOVERS // _ASLEEP, _takeovers),
    Promise("R7", "旧日志重放，与当时钉住的结论一致，不同之处写明原因", 1, _golden),
    Promise("R9", "时钟怎么跳，不早、不漏、不重", _JUMPS // _JUMP_PIECE, _clocks),
    Promise(
        "R10",
        "工作时间可加、单调、可逆，与逐日数的一致",
        _SPAN_PIECES,
        _elsewhere("tests.property.test_workdays", "promise", _SPANS // _SPAN_PIECES),
    ),
    Promise("R11", "每一行都有下落：损坏的、混编码的文件也一样", _FILES // _FILE_PIECE, _files),
    Promise("R12", "百分之一的坏行挡不住其余各行", 2, _poison),
    Promise("R19", "durable-rules 判一百万件，不丢、不涨内存", _EVALUATIONS // _EVALUATION_PIECE, _evaluations),
    Promise("R8", "四个判读器在十万对（规则集，来件）上一致", _READER_PIECES, _readers),
    Promise(
        "PREVIEW",
        "回测说的颜色和机判，就是新规则下从头读入的",
        _PREVIEW_PIECES,
        _elsewhere("tests.property.previews", "promise", _PREVIEWS // _PREVIEW_PIECES),
    ),
    Promise("R6", "任何次序、批量、进程数，结果相同", _ORDERS, _orders),
    Promise(
        "KNOTS",
        "几个人的来件缠在一起，一件一件地来，任何次序结果相同",
        _KNOT_PIECES,
        _elsewhere("tests.knots", "promise", _KNOTS // _KNOT_PIECES),
    ),
    Promise("R14", "任何一次数据库调用失败，说得清楚，重做后结果相同", _CALL_PIECES, _failed_calls),
    Promise("R13", "五个部件出毛病：说得出来，看得出来，过后自己补上", _FAULTS, _faults),
    Promise("R15", "边读入边备份，恢复到两批之间，接着做完结果相同", _BACKUP_PIECES, _backups),
    Promise("R16", "旧版本的库升级中途被杀，一行不少，接着升完", len(_MIGRATED), _migrations),
    Promise(
        "KEYS",
        "换密钥时被杀，接着换完，每一格都打得开",
        4,
        _elsewhere("tests.acceptance.test_rotation", "promise", _ROTATED),
    ),
    Promise(
        "RAW",
        "数据库、日志、导出里找不到一万人的明文",
        1,
        _elsewhere("tests.acceptance.test_raw_bytes", "promise", _PEOPLE),
    ),
    Promise(
        "ATTACK", "攻击表每一行都试过，没有一样得逞", 20, _elsewhere("tests.acceptance.test_attacks", "promise", _CELLS)
    ),
)
