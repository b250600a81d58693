"""The classes of mistakes and the drawing of them: a seed, so many of each class, from the whole rulebook.

In: the rulebook's lines, a seed, how many of each class. Out: `Fault` for each, in the order of the classes.
Not here: what notices them (`catch`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.faults import conditions, layout, lists, names, numbers
from tests.faults.book import Book, Edit

Mistake = Callable[[Book, Random], Iterator[Edit]]
CLASSES: tuple[Mistake, ...] = (
    conditions.unreachable,
    conditions.masked,
    conditions.contradictory,
    conditions.wrong_colour,
    conditions.wrong_connective,
    conditions.lost_condition,
    conditions.lost_negation,
    conditions.missing_policy,
    names.misspelt_fact,
    names.misspelt_name,
    names.neighbour,
    names.swapped_key,
    names.wrong_filter,
    names.message_slip,
    names.pasted_twice,
    names.dead_route,
    numbers.wrong_unit,
    numbers.window_off_by_one,
    numbers.threshold_off_by_one,
    numbers.not_in_force,
    numbers.calendar_slip,
    lists.word_list_slip,
    lists.mapping_slip,
    layout.full_width,
    layout.broken_layout,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One drawn mistake and the class it is of."""

    number: int
    mistake: str
    edit: Edit


def draw(book: Book, seed: int, each: int) -> list[Fault]:
    """So many different mistakes of each class; within a class every kind in turn, so that long lists do not crowd out the rest."""
    edits = [(mistake.__name__, edit) for mistake in CLASSES for edit in _drawn(mistake, book, seed, each)]
    return [Fault(number, name, edit) for number, (name, edit) in enumerate(edits, 1)]


def _drawn(mistake: Mistake, book: Book, seed: int, each: int) -> list[Edit]:
    rng = Random(f"{seed} {mistake.__name__}")
    kinds: dict[str, list[Edit]] = {}
    for edit in dict.fromkeys(mistake(book, rng)):
        kinds.setdefault(edit.kind, []).append(edit)
    queues = list(kinds.values())
    rng.shuffle(queues)
    for queue in queues:
        rng.shuffle(queue)
    drawn: list[Edit] = []
    while len(drawn) < each and any(queues):
        drawn += [queue.pop() for queue in queues if queue][: each - len(drawn)]
    return drawn
