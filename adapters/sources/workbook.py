"""Workbooks read in a child process with limits, after a look at the zip directory.

In: the path of an xlsx, xls, xlsm, xlsb or ods file. Out: sheets as numbered rows of cells, native dates as ISO text.
Not here: finding the header (`rows`), opening the workbook (`workbook_child`, the child itself).
Limits: 200 MB unpacked, 2,000 entries, ratio 100 past 100 KiB, 512 MiB of address space, 30 s (PROMISES, attack table).
Rows come through a pipe as they are read, so the parent holds one row, whatever the workbook holds.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from adapters.sources.rows import HEADER_DEPTH, Cell, empty, headers_in
from engine.errors import SourceError

_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_ENTRIES = 2_000
_MAX_RATIO = 100
_RATIO_FROM = 100 * 1024
_MAX_OLE = 100 * 1024 * 1024
_SECONDS = 30
_PIECE = 1024 * 1024
_END, _END_REACH = b"PK\x05\x06", 22 + 65_535  # the record at the end of a zip, and how far from the end it can begin
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SheetRow = tuple[int, Sequence[Cell]]
"""A row of a workbook: unlike a row of a text file it can always be taken apart."""

_RESAVE = "用 Excel 打开后另存一份再导入"
_AS_CSV = "分成几个文件，或另存为 CSV 再导入"


def looks_like_workbook(path: Path) -> bool:
    """Whether a file begins as a zip or an old Office file does."""
    with path.open("rb") as file:
        return file.read(len(_OLE)).startswith((_ZIP, _OLE))


def workbook_sheets(
    path: Path, *, known_headers: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Iterator[SheetRow]]]:
    """Sheet names with their rows, in order; with known headers, sheets that name none of them are left out.

    When no sheet names one, the first that holds anything comes, for its reader to say what is wrong.
    Raises SourceError for a bomb, a damaged or locked file, and when a limit is passed.
    """
    _check(path)
    first: tuple[str, list[SheetRow]] | None = None
    found = False
    for sheet, triples in groupby(_child_rows(path), key=itemgetter(0)):
        filled = _filled(triples)
        top = list(islice(filled, HEADER_DEPTH))
        if not known_headers or any(headers_in(row, known_headers) for row in top):
            found = True
            yield sheet, chain(top, filled)
        elif top and first is None:
            first = sheet, top
    if first and not found:
        yield first[0], iter(first[1])


def _filled(triples: Iterable[tuple[str, int, list[Any]]]) -> Iterator[SheetRow]:
    for _, number, cells in triples:
        if not empty((number, cells)):
            yield number, cells


def _check(path: Path) -> None:
    """Refuse what is no workbook, and by the zip directory what would burst on unpacking; old files are bounded by size."""
    if not looks_like_workbook(path):
        raise _refused(
            path, "内容不是 Excel 表格，像是网页或文本改了后缀", f"{_RESAVE}；如果本来是文本，把后缀改成 .csv"
        )
    if path.stat().st_size > _MAX_OLE:
        raise _refused(path, f"文件超过 {_MAX_OLE // 2**20} MB", _AS_CSV)
    with path.open("rb") as file:
        if file.read(len(_ZIP)) == _ZIP:
            _check_directory(path)


def _check_directory(path: Path) -> None:
    try:
        _refuse_many(path, _declared(path))
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError) as fault:
        raise _refused(path, "文件已损坏或没有传完，打不开", f"重新下载，或{_RESAVE}") from fault
    unpacked = sum(entry.file_size for entry in entries)
    _refuse_many(path, len(entries))
    if unpacked > _MAX_UNPACKED:
        raise _refused(path, f"解压后有 {unpacked // 2**20} MB，超过 {_MAX_UNPACKED // 2**20} MB", _AS_CSV)
    swollen = [e for e in entries if e.file_size > _RATIO_FROM and e.file_size > _MAX_RATIO * max(e.compress_size, 1)]
    if swollen:
        name = swollen[0].filename[:60]
        raise _refused(path, f"部件 {name} 的压缩比异常", "如果确是正常表格，请用 Excel 另存为 CSV 再导入")


def _declared(path: Path) -> int:
    """How many parts the record at the end of the zip announces (APPNOTE 4.3.16); 0 where there is none to read."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_REACH))
        tail = file.read()
    place = tail.rfind(_END)
    return int.from_bytes(tail[place + 10 : place + 12], "little") if place >= 0 else 0


def _refuse_many(path: Path, parts: int) -> None:
    if parts > _MAX_ENTRIES:
        raise _refused(path, f"压缩包里有 {parts} 个部件，超过 {_MAX_ENTRIES} 个", "另存为 CSV 再导入")


def _refused(path: Path, what: str, hint: str) -> SourceError:
    return SourceError(what, where=path.name, hint=hint)


def _child_rows(path: Path) -> Iterator[tuple[str, int, list[Any]]]:
    """What the child prints; it is ended whatever happens to the reader of its rows."""
    root = str(Path(__file__).resolve().parents[2])
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "adapters.sources.workbook_child", str(path.resolve()), str(_SECONDS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8", "PATH": ""},
    )
    with child:
        try:
            assert child.stdout is not None
            for line in _timely_lines(path, child.stdout):
                yield _told(path, line)
            if child.wait(_SECONDS) != 0:
                raise _refused(path, "表格读不出来：所需内存或时间超过上限（512 MB、30 秒），或文件已损坏", _AS_CSV)
        finally:
            child.kill()


def _timely_lines(path: Path, stream: IO[bytes]) -> Iterator[bytes]:
    """Lines of the pipe; raises SourceError when the child says nothing for too long."""
    rest = b""
    while True:
        if not select.select([stream], [], [], _SECONDS)[0]:
            raise _refused(path, f"读取超过 {_SECONDS} 秒没有进展", "另存为 CSV 再导入")
        piece = stream.read1(_PIECE)  # type: ignore[attr-defined]
        if not piece:
            return
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole


def _told(path: Path, line: bytes) -> tuple[str, int, list[Any]]:
    """One line of the child: a row, or why there are no more."""
    told = json.loads(line)
    if isinstance(told, dict):
        raise _refused(path, f"表格读不出来：{told['what']}", told["hint"])
    return told[0], told[1], told[2]
