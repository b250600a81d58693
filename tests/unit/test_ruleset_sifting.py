"""Sifting: a misshapen entry is left out with its fault; everything beside it goes on, and what it may define is remembered."""

from __future__ import annotations

from copy import deepcopy

import pytest

from engine.ruleset import loader
from engine.ruleset.sifting import out_of_sight, sift
from engine.ruleset.strict_yaml import MAX_BYTES, read
from engine.ruleset.tree import Fault

FACTS = """features:
  record.heads: {title: 人数, field: heads}
"""
SECOND = """  - id: R2
    title: 另一条
    status: live
    colour: yellow
    let: {many: {feature: record.haeds, at_least: 2}}
    because: 人数
"""


def rule(text: str) -> str:
    return f"""rules:
  - id: R1
    title: 一条
    status: live
    {text}
    because: 人数
"""


GOOD = rule("colour: yellow\n    let: {many: {feature: record.heads, at_least: 2}}")


def told(**files: str | bytes) -> list[tuple[str, int, str]]:
    encoded = {f"{name}.yaml": text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
    return [(fault.code, fault.place.line, fault.place.file) for fault in loader.check(encoded)[1]]


def faults(text: str) -> tuple[Fault, ...]:
    return loader.check({"a.yaml": text.encode()})[1]


def test_a_misshapen_rule_hides_no_fault_of_another_rule() -> None:
    text = rule("colour: blue\n    let: {many: {feature: record.heads, at_least: 2}}") + SECOND
    assert told(a=text, b=FACTS) == [("S002", 5, "a.yaml"), ("R104", 12, "a.yaml")]


def test_the_sound_lines_of_a_misshapen_rule_are_checked_too() -> None:
    lines = "{many: {feature: record.haeds, at_least: 2}, odd: {feature: record.heads, at_laest: 2}}"
    assert told(a=rule(f"colour: blue\n    let: {lines}"), b=FACTS) == [
        ("S002", 5, "a.yaml"),
        ("R104", 6, "a.yaml"),
        ("S001", 6, "a.yaml"),
    ]


@pytest.mark.parametrize("number", ["2.5", "99999999999999999999"])
def test_a_bad_number_hides_nothing_else_and_is_told_once(number: str) -> None:
    text = rule(f"colour: yellow\n    let: {{many: {{feature: record.heads, at_least: {number}}}}}") + SECOND
    code = "Y010" if "." in number else "Y012"
    assert told(a=text, b=FACTS) == [(code, 6, "a.yaml"), ("R104", 12, "a.yaml")]


def test_a_number_where_text_belongs_is_told_once() -> None:
    assert told(a=rule("title2: x\n    colour: yellow\n    let: {m: {feature: 1.5, at_least: 2}}")) == [
        ("S001", 5, "a.yaml"),
        ("Y010", 7, "a.yaml"),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        FACTS + "words: [",
        (FACTS + "x: 中文\n").encode("gb18030"),
        (FACTS + "x: 中文\n").encode("utf-16"),
        FACTS.encode() + b"#" * MAX_BYTES,
        FACTS + "a: &x 1\n",
        FACTS.replace("title: 人数", "titel: 人数"),
        FACTS.replace("features", "featuers"),
    ],
    ids=["syntax", "gb18030", "utf-16", "too large", "anchor", "shape of the fact", "key of the file"],
)
def test_names_of_what_cannot_be_read_are_not_called_unknown(hidden: str | bytes) -> None:
    found = told(a=GOOD, b=hidden)
    assert {file for _, _, file in found} == {"b.yaml"}
    assert found


def test_a_name_that_the_unreadable_file_only_uses_is_unknown_all_the_same() -> None:
    broken = GOOD.replace("record.heads", "record.haeds") + "x: ["
    assert ("R104", 12, "c.yaml") in told(a=FACTS, b=broken, c=GOOD.replace("R1", "R3") + SECOND)


def test_conclusions_parameters_and_word_lists_of_misshapen_entries_are_known() -> None:
    text = """features:
  record.armed: {title: 凶器, words: weapon}
words:
  weapon: {titel: 凶器, entries: [刀]}
parameters:
  crowd: {title: 几人}
"""
    concluding = rule("conclude: {danger.any: true}\n    blue: 1\n    let: {a: {feature: record.armed, is: true}}")
    using = SECOND.replace(
        "record.haeds, at_least: 2", "danger.any, is: true}, n: {feature: record.n, at_least: $crowd"
    )
    more = "features: {record.n: {title: 数, field: heads}}\n"
    assert {code for code, _, _ in told(a=text, b=concluding, c=f"rules:\n{using}", d=more)} == {"S001", "S003"}


def test_a_syntax_error_hides_no_fault_of_other_files() -> None:
    assert [(code, file) for code, _, file in told(a="rules: [", b=FACTS, c=f"rules:\n{SECOND}", d="rulez: []")] == [
        ("Y003", "a.yaml"),
        ("R104", "c.yaml"),
        ("S001", "d.yaml"),
    ]


def test_places_hold_behind_a_gap() -> None:
    document = read("a.yaml", (rule("colour: blue\n    let: {}") + SECOND).encode())
    sifted = sift(document)
    first, second = sifted.document.value["rules"]
    assert first is None
    assert sifted.document.place(("rules", 1)).line == 8
    assert second["id"] == "R2"


def test_one_label_or_route_is_left_out_not_all() -> None:
    text = "labels: {assessment: {green: 1, review: '{nobody}'}}\nroutes: [{id: a}, {id: b, title: 乙, colour: red, receivers: [丙]}]"
    assert [fault.code for fault in faults(text)] == ["S002", "T102", "S003", "S003", "S003"]


def test_a_file_that_is_no_mapping_is_told_and_the_others_are_read() -> None:
    assert told(a="[1]", b=f"rules:\n{SECOND}", c=FACTS) == [("S002", 1, "a.yaml"), ("R104", 6, "b.yaml")]


def test_what_lies_out_of_sight() -> None:
    assert out_of_sight("人: 1".encode()) == "人: 1"
    assert out_of_sight("人: 1".encode("gb18030")) == "人: 1"
    assert out_of_sight("人: 1".encode("utf-16")) == "人: 1"
    assert out_of_sight(b"x" * (MAX_BYTES + 1)) is None


WINDOW = "features:\n  matter.n: {title: 甲, count: incidents, same: matter, within: %s}\n"
SAID = "rules:\n  - {id: %s, title: 乙, status: live, let: {a: {feature: record.heads, exists: true}}, colour: yellow, because: 甲}\n"


@pytest.mark.parametrize(
    ("text", "key", "wanted"),
    [
        (WINDOW % "3个月", "within", "时长写成 30d、72h、90m"),
        (WINDOW % "30", "within", "时长写成 30d、72h、90m"),
        (WINDOW % "[30d]", "within", "时长写成 30d、72h、90m"),
        (SAID % "规则一", "id", "编号写成字母、数字、下划线、短横，1 到 40 个"),
        (SAID % "12", "id", "全是数字的加引号"),
        ("features:\n  Heads: {title: 甲, field: heads}\n", "Heads", "例如 record.heads"),
        ("monotone_in: [Heads]\n", "monotone_in", "例如 record.heads"),
        ("notify: {quiet: {begin: 8:00, end: '22:00'}}\n", "begin", "时刻写成 08:00"),
    ],
)
def test_what_is_wanted_is_said_in_words_and_not_as_a_pattern(text: str, key: str, wanted: str) -> None:
    found = next(fault for fault in loader.survey({"a.yaml": text.encode()}).faults if fault.code == "S002")
    assert found.message.startswith(f"“{key}”：")
    assert wanted in found.message
    assert "^" not in found.message
    assert found.hint == "对照 docs/rule-language.zh-CN.md"


@pytest.mark.parametrize(
    "text",
    [
        "calendar: {closures: [{from: 2026-10-01}]}",
        "labels: {colours: {red: 红, purple: 紫, 1: 2}}",
        "words: {a: {entries: 3}}",
        rule("color: yellow\n    let: {}"),
    ],
)
def test_a_document_is_not_changed_by_what_is_left_out_of_it(text: str) -> None:
    """So it can be looked at again, with the same faults."""
    document = read("a.yaml", text.encode())
    before = deepcopy(document.value)
    first = sift(document)
    assert first.faults
    assert (document.value, sift(document).faults) == (before, first.faults)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("closures: [{from: 2026-10-01, reason: a}]", "“closures”写在 calendar: 下面"),
        ("quiet: {begin: '22:00', end: '7:00'}", "“quiet”写在 notify: 下面"),
        ("calendar: {rules: []}", "“rules”是最外层的键，要顶格写"),
        ("calendar: {yaers: {}}", "是不是“years”"),
        ("ruels: []", "是不是“rules”"),
        ("routes: [{id: a, title: b, colour: red, topics: x, receivers: [c]}]", "是不是“topic”"),
        ("xyz: []", "可用："),
    ],
)
def test_an_unknown_key_is_told_where_it_belongs(text: str, said: str) -> None:
    (found,) = [each for each in sift(read("a.yaml", text.encode())).faults if each.code == "S001"]
    assert said in str(found)
