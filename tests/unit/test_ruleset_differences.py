"""Differences of two rulebooks, by name; what judges the past anew is told from what does not."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.ruleset.differences import Threshold, differences
from tests.rulebook_samples import rule, rulebook

HEADS = {"h": ("record.heads", "at_least", "$many")}
NEVER: dict[str, Any] = {
    "id": "N1",
    "title": "t",
    "let": {"w": {"feature": "record.weapon", "is": True}},
    "when": "w",
    "colour": ["green"],
}
MANY = {"many": [("2025-01-01", 3)]}


def test_a_rulebook_differs_from_itself_in_nothing() -> None:
    held = rulebook(rule("A", HEADS), parameters=MANY, never=[NEVER])
    assert not differences(held, held)


def test_rules_and_invariants_are_told_by_id() -> None:
    before = rulebook(rule("A", HEADS), rule("B", HEADS), rule("C", HEADS), parameters=MANY, never=[NEVER])
    words = {"k": ("words.knife", "is", True)}
    after = rulebook(
        rule("A", words), rule("C", HEADS, title="另一个名字", status="shadow"), rule("D", HEADS),
        parameters=MANY, never=[{**NEVER, "colour": ["green", "yellow"]}],
    )  # fmt: skip
    found = differences(before, after)
    assert (found.added, found.removed, found.changed) == (("D",), ("B",), ("A",)), "a title means nothing"
    assert found.statuses == (("C", "live", "shadow"),)
    assert (found.nevers_added, found.nevers_removed, found.nevers_changed) == ((), (), ("N1",))
    assert differences(after, rulebook(rule("A", words), parameters=MANY)).nevers_removed == ("N1",)
    assert "rules.yaml" in found.files


def test_a_number_that_is_dated_on_leaves_the_past_and_one_that_is_rewritten_does_not() -> None:
    before = rulebook(rule("A", HEADS), parameters=MANY)
    dated = rulebook(rule("A", HEADS), parameters={"many": [("2025-01-01", 3), ("2025-04-01", 2)]})
    rewritten = rulebook(rule("A", HEADS), parameters={"many": [("2025-01-01", 2)]})
    today = date(2025, 3, 10)
    (one,) = differences(before, dated).thresholds
    assert one == Threshold("many", "many", date(2025, 4, 1), None, 2, "测试")
    assert not one.of_the_past(today)
    (other,) = differences(before, rewritten).thresholds
    assert (other.before, other.after, other.of_the_past(today)) == (3, 2, True)
    (gone,) = differences(dated, before).thresholds
    assert (gone.before, gone.after) == (2, None)
