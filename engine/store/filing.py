"""Filing: sightings are written where they now stand, and filed under everything by which the neighbourhood finds them.

In: sightings with their links. Out: rows, block keys, ID numbers by phone, founders of persons, the list of what changed.
Not here: finding them (`neighbourhood`), what their links mean (`engine.identity`).
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import bindparam, delete, func, select

from engine.model import Links, Sighting
from engine.store import block_keys, cells
from engine.store.dialects import Insert, Query, Remove, among
from engine.store.memory import Filed
from engine.store.session import Session
from engine.store.tables import blocks, changes, counters, founders, identities, sightings

OWN = ("n", "first_known_at", "joined")
COLUMNS = tuple(column for column in sightings.columns if column.name not in OWN)
_COUNTER = "changes"
_CHANGES_KEPT = 2_000

_NUMBERED = Query(select(sightings.c.n, sightings.c.joined, *COLUMNS).where(among(sightings.c.id, "ids")))
_JOIN = Query(
    sightings.update()
    .where(among(sightings.c.id, "names"), sightings.c.joined == 0)
    .values(joined=1)
    .returning(sightings.c.n)
)
_PERIODS = Query(
    select(
        select(func.min(blocks.c.period)).scalar_subquery(),
        select(func.max(blocks.c.period)).scalar_subquery(),
    )
)
"""Two questions, for asked as one SQLite reads the whole index."""
_UNDER = Query(select(blocks.c.record).where(among(blocks.c.period, "periods"), among(blocks.c.key, "keys")).distinct())
_FETCH = Query(select(sightings.c.n, sightings.c.joined, *COLUMNS).where(among(sightings.c.n, "numbers")))
_FOUNDED = Query(select(founders).where(among(founders.c.key, "keys")))
_NO_FOUNDER = Query(delete(founders).where(among(founders.c.key, "keys")))
_NO_WITNESS = Query(delete(identities).where(among(identities.c.record, "records")))
_COUNTED = Query(select(counters.c.value).where(counters.c.name == _COUNTER).with_for_update())
_FORGET = Query(delete(changes).where(changes.c.seq <= bindparam("seq_")))

_ADD = Insert(sightings)
_PUT = Insert(sightings, keys=("id",), keep=("n", "first_known_at", "joined"))
_FILE = Insert(blocks)
_UNFILE = Remove(blocks, "period", "key", "at", "record")
_PAIR = Insert(identities, once=True)
_FOUND = Insert(founders, keys=("key",))
_CHANGE = Insert(changes)
_FIRST_COUNT = Insert(counters, once=True)
_COUNT = Insert(counters, keys=("name",))


class Filing(Session):
    """Writing sightings."""

    def _numbered(self, ids: Collection[str]) -> dict[str, Filed]:
        """Stored records by id, read from the database."""
        return {row[2]: _filed(row) for row in self._tuples(_NUMBERED, ids=ids)} if ids else {}

    def _read(self, numbers: Collection[int]) -> list[Filed]:
        """Stored records by row number, read from the database."""
        return [_filed(row) for row in self._tuples(_FETCH, numbers=numbers)] if numbers else []

    def _all_periods(self) -> range:
        """Every period that has a record, and perhaps some that have none."""
        first, last = self._rows(_PERIODS)[0]
        return range(0) if first is None else range(first, last + 1)

    def _under(self, keys: Collection[int], periods: Collection[int]) -> set[int]:
        """Row numbers of the records filed under any of the keys in these periods."""
        return self._numbers(_UNDER, keys=keys, periods=periods) if keys and periods else set()

    def write_sightings(
        self, rows: Sequence[tuple[Sighting, Links]], first_known: Mapping[str, int] | None = None
    ) -> None:
        """Put records where they now stand; `first_known`: when records new to the store were learned of."""
        known = first_known or {}
        held = self._numbered([sighting.id for sighting, _ in rows])
        fresh = iter(self._reserve(sightings, len(rows) - len(held)))
        numbers = {s.id: held[s.id].number if s.id in held else next(fresh) for s, _ in rows}
        for statement, stored in ((_ADD, False), (_PUT, True)):
            self._each(
                statement,
                [
                    (numbers[s.id], *cells.sighting_cells(s), *cells.links_cells(links), *_own(s, known))
                    for s, links in rows
                    if (s.id in held) is stored
                ],
            )
        self._dirty.update(numbers.values())
        self._join(rows)
        changed = {numbers[s.id]: s for s, _ in rows if s.id not in held or held[s.id].stored.sighting != s}
        former = {numbers[s.id]: held[s.id].stored.sighting for s in changed.values() if s.id in held}
        self._refile(changed, former)

    def _join(self, rows: Iterable[tuple[Sighting, Links]]) -> None:
        """Note of records that others name as their cluster or chain, so that only their groups need be looked up."""
        names = {name for s, links in rows for name in (links.cluster, links.chain) if name and name != s.id}
        if names:
            self._dirty.update(row[0] for row in self._rows(_JOIN, names=names))

    def _refile(self, changed: Mapping[int, Sighting], former: Mapping[int, Sighting]) -> None:
        """File records under their keys; those filed before are taken out first."""
        for statement, records in ((_UNFILE, former), (_FILE, changed)):
            self._each(statement, [key for number, s in records.items() for key in _filed_under(number, s)])
        if former:
            self._rows_gone(former)
        self._each(_PAIR, sorted((s.phone, s.id_number, n) for n, s in changed.items() if s.phone and s.id_number))
        self._found(changed)

    def _rows_gone(self, former: Mapping[int, Sighting]) -> None:
        """A corrected record no longer vouches for what it said: who else says so takes its place."""
        self._change(_NO_WITNESS, records=list(former))
        keys = {_person(s) for s in former.values() if _tells(s)}
        lost = [row.key for row in self._rows(_FOUNDED, keys=keys) if row.record in former]
        self._change(_NO_FOUNDER, keys=lost)
        told = {
            block_keys.party(value) for s in former.values() for value in (s.phone, s.id_number, s.account) if value
        }
        others = {row.number: row.stored.sighting for row in self._read(self._under(told, self._all_periods()))}
        self._each(_PAIR, sorted((s.phone, s.id_number, n) for n, s in others.items() if s.phone and s.id_number))
        self._found(others)

    def _found(self, records: Mapping[int, Sighting]) -> None:
        """Records that are older than the founder of their person, or its first, become it."""
        first: dict[int, tuple[int, str, int]] = {}
        for number, s in records.items():
            if _tells(s):
                told = (cells.seconds(s.at), s.id, number)
                first[_person(s)] = min(first.get(_person(s), told), told)
        held = {row.key: (row.at, row.id, row.record) for row in self._rows(_FOUNDED, keys=first)} if first else {}
        older = sorted((key, *told) for key, told in first.items() if key not in held or told < held[key])
        self._each(_FOUND, older)

    def _write_changes(self) -> None:
        """Tell every process which rows this transaction wrote; last of all, so that numbers follow the order of commits."""
        if not self._dirty:
            return
        self._each(_FIRST_COUNT, [(_COUNTER, 0)])
        seq = self._rows(_COUNTED)[0][0] + 1
        self._each(_COUNT, [(_COUNTER, seq)])
        self._each(_CHANGE, [(seq, array("q", sorted(self._dirty)).tobytes())])
        self._change(_FORGET, seq_=seq - _CHANGES_KEPT)


def _filed(row: Sequence[int]) -> Filed:
    return Filed(row[0], cells.stored(row[2:]), row[1] == 1)


def _own(sighting: Sighting, first_known: Mapping[str, int]) -> tuple[int, int]:
    return first_known.get(sighting.id, cells.seconds(sighting.at)), 0


def _tells(sighting: Sighting) -> bool:
    """Whether a record tells of a person at all."""
    return bool(sighting.id_number or sighting.phone or sighting.account)


def _person(sighting: Sighting) -> int:
    return block_keys.person(sighting.phone, sighting.id_number, sighting.account)


def _filed_under(number: int, sighting: Sighting) -> list[tuple[int, int, int, int]]:
    at = cells.seconds(sighting.at)
    period = block_keys.period(at)
    return [(period, key, at, number) for key in block_keys.of_sighting(sighting)]
