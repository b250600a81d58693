"""Mutation: the tests of the shipped rules notice nearly every mistake; fewer tests notice fewer; what is equal is proved."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from engine.ruleset import loader
from engine.ruleset.tree import Place, Rule, Rulebook
from engine.triage import Triage
from engine.workbench.mutation import Fate, Tried, forget, mutate, ready, score
from engine.workbench.places import Places
from engine.workbench.proof.solving import Budget
from engine.workbench.testing.examples import results, run
from engine.workbench.testing.scenes import Stage
from tests.rulebook_samples import with_needless_line, without

pytest_plugins = ["tests.workbench_samples"]


@pytest.fixture(scope="module")
def shipped(survey: loader.Survey, places: Places) -> list[Tried]:
    return list(mutate(survey.rulebook, places))


def survivors(rulebook: Rulebook, places: Places, of: str) -> list[Tried]:
    return [one for one in mutate(rulebook, places) if one.fate is Fate.SURVIVED and one.of == of]


def test_the_tests_of_the_shipped_rules_notice_nearly_every_mistake(shipped: list[Tried]) -> None:
    assert len(shipped) > 700
    assert score(shipped) >= 95
    survived = [f"{one.of} {one.what}" for one in shipped if one.fate is Fate.SURVIVED]
    assert len(survived) <= 5, survived


def test_every_class_of_mistake_is_tried(shipped: list[Tried]) -> None:
    assert {one.kind for one in shipped if one.fate is Fate.KILLED} >= {
        "operator",
        "other side",
        "bound",
        "negation",
        "and/or",
        "part dropped",
        "check dropped",
        "on_missing",
        "colour",
        "status",
        "window",
        "key",
        "itself",
        "where",
        "distinct",
    }


def test_the_equal_ones_are_those_of_a_line_that_never_decides(
    survey: loader.Survey, places: Places, shipped: list[Tried]
) -> None:
    equal = [one for one in shipped if one.fate is Fate.EQUIVALENT]
    assert {one.of for one in equal} <= {
        "Y10",
        "matter.incidents_30d",
        "matter.incidents_180d",
        "matter.calls_30d",
    }
    needless = replace(survey.rulebook, rules=tuple(map(with_needless_line, survey.rulebook.rules)))
    assert any(
        "village" in one.what for one in mutate(needless, places) if one.of == "R8" and one.fate is Fate.EQUIVALENT
    )


def test_a_window_without_the_record_itself_is_proved_the_same_where_the_record_is_asked_too(
    survey: loader.Survey, places: Places, shipped: list[Tried]
) -> None:
    """R2 asks whether the record itself names a weapon beside whether one of the matter does; A2 asks only the window, and a test of it tells."""
    survived = {one.of for one in shipped if one.fate is Fate.SURVIVED and one.kind == "itself"}
    assert survived == {"matter.weapon_90d", "matter.weapon_flag_90d"}
    solved = mutate(survey.rulebook, places, Budget(300, each=60, clock=time.monotonic))
    assert [one.what for one in solved if one.fate is Fate.SURVIVED] == []


def test_what_is_killed_makes_the_very_tests_fail(survey: loader.Survey, shipped: list[Tried]) -> None:
    """The quick way agrees with loading the changed file and running its tests."""
    text = survey.rulebook.files["groups.yaml"].decode()
    for old, new, what in (
        ("wages and (many or (some and collective))", "wages and (many or (some or collective))", "and/or"),
        ("persons or heads", "persons and heads", "and/or"),
        (
            "{feature: record.amount, at_least: $money.red_fen}",
            "{feature: record.amount, more_than: $money.red_fen}",
            "operator",
        ),
        (
            "- id: R10\n    title: 群体欠薪\n    status: live",
            "- id: R10\n    title: 群体欠薪\n    status: shadow",
            "status",
        ),
    ):
        assert text.count(old) == 1
        changed = loader.load({**survey.rulebook.files, "groups.yaml": text.replace(old, new).encode()})
        assert [one for one in run(changed) if not one.passed], what
    assert all(one.fate is Fate.KILLED for one in shipped if one.of in ("R10", "Y5", "R11"))


def test_a_test_taken_away_lets_a_mistake_live_with_a_ready_test(survey: loader.Survey, places: Places) -> None:
    fewer = without(survey.rulebook, "R10", "九人")
    survived = survivors(fewer, places, "R10")
    looser = [one for one in survived if one.what == "many: at_least 9"]
    assert len(looser) == 1
    assert looser[0].place.file == "groups.yaml"
    text = ready(looser[0], survey.rulebook)
    (test,) = YAML(typ="safe", pure=True).load(text)
    assert test["generated"] is True
    assert test["facts"]["record.heads"] == 9
    assert "expect" not in test
    rule = next(rule for rule in survey.rulebook.rules if rule.id == "R10")
    notices = {**test, "expect": {"match": False, "because": "many"}}
    assert went(survey.rulebook, rule, notices)
    broken = replace(rule, let={**rule.let, "many": replace(rule.let["many"], bound=9)})
    assert not went(swapped(survey.rulebook, broken), broken, notices)
    assert not went(survey.rulebook, rule, test)


def swapped(rulebook: Rulebook, rule: Rule) -> Rulebook:
    return replace(rulebook, rules=tuple(rule if one.id == rule.id else one for one in rulebook.rules))


def went(rulebook: Rulebook, rule: Rule, test: dict[str, object]) -> bool:
    triage = Triage(rulebook, engine="trace")
    (result,) = results(rulebook, triage, [Stage(rulebook, triage).scene(rule, test, Place("a.yaml", 1, 1))])
    return result.passed


def test_rules_without_tests_notice_nothing(survey: loader.Survey, places: Places) -> None:
    bare = replace(
        survey.rulebook, rules=tuple(replace(rule, tests=(), test_places=()) for rule in survey.rulebook.rules)
    )
    tried = list(mutate(bare, places))
    assert score(tried) == 0
    assert not [one for one in tried if one.fate is Fate.KILLED]
    assert score([]) == 0


def test_the_bound_of_a_window_is_tried_on_the_records_of_tests(survey: loader.Survey, places: Places) -> None:
    fewer = without(survey.rulebook, "Y2", "三十日零一秒之前")
    assert {one.what for one in survivors(fewer, places, "matter.calls_30d")} == {"within 多一秒"}


def test_the_page_speaks_of_every_option() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rule-tests.md").read_text(encoding="utf-8")
    assert "sanse rules mutate" in page


def test_an_entry_or_a_context_left_out_is_noticed_by_the_sentence_that_shows_it(
    survey: loader.Survey, places: Places
) -> None:
    tried = list(forget(survey.rulebook, places))
    assert sum(one.kind == "word" for one in tried) == sum(len(one.entries) for one in survey.rulebook.words.values())
    assert {one.fate for one in tried} == {Fate.KILLED}
    land = survey.rulebook.words["land"]
    unsaid = {**survey.rulebook.words, "land": replace(land, tests=())}
    fates = {(one.of, one.kind): one.fate for one in forget(replace(survey.rulebook, words=unsaid), places)}
    assert {key for key, fate in fates.items() if fate is Fate.SURVIVED} == {("land", "word"), ("land", "context")}
