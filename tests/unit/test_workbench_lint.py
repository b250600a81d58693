"""Lint: what loads and is still wrong or dead."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.ruleset.tree import Fault
from engine.workbench.lint import lint

UNTESTED = """rules:
  - id: Z1
    title: 没有测试
    status: live
    colour: yellow
    let: {many: {feature: record.heads, at_least: 3}}
    because: 人数{record.heads}
"""


@pytest.fixture(scope="module")
def shipped() -> dict[str, bytes]:
    return loader.read_folder(loader.shipped())


def findings(files: dict[str, bytes]) -> list[Fault]:
    return list(lint(files))


def test_the_shipped_rules_are_clean(shipped: dict[str, bytes]) -> None:
    assert findings(shipped) == []


def test_what_does_not_load_is_the_answer(shipped: dict[str, bytes]) -> None:
    broken = {**shipped, "broken.yaml": b"rulez: []"}
    assert [found.code for found in findings(broken)] == ["S001"]


def test_a_rule_without_tests_for_and_against(shipped: dict[str, bytes]) -> None:
    (found,) = findings({**shipped, "more.yaml": UNTESTED.encode()})
    assert (found.code, str(found.place)) == ("L101", "more.yaml:2:5")
    assert "Z1" in found.message
    one_sided = UNTESTED.rstrip() + "\n    tests:\n      - {name: 三人, incident: {heads: 3}, expect: {match: true}}\n"
    assert [fault.code for fault in findings({**shipped, "more.yaml": one_sided.encode()})] == ["L101"]
    both = one_sided.rstrip() + "\n      - {name: 两人, incident: {heads: 2}, expect: {match: false}}\n"
    assert findings({**shipped, "more.yaml": both.encode()}) == []


def test_what_does_not_load_hides_no_finding_of_the_rest(shipped: dict[str, bytes]) -> None:
    twice = "mapping:\n  kind: other\n  title: 别处\n  columns: {source_id: [编号], feedback: [编号]}\n"
    files = {
        **shipped,
        "broken.yaml": b"rules: [",
        "more.yaml": UNTESTED.encode(),
        "mappings/other.yaml": twice.encode(),
    }
    assert sorted(fault.code for fault in findings(files)) == ["L101", "L104", "Y003"]


def test_nothing_is_called_dead_while_a_file_cannot_be_read(shipped: dict[str, bytes]) -> None:
    broken = {**shipped, "repeats.yaml": shipped["repeats.yaml"] + b"\nx: [", "topics.yaml": b"topics: ["}
    assert [(fault.code, fault.place.file) for fault in findings(broken)] == [
        ("Y003", "repeats.yaml"),
        ("Y003", "topics.yaml"),
    ]


def test_a_test_without_a_readable_expectation_is_no_test(shipped: dict[str, bytes]) -> None:
    text = shipped["quality.yaml"].decode()
    odd = text[: text.index("    tests:")] + "    tests: [{name: 怪, expect: 3}]\n"
    assert [fault.code for fault in findings({**shipped, "quality.yaml": odd.encode()})][:1] == ["L101"]


def test_parameters_and_facts_that_nobody_reads(shipped: dict[str, bytes]) -> None:
    more = """features:
  record.unused: {title: 没人用, field: heads}
parameters:
  unused.limit: {title: 没人用, values: [{from: '2025-01-01', value: 3, source: 惯例}]}
"""
    found = findings({**shipped, "more.yaml": more.encode()})
    assert sorted((fault.code, fault.message) for fault in found) == [
        ("L102", "参数 unused.limit 没有规则使用"),
        ("L103", "事实 record.unused 没有规则使用"),
    ]


def test_a_mapping_that_claims_a_header_twice(shipped: dict[str, bytes]) -> None:
    twice = "mapping:\n  kind: other\n  title: 别处\n  columns: {source_id: [编号], feedback: [编号]}\n"
    found = findings({**shipped, "mappings/other.yaml": twice.encode()})
    assert [fault.code for fault in found] == ["L104"]
    assert "编号" in found[0].message


def test_routes_without_a_root(shipped: dict[str, bytes]) -> None:
    routes = """routes:
  - {id: red, title: 专班, colour: red, receivers: [党工委]}
  - {id: yellow, title: 联合, colour: yellow, receivers: [派出所], topic: family}
  - {id: green, title: 调解, colour: green, receivers: [调解员]}
"""
    (found,) = [fault for fault in findings({**shipped, "routes.yaml": routes.encode()}) if fault.code == "L105"]
    assert "yellow" in found.message
    assert found.hint
