"""Two records are neighbours when they share a key, and block keys of both sides agree."""

from __future__ import annotations

from dataclasses import replace

from engine.model import Cause, Sighting
from engine.store import block_keys
from tests.store_samples import START, Keys, samples

BARE = Sighting(id="a", kind="k", at=START, cause=Cause.NEW)


def looked_up(sighting: Sighting) -> set[int]:
    keys = [Keys.of(sighting)]
    return block_keys.parties(keys) | block_keys.places(keys)


def test_a_record_is_filed_under_exactly_the_keys_it_is_looked_up_by() -> None:
    for sample in samples(200):
        assert block_keys.of_sighting(sample.sighting) == looked_up(sample.sighting)


def test_a_named_record_is_one_more_key() -> None:
    naming = replace(BARE, numbers=("b", "c"))
    assert block_keys.of_sighting(naming) == {block_keys.naming("b"), block_keys.naming("c")}


def test_a_record_without_anything_has_no_keys() -> None:
    assert block_keys.of_sighting(BARE) == frozenset()


def test_places_differ_by_kind_name_and_topic() -> None:
    told = [
        replace(BARE, place="p", topic="t"),
        replace(BARE, fine="p", topic="t"),
        replace(BARE, place="p", topic="u"),
        replace(BARE, place="p"),
        replace(BARE, place="q", topic="t"),
    ]
    assert len({key for sighting in told for key in block_keys.of_sighting(sighting)}) == len(told)


def test_keys_are_signed_64_bit_and_the_same_on_every_machine() -> None:
    assert block_keys.party("0f") == block_keys.hashed("p\n0f")
    assert block_keys.hashed("sanse") == 6959351231020960331
    assert all(-(2**63) <= block_keys.hashed(str(n)) < 2**63 for n in range(1_000))
