"""R13: faults of five components, one at a time under a running service: told as what they are, seen in its health, over by themselves.

In: the number of a fault. Out: `Endured`. The service is the real one, round after round; the supplier and the receiver are
real servers on loopback, the database real SQLite or PostgreSQL. Only the clock is ours: a minute goes by between two rounds.
"""

from __future__ import annotations

import contextlib
import io
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import psycopg
import pytest
from sqlalchemy import create_engine, event, make_url

from cli.service import _Service
from engine.config import BackupConfig, ChannelConfig, Config, DatabaseConfig, NotifyConfig, ServiceConfig, SourceConfig
from engine.desk import Desk
from engine.errors import StoreError
from engine.model import Health, worst
from engine.ruleset import loader
from engine.scheduler.vitals import signs
from engine.store import open_store, upgrade
from tests.conftest import KEYS
from tests.installation import MORNING, ZONE, shipped, stages
from tests.postgres import PostgresServer
from tests.receivers import Receiver, Reply, receiver
from tests.source_server import Answer, Site, site

READING, STORING, SWEEPING, TELLING, BACKING_UP = "reading", "storing", "sweeping", "telling", "backing up"
"""The components."""
_MINUTE = timedelta(minutes=1)
_ROUNDS, _MOST = 4, 60
_PATIENCE = 1
_FEED, _SECRET = "police_110", "geheim"
_KNIFE, _LAMP = "邻居拿着菜刀上门扬言要砍死我们一家人", "村口的路灯坏了一个多星期没有人来修理"
_PEOPLE = ("13800000", "陈一", "柳树村", "菜刀")


@dataclass
class Endured:
    """What came of one fault: violations in words, and in how many minutes after its end everything was made up for."""

    component: str
    fault: str
    minutes: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass
class Centre:
    """A running installation with its supplier and its receiver, and what each of them does wrong."""

    folder: Path
    url: str
    site: Site
    receiver: Receiver
    rows: list[dict[str, str]]
    now: datetime = MORNING
    said: str = ""

    def __post_init__(self) -> None:
        config = Config(
            database=DatabaseConfig(url=self.url),
            clock="simulated",
            rules=str(loader.shipped()),
            sources=[_feed(self.site)],
            channels=[_channel(self.receiver)],
            service=ServiceConfig(tick="15s"),
            notify=NotifyConfig(give_up_after=100),
            backup=BackupConfig(every="1m", folder="kept", keep="1h"),
        ).at(self.folder)
        self.desk = Desk(config, open_store(self.url, KEYS), shipped(), lambda: self.now, [stages()], KEYS)
        self.service = _Service(self.desk, as_json=True)

    def arrive(self, text: str) -> None:
        """One more row at the supplier's, of somebody of his own."""
        number = len(self.rows) + 1
        self.rows.append(
            {
                "接警单编号": f"R{number:04d}",
                "报警时间": (self.now - _MINUTE).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
                "报警人": f"陈一{'一二三四五六七八九十'[number % 10]}",
                "报警电话": f"1380000{number:04d}",
                "警情地址": f"云溪镇柳树村{number}组",
                "警情类型": "纠纷",
                "报警内容": text,
            }
        )

    def round(self) -> None:
        """One round a minute later, and what was said in it."""
        self.now += _MINUTE
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(out):
            self.service.tick(lambda: False)
        out.flush()
        self.said += out.buffer.getvalue().decode()  # type: ignore[attr-defined]  # a BytesIO

    def health(self) -> Health:
        """How it says it is."""
        return worst(signs(self.desk, self.service.pulse))

    def well(self) -> bool:
        """Whether everything is done and nothing is to be seen to; not while the database cannot be asked."""
        try:
            return all(self.done().values()) and self.health() is Health.OK
        except StoreError:
            return False

    def done(self) -> Mapping[str, bool]:
        """Whether each thing that was to be done is done; raises StoreError."""
        told = b"".join(one.body for one in self.receiver.got)
        with self.desk.store.read() as view:
            records, backlogs = view.records_count(), view.backlogs(self.now)
            codes = [
                state.code
                for state in view.matter_states([f"{_FEED}:{row['接警单编号']}" for row in self.rows]).values()
            ]
        newest = max((path.name for path in (self.folder / "kept").glob("sanse-*.backup")), default="")
        stamp = f"sanse-{self.now - 5 * _MINUTE:%Y%m%dT%H%M%SZ}"
        return {
            READING: records == len(self.rows),
            STORING: records == len(self.rows),
            SWEEPING: all(backlog.overdue == 0 for kind, backlog in backlogs.items() if kind != "job"),
            TELLING: len(codes) == len(self.rows) and all(code.encode() in told for code in codes),
            BACKING_UP: newest > stamp,
        }


def _feed(place: Site) -> SourceConfig:
    return SourceConfig(
        name=_FEED,
        kind=_FEED,
        type="http",
        location=place.url,
        allowed_hosts=(f"localhost:{place.port}",),
        options={"private_hosts": ["localhost"], "timeout_seconds": _PATIENCE},
        every="1m",
    )


def _channel(place: Receiver) -> ChannelConfig:
    return ChannelConfig(
        name="值班平台",
        type="wecom",
        url=place.url,
        allowed_hosts=(f"localhost:{place.port}",),
        private_hosts=("localhost",),
        batch="1s",
        options={"timeout_seconds": _PATIENCE},
    )


@dataclass
class Wrong:
    """What the two servers do wrong at the moment; nothing while they are well."""

    supplier: Callable[[], Answer] | None = None
    receiver: Reply | None = None


Fault = Callable[[Centre, Wrong], AbstractContextManager[None]]


@contextmanager
def _supplier(answer: Callable[[], Answer], wrong: Wrong) -> Iterator[None]:
    wrong.supplier = answer
    yield
    wrong.supplier = None


@contextmanager
def _receiver(reply: Reply, wrong: Wrong) -> Iterator[None]:
    wrong.receiver = reply
    yield
    wrong.receiver = None


def _late() -> Answer:
    time.sleep(2 * _PATIENCE)
    return Answer([])


@contextmanager
def _no_names(_: Centre, __: Wrong) -> Iterator[None]:
    """Nobody resolves a name any more."""

    def unknown(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", unknown)
        yield


@contextmanager
def _sqlite_setting(centre: Centre, setting: str, back: str) -> Iterator[None]:
    """Every connection has a setting for a while."""
    engine = centre.desk.store._engine

    def prepared(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {setting}")

    engine.dispose()
    event.listen(engine, "connect", prepared)
    yield
    event.remove(engine, "connect", prepared)
    engine.dispose()
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {back}")
    engine.dispose()


def _full(centre: Centre, _: Wrong) -> AbstractContextManager[None]:
    """The disk is full: the file may not grow by a page."""
    with centre.desk.store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return _sqlite_setting(centre, f"max_page_count = {pages}", "max_page_count = 1073741823")


def _read_only(centre: Centre, _: Wrong) -> AbstractContextManager[None]:
    return _sqlite_setting(centre, "query_only = ON", "query_only = OFF")


@contextmanager
def _locked(centre: Centre, _: Wrong) -> Iterator[None]:
    """Another program holds the database and does not let go; nobody here waits for it as long as in production."""
    engine = centre.desk.store._engine

    def impatient(connection: Any, _: object) -> None:
        connection.execute("PRAGMA busy_timeout = 100")

    engine.dispose()
    event.listen(engine, "connect", impatient)
    with contextlib.closing(create_engine(centre.url).raw_connection()) as other:
        other.cursor().execute("BEGIN IMMEDIATE")
        yield
        other.rollback()
    event.remove(engine, "connect", impatient)
    engine.dispose()


def _administrator(centre: Centre) -> psycopg.Connection[Any]:
    folder = make_url(centre.url).query["host"]
    return psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True)


def _name(centre: Centre) -> str:
    return str(make_url(centre.url).database)


def _end_all(administrator: psycopg.Connection[Any], name: str) -> None:
    administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


@contextmanager
def _altered(centre: Centre, how: str, back: str) -> Iterator[None]:
    """The database is altered, and everybody connected to it sent away."""
    name = _name(centre)
    with _administrator(centre) as administrator:
        administrator.execute(f'ALTER DATABASE "{name}" {how}'.encode())
        _end_all(administrator, name)
        yield
        administrator.execute(f'ALTER DATABASE "{name}" {back}'.encode())
        _end_all(administrator, name)


def _server_read_only(centre: Centre, _: Wrong) -> AbstractContextManager[None]:
    how = "default_transaction_read_only"
    return _altered(centre, f"SET {how} = on", f"RESET {how}")


def _no_connections(centre: Centre, _: Wrong) -> AbstractContextManager[None]:
    return _altered(centre, "ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true")


@contextmanager
def _sent_away(centre: Centre, _: Wrong) -> Iterator[None]:
    """The server sends everybody away once, as when it is begun again."""
    with _administrator(centre) as administrator:
        _end_all(administrator, _name(centre))
    yield


@contextmanager
def _no_folder(centre: Centre, _: Wrong) -> Iterator[None]:
    """Where backups go stands a file."""
    folder, aside = centre.folder / "kept", centre.folder / "aside"
    folder.rename(aside)
    folder.write_text("", encoding="utf-8")
    yield
    folder.unlink()
    aside.rename(folder)


_HTTP: Mapping[str, Callable[[], Answer]] = {
    "500": lambda: Answer(status=500),
    "slow": _late,
    "not JSON": lambda: Answer(b"<html>502</html>"),
    "refused": lambda: Answer(status=403),
}
_REPLIES = {
    "500": Reply(status=500),
    "slow": Reply(pause=2 * _PATIENCE),
    "hangs up": Reply(hang_up=True),
    "not let in": Reply(status=401),
}
_SQLITE: Mapping[str, Fault] = {"disk full": _full, "read-only": _read_only, "locked": _locked}
_POSTGRESQL: Mapping[str, Fault] = {
    "read-only": _server_read_only,
    "no connections": _no_connections,
    "sent away": _sent_away,
}


def _faults() -> Iterator[tuple[str, str, str, Fault]]:
    """Component, fault, database, how."""
    for number, (name, answer) in enumerate(_HTTP.items()):
        vendor = ("sqlite", "postgresql")[number % 2]
        yield READING, name, vendor, lambda _, wrong, answer=answer: _supplier(answer, wrong)
    for number, (name, reply) in enumerate(_REPLIES.items()):
        vendor = ("sqlite", "postgresql")[number % 2]
        yield TELLING, name, vendor, lambda _, wrong, reply=reply: _receiver(reply, wrong)
    for component in (READING, TELLING):
        yield component, "no names", "sqlite", _no_names
    for component in (STORING, SWEEPING, TELLING, BACKING_UP):
        for vendor, of_vendor in (("sqlite", _SQLITE), ("postgresql", _POSTGRESQL)):
            for name, fault in of_vendor.items():
                yield component, name, vendor, fault
    yield BACKING_UP, "no folder", "sqlite", _no_folder


FAULTS = tuple(_faults())


def endured(folder: Path, url: str, component: str, name: str, fault: Fault) -> Endured:
    """A service that works, a fault while there is something to do for its component, and what comes after."""
    made, wrong = Endured(component, name), Wrong()
    upgrade(url, clock="simulated", at=MORNING)
    rows: list[dict[str, str]] = []
    with ExitStack() as stack:
        place = stack.enter_context(site(lambda _: wrong.supplier() if wrong.supplier else Answer(rows)))
        group = stack.enter_context(receiver(lambda _: wrong.receiver or Reply()))
        centre = Centre(folder, url, place, group, rows)
        stack.callback(centre.desk.close)
        centre.arrive(_KNIFE)
        for _ in range(3):
            centre.round()
        if not centre.well():
            made.violations.append(f"was not well before: {centre.done()} {signs(centre.desk, centre.service.pulse)}")
        centre.said = ""
        with fault(centre, wrong):
            centre.now += timedelta(days=8) if component == SWEEPING else timedelta(0)
            centre.arrive(_KNIFE)
            centre.arrive(_LAMP)
            seen = Health.OK
            for _ in range(_ROUNDS):
                centre.round()
                seen = max(seen, centre.health())
        made.violations += _told(centre, name, seen)
        while not centre.well() and made.minutes < _MOST:
            centre.round()
            made.minutes += 1
        if made.minutes == _MOST:
            made.violations.append(
                f"not over after {_MOST} minutes: {centre.done()} {signs(centre.desk, centre.service.pulse)}"
            )
        if not centre.desk.store.verify(deep=True).sound:
            made.violations.append("the database is not sound")
    return made


def _told(centre: Centre, name: str, seen: Health) -> Iterator[str]:
    """What was wrong with how the fault was told."""
    lines = [orjson.loads(line) for line in centre.said.splitlines()]
    wrong = [line for line in lines if line["level"] == "error" or line.get("refused")]
    if name != "sent away":
        if not wrong:
            yield "the fault was not told"
        if seen is Health.OK:
            yield "health was as ever"
    for line in wrong:
        if "程序内部出错" in str(line) or "程序错误" in str(line):
            yield f"no typed error: {line}"
    yield from (f"{word} was told" for word in _PEOPLE if word in centre.said)


def tried(number: int) -> Endured:
    """One of `FAULTS` in a folder and a database of its own."""
    component, name, vendor, fault = FAULTS[number]
    with TemporaryDirectory(prefix="sanse-fault-") as place, pytest.MonkeyPatch.context() as patched:
        folder = Path(place) / "centre"
        folder.mkdir()
        patched.setattr("adapters.sources.web._PAUSES", (0.0,))
        with _database(vendor, Path(place)) as url:
            return endured(folder, url, component, name, fault)


@contextmanager
def _database(vendor: str, folder: Path) -> Iterator[str]:
    """A URL of a database without tables."""
    if vendor == "sqlite":
        yield f"sqlite:///{folder / 'sanse.db'}"
        return
    server = PostgresServer.start()
    try:
        yield server.url(server.create("template0"))
    finally:
        server.stop()
