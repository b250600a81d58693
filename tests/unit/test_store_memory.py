"""What was read is recalled until somebody writes it, and never longer."""

from __future__ import annotations

from engine.store.memory import Filed, Memory
from engine.store.rows import Stored
from tests.store_samples import samples

ROWS = [Filed(number, Stored(s.sighting, s.links), joined=False) for number, s in enumerate(samples(10))]


def test_what_was_kept_is_recalled() -> None:
    memory = Memory()
    memory.keep(ROWS[:2], memory.advance(1, ()))
    assert memory.recall([0, 1, 2]) == ROWS[:2]


def test_what_somebody_wrote_since_is_forgotten() -> None:
    memory = Memory()
    memory.keep(ROWS[:3], memory.advance(1, ()))
    memory.advance(2, [1])
    assert memory.recall([0, 1, 2]) == [ROWS[0], ROWS[2]]


def test_everything_is_forgotten_when_the_list_of_changes_has_a_gap() -> None:
    memory = Memory()
    memory.keep(ROWS, memory.advance(1, ()))
    memory.advance(9, (), all_of_it=True)
    assert memory.recall(range(10)) == []


def test_what_was_read_before_another_transaction_ended_is_not_kept() -> None:
    memory = Memory()
    mine = memory.advance(1, ())
    memory.advance(2, [0])
    memory.keep(ROWS, mine)
    assert len(memory) == 0


def test_it_never_grows_beyond_its_bound_and_forgets_the_oldest_first() -> None:
    memory = Memory(most=4)
    for seen, row in enumerate(ROWS):
        memory.keep([row], memory.advance(seen, ()))
        assert len(memory) <= 4
    assert memory.recall([9]) == [ROWS[9]]
    assert memory.recall([0]) == []


def test_what_nobody_asks_for_is_forgotten_after_so_many_transactions_and_what_is_asked_for_stays() -> None:
    memory = Memory(turns=3)
    memory.keep(ROWS[:2], memory.advance(0, ()))
    for _ in range(12):
        assert memory.recall([1]) == [ROWS[1]]
        memory.advance(0, ())
    assert memory.recall([0]) == []
    assert len(memory) == 1


def test_what_was_written_is_forgotten_however_old() -> None:
    memory = Memory(turns=2)
    memory.keep(ROWS[:3], memory.advance(0, ()))
    memory.advance(0, ())
    memory.advance(1, [2])
    assert memory.recall([0, 1, 2]) == ROWS[:2]


def test_where_transactions_read_much_only_what_is_asked_for_again_is_kept() -> None:
    """A busy place is asked for by every batch, whatever else comes and goes."""
    memory = Memory(few=3)
    busy, others = ROWS[:4], ROWS[4:]
    for passed in range(6):
        generation = memory.advance(passed, ())
        assert memory.recall(range(4)) == (busy if passed else [])
        memory.keep([*(() if passed else busy), others[passed]], generation)
        assert len(memory) <= 6
