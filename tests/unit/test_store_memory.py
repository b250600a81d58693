"""What was read before is recalled only at exactly the revision that the row has now."""

from __future__ import annotations

from engine.store.memory import Memory
from engine.store.rows import Stored
from tests.store_samples import samples

ROWS = [Stored(s.sighting, s.links) for s in samples(10)]


def test_only_the_same_revision_is_recalled() -> None:
    memory = Memory()
    memory.keep([(1, 100, ROWS[0]), (2, 100, ROWS[1])])
    assert memory.recall({1: 100, 2: 101, 3: 100}) == {1: ROWS[0]}


def test_a_later_revision_takes_the_place_of_the_former() -> None:
    memory = Memory()
    memory.keep([(1, 100, ROWS[0])])
    memory.keep([(1, 200, ROWS[1])])
    assert memory.recall({1: 100}) == {}
    assert memory.recall({1: 200}) == {1: ROWS[1]}


def test_it_never_grows_beyond_its_bound_and_forgets_the_oldest_first() -> None:
    memory = Memory(most=4)
    for number, row in enumerate(ROWS):
        memory.keep([(number, 7, row)])
        assert len(memory.recall(dict.fromkeys(range(10), 7))) <= 4
    assert memory.recall({9: 7}) == {9: ROWS[9]}
    assert memory.recall({0: 7}) == {}
