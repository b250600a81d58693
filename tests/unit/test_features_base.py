"""Base facts: a field or a word of one record, known, unknown or absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.features.base import BaseFacts
from engine.model import Cause, FeatureSet, Incident, Sighting
from engine.ruleset.facts import FIELDS
from tests.rulebook_samples import rulebook

NOON = datetime(2025, 3, 1, 4, tzinfo=UTC)
HELD = rulebook(
    features={f"record.{name}": {"field": name} for name in FIELDS}
    | {
        "words.blade": {"words": "knife"},
        "words.fire": {"words": "fire"},
        "matter.armed": {
            "count": "incidents",
            "same": "matter",
            "within": "30d",
            "where": {"record.weapon": True, "words.knife": True},
        },
    },
    words={"fire": ["放火", "一把火"]},
)
FACTS = BaseFacts(HELD)


def incident(**more: Any) -> Incident:
    return Incident(
        kind="police_110", source="feed", source_id="1", version="v", occurred_at=NOON, known_at=NOON, **more
    )


def sighting(**more: Any) -> Sighting:
    return Sighting(id="police_110:1", kind="police_110", at=NOON, cause=Cause.NEW, **more)


def of(record: Incident, seen: Sighting | None = None) -> FeatureSet:
    return FACTS.of(record, seen or sighting())


CARRIED = (
    "category", "visit", "weapon", "injury", "heads", "people", "amount", "stated_repeats", "returns", "status"
)  # fmt: skip


@pytest.mark.parametrize("field", CARRIED)
def test_a_blank_cell_is_unknown_where_the_source_has_the_column_and_absent_where_it_has_not(field: str) -> None:
    fact = f"record.{field}"
    carried = of(incident(declared=frozenset({field})))
    assert carried.values[fact] is None
    assert fact not in carried.absent
    other = of(incident(declared=frozenset({"narrative"})))
    assert fact not in other.values
    assert fact in other.absent


@pytest.mark.parametrize(
    ("field", "value"), [("weapon", False), ("heads", 0), ("category", ""), ("status", "closed"), ("amount", 2**40)]
)
def test_a_value_is_known_even_where_it_is_no_or_nothing(field: str, value: Any) -> None:
    held = incident(declared=frozenset({field}), **{field: value})
    assert of(held).values[f"record.{field}"] == value


def test_a_value_that_was_read_from_elsewhere_needs_no_column() -> None:
    assert of(incident(heads=12)).values["record.heads"] == 12


def test_what_every_record_has_is_never_absent() -> None:
    held = of(incident())
    for name in ("kind", "source", "cause", "anonymous", "confidential", "unreadable", "topic"):
        assert f"record.{name}" in held.values
    assert held.values["record.topic"] is None
    assert of(incident(), sighting(topic="noise")).values["record.topic"] == "noise"


def test_an_area_that_nobody_found_is_no_area() -> None:
    assert "record.area" in of(incident()).absent
    assert of(incident(declared=frozenset({"area"}))).values["record.area"] is None
    assert of(incident(), sighting(area="a")).values["record.area"] == "a"


def test_lengths_are_characters_without_white_space() -> None:
    held = of(incident(title="邻里 纠纷", narrative=" 漏水\n\t三 次　", declared=frozenset({"title", "narrative"})))
    assert held.values["record.title_length"] == 4
    assert held.values["record.text_length"] == 8
    blank = of(incident(title=" ", declared=frozenset({"title"})))
    assert blank.values["record.title_length"] is None
    assert blank.values["record.text_length"] is None
    assert "record.text_length" in of(incident()).absent


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        ("", False),
        ("邻居漏水", False),
        ("\ufffd" * 3 + "漏水", True),
        ("\ufffd\ufffd漏水", False),
        ("\x01\x02\x03漏", True),
        ("漏\n\n\n\t水", False),
        ("\ue000\ue001\ue002水", True),
    ],
)
def test_a_text_is_unreadable_where_most_of_it_is_lost(text: str, unreadable: bool) -> None:
    assert of(incident(narrative=text)).values["record.unreadable"] is unreadable


@pytest.mark.parametrize(
    ("replied", "due", "expected"),
    [(0, 0, True), (1, 0, False), (-1, 0, True), (None, 0, None), (0, None, None)],
)
def test_a_reply_in_time_needs_both_times(replied: int | None, due: int | None, expected: bool | None) -> None:
    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOON + timedelta(seconds=seconds)

    held = incident(
        replied_at=moment(replied), reply_due_at=moment(due), declared=frozenset({"replied_at", "reply_due_at"})
    )
    assert of(held).values["record.reply_in_time"] is expected
    assert "record.reply_in_time" in of(replace(held, replied_at=None, declared=frozenset())).absent


def test_a_word_fact_is_never_unknown_and_two_facts_may_read_one_list() -> None:
    held = of(incident(title="拿菜刀", narrative="要放火"))
    assert (held.values["words.knife"], held.values["words.blade"], held.values["words.fire"]) == (True, True, True)
    assert held.spans == {"words.knife": ("菜刀",), "words.blade": ("菜刀",), "words.fire": ("放火",)}
    quiet = of(incident())
    assert (quiet.values["words.knife"], quiet.spans) == (False, {})


def test_words_do_not_reach_from_the_title_into_the_narrative() -> None:
    assert of(incident(title="菜", narrative="刀")).values["words.knife"] is False


def test_spans_are_told_once_and_overlapping_ones_together() -> None:
    knives = of(incident(narrative="菜刀，菜刀"))
    assert knives.spans["words.knife"] == ("菜刀",)
    held = BaseFacts(rulebook(words={"knife": ["拿菜刀", "菜刀砍", "锄头"]}))
    seen = held.of(incident(narrative="拿菜刀砍，又拿锄头"), sighting())
    assert seen.spans["words.knife"] == ("拿菜刀砍", "锄头")


def test_a_text_with_nothing_else_has_words_and_no_fields() -> None:
    held = FACTS.of_text("拿菜刀")
    assert held.values == {"words.knife": True, "words.blade": True, "words.fire": False}
    assert len(held.absent) == len({*held.absent}) >= len(FIELDS)


def test_marks_are_the_surely_true_facts_that_a_window_asks_for() -> None:
    armed = of(incident(weapon=True, injury=True, narrative="菜刀放火"))
    assert FACTS.marks(armed) == {"record.weapon", "words.knife"}
    assert FACTS.marks(of(incident(declared=frozenset({"weapon"})))) == frozenset()
    assert FACTS.marks(of(incident(weapon=False))) == frozenset()
