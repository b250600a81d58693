"""The vocabulary: what the records say of themselves, to the byte."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.model import Action, Cause, Colour, Hit, Incident, RawRecord, canonical, digest, oldest

AT = datetime(2025, 1, 1, tzinfo=UTC)


def incident(**more: str) -> Incident:
    return Incident(kind="police_110", source="s", source_id="A1", version="v", occurred_at=AT, known_at=AT, **more)


def test_colours_are_ordered_so_that_the_highest_wins() -> None:
    assert max(Colour.GREEN, Colour.RED, Colour.YELLOW) is Colour.RED
    assert [Colour.named(colour.word) for colour in Colour] == list(Colour)
    with pytest.raises(KeyError):
        Colour.named("orange")


def test_only_new_and_repeated_causes_count() -> None:
    assert {cause for cause in Cause if cause.counts} == {Cause.NEW, Cause.REPEAT}


def test_the_same_value_is_the_same_bytes_whatever_the_order_of_its_keys() -> None:
    assert canonical({"乙": 1, "甲": [True, None]}) == canonical({"甲": [True, None], "乙": 1})
    assert b" " not in canonical({"a": [1, 2], "b": {"c": "d"}})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert len(digest({})) == 64


def test_a_raw_row_is_known_by_its_cells_alone() -> None:
    one = RawRecord("a", "police_110", 2, {"x": "1", "y": None})
    assert one.digest == RawRecord("b", "petition", 9, {"y": None, "x": "1"}).digest
    assert one.digest != RawRecord("a", "police_110", 2, {"x": "1", "y": ""}).digest


def test_an_id_is_of_the_channel_and_shared_by_all_versions() -> None:
    assert incident().id == "police_110:A1"


@pytest.mark.parametrize(
    ("title", "narrative", "text"),
    [("题", "文", "题。文"), ("题", "", "题"), ("", "文", "文"), ("", "", "")],
)
def test_word_lists_read_title_and_narrative_with_a_stop_between(title: str, narrative: str, text: str) -> None:
    assert incident(title=title, narrative=narrative).text == text


def test_a_group_is_named_by_its_oldest_record_and_of_equal_times_by_the_smaller_id() -> None:
    later = datetime(2025, 1, 2, tzinfo=UTC)
    assert oldest([(later, "a"), (AT, "c"), (AT, "b")]) == "b"


def test_a_hit_is_told_apart_by_its_rule_and_what_made_it() -> None:
    one = Hit("R6", "1", Colour.RED, "三次", ("x", "y"))
    assert one.key == "R6|x,y"
    assert one.key == Hit("R6", "2", Colour.YELLOW, "其他理由", ("x", "y")).key
    assert one.key != Hit("R6", "1", Colour.RED, "三次", ("x", "z")).key


def test_a_hit_of_thousands_of_records_has_a_short_name_that_still_tells_it_apart() -> None:
    many = tuple(f"police_110:A{n}" for n in range(5_000))
    one, other = (
        Hit("R6", "1", Colour.RED, "多次", many),
        Hit("R6", "1", Colour.RED, "多次", (*many[:-1], "police_110:B")),
    )
    assert len(one.key) < 100
    assert one.key == Hit("R6", "2", Colour.RED, "多次", many).key
    assert one.key != other.key


def test_records_cannot_be_changed() -> None:
    action = Action("m", "close", "", "王主任", AT, AT)
    with pytest.raises(AttributeError):
        action.kind = "reopen"  # type: ignore[misc]
