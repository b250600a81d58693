"""Remaking: columns of history with the base facts, marks and areas that other rules make of the stored records.

In: history as columns, the stages of a rulebook, the records' texts. Out: the same columns, made again where other words or fields made them.
Not here: making them (`pipeline.Stages.sight`), judging (`engine.rescore`). Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from engine.features.base import made_by
from engine.pipeline import Stages
from engine.rescore import Columns
from engine.store import Reading
from engine.store.cells import features_bytes, listed

PIECE = 1_000
"""So many texts are opened at a time."""


@dataclass
class Remade:
    """History as the stages of another rulebook would have stored it; `lost`: records whose text was purged, whose facts stay as they were.

    `note` is shown the base facts of each stretch.
    """

    history: Columns
    view: Reading
    stages: Stages
    known: Collection[str]
    always: bool = False
    remade: int = 0
    lost: int = 0
    note: Callable[[pa.Table], None] = lambda _: None
    _facts: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    _marks: dict[int, tuple[str, str]] = field(default_factory=dict)

    def newest(self) -> int:
        """As `Columns`."""
        return self.history.newest()

    def newest_action(self) -> int:
        """As `Columns`."""
        return self.history.newest_action()

    def actions(self, first: int, last: int) -> pa.Table:
        """As `Columns`."""
        return self.history.actions(first, last)

    def verdicts(self, first: int, last: int) -> pa.Table:
        """As `Columns`."""
        return self.history.verdicts(first, last)

    def records(self, first: int, last: int) -> pa.Table:
        """With the marks and the area that these rules make; the base facts are made on the way."""
        held = self.history.records(first, last)
        stale = self._stale(first, last)
        ids = {n: id_ for n, id_ in zip(held["n"].to_pylist(), held["id"].to_pylist(), strict=True) if n in stale}
        for numbers in _pieces(list(ids)):
            self._remake({ids[n]: n for n in numbers})
        return _replaced(held, self._marks, ("marks", "area"))

    def facts(self, first: int, last: int) -> pa.Table:
        """With the base facts that these rules make."""
        held = self.history.facts(first, last)
        made = _replaced(held, self._facts, ("made_by", "body"))
        for n in held["n"].to_pylist():
            self._facts.pop(n, None)
        self.note(made)
        return made

    def _stale(self, first: int, last: int) -> frozenset[int]:
        """Row numbers of records whose facts something else made."""
        held = self.history.facts(first, last)
        makers = zip(held["n"].to_pylist(), held["made_by"].to_pylist(), strict=True)
        return frozenset(n for n, maker in makers if self.always or maker not in self.known)

    def _remake(self, numbers: dict[str, int]) -> None:
        incidents, maker = self.view.incidents(numbers), made_by(self.stages.rulebook)
        for id_, incident in incidents.items():
            seen = self.stages.sight(incident)
            n = numbers[id_]
            self._facts[n] = (maker, features_bytes(seen.base))
            self._marks[n] = (listed(sorted(seen.sighting.marks)), seen.sighting.area)
        self.remade += len(incidents)
        self.lost += len(numbers) - len(incidents)


def _replaced(
    table: pa.Table, made: dict[int, tuple[str, str]] | dict[int, tuple[str, bytes]], names: tuple[str, str]
) -> pa.Table:
    """A table with two columns of some rows put otherwise."""
    if not made:
        return table
    numbers = table["n"].to_pylist()
    for place, name in enumerate(names):
        index = table.schema.get_field_index(name)
        cells = zip(numbers, table[name].to_pylist(), strict=True)
        fresh = [made[n][place] if n in made else cell for n, cell in cells]
        table = table.set_column(index, name, pa.array(fresh, table.schema.field(index).type))
    return table


def _pieces(numbers: list[int]) -> Iterator[list[int]]:
    yield from (numbers[at : at + PIECE] for at in range(0, len(numbers), PIECE))
