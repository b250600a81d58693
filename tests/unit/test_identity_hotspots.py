"""Hotspots and what counts: chains of one place and topic, resends, the second number of one call."""

from __future__ import annotations

import pytest

from engine.identity.settings import Settings
from engine.model import Cause, Sighting
from tests.identity_samples import linked, seen, shuffles

SECOND = 1 / 86_400
ESTATE = {"topic": "property", "place": "翠湖花园"}


def spots(*sightings: Sighting, settings: Settings | None = None) -> dict[str, str | None]:
    """The hotspot of every record by bare numbers; the same in every order."""
    chosen = settings or Settings()
    told = {id_: links.hotspot for id_, links in linked(sightings, settings=chosen).items()}
    for order in shuffles(sightings):
        assert {id_: links.hotspot for id_, links in linked(order, settings=chosen).items()} == told
    return {id_: spot and spot.split(":", 1)[1] for id_, spot in told.items()}


def crowd(*days: float, phones: str = "pqrstuvw") -> list[Sighting]:
    return [seen(str(n), day, phone=phones[n], **ESTATE) for n, day in enumerate(days)]


def test_three_persons_are_a_hotspot_named_by_the_oldest_record() -> None:
    assert spots(*crowd(5, 3, 4)) == {"0": "1", "1": "1", "2": "1"}
    assert set(spots(*crowd(0, 1)).values()) == {None}
    assert spots() == {}


def test_one_person_who_calls_ten_times_is_none() -> None:
    assert set(spots(*(seen(str(n), n, phone="p", **ESTATE) for n in range(10))).values()) == {None}


def test_all_anonymous_records_are_one_person() -> None:
    nameless = [seen(f"n{n}", n, **ESTATE) for n in range(8)]
    assert set(spots(*nameless).values()) == {None}
    assert set(spots(*nameless, seen("a", phone="p", **ESTATE)).values()) == {None}
    assert set(spots(*nameless, *crowd(0, 1)).values()) == {"0"}


@pytest.mark.parametrize(("gap", "whole"), [(90, True), (90 + SECOND, False)])
def test_a_chain_holds_over_ninety_days_and_no_second_more(gap: float, *, whole: bool) -> None:
    found = spots(*crowd(0, 1, 2, 2 + gap))
    assert (found["3"] == "0") is whole
    assert found["0"] == "0"


def test_a_late_record_joins_two_chains() -> None:
    two = crowd(0, 1, 2, 120, 121, 122)
    assert set(spots(*two).values()) == {"0", "3"}
    bridge = seen("9", 60, phone="x", **ESTATE)
    assert set(spots(*two, bridge).values()) == {"0"}


@pytest.mark.parametrize(
    "other",
    [
        {"topic": "noise", "place": "翠湖花园"},
        {"topic": "property", "place": "和顺家园"},
        {"topic": None, "place": "翠湖花园"},
        {"topic": "property", "place": None},
    ],
)
def test_another_place_or_topic_or_none_is_not_in_it(other: dict[str, str | None]) -> None:
    found = spots(*crowd(0, 1, 2), seen("x", 1, phone="z", **other))
    assert found["x"] is None


def test_a_hotspot_groups_matters_and_merges_none() -> None:
    told = linked(crowd(0, 1, 2))
    assert len({links.matter for links in told.values()}) == 3


def test_the_numbers_are_the_rulebooks() -> None:
    five = Settings.of({"settings": {"hotspot": {"persons": 5, "gap_days": 1}}})
    assert set(spots(*crowd(0, 1, 2, 3), settings=five).values()) == {None}
    assert set(spots(*crowd(0, 1, 2, 3, 4), settings=five).values()) == {"0"}
    assert set(spots(*crowd(0, 1, 2, 3, 4.1), settings=five).values()) == {None}


class TestResends:
    def counting(self, *sightings: Sighting) -> dict[str, str | None]:
        told = linked(sightings)
        for order in shuffles(sightings):
            assert linked(order) == told
        assert all(links.counts == (links.resend_of is None) for links in told.values())
        return {id_: links.resend_of and links.resend_of.split(":", 1)[1] for id_, links in told.items()}

    def test_the_same_words_within_a_day_after_the_last_counted_one(self) -> None:
        told = [seen(n, day, phone="p", words="又漏水了") for n, day in zip("abcd", (0, 1, 1 + SECOND, 2), strict=True)]
        assert self.counting(*told) == {"a": None, "b": "a", "c": None, "d": "c"}

    def test_of_two_in_one_second_the_smaller_id_counts(self) -> None:
        assert self.counting(seen("b", phone="p", words="又漏水了"), seen("a", phone="p", words="又漏水了")) == {
            "a": None,
            "b": "a",
        }

    def test_other_words_other_people_and_anonymous_ones_all_count(self) -> None:
        first = seen("a", phone="p", words="又漏水了")
        assert self.counting(first, seen("b", 0.1, phone="p", words="还在漏水"))["b"] is None
        assert self.counting(first, seen("b", 0.1, phone="q", words="又漏水了"))["b"] is None
        assert self.counting(seen("a", words="又漏水了"), seen("b", 0.1, words="又漏水了"))["b"] is None
        assert self.counting(seen("a", phone="p"), seen("b", 0.1, phone="p"))["b"] is None, (
            "no words are not the same words"
        )

    def test_a_resend_over_another_channel_is_a_resend(self) -> None:
        assert (
            self.counting(
                seen("a", phone="p", words="又漏水了"), seen("b", 0.5, kind="petition", phone="p", words="又漏水了")
            )["b"]
            == "a"
        )

    @pytest.mark.parametrize("cause", [Cause.URGE, Cause.FEEDBACK, Cause.NUISANCE, Cause.VOID])
    def test_what_does_not_count_is_no_original_and_no_resend(self, cause: Cause) -> None:
        told = linked(
            [seen("a", phone="p", words="又漏水了", cause=cause), seen("b", 0.1, phone="p", words="又漏水了")]
        )
        assert (told["a"].counts, told["a"].resend_of) == (False, None)
        assert (told["b"].counts, told["b"].resend_of) == (True, None)


class TestTransfers:
    def doubled(self, *sightings: Sighting) -> dict[str, bool]:
        told = linked(sightings)
        for order in shuffles(sightings):
            assert linked(order) == told
        return {id_: links.counts for id_, links in told.items()}

    def test_the_younger_number_of_one_call_does_not_count_whoever_names_whom(self) -> None:
        assert self.doubled(seen("a"), seen("b", 0.1, kind="hotline_12345", numbers=("police_110:a",))) == {
            "a": True,
            "b": False,
        }
        assert self.doubled(seen("a", numbers=("hotline_12345:b",)), seen("b", 0.1, kind="hotline_12345")) == {
            "a": True,
            "b": False,
        }
        assert self.doubled(seen("a", 1), seen("b", 0.1, kind="hotline_12345", numbers=("police_110:a",))) == {
            "a": False,
            "b": True,
        }

    def test_other_pairs_of_channels_hand_nothing_over(self) -> None:
        assert self.doubled(seen("a"), seen("b", 0.1, kind="petition", numbers=("police_110:a",))) == {
            "a": True,
            "b": True,
        }
        assert self.doubled(seen("a"), seen("b", 0.1, numbers=("police_110:a",))) == {"a": True, "b": True}

    def test_a_number_that_has_not_come_doubles_nothing(self) -> None:
        assert self.doubled(seen("b", kind="hotline_12345", numbers=("police_110:x",))) == {"b": True}
