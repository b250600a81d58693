"""Sheets: what is written comes back, as text, whatever it looks like."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from adapters.sheets import read_sheets, write_sheets
from engine.errors import UsageError

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=40)


def test_rows_of_several_sheets_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_sheets(path, {"110": [{"编号": 1, "内容": "吵架"}], "热线": [{"编号": 2, "标题": "漏水", "内容": None}]})
    assert read_sheets(path, header="编号") == [
        {"编号": 1, "内容": "吵架"},
        {"编号": 2, "标题": "漏水", "内容": ""},
    ]


def test_headers_are_all_that_any_row_has_in_the_order_they_are_met(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_sheets(path, {"s": [{"编号": 1}, {"编号": 2, "后来的": "x"}]})
    assert [cell.value for cell in next(load_workbook(path).active.iter_rows())] == ["编号", "后来的"]


@pytest.mark.parametrize("text", ["=1+1", "+86 139", "-2", "@SUM(A1)", "http://example.com", "0123", "1e5", "\t=cmd"])
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    write_sheets(path, {"s": [{"编号": 1, "内容": text}]})
    cell = load_workbook(path).active["B2"]
    assert (cell.data_type, cell.value, cell.hyperlink) == ("s", text, None)
    assert read_sheets(path, header="编号")[0]["内容"] == text


def test_names_that_a_workbook_refuses_are_changed_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    long = "某某镇综治中心每日从市级平台导出的十二三四五热线工单清单甲"
    wanted = ["a/b", "A_B", f"{long}一二三", f"{long}一二四", "[x]:*?'"]
    write_sheets(path, {name: [{"编号": n}] for n, name in enumerate(wanted)})
    names = load_workbook(path).sheetnames
    assert len({name.lower() for name in names}) == len(wanted)
    assert all(len(name) <= 31 for name in names)
    assert [row["编号"] for row in read_sheets(path, header="编号")] == [0, 1, 2, 3, 4]


def test_nothing_to_write_is_an_empty_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_sheets(path, {})
    assert load_workbook(path).sheetnames == ["空"]
    with pytest.raises(UsageError, match="里没有“编号”这一列"):
        read_sheets(path, header="编号")


def test_blank_rows_and_foreign_sheets_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_sheets(path, {"s": [{"编号": 1}, {"编号": None}, {"编号": 3}], "别人的": [{"姓名": "x"}]})
    assert [row["编号"] for row in read_sheets(path, header="编号")] == [1, 3]


def test_a_folder_that_is_not_there_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="文件写不了"):
        write_sheets(tmp_path / "no" / "a.xlsx", {"s": [{"编号": 1}]})
    with pytest.raises(UsageError, match="没有找到文件"):
        read_sheets(tmp_path / "a.xlsx", header="编号")


@settings(max_examples=15, deadline=None)
@given(cells=st.lists(TEXT, min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    path = tmp_path_factory.mktemp("sheets") / "a.xlsx"
    write_sheets(path, {"s": [{"编号": n, "内容": cell} for n, cell in enumerate(cells)]})
    assert [row["内容"] for row in read_sheets(path, header="编号")] == cells


def test_a_file_is_new_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_sheets(path, {"s": [{"编号": 1}]})
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(UsageError, match="已经有这个文件"):
        write_sheets(path, {})
    assert path.read_bytes() == before


def test_nothing_is_written_through_a_link_or_into_a_pipe_or_under_another_ending(tmp_path: Path) -> None:
    target = tmp_path / "target.xlsx"
    (tmp_path / "link.xlsx").symlink_to(target)
    os.mkfifo(tmp_path / "pipe.xlsx")
    for name in ("link.xlsx", "pipe.xlsx", "config.yaml", ""):
        with pytest.raises(UsageError):
            write_sheets(tmp_path / name, {"s": [{"编号": 1}]})
    assert not target.exists() and not (tmp_path / "config.yaml").exists()
