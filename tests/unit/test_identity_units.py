"""Units: one code for one household however it is written; days and crowds are none."""

from __future__ import annotations

import pytest

from engine.identity.units import unit


@pytest.mark.parametrize(
    "spelling",
    [
        "3栋2单元502室",
        "三栋二单元502室",
        "３幢２单元５０２房",
        "3-2-502",
        "3座2单元502室",
        "3号楼2单元502室",
        "3栋2单元502",
        "3栋2单元502号",
    ],
)
def test_one_flat_in_many_spellings(spelling: str) -> None:
    assert unit(spelling, address=True) == unit("3栋2单元502室", address=False) == "b3u2r502"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5组12号", "g5n12"),
        ("五组十二号", "g5n12"),
        ("12号门面", "s12"),
        ("十二号铺", "s12"),
        ("A栋", "ba"),
        ("B2栋301室", "bb2r301"),
        ("二十三栋", "b23"),
        ("十栋", "b10"),
        ("6栋", "b6"),
        ("1204室", "r1204"),
    ],
)
def test_codes(text: str, code: str) -> None:
    assert unit(text, address=True) == code


@pytest.mark.parametrize("text", ["", "路口", "一栋楼都停水了", "20多户业主", "三组人", "的电梯坏了", "2单元"])
def test_what_names_no_household(text: str) -> None:
    assert unit(text, address=True) == ""


def test_a_bare_number_is_a_house_only_in_an_address() -> None:
    assert unit("88号", address=True) == "n88"
    assert unit("5号晚上", address=False) == ""
    assert unit("5组12号门口", address=False) == "g5n12"
    assert unit("6号线", address=True) == ""


def test_only_what_soon_follows_counts() -> None:
    assert unit("3栋" + "很" * 40 + "502室", address=False) == "b3"
    assert unit("很" * 30 + "3栋", address=False) == ""


def test_the_first_of_two_households_is_named() -> None:
    assert unit("3栋502室楼上602室", address=False) == "b3r502"
