"""Figures in bulk: distinct hits with the matter of today, steps in order, dealt matters with their one grade."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import StoreError
from engine.model import Action, Colour, HitHad
from engine.store import Store
from engine.store.rows import Dealt
from tests.store_samples import START, samples, write

DAY = timedelta(days=1)


def test_a_hit_is_one_however_often_it_was_made(store: Store) -> None:
    (one,) = samples(1)
    hit = HitHad(one.sighting.id, "R1|a", "R1", Colour.RED, START)
    with store.batch() as tx:
        write(tx, [one])
        tx.write_hits([hit, hit])
    at = one.sighting.at
    with store.read() as view:
        found = [row for row in view.hits_between(at, at + DAY) if row[0] == "R1"]
        assert found == [("R1", one.sighting.id, one.links.matter, at, START)]
        assert view.hits_between(at + DAY, at + 2 * DAY) == []
        assert view.records_between(at, at + DAY) == (1, at, at)
        assert view.records_between(at + DAY, at + 2 * DAY) == (0, None, None)


def test_what_was_read_in_or_done_last_is_where_a_life_was_left(store: Store) -> None:
    (one,) = samples(1)
    with store.read() as view:
        assert view.lived_until() is None
    with store.batch() as tx:
        write(tx, [one])
    with store.read() as view:
        read_in = view.lived_until()
    assert read_in is not None
    done = Action(one.links.matter, "contact", "", "王主任", START, read_in + DAY, "")
    with store.batch() as tx:
        tx.write_actions([done])
    with store.read() as view:
        assert view.lived_until() == read_in + DAY


def test_dealt_matters_come_back_with_their_grade(store: Store) -> None:
    dealt = [Dealt(0, 1, f"m{n}", START, Colour.RED, Colour.YELLOW, ("R1", "Y2")) for n in range(2)]
    with store.batch() as tx:
        assert tx.next_round() == 1
        first, second = tx.write_samples(dealt, by="甲", share=500, rulebook="d")
        tx.write_grade(second, Colour.GREEN, by="乙", at=START)
    with store.read() as view:
        assert view.next_round() == 2
        assert view.dealt_ever() == {"m0", "m1"}
        ungraded, graded = view.dealt_between(START, START + DAY)
        assert (ungraded.number, ungraded.grade, graded.grade, graded.graded_by) == (first, None, Colour.GREEN, "乙")
        assert (graded.standing, graded.machine, graded.rules) == (Colour.RED, Colour.YELLOW, ("R1", "Y2"))
        assert view.dealt_between(START + DAY, START + 2 * DAY) == []
        assert view.dealt(99) is None


def test_there_is_one_grade_only_whoever_is_quicker(store: Store) -> None:
    with store.batch() as tx:
        (number,) = tx.write_samples(
            [Dealt(0, 1, "m", START, Colour.RED, Colour.RED, ())], by="甲", share=1, rulebook="d"
        )
        tx.write_grade(number, Colour.GREEN, by="乙", at=START)
    with pytest.raises(StoreError), store.batch() as tx:
        tx.write_grade(number, Colour.RED, by="丙", at=START)
