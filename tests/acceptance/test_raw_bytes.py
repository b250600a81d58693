"""RAW: no byte at rest, in a log or in an answer of a whole life of an installation tells who anybody is (PROMISES, "at rest").

In: invented people with rare names, in exports of three channels, in many spellings, in good rows and in bad ones; every command, run
well, refused, broken, cut off and killed. Out: whom a search of raw bytes finds, and where; it must be nobody, but in the inputs, and in
the one export that somebody asked for openly. Not here: what masking must find in free text (`test_masking`), whether sealed cells open.
"""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, partial
from itertools import product
from pathlib import Path

import pytest
import re2
from sqlalchemy import create_engine, inspect, text

from adapters.sheets import read_sheets, write_sheets
from cli.printing import plain
from cli.wiring import desk_of
from engine.config import KeyMaterial, write_keys
from engine.desk.quarantine import NUMBER
from engine.desk.reading import show
from engine.masking import card_number
from tests.conftest import KEYS
from tests.console import ACTOR, SCRIPT, SECRET, Console, Ran
from tests.postgres import PostgresServer

pytestmark = pytest.mark.xdist_group("raw bytes")

PEOPLE = 300
NOW, LATER = "2025-03-10T09:00:00", "2025-03-26T09:00:00"
RARE = [chr(code) for code in range(0x9C00, 0x9C78)]
"""Fish of the full script: no rule, label or text of the product has one."""

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")
_RADIO = str.maketrans("0123456789", "零幺二三四五六七八九")
PHONES: tuple[Callable[[str], str], ...] = (
    str,
    lambda p: f"{p[:3]} {p[3:7]} {p[7:]}",
    lambda p: f"{p[:3]}-{p[3:7]}-{p[7:]}",
    lambda p: f"+86{p}",
    lambda p: p.translate(_WIDE),
    lambda p: f"+86 {p[:3]}-{p[3:7]}-{p[7:]}",
    lambda p: p.translate(_SPOKEN),
    lambda p: p.translate(_RADIO),
    " ".join,
)
IN_COLUMNS = 6
CARDS: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    lambda n: f"{n[:6]} {n[6:14]} {n[14:]}",
    lambda n: " ".join(n[i : i + 4] for i in range(0, 18, 4)),
    lambda n: n.translate(_WIDE),
    lambda n: f"{n[:6]}-{n[6:14]}-{n[14:]}",
)
STORIES = (
    "我是{me}，楼上{them}漏水到我家，天花板起皮了，对方不肯修",
    "{them}拿着菜刀堵在门口扬言砍人，报警人{me}，快来人",
    "{me}反映{them}拖欠八个人的工资50万元，再不给就去堵门",
    "丈夫{them}喝了酒又动手打我，我叫{me}，脸上都是伤",
    "{me}要求{them}退还押金3800元，已经反映三次没有人管",
    "小区二十余户业主联名，{them}不修电梯，代表{me}",
    "{me}站在楼顶不想活了，家属{them}在劝",
)


# --- people ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented: a name of three rare characters, a phone of the township's range, an ID number of no existing county."""

    number: int
    name: str
    phone: str
    card: str

    def spelt(self, turn: int) -> tuple[str, str]:
        """Phone and ID number as some clerk writes them."""
        return PHONES[turn % len(PHONES)](self.phone), CARDS[turn % len(CARDS)](self.card)


def person(number: int) -> Person:
    """The person of a number, always the same one."""
    place, size = number * 7_919, len(RARE)
    name = "".join(RARE[place // size**power % size] for power in range(3))
    born = date(1950, 1, 1) + timedelta(days=place % 20_000)
    card = card_number(f"439999{born:%y%m%d}{number % 1000:03d}")
    assert card is not None
    return Person(number, name, f"199{number:08d}", card)


# --- the exports of three channels ----------------------------------------------------------------------------------------------------

FIELDS = (
    "id",
    "at",
    "link",
    "name",
    "phone",
    "card",
    "address",
    "area",
    "kind",
    "other",
    "more",
    "text",
    "feedback",
    "note",
)
HEADERS = {
    "police_110": "接警单编号 报警时间 关联主接警单编号 报警人 报警电话 证件号码 警情地址 所属乡镇 警情类别 对方当事人 补充接警内容 报警内容 处警反馈 备注",
    "hotline_12345": "工单编号 来电时间 关联工单编号 来电人 来电号码 证件号码 事发地址 事发区域 诉求类型 被投诉对象 工单标题 诉求内容 处置结果 备注",
    "petition": "信访编号 信访日期 关联信访编号 信访人 联系电话 证件号码 问题发生地 问题属地 内容分类 被反映人 信访标题 信访内容 办理结果 备注",
}
Row = dict[str, str]


def row_of(one: Person, other: Person) -> Row:
    """What a clerk writes down of somebody who complains of somebody else; every fifth row is bad, every eleventh odd."""
    n, turn = one.number, one.number // len(HEADERS)
    phone, card = one.spelt(turn)
    theirs, _ = other.spelt(turn + 3)
    home = f"柳塘村{n % 12 + 1}组{n}号"
    row = dict.fromkeys(FIELDS, "") | {
        "id": f"BH{n:08d}",
        "at": f"2025-03-{3 + n % 6:02d} {n % 24:02d}:{n % 60:02d}:00",
        "name": one.name,
        "phone": PHONES[turn % IN_COLUMNS](one.phone),
        "card": one.card,
        "address": home if turn % 4 else f"{home}{one.name}家，联系电话{phone}",
        "area": "云溪镇",
        "kind": "邻里纠纷",
        "other": other.name,
        "more": f"{one.name}再次来电，请回电{one.spelt(turn + 1)[0]}",
        "text": STORIES[turn % len(STORIES)].format(
            me=f"{one.name}，电话{phone}，身份证{card}", them=f"{other.name}（{theirs}）"
        ),
        "feedback": f"已联系{one.name}（{one.spelt(turn + 2)[0]}）和{other.name}（电话{theirs}），双方同意调解",
        "note": f"{one.name} {one.phone} {one.card}",
    }
    if n % 5 == 0:
        return BAD[turn // 5 % len(BAD)](row)
    return row if n % 11 else ODD[turn // 11 % len(ODD)](row)


def _lacking(row: Row, place: int) -> Row:
    """A cell is missing, and all after it stand one column too far left."""
    held = list(row.values())
    return dict(zip(FIELDS, [*held[:place], *held[place + 1 :], ""], strict=True))


def _pushed(row: Row, place: int) -> Row:
    """A stray separator, and all cells after it stand one column too far right."""
    held = list(row.values())
    return dict(zip(FIELDS, [*held[:place], "", *held[place:-1]], strict=True))


ODD: tuple[Callable[[Row], Row], ...] = (
    lambda row: _lacking(row, 2),
    lambda row: _pushed(row, 2),
    lambda row: _pushed(_pushed(row, 2), 2),
    lambda row: _lacking(_lacking(row, 2), 2),
)
"""Rows that can be read, with cells where they do not belong."""
BAD: tuple[Callable[[Row], Row], ...] = (
    lambda row: row | {"at": "昨天下午"},
    lambda row: row | {"at": f"昨天，回电{row['phone']}"},
    lambda row: row | {"id": ""},
    lambda row: row | {"at": "2099-01-01 08:00:00"},
    lambda row: _lacking(row, 1),
    lambda row: _lacking(row, 0),
    lambda row: row | {"id": row["phone"]},
    lambda row: row | {"id": row["card"]},
    lambda row: row | {"id": f"{row['name']}-{row['id']}"},
    lambda row: row | {"at": "不详", "torn": "torn"},
)


def astray(one: Person, row: Row) -> bool:
    """Whether names stand in a row where no header says that it is one: then nobody can know it for a name."""
    return row["name"] != one.name or "torn" in row


def write_exports(folder: Path, pairs: Sequence[tuple[Person, Person]]) -> dict[str, Path]:
    """The files of the three channels by kind: csv in GB18030, a workbook, JSON Lines."""
    rows: dict[str, list[Row]] = {kind: [] for kind in HEADERS}
    for one, other in pairs:
        rows[list(HEADERS)[one.number % len(HEADERS)]].append(row_of(one, other))
    paths = {kind: folder / name for kind, name in zip(HEADERS, ("110.csv", "12345.xlsx", "xf.jsonl"), strict=True)}
    police, hotline, petition = (_titled(kind, listed) for kind, listed in rows.items())
    paths["police_110"].write_bytes(b"".join(_csv_line(row) for row in (_titles("police_110"), *police)))
    write_sheets(paths["hotline_12345"], {"工单": [{**row, "torn": ""} for row in hotline]})
    paths["petition"].write_text("\n".join(map(_json_line, petition)), encoding="utf-8")
    return paths


def _titled(kind: str, rows: Sequence[Row]) -> list[Row]:
    """Rows by the headers of a kind; one that is to be torn keeps its mark."""
    names = dict(zip(FIELDS, HEADERS[kind].split(), strict=True))
    return [{names.get(name, name): cell for name, cell in row.items()} for row in rows]


def _titles(kind: str) -> Row:
    return {name: name for name in HEADERS[kind].split()}


def _csv_line(row: Row) -> bytes:
    """A line of a table; a torn one begins with a quote that nobody closes."""
    written = io.StringIO()
    csv.writer(written).writerow([cell for name, cell in row.items() if name != "torn"])
    return (('"' if "torn" in row else "") + written.getvalue()).encode("gb18030")


def _json_line(row: Row) -> str:
    """An object; a torn one ends in the middle of its last cell."""
    written = json.dumps(row, ensure_ascii=False)
    return written[: written.index("torn") - 4] if "torn" in row else written


# --- the search -----------------------------------------------------------------------------------------------------------------------

ENCODINGS: Mapping[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "GB18030": lambda c: c.encode("gb18030"),
    "UTF-16LE": lambda c: c.encode("utf-16-le"),
    "UTF-16BE": lambda c: c.encode("utf-16-be"),
    r"\u": lambda c: c.encode("unicode_escape"),
}
_DIGITS = {
    c: str(n % 10) for n, c in enumerate("0123456789０１２３４５６７８９零一二三四五六七八九〇幺二三四五六七八九")
}
_GAPS = " -－—.·\u3000\u00a0\u200b"
_PHONE, _CARD = 11, 17


@dataclass(frozen=True, order=True, slots=True)
class Found:
    """That a person stands somewhere; the same in two encodings, as digits are, is one finding."""

    number: int
    what: str
    encoding: str = field(compare=False)


@dataclass(frozen=True)
class Search:
    """Finds people in bytes: phones and ID numbers in any spelling, names; each in five encodings."""

    phones: Mapping[str, int]
    cards: Mapping[str, int]
    names: Mapping[str, int]

    @classmethod
    def of(cls, people: Sequence[Person]) -> Search:
        """A search for these people."""
        return cls(
            {p.phone: p.number for p in people},
            {p.card[:_CARD]: p.number for p in people},
            {p.name: p.number for p in people},
        )

    def found(self, blob: bytes) -> set[Found]:
        """Everybody whom these bytes tell of."""
        return {
            hit for encoding in ENCODINGS for hit in (*self._numbered(blob, encoding), *self._named(blob, encoding))
        }

    def _numbered(self, blob: bytes, encoding: str) -> Iterator[Found]:
        signs = _signs(encoding, "".join(_DIGITS))
        digit = _compiled(_any(list(signs)))
        for run in _runs(encoding).finditer(blob):
            digits = "".join(_DIGITS[signs[one.group()]] for one in digit.finditer(run.group()))
            for what, size, known in (("phone", _PHONE, self.phones), ("ID number", _CARD, self.cards)):
                windows = (digits[place : place + size] for place in range(len(digits) - size + 1))
                yield from (Found(known[window], what, encoding) for window in windows if window in known)

    def _named(self, blob: bytes, encoding: str) -> Iterator[Found]:
        signs, three = _signs(encoding, "".join(RARE)), _threes(encoding)
        size, at = len(next(iter(signs))), 0
        while match := three.search(blob, at):
            at, held = match.start() + 1, match.group()
            name = "".join(signs[held[place : place + size]] for place in range(0, 3 * size, size))
            if name in self.names:
                yield Found(self.names[name], "name", encoding)


@cache
def _signs(encoding: str, characters: str) -> dict[bytes, str]:
    return {ENCODINGS[encoding](character): character for character in characters}


@cache
def _runs(encoding: str) -> re2._Regexp:
    digit, gap = (_any(list(_signs(encoding, characters))) for characters in ("".join(_DIGITS), _GAPS))
    return _compiled(digit + b"(?:" + gap + b"{0,3}" + digit + b"){10,}")


@cache
def _threes(encoding: str) -> re2._Regexp:
    return _compiled(_any(list(_signs(encoding, "".join(RARE)))) + b"{3}")


def _any(signs: Sequence[bytes]) -> bytes:
    """A pattern for any of these byte sequences."""
    escaped = ["".join(f"\\x{byte:02x}" for byte in sign) for sign in signs]
    return f"(?:{'|'.join(escaped)})".encode()


@cache
def _compiled(pattern: bytes) -> re2._Regexp:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # type: ignore[attr-defined]  # bytes, not characters
    return re2.compile(pattern, options)


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and of what is packed in it."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


# --- the life of an installation ------------------------------------------------------------------------------------------------------

AT_REST = ("database", "installation", "temporary")
PARTS = (*AT_REST, "exports", "printed", "typed", "refused", "broken", "quoted")
_CUT = """
import os, resource, signal, cli
from engine.normalise.normaliser import Normaliser
from engine.store.arrivals import Arrivals
write, read = Arrivals.write_versions, Normaliser.normalise
def written(self, *given):
    write(self, *given)
    {cut}
def normalised(self, raw, known_at):
    {meet}
    return read(self, raw, known_at)
Arrivals.write_versions, Normaliser.normalise = written, normalised
cli.main()
"""
CUTS = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "traceback": "raise ZeroDivisionError('forced')",
    "disk full": "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))",
    "server gone": "self._connection.exec_driver_sql('SELECT pg_terminate_backend(pg_backend_pid())')",
}
QUOTED = "{}[next(cell for cell in raw.values.values() if '199' in str(cell))]"
"""A stage that looks a cell up where it is not: what Python says of it quotes the cell."""
_ALL = ("--limit", "1000000")
_BY_HAND = 2
"""So many records are looked at by one command each; the pages of all are made without a command for each."""


@dataclass
class Life:
    """An installation that has lived through everything; `told`: what every command printed, by part."""

    folder: Path
    people: Sequence[Person] = field(repr=False)
    url: str
    server: PostgresServer | None
    files: dict[str, Path] = field(default_factory=dict)
    told: dict[str, list[tuple[str, bytes]]] = field(default_factory=lambda: {part: [] for part in PARTS}, repr=False)
    read: int = 0
    kept: int = 0

    @property
    def office(self) -> Path:
        """The folder of the installation."""
        return self.folder / "office"

    @property
    def inputs(self) -> Path:
        """The folder of the files that are read."""
        return self.folder / "inputs"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files, from which nothing is removed."""
        return self.folder / "tmp"

    @property
    def exports(self) -> Path:
        """The folder of what commands export."""
        return self.folder / "exports"

    @property
    def opened(self) -> Path:
        """The export that was asked for openly."""
        return self.exports / "open.xlsx"

    @property
    def pairs(self) -> list[tuple[Person, Person]]:
        """Who complains of whom."""
        return list(zip(self.people, [*self.people[1:], *self.people[:1]], strict=True))

    @property
    def astray(self) -> set[int]:
        """Whose names stand where nobody can know them for names."""
        pairs = [pair for pair in self.pairs if astray(pair[0], row_of(*pair))]
        return {one.number for pair in pairs for one in pair}

    @property
    def console(self) -> Console:
        """A terminal in it."""
        return Console(self.office, {"TMPDIR": str(self.temporary)})

    def run(self, *arguments: object, part: str = "printed", code: int = 0) -> Ran:
        """A command inside this process, of the person in charge; what it printed is kept."""
        return self._keep(arguments, self.console.run(*arguments, **ACTOR), part, code)

    def cut(self, what: str, *arguments: object, meet: str = "pass", part: str = "broken", code: int = 3) -> None:
        """A command whose work is cut off when it has written rows; `meet`: what happens when it reads one."""
        program = _CUT.format(cut=CUTS.get(what, "pass"), meet=meet)
        self.child([sys.executable, "-c", program, *map(str, arguments)], what, part=part, code=code)

    def child(self, command: Sequence[object], what: str, *, part: str, code: int, out: int = subprocess.PIPE) -> None:
        """Any process in the folder of the installation; `out`: where its standard output goes, and then its exit code is its own affair."""
        environment = {**os.environ, **ACTOR, "TMPDIR": str(self.temporary)}
        done = subprocess.run(
            list(map(str, command)), cwd=self.office, env=environment, stdout=out, stderr=subprocess.PIPE, check=False
        )
        assert done.returncode == code or out != subprocess.PIPE, f"{what}: {done.returncode} {done.stderr.decode()}"
        self.told[part].append((what, b"\n".join((done.stdout or b"", done.stderr))))

    def _keep(self, arguments: Sequence[object], ran: Ran, part: str, code: int) -> Ran:
        assert ran.code == code, f"{arguments}: {ran.code} {ran.out}{ran.err}"
        words = [word for word in map(str, arguments) if word.isascii() and word.isalpha()]
        self.told[part].append((" ".join(words[:2]), f"{ran.out}\n{ran.err}".encode()))
        return ran

    def places(self, part: str) -> Iterator[tuple[str, bytes]]:
        """Every byte of a part, with the name of the place."""
        yield from self.told[part]
        if part == "database":
            yield from self._database()
        if part == "installation":
            yield from tree(self.office, without={self.office / "sanse.keys", *self.office.glob("sanse.db*")})
        if part == "exports":
            yield from tree(self.exports, without={self.opened})
        if part == "temporary":
            yield from tree(self.temporary)

    def _database(self) -> Iterator[tuple[str, bytes]]:
        """The files of the database, and its cells as they are read: a page ends where it likes, and long values may be packed."""
        if self.server is None:
            yield from ((path.name, path.read_bytes()) for path in sorted(self.office.glob("sanse.db*")))
        else:
            yield from tree(self.server.folder / "data")
            yield "server log", (self.server.folder / "log").read_bytes()
        yield from cells(self.url)


def tree(folder: Path, *, without: Collection[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """The bytes of every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in without:
            yield from ((str(path.relative_to(folder)), blob) for blob in contents(path))


def cells(url: str) -> Iterator[tuple[str, bytes]]:
    """The cells of every table, one under the other."""
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"'))
            yield f"table {table}", b"\n".join(_cell(cell) for row in rows for cell in row)
    engine.dispose()


def _cell(cell: object) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


@contextmanager
def lived(folder: Path, vendor: str, size: int) -> Iterator[Life]:
    """An installation of a vendor that has lived; its server, and a reader that keeps the WAL of SQLite, stay until the end."""
    with ExitStack() as stack:
        server, url = None, f"sqlite:///{folder / 'office' / 'sanse.db'}"
        if vendor == "postgresql":
            server = PostgresServer.start(durable=True)
            stack.callback(server.stop)
            url = server.url(server.create())
        life = Life(folder, [person(number) for number in range(1, size + 1)], url, server)
        for part in (life.inputs, life.exports, life.temporary):
            part.mkdir()
        patched = stack.enter_context(pytest.MonkeyPatch.context())
        patched.setattr(tempfile, "tempdir", str(life.temporary))
        patched.setattr(tempfile.TemporaryDirectory, "_rmtree", lambda *_, **__: None)
        life.files = write_exports(life.inputs, life.pairs)
        _begin(life)
        reader = stack.enter_context(create_engine(url, isolation_level="AUTOCOMMIT").connect())
        reader.execute(text("SELECT count(*) FROM meta")).scalar_one()
        live(life)
        reader.execute(text("CHECKPOINT" if server else "PRAGMA wal_checkpoint(PASSIVE)"))
        yield life


def live(life: Life) -> None:
    """Everything, in the order in which it happens to an installation."""
    for step in (_break_off, _take_in, _act, _look, _cure, _refuse):
        step(life)


def _begin(life: Life) -> None:
    """`init`, with keys that are the same in every run: so are digests, and none looks like a phone by chance in one run of many."""
    Console(life.folder).ok("init", life.office, "--clock", "simulated")
    keys, config = life.office / "sanse.keys", life.office / "config.yaml"
    keys.unlink()
    (life.office / "sanse.db").unlink()
    write_keys(keys, KeyMaterial(KEYS.index, KEYS.seal, KEYS.chain))
    said = config.read_text(encoding="utf-8").replace("sqlite:///sanse.db", life.url)
    size = max(20, len(life.people) // 12)
    config.write_text(said.replace("# batch_size: 1000", f"batch_size: {size}"), encoding="utf-8")
    life.console.ok("db", "upgrade")
    life.console.ok("people", "add", "王主任", "--role", "admin", SANSE_NEW_SECRET=SECRET)


def _ingest(life: Life, kind: str) -> tuple[object, ...]:
    return ("ingest", "--file", life.files[kind], "--source", kind, "--now", NOW)


def _break_off(life: Life) -> None:
    """Work that is cut off when rows are written and nothing is committed yet."""
    police = _ingest(life, "police_110")
    life.cut("killed", *police, code=-signal.SIGKILL)
    life.cut("traceback", *police)
    life.cut("disk full" if life.server is None else "server gone", *police, code=3)
    life.cut("quoted", *police, meet=QUOTED, part="quoted")


def _take_in(life: Life) -> None:
    life.run(*_ingest(life, "police_110"))
    for kind, file in life.files.items():
        told = life.run(*_ingest(life, kind), "--json").only
        life.read += told["read"]
        life.kept += told["unchanged"] + told["new"] + told["quarantined"]
        life.run("ingest", "--file", file, "--source", kind, "--map", "--yes")
        life.run("score", "--file", file, "--source", kind)
    assert life.read == life.kept == len(life.people)


def _act(life: Life) -> None:
    """What people do: they name somebody in every reason they write."""
    rows = [row for row in life.run("matters", "list", "--json").lines if row["code"]]
    codes = {row["colour"]: row["code"] for row in rows}
    by, green = ("--now", LATER), codes["green"]
    about = next(row["matter"] for row in rows if row["code"] == green)
    one, other = next(pair for pair in life.pairs if about.endswith(row_of(*pair)["id"]) and row_of(*pair)["id"])
    wrote = f"{one.name}（{one.phone}，{one.card}）同意，{other.name}电话{other.spelt(2)[0]}"
    life.run("matters", "act", green, "--kind", "contact", "--evidence", wrote, *by)
    life.run("matters", "override", green, "--to", "red", "--reason", wrote, *by)
    life.run("matters", "close", green, "--means", "调解", "--evidence", wrote, *by)
    life.run("matters", "reopen", green, "--reason", wrote, *by, "--json")
    life.run("matters", "merge", codes["red"], green, "--reason", wrote, *by)
    life.run("matters", "split", codes["red"], rows[-1]["matter"], "--reason", wrote, *by)


def _look(life: Life) -> None:
    """What looks at everything, as people and as programs read it."""
    ids = [row["matter"] for row in life.run("matters", "list", "--all", "--json").lines]
    life.run("matters", "list", "--all", *_ALL)
    for more in ((), ("--json",)):
        for one in ids[:: max(1, len(ids) // _BY_HAND)]:
            life.run("matters", "show", one, *more)
            life.run("explain", one, *more)
            life.run("explain", one, "--why-not", "R6", *more)
            life.run("replay", one, *more)
        life.run("replay", "--sample", "100", *more)
        life.run("audit", "verify", *more)
        life.run("db", "verify", "--deep", *more)
        life.run("people", "list", *more)
    life.run("audit", "anchor", "--now", LATER)
    life.run("replay", "--from-raw")
    life.run("doctor", code=1)
    life.run("db", "backup")
    with desk_of(life.office / "config.yaml") as desk:
        pages = (str(plain(show(desk, one))).encode() for one in ids)
        life.told["printed"].append(("every page of a matter", b"\n".join(pages)))


def _cure(life: Life) -> None:
    """The quarantine is listed, taken out masked and openly, corrected, tried again, dismissed."""
    one, masked, mended = life.people[6], life.exports / "masked.xlsx", life.exports / "mended.xlsx"
    wrote = f"核对{one.name}的电话{one.phone}"
    life.run("quarantine", "list", *_ALL)
    rows = life.run("quarantine", "list", *_ALL, "--json").lines
    life.run("quarantine", "export", "--file", masked)
    life.run("quarantine", "export", "--file", life.opened, "--unmask", "--reason", wrote)
    sheets: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in read_sheets(masked, header=NUMBER):
        at = next(name for name in ("报警时间", "来电时间", "信访日期") if name in row)
        sheets[at].append(row | {at: "2025-03-09 10:00:00"})
    write_sheets(mended, sheets)
    life.run("quarantine", "retry", "--file", mended, "--now", LATER)
    life.run("quarantine", "retry", "--now", LATER, "--json")
    life.run("quarantine", "list", *_ALL, "--json")
    left = [row["id"] for row in rows][-1]
    life.run("quarantine", "dismiss", left, "--reason", wrote, "--now", LATER)


def _refuse(life: Life) -> None:
    """What is typed wrong, files that are no exports, rules that are none: the answer says so."""
    one = life.people[8]
    typed = partial(life.run, part="typed", code=2)
    typed("matters", "show", f"SS2025-{one.phone}")
    typed("explain", f"police_110:{one.name}{one.phone}")
    typed("replay", one.card)
    typed("matters", "list", "--colour", one.phone)
    typed("audit", "verify", one.phone)
    headless = life.inputs / "headless.csv"
    headless.write_text(f"A1,2025-03-09,{one.name},{one.phone},{one.card},村口路灯坏了\n", encoding="utf-8")
    for command in (("ingest", "--now", NOW), ("score",)):
        life.run(*command, "--file", headless, "--source", "police_110", part="refused", code=2)
    rule = life.office / "rules" / "danger.yaml"
    sound = rule.read_bytes()
    rule.write_bytes(sound + "  - {id: R99, 备注: [".encode())
    life.run(*_ingest(life, "petition"), part="refused", code=2)
    rule.write_bytes(sound)
    _close_the_pipe(life)


def _close_the_pipe(life: Life) -> None:
    """Somebody stops reading what is printed."""
    end, out = os.pipe()
    os.close(end)
    try:
        life.child([SCRIPT, "matters", "list", "--all", "--json"], "closed pipe", part="broken", code=0, out=out)
    finally:
        os.close(out)


# --- what must hold -------------------------------------------------------------------------------------------------------------------


def leaks(life: Life, part: str) -> list[str]:
    """Who is found in a part of what an installation left, in words; at rest a bare name is too much, even where none can be known."""
    search, unknown = Search.of(life.people), set() if part in AT_REST else life.astray
    found = {
        (place, hit)
        for place, blob in life.places(part)
        for hit in search.found(blob)
        if hit.what != "name" or hit.number not in unknown
    }
    return [f"{part}: {place}: {hit.what} of person {hit.number} in {hit.encoding}" for place, hit in sorted(found)]


def unread(life: Life) -> list[str]:
    """What the search misses in the inputs, where everybody stands by name, phone and ID number."""
    search = Search.of(life.people)
    found = {(hit.number, hit.what) for _, blob in tree(life.inputs) for hit in search.found(blob)}
    wanted = {(one.number, what) for one in life.people for what in ("name", "phone", "ID number")}
    return [f"{what} of person {number} is not found in the inputs" for number, what in sorted(wanted - found)]


def loose(life: Life) -> list[str]:
    """What is wrong with the one file that may tell of people: it does not, or others may read it."""
    search, mode = Search.of(life.people), life.opened.stat().st_mode & 0o777
    told = any(search.found(blob) for blob in contents(life.opened))
    faults = {f"open.xlsx has mode {mode:o}": mode != 0o600, "open.xlsx tells of nobody": not told}
    return [fault for fault, true in faults.items() if true]


def promise(*, size: int, number: int) -> tuple[int, list[str]]:
    """The long run: `size` people on SQLite and on PostgreSQL; how many were looked for, and everybody who was found."""
    violations = []
    for vendor in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="sanse-raw-") as folder, lived(Path(folder), vendor, size) as life:
            found = [*(leak for part in PARTS for leak in leaks(life, part)), *unread(life), *loose(life)]
        violations += [f"{vendor}: {one}" for one in found]
    return size, violations


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """The life of the normal run."""
    with lived(tmp_path_factory.mktemp("raw"), request.param, PEOPLE) as made:
        yield made


def test_there_is_something_to_search(life: Life) -> None:
    """Everybody is in; the log of the database is there; what was thrown away while it ran is there, too."""
    places = {place for place, blob in life._database() if blob}
    assert life.read == PEOPLE
    if life.server is None:
        assert {"sanse.db", "sanse.db-wal", "sanse.db-shm"} <= places
    else:
        assert any(place.startswith("pg_wal/0") for place in places) and "server log" in places
    assert any(place.endswith("scratch.db") for place, _ in life.places("temporary"))


@pytest.mark.promise("RAW")
@pytest.mark.parametrize("part", PARTS)
def test_nobody_is_found(life: Life, part: str) -> None:
    assert any(blob for _, blob in life.places(part))
    found = leaks(life, part)
    assert found == [], "\n".join(found[:40])


def test_only_the_export_that_was_asked_for_openly_tells_of_people(life: Life) -> None:
    assert loose(life) == []


def test_the_search_finds_everybody_in_the_inputs(life: Life) -> None:
    assert unread(life) == []


def test_the_search_finds_what_is_planted_in_a_copy_of_the_database(life: Life) -> None:
    """In the middle of the largest file: of one person the phone, of the next the ID number, the name; in one encoding after another."""
    search, wanted = Search.of(life.people), set[tuple[int, str]]()
    blob = max((blob for _, blob in life._database()), key=len)
    before = search.found(blob)
    for turn, (encoding, what) in enumerate(product(ENCODINGS, ("phone", "ID number", "name"))):
        one = life.people[40 + turn]
        value = {"phone": one.phone, "ID number": one.card, "name": one.name}[what]
        place = len(blob) // 20 * (turn + 1)
        blob = blob[:place] + b"".join(map(ENCODINGS[encoding], value)) + blob[place:]
        wanted.add((one.number, what))
    assert {(hit.number, hit.what) for hit in search.found(blob) - before} >= wanted - {
        (h.number, h.what) for h in before
    }


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_search_finds_every_spelling(encoding: str) -> None:
    one = person(77)
    spelt = [("phone", spell(one.phone)) for spell in PHONES] + [("ID number", spell(one.card)) for spell in CARDS]
    for what, value in spelt:
        blob = b"".join(map(ENCODINGS[encoding], f"电话：{value}，"))
        assert (77, what) in {(hit.number, hit.what) for hit in Search.of([one]).found(blob)}, value
