"""Workbooks read in a child process with limits, after a look at the zip directory.

In: the path of an xlsx, xls, xlsm, xlsb or ods file. Out: sheets as numbered rows of cells, native dates as ISO text.
Not here: finding the header (`rows`). Run as a module it is the child: one JSON line per row on standard output.
Limits: 200 MB unpacked, 2,000 entries, ratio 100 past 100 KiB, 512 MiB of address space, 30 s (PROMISES, attack table).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from engine.errors import SourceError

_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_ENTRIES = 2_000
_MAX_RATIO = 100
_RATIO_FROM = 100 * 1024
_MAX_OLE = 100 * 1024 * 1024
_MEMORY = 512 * 1024 * 1024
_SECONDS = 30
_FAULT = "fault"


def workbook_sheets(path: Path, *, known_headers: frozenset[str] = frozenset()) -> Iterator[tuple[str, Iterator[Any]]]:
    """Sheet names with their rows, in order; with known headers, other sheets than those that name one are left out.

    Raises SourceError for a bomb, a damaged or locked file, and when a limit is passed.
    """
    _check_directory(path)
    sheets: dict[str, list[tuple[int, list[Any]]]] = {}
    for sheet, number, cells in _child_rows(path):
        sheets.setdefault(sheet, []).append((number, cells))
    named = [name for name, rows in sheets.items() if _names_one(rows, known_headers)]
    for name in named or list(sheets)[:1]:
        yield name, iter(sheets[name])


def _names_one(rows: list[tuple[int, list[Any]]], known: frozenset[str]) -> bool:
    return any(str(cell).strip() in known for _, cells in rows[:10] for cell in cells if cell is not None)


def _check_directory(path: Path) -> None:
    """Refuse by the zip directory what would burst on unpacking; old xls files are bounded by size."""
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > _MAX_OLE:
            raise _refused(path, "文件超过 100 MB", "分成几个文件再导入")
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as fault:
        raise _refused(path, "文件已损坏，打不开", "用 Excel 打开后另存一份再导入") from fault
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MAX_ENTRIES:
        raise _refused(path, f"压缩包里有 {len(entries)} 个部件，超过 {_MAX_ENTRIES} 个", "另存为 CSV 再导入")
    if unpacked > _MAX_UNPACKED:
        raise _refused(path, f"解压后有 {unpacked // 2**20} MB，超过 200 MB", "分成几个文件，或另存为 CSV 再导入")
    swollen = [e for e in entries if e.file_size > _RATIO_FROM and e.file_size > _MAX_RATIO * max(e.compress_size, 1)]
    if swollen:
        raise _refused(
            path, f"部件 {swollen[0].filename[:60]} 的压缩比异常", "如果确是正常表格，请用 Excel 另存为 CSV 再导入"
        )


def _refused(path: Path, what: str, hint: str) -> SourceError:
    return SourceError(what, where=path.name, hint=hint)


def _child_rows(path: Path) -> Iterator[tuple[str, int, list[Any]]]:
    command = [sys.executable, "-m", "adapters.sources.workbook", str(path.resolve())]
    root = str(Path(__file__).resolve().parents[2])
    environment = {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8", "PATH": ""}
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, env=environment)
    except subprocess.TimeoutExpired as fault:
        raise _refused(path, f"读取超过 {_SECONDS} 秒", "另存为 CSV 再导入") from fault
    if done.returncode != 0:
        raise _refused(
            path, "表格读不出来（已损坏、加了密码，或所需内存超过 512 MB）", "用 Excel 打开后另存一份不带密码的再导入"
        )
    for line in done.stdout.splitlines():
        sheet, number, cells = json.loads(line)
        if sheet == _FAULT and number == 0:
            raise _refused(path, f"表格读不出来：{cells[0]}", "用 Excel 打开后另存一份再导入")
        yield sheet, number, cells


def _plain(value: object) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _child(path: str) -> int:
    """Print every row of every sheet; the exit code is 0 also for a fault that could be told."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    from python_calamine import CalamineError, CalamineWorkbook  # after the limits: the child alone pays for it

    out = sys.stdout
    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for number, cells in enumerate(rows, start=1):
                print(json.dumps([name, number, [_plain(c) for c in cells]], ensure_ascii=False), file=out)
    except (CalamineError, OSError, ValueError) as fault:
        print(json.dumps([_FAULT, 0, [str(fault)[:200]]], ensure_ascii=False), file=out)
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1]))
