"""Sheets: rows written to a workbook and read back after somebody has corrected them.

In: rows by sheet. Out: an xlsx file; rows by header. Not here: what the rows are. Text is written as text: a cell that begins with `=` is
no formula, and no cell becomes a link.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from adapters.sources.workbook import workbook_sheets
from engine.errors import UsageError

_MOST_NAMED = 20
_NAME_LENGTH = 31
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
_WIDTH = 24
_OWNER_ONLY = 0o600
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


def write_sheets(path: Path, sheets: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """One sheet for each name, with every header that a row of it has, in a new file that only its owner may read.

    Raises UsageError when the name is not one of a workbook, when anything stands there already (a file somebody has been
    correcting, a link that leads elsewhere), and when the file cannot be written.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"导出的文件名要以 .xlsx 结尾：{path}", hint="例如 quarantine.xlsx")
    content = _workbook(sheets)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        raise UsageError(f"已经有这个文件：{path}", hint="换一个文件名；已有的文件不会被盖掉") from None
    except OSError as fault:
        raise UsageError(f"文件写不了：{path}", hint="检查目录是否存在、是否有写入权限") from fault
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as fault:
        path.unlink()
        raise UsageError(f"文件写不了：{path}", hint="检查磁盘是否已满") from fault


def _workbook(sheets: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """The bytes of a workbook, made in memory: nothing of it is left in a folder for passing files."""
    import xlsxwriter

    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as workbook:
        bold = workbook.add_format({"bold": True})
        for name, rows in zip(_names(sheets), sheets.values(), strict=True):
            sheet = workbook.add_worksheet(name)
            headers = list(dict.fromkeys(header for row in rows for header in row))
            sheet.set_column(0, max(len(headers) - 1, 0), _WIDTH)
            sheet.freeze_panes(1, 0)
            for column, header in enumerate(headers):
                sheet.write_string(0, column, header, bold)
            for number, row in enumerate(rows, start=1):
                for column, header in enumerate(headers):
                    _write(sheet, number, column, row.get(header))
        if not sheets:
            workbook.add_worksheet("空")
    return buffer.getvalue()


def _names(sheets: Iterable[str]) -> list[str]:
    """Names that a workbook takes: short, without its signs, none twice whatever the case of its letters."""
    taken: set[str] = set()
    names = []
    for wanted in sheets:
        plain = wanted.translate(_NOT_IN_NAMES)
        name, number = plain[:_NAME_LENGTH], 1
        while name.lower() in taken:
            number += 1
            name = f"{plain[: _NAME_LENGTH - len(str(number)) - 1]}~{number}"
        taken.add(name.lower())
        names.append(name)
    return names


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, bool) or cell is None or isinstance(cell, str):
        sheet.write_string(row, column, "" if cell is None else str(cell))
    else:
        sheet.write_number(row, column, cell)


def read_sheets(path: Path, *, header: str) -> list[dict[str, Any]]:
    """The rows of every sheet whose first row has this header; raises UsageError when there is none, or a row says nothing below it."""
    read = [row for name in _sheets(path, header) for row in name]
    if not read:
        raise UsageError(f"{path.name} 里没有“{header}”这一列", hint="用 sanse quarantine export 导出的文件改")
    return read


def _sheets(path: Path, header: str) -> Iterator[list[dict[str, Any]]]:
    if not path.is_file():
        raise UsageError(f"没有找到文件：{path}", hint="检查路径")
    for sheet, rows in workbook_sheets(path, known_headers=frozenset({header})):
        held = list(rows)
        if not held or header not in held[0][1]:
            continue
        names = [str(cell) for cell in held[0][1]]
        filled = [(number, cells) for number, cells in held[1:] if any(cell not in (None, "") for cell in cells)]
        read = [
            (number, {name: cell for name, cell in zip(names, cells, strict=False) if name}) for number, cells in filled
        ]
        _refuse_unnumbered(path.name, sheet, [number for number, row in read if row.get(header) in (None, "")], header)
        yield [row for _, row in read]


def _refuse_unnumbered(file: str, sheet: str, numbers: Sequence[int], header: str) -> None:
    if numbers:
        shown = "、".join(map(str, numbers[:_MOST_NAMED]))
        raise UsageError(
            f"{file} 工作表“{sheet}”第{shown}行没有“{header}”",
            hint=f"手工加的行先删掉，另用 sanse ingest 读入；原来有{header}的，照导出时的填回去",
        )
