"""Persons in the store: enough is read to say who is who, whatever its age, and no more of a busy phone than settles it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.identity.resolve import resolve
from engine.identity.settings import Settings
from engine.model import Cause, Links, Sighting
from engine.store import Store
from engine.store.rows import Reach
from tests.store_samples import START, Keys

REACH = Reach(timedelta(days=180), timedelta(days=180))
SETTINGS = Settings()


def sighting(id_: str, day: int = 0, **told: object) -> Sighting:
    base = Sighting(id=id_, kind="police_110", at=START + timedelta(days=day), cause=Cause.NEW, topic="noise")
    return replace(base, **told)  # type: ignore[arg-type]


def bring(store: Store, *batch: Sighting) -> dict[str, Links]:
    """A batch as the pipeline links it: what is read of the store decides."""
    with store.batch([Keys.of(s) for s in batch]) as tx:  # type: ignore[misc]
        times = [s.at for s in batch]
        stored = tx.neighbourhood([Keys.of(s) for s in batch], min(times), max(times), REACH)  # type: ignore[misc]
        known = {row.sighting.id: row.links for row in stored}
        former = [row.sighting for row in stored if row.sighting.id in {s.id for s in batch}]
        held = {row.sighting.id: row.sighting for row in stored} | {s.id: s for s in batch}
        made = resolve(list(held.values()), (), (), settings=SETTINGS, known=known, changed=[*batch, *former])
        tx.write_sightings(
            [(held[id_], made[id_]) for id_ in made if known.get(id_) != made[id_] or id_ in {s.id for s in batch}]
        )
    return made


def persons(store: Store, *ids: str) -> dict[str, str | None]:
    with store.read() as view:
        return {id_: row.links.person for id_, row in view.sightings(ids).items()}


def read_around(store: Store, *batch: Sighting) -> set[str]:
    with store.read() as view:
        times = [s.at for s in batch]
        rows = view.neighbourhood([Keys.of(s) for s in batch], min(times), max(times), REACH)  # type: ignore[misc]
        return {row.sighting.id for row in rows}


class TestNames:
    """A person is named by the oldest record, however far back."""

    def test_years_apart(self, store: Store) -> None:
        bring(store, sighting("first", 0, phone="p1"))
        for n in range(1, 4):
            bring(store, sighting(f"r{n}", 300 * n, phone="p1"))
        assert set(persons(store, "first", "r1", "r2", "r3").values()) == {"first"}

    def test_an_older_record_that_comes_late_renames_everybodys_records(self, store: Store) -> None:
        bring(store, *(sighting(f"r{n}", 300 + 200 * n, phone="p1") for n in range(4)))
        bring(store, sighting("oldest", 0, phone="p1"))
        assert set(persons(store, "oldest", *(f"r{n}" for n in range(4))).values()) == {"oldest"}

    def test_anonymous_records_have_no_person_and_never_meet(self, store: Store) -> None:
        made = bring(store, *(sighting(f"r{n}", n) for n in range(4)))
        assert {links.person for links in made.values()} == {None}
        assert len({links.matter for links in made.values()}) == 4

    def test_an_account_tells_only_where_nothing_else_does(self, store: Store) -> None:
        bring(store, sighting("a", 0, account="k1"), sighting("b", 1, account="k1", phone="p1"))
        assert persons(store, "a", "b") == {"a": "a", "b": "b"}


class TestPhones:
    """Ruling 86: ID numbers separate; a phone joins only while it is seen with at most one."""

    def test_a_phone_with_one_id_number_is_that_person(self, store: Store) -> None:
        bring(store, sighting("a", 0, phone="p1"))
        bring(store, sighting("b", 400, phone="p1", id_number="i1"))
        bring(store, sighting("c", 800, id_number="i1"))
        assert set(persons(store, "a", "b", "c").values()) == {"a"}

    @pytest.mark.parametrize("gap", [1, 400])
    def test_a_second_id_number_takes_it_apart_again_whatever_the_time_between(self, store: Store, gap: int) -> None:
        bring(store, sighting("a", 0, phone="p1"))
        bring(store, sighting("b", gap, phone="p1", id_number="i1"))
        bring(store, sighting("c", 2 * gap, phone="p1", id_number="i2"))
        assert persons(store, "a", "b", "c") == {"a": "a", "b": "b", "c": "c"}

    def test_a_correction_joins_them_again(self, store: Store) -> None:
        bring(store, sighting("a", 0, phone="p1"), sighting("b", 300, phone="p1", id_number="i1"))
        bring(store, sighting("c", 600, phone="p1", id_number="i2"))
        bring(store, sighting("c", 600, phone="p1", id_number="i1"))
        assert set(persons(store, "a", "b", "c").values()) == {"a"}

    def test_two_phones_of_one_id_number_are_one_person(self, store: Store) -> None:
        for day, told in ((0, "p1"), (200, "p2")):
            bring(store, sighting(f"r{told}", day, phone=told, id_number="i1"))
        bring(store, sighting("x", 500, phone="p1"), sighting("y", 501, phone="p2"))
        assert set(persons(store, "rp1", "rp2", "x", "y").values()) == {"rp1"}

    @pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
    def test_any_order_of_arrival_gives_the_same_persons(self, store: Store, order: Sequence[int]) -> None:
        rows = (
            sighting("a", 0, phone="p1"),
            sighting("b", 200, phone="p1", id_number="i1"),
            sighting("c", 400, phone="p1", id_number="i2"),
            sighting("d", 600, phone="p2", id_number="i2"),
        )
        for at in order:
            bring(store, rows[at])
        assert persons(store, "a", "b", "c", "d") == {"a": "a", "b": "b", "c": "c", "d": "c"}


class TestBounds:
    """What a busy number costs."""

    def test_a_phone_of_many_id_numbers_is_not_read_whole(self, store: Store) -> None:
        rows = [sighting(f"r{n}", n, phone="hotline", id_number=f"i{n}") for n in range(40)]
        with store.batch() as tx:
            tx.write_sightings([(s, Links(s.id, s.id, None, counts=True, cluster=s.id)) for s in rows])
        assert len(read_around(store, sighting("new", 900, phone="hotline"))) < 15

    def test_a_stranger_reads_nobody(self, store: Store) -> None:
        bring(store, sighting("a", phone="p1", id_number="i1"))
        assert read_around(store, sighting("new", 1, phone="p9", topic="debt")) == set()
