"""Plan: which rules are judged where, what the unknown does, what layers conclude, and the colour of it all."""

from __future__ import annotations

from typing import Any

import pytest

from engine.evaluate.plan import Scope, concluded, judged, judgement, outcome, unmade
from engine.model import Colour, Outcome
from engine.ruleset.tree import Rule, Rulebook, Status
from tests.rulebook_samples import rule, rulebook

WEAPON = {"w": ("record.weapon", "is", True)}
FAILED = {"f": ("matter.failed", "at_least", 2)}
OPEN = {"d": ("process.days_open", "at_least", 7)}


def one(**more: Any) -> Rule:
    return rulebook(
        rule("R", {"w": ("record.weapon", "is", True), "h": ("record.heads", "at_least", 3)}, "w or h", **more)
    ).rules[0]


def ids(held: Rulebook, scope: Scope, status: Status = Status.LIVE) -> list[list[str]]:
    return [[rule.id for rule in layer] for layer in judged(held, scope, status)]


def test_a_process_rule_is_judged_on_the_matter_only_and_an_actions_rule_on_both() -> None:
    held = rulebook(
        rule("record", WEAPON), rule("actions", FAILED), rule("process", OPEN), rule("both", {**OPEN, **FAILED})
    )
    assert ids(held, Scope.RECORD) == [["record", "actions"]]
    assert ids(held, Scope.MATTER) == [["actions", "process", "both"]]


def test_what_holds_a_flag_back_decides_too_where_it_is_judged() -> None:
    def flag(fact: str, operator: str, bound: object) -> dict[str, Any]:
        return {"title": "复核", "expires": "90d", "unless": {"u": {"feature": fact, operator: bound}}}

    held = rulebook(
        rule("plain", FAILED, flag=flag("matter.failed", "at_least", 9)),
        rule("record", FAILED, flag=flag("record.weapon", "is", True)),
        rule("process", FAILED, flag=flag("process.days_open", "at_least", 7)),
    )
    assert ids(held, Scope.RECORD) == [["plain", "record"]]
    assert ids(held, Scope.MATTER) == [["plain", "process"]]


def test_drafts_and_retired_rules_are_judged_nowhere() -> None:
    held = rulebook(*(rule(status, WEAPON, status=status) for status in ("draft", "shadow", "live", "retired")))
    assert ids(held, Scope.RECORD) == [["live"]]
    assert ids(held, Scope.RECORD, Status.SHADOW) == [["shadow"]]
    assert ids(held, Scope.MATTER) == []


def test_layers_come_in_order_and_a_gap_between_them_is_closed() -> None:
    held = rulebook(
        rule("third", {"b": ("made.b", "is", True)}),
        rule("second", {"a": ("made.a", "is", True)}, conclude={"made.b": True}, status="draft"),
        rule("first", WEAPON, conclude={"made.a": True}),
    )
    assert [rule.layer for rule in held.rules] == [2, 1, 0]
    assert ids(held, Scope.RECORD) == [["first"], ["third"]]


def test_a_conclusion_that_no_live_rule_draws_is_false_not_absent() -> None:
    held = rulebook(
        rule("live", WEAPON, conclude={"made.a": True}),
        rule("draft", WEAPON, conclude={"made.b": True}, status="draft"),
        rule("shadow", WEAPON, conclude={"made.c": True}, status="shadow"),
        rule("process", OPEN, conclude={"made.d": True}),
    )
    assert unmade(held, Scope.RECORD) == {"made.b": False, "made.c": False, "made.d": False}
    assert unmade(held, Scope.MATTER) == {}


def test_a_sure_verdict_asks_no_answer_to_the_unknown() -> None:
    held = one(on_missing={"record.heads": "yes", "record.weapon": "no"})
    assert outcome(held, True, ("record.weapon",)) is Outcome.FIRED
    assert outcome(held, False, ("record.heads",)) is Outcome.QUIET


@pytest.mark.parametrize(
    ("answers", "unknown", "expected"),
    [
        ({}, ["record.weapon"], Outcome.REVIEW),
        ({"record.weapon": "yes"}, ["record.weapon"], Outcome.FIRED),
        ({"record.weapon": "no"}, ["record.weapon"], Outcome.QUIET),
        ({"record.weapon": "no"}, ["record.weapon", "record.heads"], Outcome.REVIEW),
        ({"record.weapon": "no", "record.heads": "no"}, ["record.weapon", "record.heads"], Outcome.QUIET),
        ({"record.weapon": "no", "record.heads": "yes"}, ["record.weapon", "record.heads"], Outcome.FIRED),
        ({"record.weapon": "review", "record.heads": "yes"}, ["record.heads", "record.weapon"], Outcome.FIRED),
        ({"record.weapon": "yes"}, ["record.heads"], Outcome.REVIEW),
    ],
)
def test_the_strictest_answer_among_the_unknown_facts_decides(
    answers: dict[str, str], unknown: list[str], expected: Outcome
) -> None:
    assert outcome(one(on_missing=answers), None, unknown) is expected


def test_a_flag_in_review_is_quiet_but_may_be_told_to_fire() -> None:
    flag = {"title": "复核", "expires": "90d"}
    assert outcome(one(flag=flag), None, ["record.weapon"]) is Outcome.QUIET
    assert outcome(one(flag=flag, on_missing={"record.weapon": "yes"}), None, ["record.weapon"]) is Outcome.FIRED


def test_a_fact_is_concluded_if_any_rule_fires_and_unknown_if_none_does_and_one_is_in_review() -> None:
    held = rulebook(
        rule("a", WEAPON, conclude={"made.x": True}), rule("b", FAILED, conclude={"made.x": True}), rule("c", WEAPON)
    )
    fired, review = Outcome.FIRED, Outcome.REVIEW
    assert concluded(held.rules, {"a": review, "b": fired}, {}) == {"made.x": True}
    assert concluded(held.rules, {"a": review}, {}) == {"made.x": None}
    assert concluded(held.rules, {"c": fired}, {}) == {"made.x": False}
    assert concluded(held.rules[2:], {"c": fired}, {}) == {}


@pytest.mark.parametrize("before", [True, None, False])
def test_what_a_lower_layer_concluded_is_never_taken_back(before: bool | None) -> None:
    rules = rulebook(rule("a", WEAPON, conclude={"made.x": True})).rules
    assert concluded(rules, {}, {"made.x": before}) == {"made.x": before}
    assert concluded(rules, {"a": Outcome.FIRED}, {"made.x": before}) == {"made.x": True}
    assert concluded(rules, {"a": Outcome.REVIEW}, {"made.x": before}) == {"made.x": before or None}


RULES = {
    held.id: held
    for held in rulebook(
        rule("red", WEAPON),
        rule("yellow", WEAPON, colour="yellow"),
        rule("ten", WEAPON, points=10),
        rule("thirty", WEAPON, points=30),
        rule("fact", WEAPON, conclude={"made.x": True}),
        rule("flag", WEAPON, flag={"title": "复核", "expires": "1d"}),
    ).rules
}


def colour_of(**outcomes: Outcome) -> Colour:
    return judgement(RULES, outcomes, {}, {"points.yellow": 30, "points.red": 40}).colour


def test_the_highest_colour_wins_and_nothing_is_green() -> None:
    fired = Outcome.FIRED
    assert colour_of() is Colour.GREEN
    assert colour_of(yellow=fired) is Colour.YELLOW
    assert colour_of(yellow=fired, red=fired) is Colour.RED


def test_review_of_a_colour_or_points_rule_gives_yellow_and_of_others_nothing() -> None:
    assert colour_of(red=Outcome.REVIEW) is Colour.YELLOW
    assert colour_of(ten=Outcome.REVIEW) is Colour.YELLOW
    assert colour_of(fact=Outcome.REVIEW, flag=Outcome.REVIEW) is Colour.GREEN
    assert colour_of(fact=Outcome.FIRED, flag=Outcome.FIRED) is Colour.GREEN


def test_points_reach_a_colour_at_the_bound_itself() -> None:
    fired = Outcome.FIRED
    assert colour_of(ten=fired) is Colour.GREEN
    assert colour_of(thirty=fired) is Colour.YELLOW
    assert colour_of(ten=fired, thirty=fired) is Colour.RED


def test_points_of_a_rule_in_review_are_not_added() -> None:
    held = judgement(RULES, {"ten": Outcome.FIRED, "thirty": Outcome.REVIEW}, {}, {"points.red": 40})
    assert (held.points, held.colour) == (10, Colour.YELLOW)


def test_without_the_two_parameters_points_give_no_colour() -> None:
    held = judgement(RULES, {"thirty": Outcome.FIRED}, {}, {})
    assert (held.points, held.colour) == (30, Colour.GREEN)
    only_yellow = judgement(RULES, {"thirty": Outcome.FIRED}, {}, {"points.yellow": 1})
    assert only_yellow.colour is Colour.YELLOW
