"""The neighbourhood: every stored record that a batch may touch, read with a handful of queries whatever its size.

In: block keys of the batch. Out: `Stored` records: those sharing a key within reach; those that it names, that name it or name the
same; the first record of each of its persons; all records of phones whose ID numbers change; the whole clusters and chains of these.
Also here: writing sightings, for what is filed under a key is written where it is read.
Not here: what the records mean to each other (`engine.identity`).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, literal_column, select, union

from engine.model import Links, Sighting
from engine.store import block_keys, cells
from engine.store.dialects import Insert, Query, Remove, among, listing
from engine.store.rows import BlockKeys, Stored
from engine.store.session import Session
from engine.store.tables import blocks, identities, sightings

_REVISION_BITS = 63
_OWN = ("n", "first_known_at", "revision")
_COLUMNS = tuple(column for column in sightings.columns if column.name not in _OWN)
_BY_ID = Query(select(*_COLUMNS).where(among(sightings.c.id, "ids")))
_NUMBERED = Query(select(sightings.c.n, *_COLUMNS).where(among(sightings.c.id, "ids")))
_PAIRS = Query(select(identities).where(among(identities.c.phone, "phones"), identities.c.records > 0))
_CLUSTERS = Query(
    union(
        select(sightings.c.cluster).join(blocks, blocks.c.record == sightings.c.n).where(among(blocks.c.key, "keys")),
        select(sightings.c.cluster).where(among(sightings.c.id, "ids")),
    )
)

_asked = listing("persons").table_valued("value", name="asked")
_older = blocks.alias("older")
_first_at = select(func.min(_older.c.at)).where(_older.c.key == _asked.c.value).scalar_subquery()
_FOUND = Query(
    union(
        select(blocks.c.record).where(
            among(blocks.c.key, "keys"), blocks.c.at >= bindparam("earliest"), blocks.c.at <= bindparam("latest")
        ),
        select(blocks.c.record).where(among(blocks.c.key, "ever")),
        select(blocks.c.record).join(_asked, and_(blocks.c.key == _asked.c.value, blocks.c.at == _first_at)),
        select(sightings.c.n).where(among(sightings.c.id, "ids")),
    )
)
_GROUPED = Query(
    union(
        select(sightings.c.n).where(among(sightings.c.cluster, "clusters")),
        select(sightings.c.n).where(among(sightings.c.chain, "chains"), sightings.c.chain != literal_column("''")),
    )
)
_REVISIONS = Query(select(sightings.c.n, sightings.c.revision).where(among(sightings.c.n, "numbers")))
_FETCH = Query(select(sightings.c.n, sightings.c.revision, *_COLUMNS).where(among(sightings.c.n, "numbers")))

_WRITE = Insert(sightings, keys=("id",), keep=("n", "first_known_at"))
_FILE = Insert(blocks)
_UNFILE = Remove(blocks, "key", "at", "record")
_COUNT_PAIR = Insert(identities, keys=("phone", "id_number"))


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A stored record with its row number."""

    number: int
    stored: Stored


class Neighbourhood(Session):
    """Reading around a batch, and filing what it changed."""

    def neighbourhood(
        self, keys: Sequence[BlockKeys], earliest: datetime, latest: datetime, reach: timedelta
    ) -> list[Stored]:
        """Every stored record that records with these keys, happening in that span, may touch or be touched by."""
        former = [held.stored.sighting for held in self._numbered([key.id for key in keys]).values()]
        times = [earliest, latest, *(sighting.at for sighting in former)]
        former_keys = {key for sighting in former for key in block_keys.of_sighting(sighting)}
        persons = block_keys.parties(keys)
        named = {key.id for key in keys}.union(*(key.numbers for key in keys), *(s.numbers for s in former))
        ever = {block_keys.naming(name) for name in named} | self._split_phones(keys, former)
        found = self._rows(
            _FOUND,
            keys=persons | block_keys.places(keys) | former_keys,
            earliest=cells.seconds(min(times) - reach),
            latest=cells.seconds(max(times) + reach),
            ever=ever,
            persons=persons,
            ids=named,
        )
        return self._with_groups({row[0] for row in found})

    def sightings(self, ids: Collection[str]) -> dict[str, Stored]:
        """Stored records by id."""
        return {row[0]: cells.stored(row) for row in self._rows(_BY_ID, ids=ids)}

    def clusters_of(self, keys: Collection[int], ids: Collection[str]) -> list[str]:
        """Names of the clusters that have a record under any of the keys, at any time, or one of these records."""
        return [row[0] for row in self._rows(_CLUSTERS, keys=keys, ids=ids)]

    def write_sightings(
        self, rows: Sequence[tuple[Sighting, Links]], first_known: Mapping[str, int] | None = None
    ) -> None:
        """Put records where they now stand; `first_known`: when records new to the store were learned of."""
        first_known = first_known or {}
        revision = secrets.randbits(_REVISION_BITS)
        held = self._numbered([sighting.id for sighting, _ in rows])
        fresh = iter(self._reserve(sightings, len(rows) - len(held)))
        numbers = {s.id: held[s.id].number if s.id in held else next(fresh) for s, _ in rows}
        self._each(
            _WRITE,
            [
                (
                    numbers[s.id],
                    *cells.sighting_cells(s),
                    *cells.links_cells(links),
                    first_known.get(s.id, cells.seconds(s.at)),
                    revision,
                )
                for s, links in rows
            ],
        )
        changed = [s for s, _ in rows if s.id not in held or held[s.id].stored.sighting != s]
        former = [held[s.id].stored.sighting for s in changed if s.id in held]
        self._file(changed, numbers, former)
        self._count_pairs(changed, former)

    def _with_groups(self, numbers: set[int]) -> list[Stored]:
        """These records and the rest of their clusters and chains; looked up step by step, for vendors plan lists better than joins."""
        found = self._fetched(numbers)
        clusters = {row.links.cluster for row in found if row.links.cluster}
        chains = {row.links.chain for row in found if row.links.chain}
        rest = {row[0] for row in self._rows(_GROUPED, clusters=clusters, chains=chains)} - numbers
        return found + self._fetched(rest)

    def _fetched(self, numbers: Collection[int]) -> list[Stored]:
        """Records by row number: those whose revision is remembered are not read again."""
        revisions = {row[0]: row[1] for row in self._rows(_REVISIONS, numbers=numbers)} if numbers else {}
        known = self._memory.recall(revisions)
        missing = revisions.keys() - known.keys()
        if missing:
            read = [(row[0], row[1], cells.stored(row[2:])) for row in self._rows(_FETCH, numbers=missing)]
            self._memory.keep(read)
            known.update((number, stored) for number, _, stored in read)
        return list(known.values())

    def _numbered(self, ids: Collection[str]) -> dict[str, _Numbered]:
        return {row[1]: _Numbered(row[0], cells.stored(row[1:])) for row in self._rows(_NUMBERED, ids=ids)}

    def _split_phones(self, keys: Iterable[BlockKeys], former: Iterable[Sighting]) -> set[int]:
        """Keys of the phones whose set of ID numbers the batch changes: all their records may change person."""
        change = Counter((key.phone, key.id_number) for key in keys if key.phone and key.id_number)
        change.subtract((s.phone, s.id_number) for s in former if s.phone and s.id_number)
        moved = {pair: by for pair, by in change.items() if by}
        if not moved:
            return set()
        phones = {phone for phone, _ in moved}
        held = {(row[0], row[1]): row[2] for row in self._rows(_PAIRS, phones=phones)}
        split = (pair for pair, by in moved.items() if (held.get(pair, 0) > 0) != (held.get(pair, 0) + by > 0))
        return {block_keys.party(phone) for phone, _ in split if phone}

    def _file(self, changed: Sequence[Sighting], numbers: Mapping[str, int], former: Iterable[Sighting]) -> None:
        """File records under their keys; those filed before are taken out first."""
        for statement, records in ((_UNFILE, former), (_FILE, changed)):
            self._each(
                statement,
                [(key, cells.seconds(s.at), numbers[s.id]) for s in records for key in block_keys.of_sighting(s)],
            )

    def _count_pairs(self, changed: Iterable[Sighting], former: Iterable[Sighting]) -> None:
        change = Counter((s.phone, s.id_number) for s in changed if s.phone and s.id_number)
        change.subtract((s.phone, s.id_number) for s in former if s.phone and s.id_number)
        moved = {pair: by for pair, by in change.items() if by}
        if moved:
            phones = {phone for phone, _ in moved}
            held = {(row[0], row[1]): row[2] for row in self._rows(_PAIRS, phones=phones)}
            self._each(_COUNT_PAIR, [(*pair, held.get(pair, 0) + by) for pair, by in sorted(moved.items())])
