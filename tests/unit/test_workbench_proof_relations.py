"""Relations between counts: what follows from windows and lines, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from engine.ruleset.tree import Examples, WordEntry, WordList
from engine.workbench.proof.relations import AtMost, Needs, between, implied_lists, most
from tests.rulebook_samples import rule, rulebook

WINDOW = {"count": "incidents", "same": "matter", "within": "30d"}
DISTINCT = {"count_distinct": "kind", "same": "matter", "within": "30d"}


def held(one: dict[str, Any], other: dict[str, Any]) -> set[AtMost | Needs]:
    made = rulebook(rule("R1", {"knife": ("words.knife", "is", True)}), features={"matter.a": one, "matter.b": other})
    features = [made.features[name] for name in ("matter.a", "matter.b")]
    return set(between(features, {"neighbours"}))


@pytest.mark.parametrize(
    ("one", "other", "relations"),
    [
        ({**WINDOW, "within": "7d"}, WINDOW, {AtMost("matter.a", "matter.b")}),
        ({**WINDOW, "where": {"kind": "police_110"}}, WINDOW, {AtMost("matter.a", "matter.b")}),
        ({**WINDOW, "where": {"kind": "walk_in"}}, {**WINDOW, "where": {"kind": "police_110"}}, set()),
        ({**WINDOW, "same": "place"}, WINDOW, set()),
        ({**WINDOW, "by": "closed_at"}, WINDOW, set()),
        ({**WINDOW, "within": "7d", "where": {"topic": "neighbours"}}, {**WINDOW, "where": {"topic_is": "dispute"}}, {AtMost("matter.a", "matter.b")}),
        ({**WINDOW, "within": "7d", "where": {"topic": "noise"}}, {**WINDOW, "where": {"topic_is": "dispute"}}, set()),
        ({**WINDOW, "within": "7d"}, {**WINDOW, "where": {"cause": ["new", "repeat"]}}, {AtMost("matter.a", "matter.b")}),
        ({**WINDOW, "within": "7d"}, {**WINDOW, "including_this": False}, {AtMost("matter.a", "matter.b", 1)}),
        ({**DISTINCT, "within": "7d"}, WINDOW, {AtMost("matter.a", "matter.b")}),
        (WINDOW, {**DISTINCT, "within": "180d"}, {Needs("matter.a", "matter.b")}),
        ({"count": "actions", "same": "matter", "within": "7d"}, {"count": "actions", "same": "matter"}, {AtMost("matter.a", "matter.b")}),
        ({"count": "actions", "same": "matter", "within": "7d"}, WINDOW, set()),
    ],
)  # fmt: skip
def test_a_count_is_at_most_another_where_its_window_is_part_of_it(
    one: dict[str, Any], other: dict[str, Any], relations: set[AtMost | Needs]
) -> None:
    assert held(one, other) == relations


def test_equal_windows_are_at_most_each_other() -> None:
    assert held(WINDOW, WINDOW) == {AtMost("matter.a", "matter.b"), AtMost("matter.b", "matter.a")}


def test_a_distinct_count_has_a_largest_number_where_there_is_one() -> None:
    def top(definition: dict[str, Any], kinds: int = 0) -> int | None:
        made = rulebook(rule("R1", {"knife": ("words.knife", "is", True)}), features={"matter.a": definition})
        return most(made.features["matter.a"], kinds)

    assert top(WINDOW, 5) is None
    assert (top(DISTINCT), top(DISTINCT, 5)) == (None, 5)
    assert top({**DISTINCT, "where": {"kind": ["police_110", "walk_in"]}}, 5) == 2
    assert top({**DISTINCT, "count_distinct": "matter"}) == 1
    assert top({**DISTINCT, "count_distinct": "person", "same": "hotspot"}) is None


def test_a_list_matches_whenever_a_part_of_it_does() -> None:
    short = WordList("short", "", (WordEntry("刀"),))
    long = WordList("long", "", (WordEntry("刀"), WordEntry("斧")))
    other = WordList("other", "", (WordEntry("刀", not_before=("削面",)),))
    low, high = (WordList(f"at {n}", "", (), examples=Examples(("甲",), ("乙",), n)) for n in (30, 60))
    assert set(implied_lists([short, long, other, low, high])) == {("short", "long"), ("at 60", "at 30")}
