"""Patterns: what durable-rules is handed, in bounded size whatever the condition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from engine.evaluate.patterns import MOST_OPERATORS, Asked, Counted, Layer, Pattern
from engine.ruleset import loader
from engine.ruleset.parameters import regimes, values_at
from engine.ruleset.tree import Rulebook
from tests.rulebook_samples import rule, rulebook

DAY = date(2025, 6, 15)
KNIFE = {"k": ("words.knife", "is", True)}


def layer(held: Rulebook) -> Layer:
    return Layer(held.rules, held, values_at(held, DAY))


def operators(pattern: Any) -> Iterator[str]:
    """Every `$and` and `$or` of a pattern."""
    if isinstance(pattern, dict):
        yield from (key for key in pattern if key in ("$and", "$or"))
        for inner in pattern.values():
            yield from operators(inner)
    elif isinstance(pattern, list):
        for inner in pattern:
            yield from operators(inner)


def yes_and_no(fact: str, operator: str, bound: Any) -> tuple[Pattern, Pattern]:
    made = layer(rulebook(rule("R", {"a": (fact, operator, bound)})))
    return made.first["y0"], made.first["n0"]


def test_surely_no_waits_for_an_unknown_fact_and_holds_for_an_absent_one() -> None:
    yes, no = yes_and_no("record.heads", "at_least", 3)
    assert yes == {"$gte": {"f0": 3}}
    assert no == {"$and": [{"u0": True}, {"$or": [{"$lt": {"f0": 3}}, {"f0a": True}]}]}


@pytest.mark.parametrize(
    ("operator", "bound", "yes", "no"),
    [
        ("at_most", 3, {"$lte": {"f0": 3}}, {"$gt": {"f0": 3}}),
        ("more_than", 3, {"$gt": {"f0": 3}}, {"$lte": {"f0": 3}}),
        ("less_than", 3, {"$lt": {"f0": 3}}, {"$gte": {"f0": 3}}),
        ("is", 3, {"f0": 3}, {"$neq": {"f0": 3}}),
        ("in", [3, 3], {"f0": 3}, {"$neq": {"f0": 3}}),
        ("not_in", [3], {"$neq": {"f0": 3}}, {"f0": 3}),
        ("in", [], {"here": 0}, {"f0e": True}),
        ("not_in", [], {"f0e": True}, {"here": 0}),
    ],
)
def test_a_comparison_and_its_contrary(operator: str, bound: Any, yes: Pattern, no: Pattern) -> None:
    made = yes_and_no("record.heads", operator, bound)
    assert made[0] == yes
    assert made[1]["$and"][1]["$or"][0] == no


def test_codes_are_never_numbers_and_never_need_escaping() -> None:
    bound = ["101", "0101", 'a"b', "a\\b", ""]
    written = [one["f0"] for one in yes_and_no("record.topic", "in", bound)[0]["$or"]]
    assert written[:2] == ["c101", "c0101"]
    assert len(set(written)) == len(bound)
    assert all(code.isascii() and code.isalnum() for code in written)


def test_a_code_cannot_be_mistaken_for_the_written_form_of_another() -> None:
    codes = ["", "é", "c3a9", "xc3a9", "x", "c", "c1", "1", "x31", "邻"]
    written = [one["f0"] for one in yes_and_no("record.topic", "in", codes)[0]["$or"]]
    assert len(set(written)) == len(codes)


def test_a_message_holds_known_facts_that_rules_read_and_nothing_else() -> None:
    held = rulebook(
        rule("R", {"h": ("record.heads", "at_least", 3), "t": ("record.topic", "is", "noise")}, "h or not t"),
        rule("L", {"m": ("record.marks", "has_any", ["a", "b"]), "w": ("record.weapon", "exists", True)}, "m or w"),
    )
    made = layer(held)
    known = {"record.heads": 5, "record.topic": None, "record.marks": ("b", "c"), "words.knife": True}
    keys = {fact: column.key for fact, column in made.columns.items()}
    heads, topic, marks, weapon = (keys[f"record.{name}"] for name in ("heads", "topic", "marks", "weapon"))
    assert made.message(known, [0]) == {
        "here": 1,
        "u0": True,
        heads: 5,
        f"{marks}m0": False,
        f"{marks}m1": True,
        f"{weapon}e": False,
    }
    assert topic not in made.message(known, [0])


def test_an_ordinary_condition_is_asked_in_one_stage() -> None:
    made = layer(rulebook(rule("R", {**KNIFE, "h": ("record.heads", "between", [2, 4])}, "k and not h")))
    assert made.later == []
    assert made.asked == (Asked.named("0"),)
    assert not made.staged([0])


FIVE = {str(number): ("record.heads", "between", [number, number + 3]) for number in range(5)}


def test_a_condition_of_many_branches_is_asked_node_by_node() -> None:
    made = layer(rulebook(rule("R", FIVE, "not 3 of [0, 1, not 2, 3 and 4, 4]")))
    named = Asked.named
    assert made.asked == (named("0").turned,)
    assert made.later == [
        [Counted("0_3", 2, (named("0_3_0"), named("0_3_1")))],
        [Counted("0", 3, (named("0_0"), named("0_1"), named("0_2").turned, named("0_3"), named("0_4")))],
    ]
    assert made.staged([])


def test_where_only_the_surely_no_is_too_large_its_nodes_wait_for_an_unknown_fact() -> None:
    lines = {name: ("record.topic", "in", ["a", name]) for name in "bcdefghi"}
    made = layer(rulebook(rule("R", lines, " or ".join(lines))))
    assert made.asked == (Asked("y0", "n0_"),)
    assert made.later == [[Counted("0_", 1, tuple(Asked.named(f"0__{number}") for number in range(8)))]]
    assert not made.staged([])
    assert made.staged([0])
    assert [name for name, pattern in made.first.items() if "u0" not in str(pattern)] == ["y0"]


@pytest.mark.parametrize("number", [20, 60])
def test_no_pattern_grows_with_the_number_of_lines(number: int) -> None:
    lines = {f"a{at}": ("record.heads", "between", [at, at + 3]) for at in range(number)}
    half = ", ".join(lines)
    made = layer(rulebook(rule("R", lines, f"{number // 2} of [{half}]")))
    assert len(made.first) == 2 * number
    assert max(len(list(operators(pattern))) for pattern in made.first.values()) <= 2


def test_every_pattern_of_the_shipped_rules_is_one_that_durable_rules_takes() -> None:
    held = loader.load(loader.read_folder(loader.shipped()))
    for regime in regimes(held):
        made = Layer(held.rules, held, values_at(held, regime))
        assert max(len(list(operators(pattern))) for pattern in made.first.values()) <= MOST_OPERATORS + 1


def test_counts_of_what_fired() -> None:
    node = Counted("n", 2, (Asked.named("a"), Asked.named("b").turned, Asked.named("c")))
    assert node.counts({"ya", "nb", "nc"}) == {"tn": 2, "fn": 1}
    assert node.counts({"na", "yb"}) == {"tn": 0, "fn": 2}
    assert node.counts(()) == {"tn": 0, "fn": 0}
    assert node.patterns() == {"yn": {"$gte": {"tn": 2}}, "nn": {"$gte": {"fn": 2}}}
