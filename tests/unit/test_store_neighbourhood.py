"""Everything a batch may touch is read, whole clusters and chains of it, and nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model import Cause, Cut, Link, Links, Sighting, Union
from engine.store import Batch, Reading, Store
from engine.store.rows import Reach
from tests.store_samples import START, Keys

REACH = Reach(timedelta(days=180), timedelta(days=180))


def sighting(id_: str, day: int = 0, **told: object) -> Sighting:
    base = Sighting(id=id_, kind="police_110", at=START + timedelta(days=day), cause=Cause.NEW)
    return replace(base, **told)  # type: ignore[arg-type]


def links(id_: str, **told: object) -> Links:
    base = Links(person=None, matter=id_, hotspot=None, counts=True, cluster=id_)
    return replace(base, **told)  # type: ignore[arg-type]


def keep(store: Store, *rows: Sighting | tuple[Sighting, Links]) -> None:
    pairs = [row if isinstance(row, tuple) else (row, links(row.id)) for row in rows]
    with store.batch() as tx:
        tx.write_sightings(pairs)


def around(store: Store, *batch: Sighting) -> set[str]:
    with store.read() as view:
        return near(view, batch)


def near(view: Reading | Batch, batch: Sequence[Sighting]) -> set[str]:
    times = [s.at for s in batch]
    rows = view.neighbourhood([Keys.of(s) for s in batch], min(times), max(times), REACH)
    ids = [row.sighting.id for row in rows]
    assert len(ids) == len(set(ids)), "a record was read twice"
    return set(ids)


@pytest.mark.parametrize("key", ["phone", "id_number", "account", "opponent"])
def test_a_shared_key_makes_neighbours_within_reach(store: Store, key: str) -> None:
    keep(
        store,
        sighting("a", 100, **{key: "k1"}),
        sighting("b", 100, **{key: "k2"}),
        sighting("c", 290, **{key: "k1"}),
    )
    assert around(store, sighting("new", 110, **{key: "k1"})) == {"a", "c"}


@pytest.mark.parametrize("where", ["fine", "place"])
def test_a_shared_place_and_topic_make_neighbours(store: Store, where: str) -> None:
    keep(
        store,
        sighting("a", **{where: "柳塘村", "topic": "noise"}),
        sighting("b", **{where: "柳塘村", "topic": "wage"}),
        sighting("c", **{where: "青禾村", "topic": "noise"}),
        sighting("d", **{where: "柳塘村", "topic": None}),
    )
    assert around(store, sighting("new", **{where: "柳塘村", "topic": "noise"})) == {"a"}
    assert around(store, sighting("new", **{where: "柳塘村", "topic": None})) == {"d"}


def test_both_ends_of_the_reach_are_included(store: Store) -> None:
    keep(
        store,
        sighting("first", 0, place="p", topic="t"),
        sighting("early", 20, place="p", topic="t"),
        sighting("late", 380, place="p", topic="t"),
        sighting("last", 400, place="p", topic="t"),
    )
    assert around(store, sighting("new", 200, place="p", topic="t")) == {"early", "late"}


def test_a_missing_key_makes_no_neighbours(store: Store) -> None:
    keep(store, sighting("a"), sighting("b", topic="noise", area="镇"))
    assert around(store, sighting("new", topic="noise", area="镇")) == set()


class TestNumbers:
    """Explicit numbers reach as far as they like."""

    def test_the_record_a_batch_names(self, store: Store) -> None:
        keep(store, sighting("a", 0), sighting("b", 0))
        assert around(store, sighting("new", 900, numbers=("a", "unknown"))) == {"a"}

    def test_the_records_that_name_the_batch(self, store: Store) -> None:
        keep(store, sighting("a", 0, numbers=("new", "z")), sighting("b", 0, numbers=("z",)))
        assert around(store, sighting("new", 900)) == {"a"}


class TestGroups:
    """Clusters and chains come whole, however far they stretch."""

    def test_the_whole_cluster_of_a_neighbour(self, store: Store) -> None:
        keep(
            store,
            (sighting("a", 100, phone="p"), links("a", cluster="z")),
            (sighting("z", -900), links("z", cluster="z")),
            (sighting("y", 900), links("y", cluster="z")),
            (sighting("x", 100), links("x", cluster="x")),
        )
        assert around(store, sighting("new", 100, phone="p")) == {"a", "y", "z"}

    def test_the_whole_chain_of_a_neighbour(self, store: Store) -> None:
        keep(
            store,
            (sighting("a", 100, phone="p"), links("a", chain="c")),
            (sighting("b", 900), links("b", chain="c")),
            (sighting("c", 900), links("c", chain="d")),
        )
        assert around(store, sighting("new", 100, phone="p")) == {"a", "b"}

    def test_the_founder_of_a_person_is_read_beyond_the_reach_and_brings_his_cluster(self, store: Store) -> None:
        keep(
            store,
            (sighting("first", 0, phone="p"), links("first", cluster="zero")),
            sighting("second", 100, phone="p"),
            (sighting("zero", -400, id_number="i"), links("zero", cluster="zero")),
        )
        assert around(store, sighting("new", 1000, phone="p")) == {"first", "zero"}


class TestDecisions:
    """What a person united is read as one cluster; a cut asks for nothing more."""

    def decide(self, store: Store, decision: Cut | Union) -> int:
        with store.batch() as tx:
            return tx.write_decision(decision, by="王主任", reason="同一纠纷", known_at=START)

    def rows(self) -> list[Sighting | tuple[Sighting, Links]]:
        far = (sighting("far", -900), links("far", cluster="far"))
        return [sighting("a", 0, phone="p"), far, (sighting("kin", -800), links("kin", cluster="far")), sighting("x")]

    def test_a_union_brings_the_whole_cluster_of_the_other_side(self, store: Store) -> None:
        keep(store, *self.rows())
        self.decide(store, Union("a", "far"))
        assert around(store, sighting("new", 5, phone="p")) == {"a", "far", "kin"}

    def test_unions_are_followed_from_one_to_the_next(self, store: Store) -> None:
        keep(store, *self.rows())
        self.decide(store, Union("a", "far"))
        self.decide(store, Union("x", "kin"))
        assert around(store, sighting("new", 5, phone="p")) == {"a", "far", "kin", "x"}

    def test_a_record_that_was_united_before_it_came(self, store: Store) -> None:
        keep(store, *self.rows())
        self.decide(store, Union("new", "kin"))
        assert around(store, sighting("new", 5)) == {"far", "kin"}

    def test_a_union_that_was_taken_back_brings_nothing(self, store: Store) -> None:
        keep(store, *self.rows())
        number = self.decide(store, Union("a", "far"))
        with store.batch() as tx:
            tx.revoke_decision(number, by="王主任", reason="误并", known_at=START)
        assert around(store, sighting("new", 5, phone="p")) == {"a"}

    def test_a_cut_brings_nothing(self, store: Store) -> None:
        keep(store, *self.rows())
        self.decide(store, Cut(("a",), ("far",)))
        assert around(store, sighting("new", 5, phone="p")) == {"a"}


class TestPhones:
    """A phone that gains or loses an ID number changes the person of all its records."""

    def rows(self) -> list[Sighting]:
        return [sighting("old", 0, phone="p"), sighting("older", -50, phone="p", id_number="i1")]

    def test_a_second_id_number_brings_every_record_of_the_phone(self, store: Store) -> None:
        keep(store, *self.rows())
        assert around(store, sighting("new", 1000, phone="p", id_number="i2")) == {"old", "older"}

    def test_a_known_id_number_brings_no_more_than_the_founder(self, store: Store) -> None:
        keep(store, *self.rows())
        assert around(store, sighting("new", 1000, phone="p", id_number="i1")) == {"older"}

    def test_a_correction_that_takes_the_last_record_of_a_pair_away_brings_them_too(self, store: Store) -> None:
        keep(store, *self.rows(), sighting("wrong", 900, phone="p", id_number="i2"))
        assert around(store, sighting("wrong", 900, phone="p", id_number="i1")) == {"old", "older", "wrong"}

    def test_a_pair_that_other_records_still_have_is_not_taken_away(self, store: Store) -> None:
        twice = sighting("also", 950, phone="p", id_number="i2")
        keep(store, *self.rows(), sighting("wrong", 900, phone="p", id_number="i2"), twice)
        found = around(store, sighting("wrong", 900, phone="p", id_number="i1"))
        assert found >= {"older", "wrong", "also"}

    def test_pairs_are_counted_through_corrections(self, store: Store) -> None:
        keep(store, *self.rows(), sighting("wrong", 900, phone="p", id_number="i2"))
        keep(store, sighting("wrong", 900, phone="p", id_number="i1"))
        assert around(store, sighting("new", 2000, phone="p", id_number="i2")) == {"old", "older", "wrong"}


class TestCorrections:
    """What a record was before counts as well as what it is now."""

    def test_neighbours_under_the_former_keys_are_read(self, store: Store) -> None:
        keep(
            store,
            sighting("it", 100, place="here", topic="t"),
            sighting("a", 100, place="here", topic="t"),
            sighting("b", 100, place="there", topic="t"),
        )
        assert around(store, sighting("it", 100, place="there", topic="t")) == {"it", "a", "b"}

    def test_neighbours_of_the_former_time_are_read(self, store: Store) -> None:
        keep(store, sighting("it", 0, place="p", topic="t"), sighting("a", -100, place="p", topic="t"))
        assert around(store, sighting("it", 400, place="p", topic="t")) == {"it", "a"}

    def test_a_record_is_no_longer_found_under_its_former_keys(self, store: Store) -> None:
        keep(store, sighting("it", 0, phone="p", place="here", topic="t", numbers=("n",)))
        keep(store, sighting("it", 10, phone="q", place="there", topic="t"))
        assert around(store, sighting("new", 5, phone="p", place="here", topic="t")) == set()
        assert around(store, sighting("n", 5)) == set()
        assert around(store, sighting("new", 5, phone="q")) == {"it"}

    def test_new_links_of_an_unchanged_record_are_kept(self, store: Store) -> None:
        it = sighting("it", phone="p", marks=frozenset({"words.weapon"}))
        tie = Link(80, "it", "other", "b", applied=False)
        moved = links("it", matter="other", person="other", hotspot="h", counts=False, resend_of="x", links=(tie,))
        keep(store, it)
        assert around(store, sighting("new", phone="p")) == {"it"}
        keep(store, (it, moved))
        with store.read() as view:
            (row,) = view.neighbourhood([Keys.of(sighting("new", phone="p"))], START, START, REACH)
        assert (row.sighting, row.links) == (it, moved)


def test_what_was_rolled_back_is_never_remembered(store: Store) -> None:
    it = sighting("it", phone="p")
    keep(store, it)
    with pytest.raises(RuntimeError), store.batch() as tx:
        tx.write_sightings([(it, links("it", matter="wrong"))])
        assert near(tx, [sighting("new", phone="p")]) == {"it"}
        raise RuntimeError
    with store.read() as view:
        (row,) = view.neighbourhood([Keys.of(sighting("new", phone="p"))], START, START, REACH)
    assert row.links.matter == "it"


def test_an_open_view_does_not_see_what_is_committed_meanwhile(store: Store) -> None:
    keep(store, sighting("a", phone="p"))
    with store.read() as view:
        assert near(view, [sighting("new", phone="p")]) == {"a"}
        keep(store, sighting("b", phone="p"), (sighting("a", phone="p"), links("a", matter="b")))
        rows = view.neighbourhood([Keys.of(sighting("new", phone="p"))], START, START, REACH)
        assert [(row.sighting.id, row.links.matter) for row in rows] == [("a", "a")]
    assert around(store, sighting("new", phone="p")) == {"a", "b"}
