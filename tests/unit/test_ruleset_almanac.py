"""A table of days off is read strictly: everything that is wrong with it is told at once, each at its line; one bad year hides no other."""

from __future__ import annotations

import pytest

from engine.errors import RuleError
from engine.ruleset import loader

YEAR = """    {year}:
      notice: 国办发明电〔2025〕7号
      dated: {dated}
      holidays:
        - {{name: 国庆节, from: {first}, to: {last}}}
      workdays: [{worked}]
"""


def year(number: int = 2026, dated: str = "2025-11-04", first: str = "", last: str = "", worked: str = "") -> str:
    return YEAR.format(
        year=number, dated=dated, first=first or f"{number}-10-01", last=last or f"{number}-10-07", worked=worked
    )


def table(*years: str, closures: str = "") -> bytes:
    closed = f"  closures: [{closures}]\n" if closures else ""
    return f"calendar:\n  years:\n{''.join(years)}{closed}".encode()


def told(data: bytes) -> list[tuple[str, int]]:
    return [(fault.code, fault.place.line) for fault in loader.check({"calendar.yaml": data})[1]]


def test_a_sound_table_is_plain_data() -> None:
    document = loader.load({"calendar.yaml": table(year(worked="2026-10-10"))}).documents["calendar"]
    assert document["years"]["2026"]["workdays"] == ["2026-10-10"]
    assert loader.load({"a.yaml": b"settings: {}"}).documents.get("calendar") is None


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (table(year(dated="去年")), [("C101", 5)]),
        (table(year(dated="20251104")), [("S002", 5)]),
        (table(year(dated="2025-W45-2")), [("C101", 5)]),
        (table(year(first="2026-2-30")), [("C101", 7)]),
        (table(year(first="2025-10-01")), [("C102", 7)]),
        (table(year(last="2027-10-07")), [("C102", 7)]),
        (table(year(worked="2025-10-11")), [("C102", 8)]),
        (table(year(first="2026-10-08", last="2026-10-01")), [("C103", 7)]),
        (table(year(worked="2026-10-10, 2026-10-10")), [("C104", 8)]),
        (table(year(), closures="{from: 2026-03-02, to: 2026-03-06, reason: a}, {from: 2026-03-01, to: 2026-03-09, reason: b}"), [("C104", 9)]),
        (table(year(worked="2026-10-03")), [("C105", 8)]),
        (table(year(worked="2026-10-12")), [("C106", 8)]),
        (table(year(), closures="{from: 2026-03-02, to: 2026-06-02, reason: 装修}"), [("C107", 9)]),
        (table(year(), closures="{from: 2026-03-02, to: 2026-06-01, reason: 装修}"), []),
        (table(year(), closures="{from: 2026-10-01, reason: 停电}, {from: 2031-01-01, reason: 停水}"), []),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_right_is_told_at_its_line(data: bytes, faults: list[tuple[str, int]]) -> None:
    assert told(data) == faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"calendar: {yaers: {}}", ("S001", 1)),
        (b"calendar: {years: {26: {}}}", ("S002", 1)),
        (b"calendar: {years: {2026: {notice: a, dated: 2025-11-04, holidays: []}}}", ("S002", 1)),
        (b"calendar: {years: {2026: {dated: 2025-11-04, holidays: [{name: a, from: 2026-10-01}]}}}", ("S003", 1)),
        (b"calendar: {closures: [{from: 2026-10-01}]}", ("S003", 1)),
        (b"calendar: {closures: [{from: 2026-10-01, reason: a, untill: 2026-10-02}]}", ("S001", 1)),
    ],
)
def test_its_shape_is_strict(text: bytes, fault: tuple[str, int]) -> None:
    assert fault in told(text)


def test_all_of_it_is_told_at_once_and_a_misshapen_year_hides_no_other() -> None:
    data = table(
        year(2025, worked="2025-10-12, 2025-10-03"),
        year(2026).replace("notice", "notce"),
        year(2027, first="2027-10-09", worked="2026-01-04"),
        closures="{from: 2027-03-02, reason: 停电}, {from: 2027-03-02, reason: 停水}",
    )
    assert sorted(told(data), key=lambda fault: fault[1]) == [
        ("C105", 8),
        ("S003", 9),
        ("S001", 10),
        ("C103", 19),
        ("C102", 20),
        ("C104", 21),
    ]


def test_a_year_in_two_files_is_told() -> None:
    files = {"a.yaml": table(year()), "b.yaml": table(year(2027))}
    assert [(fault.code, fault.place.file) for fault in loader.check(files)[1]] == [("S004", "b.yaml")]
    apart = {"a.yaml": table(year()), "b.yaml": b"calendar: {closures: [{from: 2026-03-02, reason: a}]}"}
    assert set(loader.load(apart).documents["calendar"]) == {"years", "closures"}


def test_what_is_told_is_chinese_with_file_and_line() -> None:
    with pytest.raises(RuleError) as refused:
        loader.load({"calendar.yaml": table(year(worked="2026-10-12"))})
    assert "calendar.yaml:8:" in str(refused.value)
    assert "2026-10-12 是周一，本来就上班（建议：调休上班只写周六、周日" in str(refused.value)
