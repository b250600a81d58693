"""R14: whichever call to the database fails, what it said is told in Chinese without a word of a record, and the work done again comes to the same end.

In: databases, which calls. Out: `Tried`. Not here: what must be equal in the end (`supply.held`).

The work: a feed is taken in in two batches, its matters are judged, settled and dispatched; three days later those that are due are looked at again;
everybody is told through the console. Calls are counted where the store meets its driver: connecting, every statement, every COPY, every commit, and every
commit whose answer is lost though it took effect. The error is the driver's own, with the parameters in its second line, as PostgreSQL has it.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from sqlalchemy import Connection, Engine, event, select

from adapters.channels.console import ConsoleChannel
from cli.jobs import poll
from engine.errors import SanseError
from engine.model import ChannelSpec, Delivered, Message, Refused
from engine.notify import Terms
from engine.scheduler.matters import sweep
from engine.scheduler.messages import LEASE, Outlet, Post
from engine.settlement import MATTER
from engine.store import copying, dialects, open_store
from engine.store.dialects import _WRITES
from engine.store.message_tables import deliveries
from engine.store.outbox import NOT_SENT, SENT
from engine.store.tables import reviews
from tests.conftest import KEYS
from tests.installation import MORNING
from tests.orders import Picture, differences
from tests.promises.due_work import Tried
from tests.promises.interrupted import ENOUGH, Fresh
from tests.promises.supply import FEED, desk_at, faults, held, rows, supplier

ROWS, BATCH = 48, 24
_DUE = timedelta(days=3)
_COMMITS, _LOOKED = ("commit", "answer to a commit"), ("end of a view", "answer to the end of a view")
_CHINESE = re.compile("[一-鿿]")
_LATER = (timedelta(0), LEASE + timedelta(seconds=1))
"""Due work and messages are looked at twice, so that claims of whoever failed have lapsed the second time."""


@dataclass
class Calls:
    """Counts calls to the database; the one with the number `fails` fails."""

    fails: int = 0
    seen: int = 0
    names: list[str] = field(default_factory=list)
    writing: bool = False

    def call(self, name: str, said: object = None, error: type[Exception] = sqlite3.OperationalError) -> None:
        """One call; raises the driver's error when it is the one that fails."""
        self.seen += 1
        self.names.append(name)
        if self.seen == self.fails:
            raise error(f"disk I/O error\nDETAIL:  Failing row contains ({said})")

    def in_a_commit(self) -> bool:
        """Whether the call that fails is the commit of a transaction that writes."""
        return self.names[self.fails - 1] in _COMMITS

    def watch(self, engine: Engine) -> Engine:
        """Count every call of an engine."""
        error = sqlite3.OperationalError if engine.dialect.name == "sqlite" else psycopg.OperationalError
        commit = engine.dialect.do_commit

        def statement(_cursor: object, sql: str, parameters: object, _context: object) -> None:
            self.call(sql.split("(", maxsplit=1)[0][:60], parameters, error)

        def connect(*_: object) -> None:
            self.call("connect", error=error)

        def committed(connection: Any) -> None:
            names = _COMMITS if self.writing else _LOOKED
            self.call(names[0], error=error)
            commit(connection)
            self.call(names[1], error=error)

        def began(connection: Connection) -> None:
            self.writing = bool(connection.get_execution_options().get(_WRITES))

        event.listen(engine, "begin", began)
        event.listen(engine, "do_execute", statement)
        event.listen(engine, "do_executemany", statement)
        event.listen(engine, "do_connect", connect)
        engine.dialect.do_commit = committed  # type: ignore[method-assign]
        return engine


@contextmanager
def counted(calls: Calls) -> Iterator[Calls]:
    """Every engine that the store makes meanwhile is watched, and so is what goes past it."""
    create, copy = dialects.create_engine, copying.copy_in

    def copied(connection: Any, statement: str, given: Sequence[tuple[Any, ...]]) -> None:
        copy(connection, statement, _broken_off(calls, statement, given))

    with (
        mock.patch.object(dialects, "create_engine", lambda *a, **k: calls.watch(create(*a, **k))),
        mock.patch.object(copying, "copy_in", copied),
    ):
        yield calls


def _broken_off(calls: Calls, statement: str, given: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows on their way to the server, which may break off before the last."""
    yield from given[:-1]
    calls.call(statement[:60], given, psycopg.OperationalError)
    yield given[-1]


@dataclass
class Heard(ConsoleChannel):
    """The console, and the key of everything that it showed."""

    messages: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(ChannelSpec("屏幕"), lambda _: None)

    def deliver(self, message: Message) -> Delivered | Refused:
        self.messages.append((message.key, message.text))
        return super().deliver(message)


def work(url: str, folder: Path, heard: Heard) -> None:
    """All of it, from the first row to the last message; raises what a part of it raises."""
    now = [MORNING]
    desk = desk_at(url, folder, lambda: now[0], batch=BATCH)
    outlet = Outlet(heard, Terms("屏幕", per_minute=10_000, most_bytes=800))
    post = Post(desk.store, desk.clock, [outlet], desk.stages.terms.messages)
    try:
        poll(desk, FEED, lambda: None)
        for day in (timedelta(0), _DUE):
            for step in (lambda: sweep(desk.store, desk.stages, desk.clock, piece=10), post.run):
                for later in _LATER:
                    now[0] = MORNING + day + later
                    step()
    finally:
        desk.close()


def each_call(fresh: Fresh, chosen: Callable[[int], Iterable[int]]) -> Tried:
    """Let the calls fail that are chosen from so many, each in a run of its own that is then done again."""
    tried, told = Tried(), rows(ROWS)
    with tempfile.TemporaryDirectory(prefix="sanse-nth-") as name:
        folder = Path(name)
        supplier(folder, told)
        with fresh() as url:
            with counted(Calls()) as calls:
                work(url, folder, Heard())
            expected = _ended(url)
        for number in chosen(len(calls.names)):
            if len(tried.violations) >= ENOUGH:
                break
            with fresh() as url:
                tried.trials += 1
                where = f"call {number} ({calls.names[number - 1]})"
                tried.violations += [f"{where}: {line}" for line in _wrong(url, folder, number, told, expected)]
    return tried


def spread(most: int) -> Callable[[int], Iterable[int]]:
    """So many calls, from the first to the last."""
    return lambda total: sorted({1 + round(n * (total - 1) / (most - 1)) for n in range(most)})


def _wrong(url: str, folder: Path, number: int, told: Sequence[Mapping[str, str]], expected: Picture) -> Iterator[str]:
    """What is wrong when a call fails and the work is done again."""
    heard = Heard()
    with counted(Calls(number)) as calls:
        try:
            work(url, folder, heard)
            yield "nothing was said of it"
        except SanseError as fault:
            yield from _unfit(fault, told, committing=calls.in_a_commit())
        except Exception as fault:  # noqa: BLE001 -- anything that is no error of ours is what is looked for
            yield f"no error of ours: {type(fault).__name__}"
    work(url, folder, heard)
    yield from faults(url, told)
    yield from differences(expected, _ended(url))
    yield from _untold(url, heard)


def _unfit(fault: SanseError, told: Sequence[Mapping[str, str]], *, committing: bool) -> Iterator[str]:
    """What an error may not say, and must; of a commit that broke off nobody knows whether it took effect."""
    said = str(fault)
    if committing and "没有留下任何改动" in said:
        yield f"it says that nothing was kept: {said}"
    if not (_CHINESE.search(fault.what) and fault.hint):
        yield f"not in Chinese, or no hint: {said}"
    words = {word for row in told for word in row.values() if len(word) > 2}
    if "Failing row" in said or any(word in said for word in words):
        yield f"it quotes a record: {said}"


def _untold(url: str, heard: Heard) -> Iterator[str]:
    """Every delivery was sent, once or once more, and every repeat was the same message."""
    keys = Counter(key for key, _ in heard.messages)
    if len(set(heard.messages)) != len(keys) or sum(keys.values()) > len(keys) + 1:
        yield f"messages by key: {keys}"
    store = open_store(url, KEYS)
    with store.read() as view:
        for row in view._connection.execute(select(deliveries)):
            if row.parcel not in keys if row.state == SENT else row.state != NOT_SENT or not row.why:
                yield f"{row.notice} is {row.state}"
    store.close()


def _ended(url: str) -> Picture:
    """All that must be the same in the end: what `held` says, the looks that were taken and what is due next, without times."""
    store = open_store(url, KEYS)
    with store.read() as view:
        looks = view._connection.execute(select(reviews).order_by(reviews.c.item, reviews.c.due_at))
        found = {f"{row.item}/{row.due_at}": (row.trigger, row.changed) for row in looks}
        due = {row.item: (row.due.why,) for row in view.waiting(MATTER)}
        sent = Counter(view._connection.execute(select(deliveries.c.state)).scalars())
    store.close()
    return {**held(url), "reviews": found, "due": due, "deliveries": {state: (n,) for state, n in sent.items()}}
