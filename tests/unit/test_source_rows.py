"""Rows to records: where the header stands, what columns are called, which rows are data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources.rows import UNREADABLE, Unended, Unreadable, records, unique_names
from engine.errors import SourceError
from engine.model import TORN, SourceSpec

KNOWN = frozenset({"编号", "时间", "内容", "报警人", "报警人姓名", "电话", "对方姓名"})
SPEC = SourceSpec("town", "police_110", KNOWN)


def read(rows: list[Any], spec: SourceSpec = SPEC) -> list[tuple[int, dict[str, Any]]]:
    return [(r.row, dict(r.values)) for r in records(spec, enumerate(rows, start=1), where="表.csv")]


def test_the_header_is_the_row_with_most_known_names_below_titles() -> None:
    rows = [["某镇警情明细"], ["统计时间", "2025年"], ["编号", "时间", "内容"], ["J1", "2025-01-01", "吵架"]]
    assert read(rows) == [(4, {"编号": "J1", "时间": "2025-01-01", "内容": "吵架"})]


@pytest.mark.parametrize("count", [1, 8, 9, 10, 11, 12, 30])
def test_no_row_is_lost_where_the_search_for_the_header_ends(count: int) -> None:
    rows = [["编号", "时间"], *([f"J{n}", "2025-01-01"] for n in range(count))]
    assert [values["编号"] for _, values in read(rows)] == [f"J{n}" for n in range(count)]


def test_blank_rows_before_between_and_after_are_skipped_and_counted() -> None:
    rows = [*([[]] * 15), ["编号"], ["", " "], ["J1"], [], ["J2"], [None]]
    assert read(rows) == [(18, {"编号": "J1"}), (20, {"编号": "J2"})]


def test_nothing_but_blank_rows_is_nothing() -> None:
    assert read([]) == read([[], ["", None, "  "]]) == []


def test_a_header_alone_is_nothing() -> None:
    assert read([["编号", "时间"]]) == []


def test_headers_are_compared_in_folded_form() -> None:
    assert read([["编 号", "Ｔｅｌ"], ["J1", "1"]]) == [(2, {"编 号": "J1", "Ｔｅｌ": "1"})]


def test_unknown_headers_are_refused_in_words() -> None:
    with pytest.raises(SourceError) as refused:
        read([["姓", "名"], ["1", "2"]])
    assert "没有找到“police_110”的表头；第一行是：姓、名" in refused.value.what
    assert refused.value.where == "表.csv"
    assert "rules/mappings/police_110.yaml" in refused.value.hint


def test_unreadable_rows_are_counted_when_no_header_is_found() -> None:
    with pytest.raises(SourceError, match="第一行是：（1格不像列名，内容不显示）"):
        read([Unreadable("乱" * 1000)])


def test_of_a_row_of_data_without_header_nothing_personal_is_shown() -> None:
    with pytest.raises(SourceError) as refused:
        read([["A1", "2025-01-01", "陈一一", "19900000001", "Note", "来电内容"]])
    assert "第一行是：Note、来电内容、（4格不像列名，内容不显示）" in refused.value.what


def test_without_known_names_the_first_row_is_the_header() -> None:
    assert read([[], ["a", "b"], ["1", "2"]], SourceSpec("x", "sql")) == [(3, {"a": "1", "b": "2"})]


def test_short_rows_are_blank_where_they_end_and_long_ones_keep_every_cell() -> None:
    rows = [["编号", "时间"], ["J1"], ["J2", "t", "多", "", "余"], ["J3", "t", "又"]]
    assert [values for _, values in read(rows)] == [
        {"编号": "J1", "时间": ""},
        {"编号": "J2", "时间": "t", "（第3列）": "多", "（第5列）": "余"},
        {"编号": "J3", "时间": "t", "（第3列）": "又"},
    ]


@pytest.mark.parametrize("header", [["编号", "时间"], ["编号", "时间", "", ""]])
def test_a_last_row_that_ends_early_is_marked_unless_nothing_with_a_name_is_missing(header: list[str]) -> None:
    whole = {"编号": "J1", "时间": "t"}
    assert read([header, Unended(["J1", "t"])]) == [(2, whole)]
    assert read([header, Unended(["J1"])]) == [(2, {"编号": "J1", "时间": "", TORN: "是"})]
    assert read([Unended(header)]) == []


def test_stray_columns_without_header_and_content_are_dropped() -> None:
    assert read([["", "编号", "", ""], ["", "J1", None, "x"]]) == [(2, {"编号": "J1", "（第4列）": "x"})]


def test_a_row_that_cannot_be_taken_apart_becomes_a_record() -> None:
    rows = [Unreadable("坏一"), ["编号"], Unreadable("坏二"), ["J1"]]
    assert read(rows) == [(1, {UNREADABLE: "坏一"}), (3, {UNREADABLE: "坏二"}), (4, {"编号": "J1"})]


def test_a_header_of_two_rows_with_most_names_above() -> None:
    rows = [
        ["编号", "时间", "报警人", "", "对方", "内容"],
        ["", "", "姓名", "电话", "姓名", ""],
        ["J1", "2025-01-01", "张三", "13800000001", "李四", "吵架"],
    ]
    (row,) = read(rows)
    assert row == (
        3,
        {
            "编号": "J1",
            "时间": "2025-01-01",
            "报警人姓名": "张三",
            "电话": "13800000001",
            "对方姓名": "李四",
            "内容": "吵架",
        },
    )


def test_a_header_of_two_rows_with_most_names_below() -> None:
    rows = [
        ["明细", "", "", ""],
        ["编号", "报警人", "", ""],
        ["", "姓名", "电话", "时间", "内容"],
        ["J1", "张三", "13800000001", "2025-01-01", "吵架"],
    ]
    assert [values for _, values in read(rows)] == [
        {"编号": "J1", "报警人姓名": "张三", "电话": "13800000001", "时间": "2025-01-01", "内容": "吵架"}
    ]


def test_a_first_data_row_is_never_taken_for_a_header() -> None:
    rows = [["编号", "时间", "内容"], ["J1", "", "电话"], ["J2", "", ""]]
    assert [values["编号"] for _, values in read(rows)] == ["J1", "J2"]


def test_numbers_and_truths_stay_what_they_are() -> None:
    assert read([["编号", "时间"], [17, 45000.5], [True, None]]) == [
        (2, {"编号": 17, "时间": 45000.5}),
        (3, {"编号": True, "时间": None}),
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "", "（第2列）", None, 3, "b"]), max_size=9))
def test_every_column_has_a_name_of_its_own(cells: list[Any]) -> None:
    names = unique_names(cells)
    assert len(names) == len(set(names)) == len(cells)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["", "x", "y", None]), max_size=6), max_size=25))
def test_every_filled_cell_below_the_header_is_in_some_record(body: list[list[Any]]) -> None:
    found = read([["编号", "时间"], *body])
    filled = sum(cell in {"x", "y"} for row in body for cell in row)
    assert sum(cell in {"x", "y"} for _, values in found for cell in values.values()) == filled
