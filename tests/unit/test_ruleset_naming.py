"""Whose each line of a file is."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.ruleset.naming import owners

TEXT = """rules:
  - id: R1
    let:
      many: {feature: a, at_least: 3}
  - {id: R-2, title: 二}
features:
  a.b:
    count: incidents
mapping:
  codes:
    cause:
      "1": repeat
calendar:
  years:
    2026:
      holidays: []
"""


def test_rules_go_by_ids_facts_by_keys_and_the_rest_by_the_keys_on_the_way() -> None:
    assert owners(TEXT) == [
        *("", "R1", "R1", "R1", "R-2"),
        *("", "a.b", "a.b"),
        *("", "codes", "codes.cause", "codes.cause.1"),
        *("", "", "2026", "2026.holidays"),
    ]


@pytest.mark.parametrize(
    ("line", "place", "name"),
    [
        ("    because: '没有关上的引号", "a.yaml:7:14", "R2"),
        ("     because: 多一格", "a.yaml:7:13", "R2"),
        ("    let: {x: {feature: a", "a.yaml:7:14", "R2"),
    ],
)
def test_of_a_file_that_is_no_yaml_the_entry_is_named_that_is_none(line: str, place: str, name: str) -> None:
    """The quote is noticed as unfinished only at the next one, in another rule."""
    text = f"rules:\n  - id: R1\n    title: 一\n  - id: R2\n    title: 二\n    status: live\n{line}\n  - id: R3\n    title: '三'\n"
    (fault,) = loader.survey({"a.yaml": text.encode()}).faults
    assert (str(fault.place), fault.of) == (place, name)
    assert f"{name}：" in str(fault)


def test_a_fault_that_already_has_the_name_does_not_say_it_twice() -> None:
    text = "rules:\n  - {id: R1, titel: 一}\n"
    faults = loader.survey({"a.yaml": text.encode()}).faults
    assert {fault.of for fault in faults} == {"R1"}
    assert all(str(fault).count("R1") == 1 for fault in faults)
