"""Persons: ID numbers separate, a phone joins while it knows one ID number at most, nobody is somebody by being anonymous (ruling 86)."""

from __future__ import annotations

import pytest

from engine.model import Sighting
from tests.identity_samples import linked, seen, shuffles


def people(*sightings: Sighting) -> dict[str, str | None]:
    """The person of every record by bare numbers; the same in every order."""
    told = {id_: links.person for id_, links in linked(sightings).items()}
    for order in shuffles(sightings):
        assert {id_: links.person for id_, links in linked(order).items()} == told
    return {id_: person and person.split(":", 1)[1] for id_, person in told.items()}


def test_nobody_and_one() -> None:
    assert people() == {}
    assert people(seen("a", phone="p")) == {"a": "a"}


def test_anonymous_records_are_never_one_person() -> None:
    said = "楼上漏水泡坏了天花板"
    assert people(seen("a", words=said), seen("b", words=said), seen("c", words=said)) == {
        "a": None,
        "b": None,
        "c": None,
    }


def test_one_phone_over_channels_is_one_person_named_by_the_oldest_record() -> None:
    assert people(seen("b", 1, phone="p"), seen("a", 2, phone="p", kind="petition"), seen("z", 0, phone="p")) == {
        "a": "z",
        "b": "z",
        "z": "z",
    }


def test_the_same_second_is_named_by_the_smaller_id() -> None:
    assert people(seen("b", phone="p"), seen("a", phone="p")) == {"a": "a", "b": "a"}


def test_an_id_number_joins_phones() -> None:
    assert set(
        people(
            seen("a", phone="p", id_number="i"), seen("b", 1, phone="q", id_number="i"), seen("c", 2, phone="q")
        ).values()
    ) == {"a"}


def test_two_id_numbers_on_one_phone_are_two_and_whoever_gives_only_the_phone_is_a_third() -> None:
    family = (seen("a", phone="p", id_number="i"), seen("b", 1, phone="p", id_number="j"), seen("c", 2, phone="p"))
    assert people(*family) == {"a": "a", "b": "b", "c": "c"}
    assert people(family[0], family[2]) == {"a": "a", "c": "a"}


def test_an_account_tells_only_where_nothing_else_does() -> None:
    told = people(seen("a", account="x"), seen("b", 1, account="x"), seen("c", 2, account="x", phone="p"))
    assert told == {"a": "a", "b": "a", "c": "c"}


def test_keys_of_different_kinds_never_meet_by_their_value() -> None:
    assert people(seen("a", phone="k"), seen("b", id_number="k"), seen("c", account="k")) == {
        "a": "a",
        "b": "b",
        "c": "c",
    }


@pytest.mark.parametrize("day", [-400, -1, 0, 366, 4_000])
def test_years_do_not_part_a_person(day: float) -> None:
    assert len(set(people(seen("a", phone="p"), seen("b", day, phone="p")).values())) == 1


def test_who_is_complained_of_is_not_the_one_who_complains() -> None:
    assert people(seen("a", phone="p", opponent="q"), seen("b", 1, phone="q")) == {"a": "a", "b": "b"}
