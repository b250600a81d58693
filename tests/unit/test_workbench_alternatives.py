"""Alternatives of a pattern: every one found, taken out, and said in a phrase that needs it."""

from __future__ import annotations

import pytest
import re2

from engine.workbench.alternatives import Alternative, choices, enclosing, parsed, phrase, without
from tests.installation import shipped

PATTERNS = [entry.text for words in shipped().words.values() for entry in words.entries if entry.pattern]


def texts(pattern: str) -> list[str]:
    return [pattern[one.start : one.end] for one in choices(parsed(pattern))]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("刀", []),
        ("刀|枪", ["刀", "枪"]),
        ("(拿|(提|拎)着)刀", ["拿", "(提|拎)着", "提", "拎"]),
        (r"[|(]刀|\|枪", ["[|(]刀", r"\|枪"]),
        ("(?:菜||果){0,2}刀", ["菜", "", "果"]),
        ("刀|", ["刀", ""]),
    ],
)
def test_every_alternative_is_found_where_it_stands(pattern: str, found: list[str]) -> None:
    assert texts(pattern) == found


@pytest.mark.parametrize(
    ("pattern", "number", "left"),
    [("刀|枪|棍", 0, "枪|棍"), ("刀|枪|棍", 2, "刀|枪"), ("(拿|提)(菜|果)刀", 3, "(拿|提)(菜)刀")],
)
def test_what_is_taken_out_leaves_one_bar_less(pattern: str, number: int, left: str) -> None:
    assert without(pattern, list(choices(parsed(pattern)))[number]) == left


@pytest.mark.parametrize("pattern", ["刀[^。", "刀{2"])
def test_a_pattern_that_is_not_closed_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="substring not found"):
        parsed(pattern)


def test_of_every_shipped_pattern_every_alternative_can_be_said() -> None:
    """The phrase goes by the alternative, and the pattern finds it."""
    for pattern in PATTERNS:
        group, whole = parsed(pattern), re2.compile(pattern)
        assert group.alternatives[-1].end == len(pattern)
        for one in choices(group):
            shown: list[Alternative] = []
            assert whole.search(phrase(group, {one: 0}, shown, enclosing(group)))
            assert one in shown


def test_of_two_in_one_place_the_more_wanted_is_said() -> None:
    group = parsed("(拿|提)(菜|果)?刀")
    take, carry, dish, fruit = choices(group)
    assert phrase(group, {}, [], enclosing(group)) == "拿刀"
    assert phrase(group, {carry: 0, take: 1, fruit: 2}, [], enclosing(group)) == "提果刀"
    assert phrase(group, {dish: 0}, [], enclosing(group)) == "拿菜刀"
