"""Block keys: what neighbours are looked up by; a road is no common place."""

from __future__ import annotations

from engine.identity.keys import block_keys
from tests.identity_samples import seen


def test_an_anonymous_record_of_no_place_has_no_keys_but_its_id() -> None:
    keys = block_keys(seen("a"))
    assert keys.id == "police_110:a"
    assert (
        keys.phone,
        keys.id_number,
        keys.account,
        keys.opponent,
        keys.fine_topic,
        keys.place_topic,
        keys.numbers,
    ) == (None,) * 6 + ((),)


def test_everything_that_identity_compares_is_a_key() -> None:
    keys = block_keys(
        seen(
            "a",
            phone="p",
            id_number="i",
            account="x",
            opponent="o",
            fine="f",
            place="翠湖花园",
            numbers=("petition:1",),
        )
    )
    assert (keys.phone, keys.id_number, keys.account, keys.opponent) == ("p", "i", "x", "o")
    assert (keys.fine_topic, keys.place_topic, keys.numbers) == (("f", "noise"), ("翠湖花园", "noise"), ("petition:1",))


def test_a_place_without_a_topic_and_a_road_are_no_keys() -> None:
    assert block_keys(seen("a", place="翠湖花园", topic=None)).place_topic is None
    assert block_keys(seen("a", place="解放路")).place_topic is None
