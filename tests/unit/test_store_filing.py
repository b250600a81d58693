"""Filing: a record stands where it last was put, is found under what it says now, and its persons know their oldest record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.model import Cause, Links, Sighting
from engine.store import Batch, Store
from engine.store import block_keys as keys
from engine.store.tables import blocks, changes, founders, identities, sightings
from tests.store_samples import START, by_hand


def sighting(id_: str, day: int = 0, **told: object) -> Sighting:
    base = Sighting(id=id_, kind="police_110", at=START + timedelta(days=day), cause=Cause.NEW, topic="noise")
    return replace(base, **told)  # type: ignore[arg-type]


def links(id_: str, **told: str) -> Links:
    return replace(Links(person=None, matter=id_, hotspot=None, counts=True, cluster=id_), **told)


def keep(store: Store, *rows: Sighting) -> None:
    with store.batch() as tx:
        tx.write_sightings([(row, links(row.id)) for row in rows])


def founder_of(url: str, **told: str) -> str | None:
    """The id of the founder filed for the person that this tells of."""
    key = keys.person(told.get("phone"), told.get("id_number"), told.get("account"))
    with by_hand(url) as connection:
        row = connection.execute(select(founders.c.id).where(founders.c.key == key)).first()
    return row[0] if row else None


def pairs(url: str) -> list[tuple[str, str]]:
    with by_hand(url) as connection:
        return sorted((row.phone, row.id_number) for row in connection.execute(select(identities)))


def filed(url: str, key: int) -> int:
    with by_hand(url) as connection:
        return len(connection.execute(select(blocks.c.record).where(blocks.c.key == key)).all())


def numbers(url: str) -> dict[str, int]:
    with by_hand(url) as connection:
        return {row.id: row.n for row in connection.execute(select(sightings.c.id, sightings.c.n))}


class TestKeys:
    """Under what a record is found."""

    def test_a_corrected_record_leaves_its_former_keys_and_keeps_its_number(self, store: Store, store_url: str) -> None:
        keep(store, sighting("a", phone="p1", place="柳塘村"))
        number = numbers(store_url)["a"]
        keep(store, sighting("a", 70, phone="p2", place="大塘村"))
        assert [filed(store_url, keys.party(phone)) for phone in ("p1", "p2")] == [0, 1]
        assert filed(store_url, keys.place("v", "柳塘村", "noise")) == 0
        assert numbers(store_url) == {"a": number}

    def test_only_its_links_changing_files_nothing_anew(self, store: Store, store_url: str) -> None:
        keep(store, sighting("a", phone="p1"))
        with store.batch() as tx:
            tx.write_sightings([(sighting("a", phone="p1"), links("a", matter="b", cluster="b"))])
        assert filed(store_url, keys.party("p1")) == 1
        with store.read() as view:
            assert view.sightings(["a"])["a"].links.matter == "b"

    def test_many_rows_new_and_known_in_one_batch(self, store: Store, store_url: str) -> None:
        keep(store, *(sighting(f"r{n}", n, phone=f"p{n}") for n in range(0, 400, 2)))
        before = numbers(store_url)
        keep(store, *(sighting(f"r{n}", n, phone=f"p{n % 7}") for n in range(400)))
        after = numbers(store_url)
        assert len(after) == len(set(after.values())) == 400
        assert all(after[id_] == number for id_, number in before.items())
        assert sum(filed(store_url, keys.party(f"p{n}")) for n in range(7)) == 400


class TestFounders:
    """A person is named by the oldest record."""

    def test_the_oldest_whatever_the_order_in_which_they_come(self, store: Store, store_url: str) -> None:
        for id_, day in (("m", 5), ("late", 9), ("first", 1), ("later", 2)):
            keep(store, sighting(id_, day, phone="p1"))
        assert founder_of(store_url, phone="p1") == "first"

    @pytest.mark.parametrize("order", [("b", "a"), ("a", "b")])
    def test_of_one_second_the_smaller_id(self, store: Store, store_url: str, order: Sequence[str]) -> None:
        for id_ in order:
            keep(store, sighting(id_, account="k"))
        assert founder_of(store_url, account="k") == "a"

    def test_within_one_batch(self, store: Store, store_url: str) -> None:
        keep(store, *(sighting(f"r{n}", 10 - n, id_number="i1", phone="p") for n in range(5)))
        assert founder_of(store_url, id_number="i1") == "r4"
        assert founder_of(store_url, phone="p") is None, "an ID number tells more than a phone"

    def test_a_founder_that_is_corrected_away_gives_way_to_the_next(self, store: Store, store_url: str) -> None:
        keep(store, sighting("a", 1, phone="p1"), sighting("b", 2, phone="p1"), sighting("c", 3, phone="p1"))
        keep(store, sighting("a", 1, phone="p2"))
        assert (founder_of(store_url, phone="p1"), founder_of(store_url, phone="p2")) == ("b", "a")

    def test_one_that_moves_to_a_later_day_gives_way_too(self, store: Store, store_url: str) -> None:
        keep(store, sighting("a", 1, phone="p1"), sighting("b", 40, phone="p1"))
        keep(store, sighting("a", 200, phone="p1"))
        assert founder_of(store_url, phone="p1") == "b"

    def test_the_only_record_of_a_person_leaves_none(self, store: Store, store_url: str) -> None:
        keep(store, sighting("a", phone="p1"))
        keep(store, sighting("a"))
        assert founder_of(store_url, phone="p1") is None

    def test_anonymous_records_found_nobody(self, store: Store, store_url: str) -> None:
        keep(store, *(sighting(f"r{n}") for n in range(3)))
        with by_hand(store_url) as connection:
            assert connection.execute(select(founders)).all() == []


class TestPairs:
    """Which ID numbers a phone was ever seen with."""

    def test_each_once_however_many_say_so(self, store: Store, store_url: str) -> None:
        keep(store, *(sighting(f"r{n}", n, phone="p1", id_number=f"i{n % 2}") for n in range(6)))
        assert pairs(store_url) == [("p1", "i0"), ("p1", "i1")]

    def test_a_pair_goes_with_its_last_witness_and_not_before(self, store: Store, store_url: str) -> None:
        keep(store, sighting("a", phone="p1", id_number="i1"), sighting("b", 2, phone="p1", id_number="i1"))
        keep(store, sighting("a", phone="p1"))
        assert pairs(store_url) == [("p1", "i1")]
        keep(store, sighting("b", 2, phone="p1"))
        assert pairs(store_url) == []


class TestChanges:
    """Every process learns which rows a transaction wrote."""

    def test_each_transaction_one_line_numbered_without_a_gap(self, store: Store, store_url: str) -> None:
        for n in range(4):
            keep(store, sighting(f"r{n}", n))
        with store.batch() as tx:
            tx.append_audit("sanse", "nothing", {}, START)
        with by_hand(store_url) as connection:
            assert [row.seq for row in connection.execute(select(changes).order_by(changes.c.seq))] == [1, 2, 3, 4]

    def test_what_was_rolled_back_has_no_line(self, store: Store, store_url: str) -> None:
        def fail(tx: Batch) -> None:
            tx.write_sightings([(sighting("a"), links("a"))])
            raise KeyError("a")

        with pytest.raises(KeyError), store.batch() as tx:
            fail(tx)
        with by_hand(store_url) as connection:
            assert connection.execute(select(changes)).all() == []
        assert numbers(store_url) == {}
