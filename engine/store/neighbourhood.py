"""The neighbourhood: every stored record that a batch may touch, read with a handful of queries whatever its size.

In: block keys of the batch. Out: `Stored` records: those sharing a key within reach; those that it names, that name it or name the
same; what settles who its persons are; the whole clusters and chains of all these; and all of the same of what a person's union joins
to any of them. A cut only parts what one cluster holds, so it asks for nothing more. Of a hotspot that the batch can only add to, what
is in reach is enough (`engine.identity.chains`).
Not here: what the records mean to each other (`engine.identity`), how they are filed (`filing`).

Who a person is depends on records of any age: which ID numbers a phone was seen with, and which record was the first. For the
persons of the batch one record for each such fact is read. Where the batch changes the answer (a phone gains or loses an ID number, a
record comes that is older than the first), every record of those persons is read, for all of them may change.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, literal_column, select, union

from engine.model import Sighting
from engine.store import block_keys, cells
from engine.store.dialects import Query, among
from engine.store.filing import COLUMNS
from engine.store.memory import Filed
from engine.store.persons import Persons, Told
from engine.store.rows import BlockKeys, Reach, Stored
from engine.store.tables import blocks, changes, decision_sides, decisions, sightings

_BY_ID = Query(select(*COLUMNS).where(among(sightings.c.id, "ids")))
_FOUND = Query(
    select(blocks.c.record).where(
        among(blocks.c.period, "periods"),
        among(blocks.c.key, "keys"),
        blocks.c.at >= bindparam("earliest"),
        blocks.c.at <= bindparam("latest"),
    )
)
_NAMED = Query(select(sightings.c.n).where(among(sightings.c.id, "ids")))
_GROUPED = Query(
    union(
        select(sightings.c.n).where(among(sightings.c.cluster, "clusters")),
        select(sightings.c.n).where(among(sightings.c.chain, "chains"), sightings.c.chain != literal_column("''")),
    )
)
_CLUSTERS = Query(
    union(
        select(sightings.c.cluster).where(among(sightings.c.n, "numbers")),
        select(sightings.c.cluster).where(among(sightings.c.id, "ids")),
    )
)
_one, _other, _later = decision_sides.alias("one"), decision_sides.alias("other"), decisions.alias("later")
_in_force = (decisions.c.kind == literal_column("'union'")) & ~select(_later.c.n).where(
    _later.c.revokes == decisions.c.n
).exists()
_NEWEST_DECISION = Query(select(func.max(decisions.c.n)))
_UNITED = Query(
    select(_other.c.record)
    .join(_one, _one.c.decision == _other.c.decision)
    .join(decisions, decisions.c.n == _other.c.decision)
    .where(_in_force, among(_one.c.record, "ids"))
    .distinct()
)
_NEWEST_CHANGE = Query(select(func.max(changes.c.seq)))
_CHANGES = Query(
    select(changes.c.seq, changes.c.records).where(changes.c.seq > bindparam("seen")).order_by(changes.c.seq)
)


class Neighbourhood(Persons):
    """Reading around a batch."""

    def neighbourhood(
        self, keys: Sequence[BlockKeys], earliest: datetime, latest: datetime, reach: Reach
    ) -> list[Stored]:
        """Every stored record that records with these keys, happening in that span, may touch or be touched by."""
        held = self._numbered([key.id for key in keys]).values()
        former = [row.stored.sighting for row in held]
        times = [earliest, latest, *(sighting.at for sighting in former)]
        named = {key.id for key in keys}.union(*(key.numbers for key in keys), *(s.numbers for s in former))
        before = {row.number: _told(row.stored.sighting) for row in held}
        persons = self._settling([_told(key) for key in keys], before, cells.seconds(min(times)))
        near = block_keys.parties(keys) | persons.kin
        places, topics = block_keys.places(keys), {topic for key in keys for _, topic in key.all_at}
        for sighting in former:
            near |= block_keys.of_parties(sighting)
            places |= block_keys.of_places(sighting)
            if sighting.place:
                places |= {block_keys.place("v", sighting.place, topic) for topic in topics}
        span = min(times), max(times)
        ever = persons.moved | {block_keys.naming(name) for name in named}
        stirred = self._under(ever, self._all_periods()).union(before)
        numbers = self._within(near, *span, reach.parties) | self._within(places, *span, reach.places)
        numbers |= stirred | persons.records | self._numbers(_NAMED, ids=named)
        return self._with_united(self._with_groups(numbers, _Stir(span[0], stirred)), {key.id for key in keys})

    def sightings(self, ids: Collection[str]) -> dict[str, Stored]:
        """Stored records by id."""
        return {row[0]: cells.stored(row) for row in self._rows(_BY_ID, ids=ids)}

    def clusters_of(self, keys: Collection[int], ids: Collection[str]) -> list[str]:
        """Names of the clusters that have a record under any of the keys, at any time, or one of these records."""
        numbers = self._under(keys, self._all_periods())
        united = [row[0] for row in self._rows(_UNITED, ids=ids)]
        return [row[0] for row in self._rows(_CLUSTERS, numbers=numbers, ids=[*ids, *united])]

    def recollect(self) -> None:
        """Forget what others have written since; for a write transaction that holds its locks."""
        seen = self._memory.seen
        if seen < 0:
            newest = self._rows(_NEWEST_CHANGE)[0][0] or 0
            self._generation = self._memory.advance(newest, (), all_of_it=True)
            return
        rows = self._rows(_CHANGES, seen=seen)
        gap = bool(rows) and rows[0][0] > seen + 1
        written = (number for row in rows for number in array("q", row[1]))
        self._generation = self._memory.advance(rows[-1][0] if rows else seen, written, all_of_it=gap)

    def _within(self, keys: Collection[int], first: datetime, last: datetime, reach: timedelta) -> set[int]:
        """Row numbers of the records filed under any of the keys from `reach` before the first to `reach` after the last."""
        earliest, latest = cells.seconds(first - reach), cells.seconds(last + reach)
        wanted = range(block_keys.period(earliest), block_keys.period(latest) + 1)
        held = self._all_periods()
        periods = range(max(wanted.start, held.start), min(wanted.stop, held.stop))
        if not keys or not periods:
            return set()
        return self._numbers(_FOUND, keys=keys, periods=periods, earliest=earliest, latest=latest)

    def _with_united(self, found: list[Filed], ids: Collection[str]) -> list[Stored]:
        """These records and the groups of all that a person united with them, or with records of the batch that have not come before."""
        if not self._rows(_NEWEST_DECISION)[0][0]:
            return [row.stored for row in found]
        held = {row.stored.sighting.id: row for row in found}
        asked: set[str] = set()
        while new := (held.keys() | ids) - asked:
            asked |= new
            united = {row[0] for row in self._rows(_UNITED, ids=new)} - asked
            numbers = self._numbers(_NAMED, ids=united)
            held = {row.stored.sighting.id: row for row in self._with_groups(numbers)} | held if numbers else held
        return [row.stored for row in held.values()]

    def _with_groups(self, numbers: set[int], stir: _Stir | None = None) -> list[Filed]:
        """These records and the rest of their clusters and chains; looked up step by step, for vendors plan lists better than joins.

        A group in a record's own name that no other record was ever given has no other members, so it is not looked up.
        """
        found = self._filed(numbers)
        clusters, chains = set(), set()
        for row in found:
            links, alone = row.stored.links, None if row.joined else row.stored.sighting.id
            if links.cluster and links.cluster != alone:
                clusters.add(links.cluster)
            if links.chain and links.chain != alone:
                chains.add(links.chain)
        if stir is not None:
            chains -= stir.growing(found)
        if clusters or chains:
            found += self._filed(self._numbers(_GROUPED, clusters=clusters, chains=chains) - numbers)
        return found

    def _filed(self, numbers: set[int]) -> list[Filed]:
        """Records by row number; what this transaction has read, or its process remembers, is not read again."""
        if self._generation is None:
            return self._read(numbers)
        clean = numbers - self._dirty
        wanted = clean - self._met.keys()
        known = self._memory.recall(wanted)
        missing = wanted.difference(row.number for row in known) if len(known) < len(wanted) else set()
        read = self._read(missing)
        self._memory.keep(read, self._generation)
        self._met.update((row.number, row) for row in (*known, *read))
        return [*map(self._met.__getitem__, clean), *self._read(numbers & self._dirty)]


@dataclass(frozen=True, slots=True)
class _Stir:
    """What a batch may change of chains: when its first record happened, and the stored records that it may correct or give another person."""

    first: datetime
    stirred: Collection[int]

    def growing(self, found: Collection[Filed]) -> set[str | None]:
        """Hotspots that the batch can only add to: one of their records is older than the batch, and none is stirred."""
        older = {r.stored.links.hotspot for r in found if r.stored.sighting.at < self.first}
        return older - {r.stored.links.chain for r in found if r.number in self.stirred}


def _told(key: BlockKeys | Sighting) -> Told:
    return key.phone, key.id_number, key.account
