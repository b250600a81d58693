"""Coverage: the shipped rules reach all that can be reached; taking a test away is seen; what is impossible is proved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.ruleset import loader
from engine.ruleset.tree import Rule
from engine.workbench.places import Places
from engine.workbench.testing import coverage
from engine.workbench.testing.coverage import State, cover, edges_untried, told
from tests.rulebook_samples import with_needless_line, without

pytest_plugins = ["tests.workbench_samples"]


def test_the_shipped_rules_reach_all_that_can_be_reached(survey: loader.Survey, places: Places) -> None:
    report = cover(survey.rulebook, places)
    assert [f"{goal.rule}.{goal.line} {goal.want}" for goal in report.missed] == []
    assert report.percent == 100
    assert report.generated == 0
    assert report.tests == sum(len(rule.tests) for rule in survey.rulebook.rules)
    assert [use.name for use in report.uses if not use.used] == []
    assert {use.kind for use in report.uses} == set(coverage.KINDS)


def test_what_no_test_can_show_is_proved_and_left_out(survey: loader.Survey, places: Places) -> None:
    needless = replace(survey.rulebook, rules=tuple(map(with_needless_line, survey.rulebook.rules)))
    impossible = [goal for goal in cover(needless, places).goals if goal.state is State.IMPOSSIBLE]
    assert {(goal.rule, goal.line, goal.want) for goal in impossible} == {
        ("R8", "village", "decides_true"),
        ("R8", "village", "decides_false"),
    }
    assert not [goal for goal in cover(survey.rulebook, places).goals if goal.state is State.IMPOSSIBLE]


@pytest.mark.parametrize(
    ("rule", "test", "lacks"),
    [
        ("R11", "差一分", ("amount", "edge 49999999")),
        ("R2", "持械一栏空白不算", ("flag", "unknown")),
        ("R10", "十人不是欠薪", ("wages", "decides_false")),
        ("Y4", "来件自述第三次", ("stated", "decides_true")),
        ("A5", "提的是建议就不标", ("unless.suggestion", "decides_true")),
    ],
)
def test_a_test_taken_away_is_missed(
    survey: loader.Survey, places: Places, rule: str, test: str, lacks: tuple[str, str]
) -> None:
    report = cover(without(survey.rulebook, rule, test), places)
    assert report.percent < 100
    assert lacks in {(goal.line, goal.want) for goal in report.missed if goal.rule == rule}
    assert all(goal.place.file and goal.place.line > 1 for goal in report.missed)


def test_a_window_a_reason_and_a_route_that_no_test_uses(survey: loader.Survey, places: Places) -> None:
    def unused(rule: str, *names: str) -> set[str]:
        report = cover(without(survey.rulebook, rule, *names), places)
        return {use.name for use in report.uses if not use.used and use.kind != "word"}

    assert "matter.closed_green_30d 边外一秒" in unused("Y11", "从绿色办结三十日零一秒")
    assert any("自述第" in name for name in unused("Y4", "来件自述第三次"))
    assert unused("R10", "欠薪的红走专班") == {"red-wages"}


def test_a_test_that_fails_shows_nothing(survey: loader.Survey, places: Places) -> None:
    def wrong(one: Rule) -> Rule:
        tests = tuple({**test, "expect": {"match": test["name"] != "差一分"}} for test in one.tests)
        return replace(one, tests=tests) if one.id == "R11" else one

    book = replace(survey.rulebook, rules=tuple(wrong(one) for one in survey.rulebook.rules))
    missed = {(goal.line, goal.want) for goal in cover(book, places).missed if goal.rule == "R11"}
    assert ("persons", "edge 9") in missed
    assert "R11" not in {goal.rule for goal in edges_untried(book, places)}


def test_rules_without_tests_are_not_covered(survey: loader.Survey, places: Places) -> None:
    bare = tuple(replace(rule, tests=(), test_places=()) for rule in survey.rulebook.rules)
    report = cover(replace(survey.rulebook, rules=bare), places)
    assert (report.tests, report.percent) == (0, 0)
    assert cover(replace(survey.rulebook, rules=()), places).percent == 0


def test_what_is_missed_is_told_in_words() -> None:
    assert told("unknown") == "没有测试见它未知"
    assert told("edge 5") == "没有测试试过 5"
