"""Definitions: the facts of a rulebook by how they are made."""

from __future__ import annotations

import pytest

from engine.features.definitions import Definitions, seconds
from tests.rulebook_samples import rule, rulebook

WINDOW = {"count": "incidents", "same": "matter"}


def test_every_fact_is_in_one_group_in_the_order_of_the_rulebook() -> None:
    held = rulebook(
        rule("C", {"w": ("record.weapon", "is", True)}, conclude={"made.x": True}),
        features={
            "m.count": {**WINDOW, "within": "30d"},
            "m.kinds": {"count_distinct": "kind", "same": "place", "within": "7d"},
        },
    )
    made = Definitions.of(held)
    groups = [made.fields, made.words, made.windows, made.actions, made.process]
    assert [[feature.name for feature in group] for group in groups] == [
        ["record.weapon", "record.injury", "record.heads", "record.topic", "record.marks"],
        ["words.knife"],
        ["m.count", "m.kinds"],
        ["matter.failed"],
        ["process.days_open"],
    ]
    assert {feature.name for group in groups for feature in group} == {*held.features} - {"made.x"}


def test_a_rulebook_of_nothing_has_no_facts() -> None:
    assert Definitions.of(rulebook()).windows == ()
    assert Definitions.of(rulebook()).marks == ()


def test_marks_are_the_base_facts_that_a_where_asks_for_and_no_columns() -> None:
    wheres = [
        {"kind": "police_110", "cause": "new", "topic": "noise", "area": "a", "topic_is": "dispute"},
        {"words.knife": True},
        {"record.weapon": False, "words.knife": False},
    ]
    held = rulebook(
        features={f"m.f{at}": {**WINDOW, "within": "1d", "where": where} for at, where in enumerate(wheres)}
    )
    assert Definitions.of(held).marks == ("record.weapon", "words.knife")


def test_the_where_of_an_actions_fact_asks_for_no_marks() -> None:
    held = rulebook(features={"m.acts": {"count": "actions", "same": "matter", "where": {"level": "village"}}})
    assert Definitions.of(held).marks == ()


def test_disputes_are_the_topics_that_are_listed_as_such() -> None:
    assert Definitions.of(rulebook()).disputes == {"neighbours"}


@pytest.mark.parametrize(
    ("within", "length"), [("0s", 0), ("45s", 45), ("90m", 5_400), ("72h", 259_200), ("366d", 31_622_400)]
)
def test_the_length_of_a_window_in_seconds(within: str, length: int) -> None:
    held = rulebook(features={"m.f": {**WINDOW, "within": within}})
    assert seconds(held.features["m.f"]) == length


def test_a_fact_without_a_window_has_no_length() -> None:
    assert seconds(rulebook().features["matter.failed"]) == 0
