"""Workbooks that burst, that lie about their size, or that reach for something outside.

In: a folder, a seed. Out: bombs, lures and honest big files, and the row: bombs are refused before anything is unpacked or end in a child that
has limits, lures read nothing and reach nothing, honest files are read whole. Not here: what becomes of a formula (`formulas`).
"""

from __future__ import annotations

import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import xlsxwriter

from adapters.sources.files import FileSource
from engine.errors import SourceError
from engine.model import SourceSpec
from tests.attacks.measure import ENDLESS, MIB, Outcome, cpu_seconds, in_chinese

SECRET = "绝密内容七四一"
_SEED = 4
_SHEET = "xl/worksheets/sheet1.xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_HEADERS = ("接警单编号", "报警时间", "报警人", "报警电话", "警情地址", "警情类型", "报警内容")

Change = Callable[[str, bytes], bytes]


def plain(path: Path, rows: int = 3, seed: int = _SEED) -> Path:
    """An honest workbook."""
    rng = Random(f"workbook/{seed}")
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("一月")
        sheet.write_row(0, 0, _HEADERS)
        for row in range(1, rows + 1):
            told = "".join(rng.choices("邻居漏水争吵噪声路灯垃圾停车纠纷村口楼上赔偿", k=40))
            caller = f"1380000{rng.randrange(10_000):04d}"
            when = f"2025-03-{rng.randrange(1, 29):02d} 08:00:00"
            sheet.write_row(row, 0, (f"J{row}", when, "陈一一", caller, f"云溪镇柳树村{row % 9}组", "纠纷", told))
    return path


def _changed(path: Path, change: Change, more: Mapping[str, bytes] | None = None, level: int = 9) -> Path:
    """An honest workbook with its parts put through `change`, and with more parts."""
    plain(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: change(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as new:
        for name, data in {**parts, **(more or {})}.items():
            new.writestr(name, data)
    return path


def _same(_: str, data: bytes) -> bytes:
    return data


def _with(part: str, data: bytes) -> Change:
    """The workbook with another content of one part."""
    return lambda name, old: data if name == part else old


def _sheet(cells: str, *, dtd: str = "", dimension: str = "A1:G9") -> bytes:
    return (
        f'{_HEAD}{dtd}<worksheet {_MAIN}><dimension ref="{dimension}"/><sheetData>{cells}</sheetData></worksheet>'
    ).encode()


def _inline(text: str, place: str = "A1") -> str:
    return f'<row r="{place[1:]}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def _lied(path: Path, size: int) -> Path:
    """A part that says in every directory that it is small."""
    path = _changed(path, _with(_SHEET, _sheet(_inline("a" * (80 * MIB)))))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        (entry,) = [entry for entry in archive.infolist() if entry.filename == _SHEET]
    data[entry.header_offset + 22 : entry.header_offset + 26] = struct.pack("<I", size)
    name = data.rindex(_SHEET.encode())
    data[name - 22 : name - 18] = struct.pack("<I", size)
    path.write_bytes(data)
    return path


def _overlapping(path: Path, more: int, size: int) -> Path:
    """Many directory entries for one compressed part, as the better zip bombs have them."""
    _changed(path, _same, {"xl/media/a": b"\0" * size}, level=1)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        start, count = archive.start_dir, len(archive.infolist())
    end = data.rindex(b"PK\x05\x06")
    last = data.rindex(b"PK\x01\x02", start, end)
    directory = data[start:end] + data[last:end] * more
    total = count + more
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, total, total, len(directory), start, 0)
    path.write_bytes(data[:start] + directory + tail)
    return path


def _entities(path: Path) -> Path:
    """A billion laughs in the sheet."""
    lines = ['<!ENTITY a0 "haha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))]
    return _changed(
        path,
        _with(_SHEET, _sheet(_inline("接警单编号") + _inline("&a9;", "A2"), dtd=f"<!DOCTYPE x [{''.join(lines)}]>")),
    )


def _cut(path: Path) -> Path:
    """A torn file with the right beginning."""
    path.write_bytes(plain(path).read_bytes()[:-400])
    return path


def _old(path: Path) -> Path:
    """An old Office file that is all of one hundred and one megabytes, and holes."""
    with path.open("wb") as file:
        file.write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        file.truncate(101 * MIB)
    return path


def _many(path: Path, count: int) -> Path:
    return _changed(path, _same, {f"xl/media/{n}": b"" for n in range(count)})


def _wide(path: Path) -> Path:
    """Two cells in opposite corners: a table of seventeen thousand million."""
    cells = _inline("接警单编号") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return _changed(path, _with(_SHEET, _sheet(cells, dimension="A1:XFD1048576")))


BOMBS: Mapping[str, Callable[[Path], Path]] = {
    "zeros": lambda path: _changed(path, _same, {"xl/media/a": b"\0" * (190 * MIB)}),
    "one cell of 60 MB": lambda path: _changed(path, _with(_SHEET, _sheet(_inline("a" * (60 * MIB))))),
    "a swollen string table": lambda path: _changed(path, _with("xl/sharedStrings.xml", b" " * (40 * MIB))),
    "eleven parts of 20 MB": lambda path: _changed(path, _same, {f"xl/media/{n}": b"x" * (20 * MIB) for n in range(11)}),
    "2,500 parts": lambda path: _many(path, 2_500),
    "60,000 names of one part": lambda path: _overlapping(path, 60_000, 9),
    "overlapping parts": lambda path: _overlapping(path, 300, 2 * MIB),
    "a lie about its size": lambda path: _lied(path, 4_000),
    "a lie of nothing": lambda path: _lied(path, 0),
    "torn": _cut,
    "101 MB of an old file": _old,
    "a table as wide as Excel": _wide,
    "a billion laughs": _entities,
}  # fmt: skip


def _external(path: Path, url: str) -> Path:
    """A workbook that links to another one, shows a picture of the net and asks for data when opened."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{relation}/{kind}" Target="{url}/{kind}" TargetMode="External"/>'
        for n, kind in enumerate(("externalLinkPath", "image", "oleObject", "attachedTemplate", "hyperlink"), 90)
    )
    held = f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
    names = ("xl/worksheets/_rels/sheet1.xml.rels", "xl/externalLinks/_rels/externalLink1.xml.rels")
    return _changed(path, _same, dict.fromkeys(names, held.encode()))


def _foreign(path: Path, entity: str) -> Path:
    """A sheet whose first cell is an entity from elsewhere."""
    dtd = f"<!DOCTYPE x [{entity}]>"
    head = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for column, name in zip("ABCDEFG", _HEADERS, strict=True)
    )
    return _changed(path, _with(_SHEET, _sheet(f'<row r="1">{head}</row>{_inline("&x;", "A2")}', dtd=dtd)))


def _lures(path: Path, secret: Path, url: str) -> dict[str, Callable[[], Path]]:
    """Workbooks that would read a file or call a server."""
    return {
        "an entity of a file": lambda: _foreign(path, f'<!ENTITY x SYSTEM "{secret.as_uri()}">'),
        "an entity of a server": lambda: _foreign(path, f'<!ENTITY x SYSTEM "{url}/x">'),
        "a parameter entity": lambda: _foreign(path, f'<!ENTITY % p SYSTEM "{url}/dtd"> %p; <!ENTITY x "y">'),
        "a foreign DTD": lambda: _changed(
            path, _with("xl/workbook.xml", f'{_HEAD}<!DOCTYPE x SYSTEM "{url}/dtd"><workbook {_MAIN}/>'.encode())
        ),
        "external links": lambda: _external(path, url),
        "a part that climbs out": lambda: _changed(path, _same, {"../../../climbed.txt": b"x", "/climbed.txt": b"x"}),
    }


def read(path: Path) -> list[str]:
    """The rows of a file as the product reads them."""
    known = frozenset(_HEADERS)
    return [str(raw.values) for raw in FileSource(SourceSpec("a", "police_110", known, str(path))).read()]


def row(folder: Path, honest: int, rows: int) -> Outcome:
    """Every bomb, every lure, and so many honest big files."""
    violations = [fault for name, make in BOMBS.items() for fault in _bomb(name, make(folder / "bomb.xlsx"))]
    secret = folder / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    with listener() as (port, callers):
        lures = _lures(folder / "lure.xlsx", secret, f"http://127.0.0.1:{port}")
        for name, make in lures.items():
            violations += _lure(name, make())
        violations += [f"a lure called the server {len(callers)} times"] if callers else []
    climbed = [*folder.rglob("climbed.txt"), *(above / "climbed.txt" for above in (folder, *folder.resolve().parents))]
    violations += [f"{found} was written" for found in climbed if found.exists()]
    for number in range(honest):
        violations += _honest(folder / "honest.xlsx", rows * (number + 1), number)
    return len(BOMBS) + len(lures) + honest, violations


def _bomb(name: str, path: Path) -> list[str]:
    """What is wrong with how a bomb is refused."""
    said: list[str] = []

    def refused() -> None:
        try:
            read(path)
            said.append("")
        except SourceError as fault:
            said.append(f"{fault.what} {fault.hint}" if fault.what and fault.hint else "")

    seconds = cpu_seconds(f"workbooks: {name}", refused)
    found = [] if said and in_chinese(said[0]) else [f"{name}: not refused in Chinese"]
    return found + ([f"{name}: {seconds * 1000:.0f} ms of processor time"] if seconds > ENDLESS else [])


def _lure(name: str, path: Path) -> list[str]:
    try:
        shown = "".join(read(path))
    except SourceError as fault:
        return [] if in_chinese(fault.what) and SECRET not in str(fault) else [f"{name}: {fault}"]
    return [f"{name}: the secret came out"] if SECRET in shown else []


def _honest(path: Path, rows: int, seed: int) -> list[str]:
    try:
        count = len(read(plain(path, rows, seed)))
    except SourceError as fault:
        return [f"an honest file of {rows} rows is refused: {fault.what}"]
    return [] if count == rows else [f"an honest file of {rows} rows gave {count}"]


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port of loopback and whoever connected to it."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                callers.append(str(address))
                connection.close()

        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1], callers
        server.shutdown(socket.SHUT_RDWR)
