"""Retention: legal holds; and purging, which blanks what tells of people and leaves the skeleton and a tombstone.

In: which records, for what aim. Out: units of records that belong together, holds, what was blanked with a digest over it.
Not here: how long anything is kept and what may not be purged yet (`engine.desk.retention`), cleaning the files (`dialects`).

A unit is everything that could ever be linked together: matters with their clusters and the chains of their hotspots. It is purged whole,
with one random token for each digest in it, so that who is the same person within it stays the same and no count changes (ruling 11).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, union

from engine.model import Links, Sighting
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.filing import Filing
from engine.store.tables import (
    actions,
    bodies,
    decision_sides,
    decisions,
    holds,
    imports,
    matters,
    purges,
    quarantine,
    raws,
    set_asides,
    sightings,
    tombstones,
    versions,
)

RAW, RECORDS, DECISIONS, QUARANTINE = "raw", "records", "decisions", "quarantine"
HOLD, RELEASE = "hold", "release"
PURGED = "purged"
"""The state of a quarantined row whose text is gone."""
_DIGESTS = ("phone", "id_number", "account", "opponent", "fine", "text_digest")
_TOKEN_BYTES = 16

_stone = select(tombstones.c.purge).where(tombstones.c.aim == bindparam("aim"), tombstones.c.row == versions.c.n)
_EXPIRED = Query(
    select(sightings.c.matter)
    .join(versions, versions.c.incident == sightings.c.id)
    .where(sightings.c.at < bindparam("before"), sightings.c.matter > bindparam("after"), ~_stone.exists())
    .distinct()
    .order_by(sightings.c.matter)
    .limit(bindparam("size"))
)
_MEMBERS = Query(
    select(sightings.c.id, sightings.c.at, sightings.c.cluster, sightings.c.chain).where(
        among(sightings.c.matter, "ids")
    )
)
_NEAR = Query(
    union(
        select(sightings.c.matter).where(among(sightings.c.cluster, "clusters")),
        select(sightings.c.matter).where(among(sightings.c.chain, "chains"), sightings.c.chain != literal_column("''")),
    )
)
_LAST_ACTION = Query(select(func.max(actions.c.at)).where(among(actions.c.matter, "ids")))
_OPEN = Query(
    select(func.count()).where(
        among(matters.c.id, "ids"), matters.c.status == literal_column("'open'"), matters.c.code != literal_column("''")
    )
)
_HOLDS = Query(select(holds.c.record, holds.c.kind).where(among(holds.c.record, "ids")).order_by(holds.c.n))
_VERSIONS = Query(select(versions.c.n, versions.c.incident).where(among(versions.c.incident, "ids"), ~_stone.exists()))
_RAWS = Query(select(raws.c.version, raws.c.sealed).where(among(raws.c.version, "numbers")).order_by(raws.c.version))
_BODIES = Query(
    select(bodies.c.version, bodies.c.sealed).where(among(bodies.c.version, "numbers")).order_by(bodies.c.version)
)
_EVIDENCE = Query(select(actions.c.n, actions.c.evidence).where(among(actions.c.matter, "ids")).order_by(actions.c.n))
_REASONS = Query(
    select(decisions.c.n, decisions.c.reason)
    .where(
        decisions.c.known_at < bindparam("before"),
        decisions.c.n.in_(select(decision_sides.c.decision).where(among(decision_sides.c.record, "ids"))),
    )
    .order_by(decisions.c.n)
)
_ASIDES = Query(
    select(set_asides.c.n, set_asides.c.reason).where(among(set_asides.c.incident, "ids")).order_by(set_asides.c.n)
)
_BAD = Query(
    select(quarantine.c.n, quarantine.c.sealed)
    .where(
        quarantine.c.status != literal_column("'open'"),
        quarantine.c.last_at < bindparam("before"),
        quarantine.c.status != literal_column("'purged'"),
    )
    .order_by(quarantine.c.n)
    .limit(bindparam("size"))
)
_BLANK = {
    RAW: Query(raws.update().where(among(raws.c.version, "numbers")).values(sealed=b"")),
    RECORDS: Query(bodies.update().where(among(bodies.c.version, "numbers")).values(sealed=b"")),
}
_BLANK_EVIDENCE = Query(actions.update().where(among(actions.c.n, "numbers")).values(evidence=b""))
_BLANK_REASONS = Query(decisions.update().where(among(decisions.c.n, "numbers")).values(reason=b""))
_BLANK_ASIDES = Query(set_asides.update().where(among(set_asides.c.n, "numbers")).values(reason=b""))
_BLANK_BAD = Query(
    quarantine.update()
    .where(quarantine.c.n == bindparam("number"))
    .values(sealed=b"", digest=bindparam("token"), status=PURGED)
)
_PURGED = Query(
    select(versions.c.incident, purges.c.at, purges.c.rule, tombstones.c.confidential)
    .join(tombstones, tombstones.c.row == versions.c.n)
    .join(purges, purges.c.n == tombstones.c.purge)
    .where(tombstones.c.aim == bindparam("aim"), among(versions.c.incident, "ids"))
    .order_by(purges.c.n)
)
_PURGED_ROWS = Query(
    select(versions.c.incident, purges.c.at, purges.c.rule, tombstones.c.confidential)
    .join(tombstones, tombstones.c.row == versions.c.n)
    .join(purges, purges.c.n == tombstones.c.purge)
    .where(tombstones.c.aim == literal_column("'raw'"), versions.c.n.between(bindparam("first"), bindparam("last")))
)
_OLD_IMPORTS = Query(select(func.count()).select_from(imports).where(imports.c.at < bindparam("before")))
_DROP_IMPORTS = Query(imports.delete().where(imports.c.at < bindparam("before")))

_WRITE_HOLD = Insert(holds)
_WRITE_PURGE = Insert(purges)
_WRITE_STONE = Insert(tombstones, once=True)


@dataclass(frozen=True, slots=True)
class Unit:
    """Records that are purged together or not at all, and when anything last happened to them; `open`: dispatched and not closed."""

    records: tuple[str, ...]
    matters: frozenset[str]
    last_at: datetime
    open: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Purged:
    """When a record was purged, under which rule, and whether it had been confidential."""

    at: datetime
    rule: str
    confidential: bool


class Tombstone:
    """Digest over what is blanked, cell by cell: it proves later what was there to whoever still has it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.cells = 0

    def add(self, cell: str, content: bytes) -> None:
        """One more cell; a cell that was blank already tells nothing."""
        if content:
            self._digest.update(f"{cell} {hashlib.sha256(content).hexdigest()}\n".encode())
            self.cells += 1

    @property
    def sha256(self) -> str:
        """As the audit log holds it."""
        return self._digest.hexdigest()


class Retention(Filing):
    """Holds and purges."""

    def write_holds(self, records: Sequence[str], kind: str, *, by: str, reason: str, at: datetime) -> None:
        """Append a hold, or its end, to each of these records."""
        rows = [
            (n, record, kind, by, self._sealer.seal("casework", hold_cell(n), reason.encode()), cells.seconds(at))
            for n, record in zip(self._reserve(holds, len(records)), records, strict=True)
        ]
        self._each(_WRITE_HOLD, rows)

    def held(self, ids: Collection[str]) -> set[str]:
        """Those of the records that a hold is on now."""
        newest = {row[0]: row[1] for row in self._rows(_HOLDS, ids=ids)}
        return {record for record, kind in newest.items() if kind == HOLD}

    def expired(self, aim: str, before: datetime, *, after: str = "", size: int = 100) -> list[str]:
        """Matters with a record from before a time that was not purged for this aim yet, in order of their ids."""
        rows = self._rows(_EXPIRED, aim=aim, before=cells.seconds(before), after=after, size=size)
        return [row[0] for row in rows]

    def unit_of(self, matter: str) -> Unit:
        """Everything that belongs together with a matter."""
        found, asked, rows = {matter}, set[str](), list[Any]()
        while new := found - asked:
            asked |= new
            fresh = self._rows(_MEMBERS, ids=new)
            rows += fresh
            near = self._rows(_NEAR, clusters={row[2] for row in fresh}, chains={row[3] for row in fresh if row[3]})
            found |= {row[0] for row in near}
        ids = tuple(sorted(row[0] for row in rows))
        last = max(*(row[1] for row in rows), self._rows(_LAST_ACTION, ids=ids)[0][0] or 0)
        still_open = self._rows(_OPEN, ids=found)[0][0] > 0
        return Unit(ids, frozenset(found), cells.moment(last), still_open, bool(self.held(ids)))

    def begin_purge(self, *, by: str, rule: str, at: datetime) -> int:
        """A purge that is about to be done in this transaction; its number."""
        (n,) = self._reserve(purges, 1)
        self._each(_WRITE_PURGE, [(n, cells.seconds(at), by, rule)])
        return n

    def purge_unit(
        self,
        aim: str,
        records: Collection[str],
        purge: int,
        *,
        before: datetime,
        confidential: Collection[str],
        stone: Tombstone,
    ) -> None:
        """Blank what an aim says of these records and set their tombstones."""
        rows = self._rows(_VERSIONS, ids=records, aim=aim)
        numbers = [row[0] for row in rows]
        if aim == DECISIONS:
            self._blank_casework(records, before, stone)
        else:
            for number, sealed in self._rows(_RAWS if aim == RAW else _BODIES, numbers=numbers):
                stone.add(f"{aim}/{number}", bytes(sealed))
            self._change(_BLANK[aim], numbers=numbers)
        if aim == RECORDS:
            self._anonymise(records)
        self._each(_WRITE_STONE, [(aim, n, purge, int(id_ in confidential)) for n, id_ in rows])

    def purge_quarantine(self, before: datetime, purge: int, stone: Tombstone, *, size: int) -> int:
        """Blank rows that are dealt with and old; how many."""
        rows = self._rows(_BAD, before=cells.seconds(before), size=size)
        for number, sealed in rows:
            stone.add(f"{QUARANTINE}/{number}", bytes(sealed))
            self._change(_BLANK_BAD, number=number, token=_token())
        self._each(_WRITE_STONE, [(QUARANTINE, row[0], purge, 0) for row in rows])
        return len(rows)

    def old_quarantine(self, before: datetime) -> int:
        """How many quarantined rows would be blanked."""
        return len(self._rows(_BAD, before=cells.seconds(before), size=1_000_000))

    def old_imports(self, before: datetime) -> int:
        """How many notes of files that were read are older than a time."""
        return int(self._rows(_OLD_IMPORTS, before=cells.seconds(before))[0][0])

    def drop_imports(self, before: datetime) -> int:
        """Take those notes out; how many."""
        return self._change(_DROP_IMPORTS, before=cells.seconds(before))

    def purged(self, aim: str, ids: Collection[str]) -> dict[str, Purged]:
        """Of those of the records that were purged for an aim: when, and under which rule."""
        return {row[0]: _purged(row) for row in self._rows(_PURGED, ids=ids, aim=aim)}

    def purged_between(self, first: int, last: int) -> dict[str, Purged]:
        """Records whose raw rows, with these numbers, were purged."""
        return {row[0]: _purged(row) for row in self._rows(_PURGED_ROWS, first=first, last=last)}

    def _blank_casework(self, records: Collection[str], before: datetime, stone: Tombstone) -> None:
        """What people wrote about these records: evidence, reasons of cuts, unions and lowerings."""
        told = (
            ("actions", _BLANK_EVIDENCE, self._rows(_EVIDENCE, ids=records)),
            ("decisions", _BLANK_REASONS, self._rows(_REASONS, ids=records, before=cells.seconds(before))),
            ("set_asides", _BLANK_ASIDES, self._rows(_ASIDES, ids=records)),
        )
        for name, blank, rows in told:
            for number, sealed in rows:
                stone.add(f"{name}/{number}", bytes(sealed))
            self._change(blank, numbers=[row[0] for row in rows])

    def _anonymise(self, records: Collection[str]) -> None:
        """Tokens for digests, nothing for words; filed anew, so that no key leads from a person to what is purged."""
        tokens: dict[str, str] = {}
        filed = self._numbered(records)
        self.write_sightings(list(_anonymous(((f.stored.sighting, f.stored.links) for f in filed.values()), tokens)))


def hold_cell(number: int) -> str:
    """The name under which the reason of a hold is sealed."""
    return f"holds/reason/{number}"


def _anonymous(rows: Iterator[tuple[Sighting, Links]], tokens: dict[str, str]) -> Iterator[tuple[Sighting, Links]]:
    for sighting, links in rows:
        told: Mapping[str, Any] = {name: getattr(sighting, name) for name in _DIGESTS}
        changed: dict[str, Any] = {
            name: tokens.setdefault(value, _like(value)) for name, value in told.items() if value
        }
        yield replace(sighting, gist="", **changed), links


def _like(digest: str) -> str:
    """A token in place of a digest; one that says that it is of a name still says so."""
    return digest[: -len(digest.lstrip("~"))] + _token()


def _token() -> str:
    return os.urandom(_TOKEN_BYTES).hex()


def _purged(row: Sequence[Any]) -> Purged:
    return Purged(cells.moment(row[1]), row[2], row[3] == 1)
