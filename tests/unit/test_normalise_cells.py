"""Cells as clean text, headers in one form, numbers that lost their digits."""

from __future__ import annotations

import pytest

from engine.normalise.cells import cell_text, header_forms, lost_digits, plain_text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (3.0, "3"),
        (0.5, "0.5"),
        (float("nan"), ""),
        (13812345678, "13812345678"),
        ('="007"', "007"),
        ("'007", "007"),
        ("\t甲 ", "甲"),
        ("甲\x00乙", "甲 乙"),
    ],
)
def test_cells(cell: object, text: str) -> None:
    assert cell_text(cell) == text


def test_headers_are_compared_without_marks_and_notes() -> None:
    assert "报警时间" in header_forms("*报警时间（必填）：")[2]
    assert header_forms("ＢＪＳＪ")[0] == "bjsj"


def test_numbers_that_a_spreadsheet_rounded() -> None:
    assert lost_digits(4.30121202501e20)
    assert lost_digits("4.30E+20")
    assert lost_digits(int(4.3012120250102e20))
    assert lost_digits(float(330100000012345678))
    assert not lost_digits(float(10**15 - 1))
    assert not lost_digits(430121202501020017)
    assert not lost_digits(12)
    assert not lost_digits("430121202501020001")


def test_html_of_web_forms_is_taken_out() -> None:
    assert plain_text("<p>漏&nbsp;水</p>3<5") == "漏\xa0水3<5"
