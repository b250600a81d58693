"""Resealing: every sealed cell of the database, and how those of a former key get the newest one.

In: an open transaction. Out: a page of cells sealed anew, how many are left. Not here: keys and their file (`engine.desk.rotation`),
how one cell is sealed (`sealing`).

`SEALED` names every sealed column there is; a test compares it with the tables, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, func, select

from engine.errors import StoreError
from engine.store.arrivals import body_cell, raw_cell
from engine.store.events import decision_cell, evidence_cell, set_aside_cell
from engine.store.message_tables import silences
from engine.store.quarantine import row_cell
from engine.store.retention import QUARANTINE, RAW, RECORDS, hold_cell
from engine.store.rulebooks import publication_cell
from engine.store.sendings import silence_cell
from engine.store.session import Session
from engine.store.tables import actions, bodies, decisions, holds, publications, quarantine, raws, set_asides


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed cells. `key` orders its rows; `named`: the columns that `cell` makes a cell's name of; `optional`: may be blank; `aim`: is blank only when purged for it."""

    column: Column[bytes]
    kind: str
    key: Column[Any]
    named: Sequence[Column[Any]]
    cell: Callable[..., str]
    optional: bool = False
    aim: str = ""

    @property
    def table(self) -> Table:
        """Where it stands."""
        held: Table = self.column.table
        return held

    def of_others(self, generation: int) -> ColumnElement[bool]:
        """Cells that are sealed with another key; what is blank is sealed with none."""
        other = func.substr(self.column, 2, 1) != bytes((generation,))
        return and_(func.length(self.column) > 0, other)


SEALED = (
    SealedColumn(raws.c.sealed, "raw", raws.c.version, (raws.c.version,), raw_cell, aim=RAW),
    SealedColumn(bodies.c.sealed, "incident", bodies.c.version, (bodies.c.version,), body_cell, aim=RECORDS),
    SealedColumn(
        quarantine.c.sealed,
        "quarantine",
        quarantine.c.n,
        (quarantine.c.source, quarantine.c.digest),
        row_cell,
        aim=QUARANTINE,
    ),
    SealedColumn(actions.c.evidence, "casework", actions.c.n, (actions.c.id,), evidence_cell, optional=True),
    SealedColumn(decisions.c.reason, "casework", decisions.c.n, (decisions.c.n,), decision_cell, optional=True),
    SealedColumn(set_asides.c.reason, "casework", set_asides.c.n, (set_asides.c.n,), set_aside_cell, optional=True),
    SealedColumn(silences.c.reason, "casework", silences.c.n, (silences.c.n,), silence_cell),
    SealedColumn(holds.c.reason, "casework", holds.c.n, (holds.c.n,), hold_cell),
    SealedColumn(publications.c.reason, "casework", publications.c.n, (publications.c.n,), publication_cell),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of cells: the key of the last (None: there was none), how many were sealed anew, names of those that do not open."""

    last: Any
    resealed: int
    spoiled: tuple[str, ...]


class Resealing(Session):
    """Sealing anew."""

    def reseal(self, sealed: SealedColumn, after: Any, size: int) -> Page:
        """The next cells of a column that another key sealed; a cell that does not open is left as it is and named."""
        rows = self._connection.execute(_page_of(sealed, after, self._sealer.generation).limit(size)).all()
        fresh, spoiled = [], []
        for key, held, *named in rows:
            cell = sealed.cell(*named)
            try:
                plain = self._sealer.open(sealed.kind, cell, bytes(held))
            except StoreError:
                spoiled.append(cell)
                continue
            fresh.append({"k": key, "was": bytes(held), "becomes": self._sealer.seal(sealed.kind, cell, plain)})
        if fresh:
            # Compared with what was read: a row that somebody wrote meanwhile is sealed with the newest key already.
            same = (sealed.key == bindparam("k"), sealed.column == bindparam("was"))
            change = sealed.table.update().where(*same).values({sealed.column.name: bindparam("becomes")})
            self._connection.execute(change, fresh)
        return Page(rows[-1][0] if rows else None, len(fresh), tuple(spoiled))

    def unsealed(self) -> int:
        """How many cells are still sealed with another key than the newest."""
        return sum(self._left(sealed) for sealed in SEALED)

    def _left(self, sealed: SealedColumn) -> int:
        old = sealed.of_others(self._sealer.generation)
        return int(self._connection.execute(select(func.count()).select_from(sealed.table).where(old)).scalar_one())


def _page_of(sealed: SealedColumn, after: Any, generation: int) -> Any:
    wanted = select(sealed.key, sealed.column, *sealed.named).where(sealed.of_others(generation))
    return (wanted if after is None else wanted.where(sealed.key > after)).order_by(sealed.key)
