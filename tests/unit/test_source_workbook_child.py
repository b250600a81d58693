"""The child that opens workbooks: plain cells, faults that can be told, limits that hold."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from adapters.sources import workbook_child
from adapters.sources.workbook_child import plain, rows


@pytest.mark.parametrize(
    ("cell", "json_cell"),
    [
        (datetime(2024, 2, 29, 23, 59, 59), "2024-02-29T23:59:59"),
        (date(2025, 12, 31), "2025-12-31"),
        (time(8, 30), "08:30:00"),
        (timedelta(hours=25), "1 day, 1:00:00"),
        (3.0, 3),
        (3.5, 3.5),
        (float(2**63), float(2**63)),
        ("３", "３"),
        ("", ""),
        (True, True),
    ],
)
def test_cells_are_as_json_takes_them(cell: object, json_cell: object) -> None:
    assert plain(cell) == json_cell
    assert type(plain(cell)) is type(json_cell)


def written(path: Path, sheets: dict[str, list[list[object]]], *, at: tuple[int, int] = (0, 0)) -> str:
    with xlsxwriter.Workbook(str(path)) as workbook:
        for name, lines in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(at[0] + number, at[1], line)
    return str(path)


def test_every_row_of_every_sheet_with_its_number(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", {"一": [["编号", "内容"], ["J1", "吵架"]], "二": [["x"]]})
    assert list(rows(path)) == [["一", 1, ["编号", "内容"]], ["一", 2, ["J1", "吵架"]], ["二", 1, ["x"]]]


def test_columns_keep_their_place_when_the_first_are_blank(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", {"一": [["编号"], ["J1"]]}, at=(0, 2))
    assert [cells for _, _, cells in rows(path)] == [["", "", "编号"], ["", "", "J1"]]  # type: ignore[misc]


def test_an_empty_workbook_has_no_rows(tmp_path: Path) -> None:
    assert list(rows(written(tmp_path / "a.xlsx", {"空": []}))) == []


def test_a_workbook_with_the_wrong_ending_is_opened_by_its_content(tmp_path: Path) -> None:
    path = Path(written(tmp_path / "a.xlsx", {"一": [["编号"]]})).rename(tmp_path / "a.xls")
    assert list(rows(str(path))) == [["一", 1, ["编号"]]]


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 torn"])
def test_damage_is_the_last_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    (fault,) = rows(str(path))
    assert isinstance(fault, dict)
    assert "已损坏" in fault["what"]
    assert fault["hint"]


def test_as_a_process_it_prints_json_lines_and_ends_with_0(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", {"一": [["编号"], [7]]})
    child = subprocess.run(
        [sys.executable, workbook_child.__file__, path, "10"], capture_output=True, text=True, check=True
    )
    assert [json.loads(line) for line in child.stdout.splitlines()] == [["一", 1, ["编号"]], ["一", 2, [7]]]
