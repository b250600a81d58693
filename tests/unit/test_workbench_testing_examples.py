"""The shipped rulebook is clean, every rule is tested beside itself, and the runner can fail."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.ruleset import loader
from engine.workbench.linting.lint import lint
from engine.workbench.testing.examples import run, untested
from engine.workbench.testing.results import Result

FILES = loader.read_folder(loader.shipped())
RESULTS = run(loader.load(FILES))


@pytest.mark.parametrize("result", RESULTS, ids=lambda r: f"{r.rule}-{r.name}")
def test_beside_rules(result: Result) -> None:
    assert result.passed, result.message


def test_every_rule_has_tests_for_and_against() -> None:
    rulebook = loader.load(FILES)
    assert list(untested(rulebook)) == []
    assert len(RESULTS) >= 2 * len(rulebook.rules)


def test_the_shipped_rulebook_is_clean() -> None:
    assert [str(fault) for fault in lint(FILES)] == []


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    text = FILES[name].decode()
    assert old in text
    return {**FILES, name: text.replace(old, new, 1).encode()}


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("repeats.yaml", "at_least: $repeat.red_30d", "at_least: 4", "R6"),
        ("features.yaml", "within: 90d", "within: 91d", "R2"),
        (
            "groups.yaml",
            "heads:   {feature: record.heads, at_least: $hotspot.yellow_persons}",
            "heads:   {feature: record.heads, at_least: 4}",
            "Y5",
        ),
    ],
)
def test_a_changed_threshold_is_noticed(name: str, old: str, new: str, rule: str) -> None:
    failed = {result.rule for result in run(loader.load(changed(name, old, new))) if not result.passed}
    assert rule in failed


def test_a_colour_that_an_invariant_had_to_lift_is_not_what_was_expected() -> None:
    left = changed(
        "violence.yaml",
        "- id: Y1\n    title: 家暴迹象\n    status: live",
        "- id: Y1\n    title: 家暴迹象\n    status: shadow",
    )
    (failed,) = [result for result in run(loader.load(left)) if not result.passed]
    assert failed.rule == "Y1"
    assert "底线N2抬上来的" in failed.message


def test_every_span_of_the_deadlines_is_watched_by_a_test() -> None:
    text = FILES["deadlines.yaml"].decode()
    begin = text.index("\ndeadlines:")
    spans = list(re.compile(r"(\d+)[hd]\b").finditer(text, begin))
    assert len(spans) == 26
    for found in spans:
        other = text[: found.start(1)] + str(int(found[1]) + 1) + text[found.end(1) :]
        book = loader.load({**FILES, "deadlines.yaml": other.encode()})
        timed = replace(book, rules=tuple(rule for rule in book.rules if rule.id in ("P0", "Y10")))
        assert not all(result.passed for result in run(timed)), other[found.start() - 30 : found.end()]


def test_a_rule_without_tests_is_a_finding() -> None:
    text = FILES["quality.yaml"].decode()
    files = {**FILES, "quality.yaml": text[: text.index("    tests:")].encode()}
    assert any(fault.code == "L111" and "Y10" in fault.message for fault in lint(files))


def test_an_unused_parameter_is_a_finding() -> None:
    text = (
        FILES["parameters.yaml"].decode()
        + "  spare.number: {title: 没人用, unit: 个, values: [{from: 2025-01-01, value: 3, source: 本地默认}]}\n"
    )
    found = lint({**FILES, "parameters.yaml": text.encode()})
    assert any("spare.number" in fault.message for fault in found), [str(f) for f in found]


BOOK = """rules:
  - id: Z1
    title: 群体
    status: live
    colour: yellow
    let: {many: {feature: record.heads, at_least: 3}}
    because: 人数{record.heads}
    tests:
      - {name: 三人, incident: {heads: 3}, expect: {match: true}}
      - name: 两人
        incident: {heads: 2}
        expect: {match: true}
      - {name: 没有期望, incident: {heads: 3}}
      - {name: 时间, given: [{at: 昨天}], expect: {match: true}}
      - {name: 形状, incident: 3, expect: {match: true}}
"""


def test_a_failure_is_told_at_the_line_of_its_test_in_chinese() -> None:
    results = [one for one in run(loader.load({**FILES, "z.yaml": BOOK.encode()})) if one.file == "z.yaml"]
    assert [(result.name, result.line, result.passed) for result in results] == [
        ("三人", 9, True),
        ("两人", 10, False),
        ("没有期望", 13, False),
        ("时间", 14, False),
        ("形状", 15, False),
    ]
    _, _, lacking, when, shape = (result.message for result in results)
    assert "缺“expect”" in lacking
    assert "时间间隔“昨天”读不懂" in when
    assert "第 7 章" in shape


def test_a_rule_on_trial_says_so_where_its_test_expects_a_colour() -> None:
    shadow = CLOCK.replace("status: live", "status: shadow").format(expect="message_has: 人数3", more="", todo="")
    (told,) = [one.message for one in run(loader.load({**FILES, "z.yaml": shadow.encode()})) if one.file == "z.yaml"]
    assert "理由里应有“人数3”" in told
    assert "Z1 在试运行" in told


CLOCK = """rules:
  - id: Z1
    title: 群体
    status: live
    colour: yellow
    let: {{many: {{feature: record.heads, at_least: 3}}}}
    because: 人数{{record.heads}}
    tests:
      - {{name: 试, incident: {{heads: 3{more}}}, expect: {{match: true, {expect}}}{todo}}}
"""


def told(expect: str, more: str = "", todo: str = "") -> list[str]:
    """What a test of a yellow matter is told, if it fails; its incident is of Sunday noon, its messages are quiet from 22 to 7."""
    book = CLOCK.format(expect=expect, more=more, todo=todo)
    return [one.message for one in run(loader.load({**FILES, "z.yaml": book.encode()})) if one.file == "z.yaml"]


@pytest.mark.parametrize(
    ("expect", "more"),
    [
        ("route: yellow", ""),
        ("route: yellow-family, receivers: [派出所, 妇联, 司法所, 村（社区）]", ", topic: family"),
        ("sign_by: +16h", ""),
        ("sign_by: 2025-06-16T04:00:00+08:00", ""),
        ("contact_by: +16h, mediate_by: +2d12h", ""),
        ("asked_again: [+7d, +30d]", ""),
        ("reviewed_at: [+3d, +7d, +14d]", ""),
        ("told_at: +0s", ""),
        ("told_at: +8h", ", at: '2025-06-15T23:00:00+08:00'"),
        ("look_again: [+3d, +14d]", ""),
        ("review: false", ""),
    ],
)
def test_who_handles_it_and_when_can_be_expected(expect: str, more: str) -> None:
    assert told(expect, more) == [""]


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("route: red", "路线应为red，实际为yellow"),
        ("receivers: [派出所]", "接收单位应为派出所，实际为派出所、司法所、相关单位、村（社区）"),
        ("sign_by: +4h", "签收时限应为+4h，实际为+16h"),
        ("contact_by: +4h", "联系时限应为+4h，实际为+16h"),
        ("mediate_by: +48h", "调解时限应为+48h，实际为+2d12h"),
        ("close_by: +1d", "办结时限应为+1d，实际为"),
        ("asked_again: [+7d]", "办结后回访时间应为+7d，实际为+7d、+30d"),
        ("reviewed_at: [+3d, +7d]", "按期再研判时间应为+3d、+7d，实际为+3d、+7d、+14d"),
        ("flag_until: +1d", "提示到期应为+1d，实际为没有"),
        ("told_at: +1m", "通知时间应为+1m，实际为+0s"),
        ("look_again: [+2d]", "再看时间应有+2d"),
        ("review: true", "应为请人核实"),
    ],
)
def test_another_expectation_fails_and_says_what_came(expect: str, said: str) -> None:
    (message,) = told(expect)
    assert said in message


def test_a_todo_test_waits_until_it_would_pass() -> None:
    assert told("colour: red", todo=", todo: true") == [""]
    assert told("colour: yellow", todo=", todo: true") == ["标着 todo 的测试已经通过：删去 todo"]


def test_a_todo_test_is_no_test_for_or_against() -> None:
    book = loader.load({**FILES, "z.yaml": CLOCK.format(expect="colour: red", more="", todo=", todo: true").encode()})
    assert [(rule.id, fires) for rule, fires in untested(book)] == [("Z1", True), ("Z1", False)]


def test_a_step_that_fails_is_named() -> None:
    text = FILES["process.yaml"].decode()
    old = "{as_of: +2d, expect: {match: true, colour: yellow}}"
    assert old in text
    files = {**FILES, "process.yaml": text.replace(old, old.replace("true", "false")).encode()}
    (failed,) = [one for one in run(loader.load(files)) if not one.passed]
    assert failed.message.startswith("+2d：应不命中")
