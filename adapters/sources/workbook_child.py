"""The child process that opens a workbook: limits first, then one JSON line per row on standard output.

In: a path and the seconds of processor time it may take, as arguments. Out: `[sheet, row, cells]` per row, or `{what, hint}` for a fault.
Not here: what the rows mean, and everything that outlives a bomb (`workbook`).
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, load_workbook

_MEMORY = 512 * 1024 * 1024
_EXACT = 10**15


def plain(value: object) -> Any:
    """A cell as JSON takes it: times as ISO text, whole numbers without a fraction.

    A number of more than 15 digits stays inexact, as a spreadsheet holds it: nobody must take it for what was once written.
    """
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return float(value) if isinstance(value, int) and abs(value) >= _EXACT else value


def opened(path: str) -> CalamineWorkbook:
    """The workbook by its ending, which tells best what is wrong with it, else by its content."""
    try:
        return load_workbook(path)
    except PasswordError:
        raise
    except CalamineError as fault:
        try:
            with Path(path).open("rb") as file:
                return load_workbook(file)
        except CalamineError:
            raise fault from None


def rows(path: str) -> Iterator[object]:
    """Every row of every sheet, then nothing; a fault that can be told is the last line."""
    try:
        with opened(path) as workbook:
            for name in workbook.sheet_names:
                sheet = workbook.get_sheet_by_name(name)
                margin = [""] * (
                    sheet.start[1] if sheet.start else 0
                )  # iter_rows leaves out the blank columns before the first
                for number, cells in enumerate(sheet.iter_rows(), start=1):
                    yield [name, number, margin + [plain(cell) for cell in cells]]
    except PasswordError:
        yield {"what": "文件加了密码", "hint": "去掉密码另存一份再导入"}
    except (CalamineError, OSError, ValueError) as fault:
        yield {"what": f"文件已损坏（{str(fault)[:200]}）", "hint": "用 Excel 打开后另存一份再导入"}
    except MemoryError:
        yield {"what": "所需内存超过 512 MB", "hint": "分成几个文件，或另存为 CSV 再导入"}


def main(path: str, seconds: int) -> int:
    """Print the rows of a workbook under limits; the exit code is 0 also for a fault that could be told."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in rows(path):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
