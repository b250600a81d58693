"""Lines of rules: every comparison is held against the type of its fact."""

from __future__ import annotations

import pytest

from engine.ruleset import loader

FACTS = """features:
  fact.bool: {title: 真假, field: weapon}
  fact.int: {title: 整数, field: heads}
  fact.code: {title: 代码, field: category}
  fact.list: {title: 列表, field: kind, type: list}
parameters:
  limit.int: {title: 甲, values: [{from: '2025-01-01', value: 3, source: 惯例}]}
  limit.code: {title: 乙, values: [{from: '2025-01-01', value: '0203', source: 惯例}]}
"""


def codes(line: str, *, when: str = "") -> list[str]:
    rule = f"rules:\n  - {{id: Y1, title: 甲, status: live, colour: yellow, because: 甲, let: {{x: {line}}}, when: '{when}'}}\n"
    return [fault.code for fault in loader.check({"a.yaml": (FACTS + rule).encode()})[1]]


@pytest.mark.parametrize(
    "line",
    [
        "{feature: fact.bool, is: true}",
        "{feature: fact.bool, exists: false}",
        "{feature: fact.int, is: 3}",
        "{feature: fact.int, in: [1, 2]}",
        "{feature: fact.int, not_in: [1, $limit.int]}",
        "{feature: fact.int, at_least: $limit.int}",
        "{feature: fact.int, at_most: -1}",
        "{feature: fact.int, more_than: 0}",
        "{feature: fact.int, less_than: 9}",
        "{feature: fact.int, between: [2, 2]}",
        "{feature: fact.int, between: [$limit.int, 5]}",
        "{feature: fact.code, is: '0203'}",
        "{feature: fact.code, in: ['01', $limit.code]}",
        "{feature: fact.code, in: []}",
        "{feature: fact.list, has_any: [a, b]}",
        "{feature: fact.list, exists: true}",
    ],
)
def test_comparisons_that_fit(line: str) -> None:
    assert codes(line) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{feature: fact.none, is: true}", "R104"),
        ("{feature: fact.int, at_least: $limit.none}", "R105"),
        ("{feature: fact.int}", "R106"),
        ("{feature: fact.int, at_least: 1, at_most: 2}", "R106"),
        ("{feature: fact.bool, at_least: 1}", "R107"),
        ("{feature: fact.bool, in: [true]}", "R107"),
        ("{feature: fact.code, at_least: 1}", "R107"),
        ("{feature: fact.int, has_any: [1]}", "R107"),
        ("{feature: fact.list, is: a}", "R107"),
        ("{feature: fact.bool, is: 1}", "R108"),
        ("{feature: fact.int, is: true}", "R108"),
        ("{feature: fact.int, at_least: '3'}", "R108"),
        ("{feature: fact.int, at_least: $limit.code}", "R108"),
        ("{feature: fact.int, in: [1, '2']}", "R108"),
        ("{feature: fact.code, is: 203}", "R108"),
        ("{feature: fact.int, between: [5, 2]}", "R109"),
        ("{feature: fact.int, between: [1]}", "R109"),
        ("{feature: fact.int, between: [1, 2, 3]}", "R109"),
        ("{feature: fact.int, at_leat: 3}", "S001"),
        ("{feature: fact.int, exists: 1}", "S002"),
        ("{at_least: 3}", "S003"),
    ],
)
def test_comparisons_that_do_not_fit(line: str, code: str) -> None:
    assert codes(line) == [code]


@pytest.mark.parametrize(("first", "last", "wrong"), [("3", "三", 2), ("三", "4", 1)])
def test_a_parameter_that_does_not_fit_is_named_with_its_place(first: str, last: str, wrong: int) -> None:
    """Whichever of its values it is: the one that holds today, or the one of a day that is past."""
    dated = f"      - {{from: '2024-01-01', value: {first}, source: 惯例}}\n      - {{from: '2025-01-01', value: {last}, source: 会议}}\n"
    parameters = f"parameters:\n  limit.red:\n    title: 几次为红\n    values:\n{dated}"
    rule = "rules:\n  - {id: Y1, title: 甲, status: live, colour: yellow, because: 甲, let: {x: {feature: fact.int, at_least: $limit.red}}}\n"
    files = {"a.yaml": (FACTS + rule).encode(), "parameters.yaml": parameters.encode()}
    (fault,) = loader.check(files)[1]
    assert (fault.code, fault.place.file) == ("R108", "a.yaml")
    assert f"与“$limit.red＝三（parameters.yaml:{4 + wrong}:30）”不能比较" in fault.message


def test_conditions_are_held_against_the_lines() -> None:
    line = "{feature: fact.int, at_least: 3}"
    assert codes(line, when="x") == []
    assert codes(line, when="not x") == []
    assert codes(line, when="y") == ["R103"]
    assert codes("{feature: fact.int, at_least: 3}, z: {feature: fact.bool, is: true}", when="x") == ["R112"]


@pytest.mark.parametrize("name", ["and", "or", "not", "of", "a-b", "名"])
def test_names_of_lines(name: str) -> None:
    rule = f"rules:\n  - {{id: Y1, title: 甲, status: live, colour: yellow, because: 甲, let: {{'{name}': {{feature: fact.int, is: 3}}}}}}\n"
    assert [fault.code for fault in loader.check({"a.yaml": (FACTS + rule).encode()})[1]] == ["R117"]
