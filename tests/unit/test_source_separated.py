"""CSV rows: separators, quotes, and what cannot be taken apart."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources.rows import Unended, Unreadable
from adapters.sources.separated import FIELD_LIMIT, separated_rows


def read(tmp_path: Path, text: str) -> list[tuple[int, object]]:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    return list(separated_rows(path))


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_the_separator_is_found(tmp_path: Path, mark: str) -> None:
    assert read(tmp_path, f"编号{mark}内容\nJ1{mark}吵架\n") == [(1, ["编号", "内容"]), (2, ["J1", "吵架"])]


def test_indents_inside_a_cell_are_no_separators(tmp_path: Path) -> None:
    text = '编号,内容\nJ1,"\n\t\t\t\t\t\n\t\t\t\t\t吵架\n\t\t\t\t\t"\n'
    assert [len(row) for _, row in read(tmp_path, text)] == [2, 2]


def test_one_column_needs_no_separator(tmp_path: Path) -> None:
    assert read(tmp_path, "编号\nJ1\n") == [(1, ["编号"]), (2, ["J1"])]


def test_line_breaks_quotes_and_separators_inside_a_cell(tmp_path: Path) -> None:
    text = '编号,内容\r\nJ1,"他说：""滚""，\n然后,打了人"\r\n\r\nJ2,完\r\n'
    assert read(tmp_path, text) == [
        (1, ["编号", "内容"]),
        (2, ["J1", '他说："滚"，\n然后,打了人']),
        (3, []),
        (4, ["J2", "完"]),
    ]


@pytest.mark.parametrize(("end", "kind"), [("", Unended), ("\n", list), ("\r\n", list), ("\r", list)])
def test_a_last_row_without_a_line_break_says_so(tmp_path: Path, end: str, kind: type) -> None:
    rows = [row for _, row in read(tmp_path, f"编号,内容\nJ1,吵架\nJ2{end}")]
    assert [type(row) for row in rows] == [list, list, kind]


def test_nul_bytes_are_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "编号,内容\nJ\x001,吵\x00架\n")[1] == (2, ["J1", "吵架"])


def test_a_quote_that_nobody_closes_costs_one_row_only(tmp_path: Path) -> None:
    text = '编号,内容\nJ1,"砍人\nJ2,吵架\nJ3,"a\nb"\n'
    assert read(tmp_path, text) == [
        (1, ["编号", "内容"]),
        (2, Unreadable('J1,"砍人')),
        (3, ["J2", "吵架"]),
        (4, ["J3", "a\nb"]),
    ]


@pytest.mark.parametrize("text", ['编号,内容\nJ1,"砍人', '编号,内容\nJ1,"砍人\n'])
def test_a_quote_that_is_open_at_the_end(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == [(1, ["编号", "内容"]), (2, Unreadable('J1,"砍人'))]


def test_quotes_within_a_cell_are_taken_as_they_come(tmp_path: Path) -> None:
    assert read(tmp_path, '编号,内容\n"J"1,他说"滚"\nJ2,吵架\n')[1:] == [(2, ["J1", '他说"滚"']), (3, ["J2", "吵架"])]


def test_a_cell_of_ten_megabytes_is_one_unreadable_row(tmp_path: Path) -> None:
    begun = time.monotonic()
    rows = read(tmp_path, f"编号,内容\nJ1,{'长' * (10 * 2**20 // 3)}长{'x' * FIELD_LIMIT}\nJ2,短\n")
    assert [type(cells) for _, cells in rows] == [list, Unreadable, list]
    assert rows[2] == (3, ["J2", "短"])
    assert time.monotonic() - begun < 10


def test_an_open_quote_before_megabytes_costs_one_row_only(tmp_path: Path) -> None:
    count = FIELD_LIMIT // 40 + 1000
    rows = read(tmp_path, '编号,内容\nJ0,"开\n' + "".join(f"J{n},{'吵架' * 20}\n" for n in range(count)))
    assert sum(isinstance(cells, Unreadable) for _, cells in rows) == 1
    assert len(rows) == count + 2


def test_many_stray_quotes_end(tmp_path: Path) -> None:
    begun = time.monotonic()
    rows = read(tmp_path, "编号,内容\n" + 'J,"a\n' * 20_001)
    assert rows[0] == (1, ["编号", "内容"])
    assert sum("J" in str(cells) for _, cells in rows) >= 10_000
    assert time.monotonic() - begun < 20


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "") == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(st.sampled_from('ab,"\n\r \t;吵架'), max_size=6), min_size=2, max_size=4), max_size=8))
def test_what_python_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["编号,", ",内容"] * 30, *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(out.getvalue().encode())
    assert [cells for _, cells in separated_rows(path)][1:] == rows
