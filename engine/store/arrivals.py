"""Arrivals: raw rows, the versions made of them, their incidents, and the base facts of each.

In: raw records with their incidents, FeatureSets. Out: what is known of ids, opened incidents and raw rows, base facts.
Not here: where records belong (`neighbourhood`), rows that could not be used (`quarantine`).

Raw rows and incidents are sealed; nothing of their text stands anywhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, func, select

from engine.model import FeatureSet, Incident, RawRecord, canonical
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.rows import Known, RawRow, VersionRow
from engine.store.session import Session
from engine.store.tables import bodies, facts, raws, sightings, versions

_KNOWN = Query(
    select(
        versions.c.incident, versions.c.version, versions.c.current, versions.c.updated_at, versions.c.known_at
    ).where(among(versions.c.incident, "ids"))
)
_CURRENT = Query(
    select(versions.c.incident, versions.c.n, bodies.c.sealed)
    .join(bodies, bodies.c.version == versions.c.n)
    .where(among(versions.c.incident, "ids"), versions.c.current == 1, func.length(bodies.c.sealed) > 0)
)
_HISTORY = Query(select(versions).where(versions.c.incident == bindparam("id")).order_by(versions.c.n))
_ONE = Query(
    select(versions.c.incident, versions.c.n, bodies.c.sealed)
    .join(bodies, bodies.c.version == versions.c.n)
    .where(
        versions.c.incident == bindparam("id"),
        versions.c.version == bindparam("version_"),
        func.length(bodies.c.sealed) > 0,
    )
)
_RAW = Query(
    select(versions, raws.c.kind, raws.c.row, raws.c.sealed)
    .join(raws, raws.c.version == versions.c.n)
    .where(
        versions.c.incident == bindparam("id"),
        versions.c.version == bindparam("version_"),
        func.length(raws.c.sealed) > 0,
    )
)
_ARRIVED = Query(
    select(versions.c.n, versions.c.source, raws.c.kind, raws.c.row, raws.c.sealed)
    .join(raws, raws.c.version == versions.c.n)
    .where(versions.c.n.between(bindparam("first"), bindparam("last")), func.length(raws.c.sealed) > 0)
    .order_by(versions.c.n)
)
_RETIRE = Query(versions.update().where(among(versions.c.incident, "ids"), versions.c.current == 1).values(current=0))
_BASES = Query(select(facts.c.incident, facts.c.body).where(among(facts.c.incident, "ids")))
_NAMED = sightings.c.id.concat("")
"""An id that no index leads to: a stretch of row numbers is walked, and what belongs to each is looked up; never the other way round."""
_MADE_OTHERWISE = Query(
    select(sightings.c.n, sightings.c.id)
    .join(facts, facts.c.incident == _NAMED)
    .join(versions, (versions.c.incident == _NAMED) & (versions.c.current == 1))
    .join(bodies, bodies.c.version == versions.c.n)
    .where(sightings.c.n > bindparam("after"), ~among(facts.c.made_by, "makers"), func.length(bodies.c.sealed) > 0)
    .order_by(sightings.c.n)
    .limit(bindparam("count"))
)

_WRITE_RAW = Insert(raws)
_WRITE_VERSION = Insert(versions)
_WRITE_BODY = Insert(bodies)
_WRITE_FACTS = Insert(facts, keys=("incident",))


class Arrivals(Session):
    """Versions of records as they came in."""

    def known(self, ids: Collection[str]) -> dict[str, Known]:
        """What is known of those of the ids that are stored."""
        seen: dict[str, set[str]] = {}
        current: dict[str, tuple[str, int]] = {}
        first: dict[str, int] = {}
        for incident, version, is_current, updated_at, known_at in self._rows(_KNOWN, ids=ids):
            seen.setdefault(incident, set()).add(version)
            first[incident] = min(known_at, first.get(incident, known_at))
            if is_current:
                current[incident] = version, updated_at
        return {
            id_: Known(
                current[id_][0], frozenset(seen[id_]), cells.moment_or_none(current[id_][1]), cells.moment(first[id_])
            )
            for id_ in seen
        }

    def write_versions(
        self, kept: Sequence[tuple[RawRecord, Incident]], current: Collection[str], known_at: datetime
    ) -> None:
        """Keep new versions with their raw rows; those whose version is in `current` are current from now on.

        A record has one current version: of several in one batch the last that is named in `current`.
        """
        known = cells.seconds(known_at)
        newest = {incident.id: incident.version for _, incident in kept if incident.version in current}
        self._change(_RETIRE, ids=list(newest))
        rows = [
            (n, raw, i, bytes.fromhex(raw.digest))
            for n, (raw, i) in zip(self._reserve(versions, len(kept)), kept, strict=True)
        ]
        for n, _, i, digest in rows:
            self._note(versions, n, i.id.encode(), i.version.encode(), digest)
        self._each(
            _WRITE_VERSION,
            [
                (
                    n,
                    i.id,
                    i.version,
                    i.source,
                    cells.seconds(i.updated_at),
                    known,
                    int(newest.get(i.id) == i.version),
                    d,
                )
                for n, _, i, d in rows
            ],
        )
        seal = self._sealer.seal
        self._each(_WRITE_RAW, [(n, r.kind, r.row, seal("raw", raw_cell(n), _values(r))) for n, r, _, _ in rows])
        self._each(_WRITE_BODY, [(n, seal("incident", body_cell(n), cells.incident_bytes(i))) for n, _, i, _ in rows])

    def incidents(self, ids: Collection[str]) -> dict[str, Incident]:
        """The current incidents, opened; of what was purged (`retention`) there is none."""
        return {row[0]: self._opened(row[1], row[2]) for row in self._rows(_CURRENT, ids=ids)}

    def incident_version(self, id_: str, version: str) -> Incident | None:
        """One version of a record, opened; None when there is none, or it was purged."""
        for row in self._rows(_ONE, id=id_, version_=version):
            return self._opened(row[1], row[2])
        return None

    def versions_of(self, id_: str) -> list[VersionRow]:
        """Every version of a record, in the order in which they came."""
        return [
            VersionRow(
                row.incident,
                row.version,
                row.source,
                cells.moment_or_none(row.updated_at),
                cells.moment(row.known_at),
                row.current == 1,
                bytes(row.raw).hex(),
            )
            for row in self._rows(_HISTORY, id=id_)
        ]

    def raw_of(self, id_: str, version: str) -> RawRow | None:
        """The raw row that a version was made of, opened; None when there is none, or it was purged."""
        for row in self._rows(_RAW, id=id_, version_=version):
            values = orjson.loads(self._sealer.open("raw", raw_cell(row.n), row.sealed))
            known_at = cells.moment(row.known_at)
            return RawRow(bytes(row.raw).hex(), row.source, row.kind, row.row, known_at, values)
        return None

    def arrived(self, first: int, last: int) -> list[RawRecord]:
        """The raw rows of the versions with these numbers, both ends included, opened, in the order in which they came, but those that were purged."""
        return [
            RawRecord(
                row.source, row.kind, row.row, orjson.loads(self._sealer.open("raw", raw_cell(row.n), row.sealed))
            )
            for row in self._rows(_ARRIVED, first=first, last=last)
        ]

    def write_bases(self, rows: Sequence[tuple[str, FeatureSet]], made_by: str) -> None:
        """Keep the base facts of records; `made_by` is the digest of the words and fields they were made by."""
        self._each(_WRITE_FACTS, [(id_, made_by, cells.features_bytes(base)) for id_, base in rows])

    def bases(self, ids: Collection[str]) -> dict[str, FeatureSet]:
        """Base facts of records as they were made last."""
        return {row[0]: cells.features(row[1]) for row in self._rows(_BASES, ids=ids)}

    def made_otherwise(self, makers: Collection[str], after: int, count: int) -> list[tuple[int, str]]:
        """Row numbers and ids of records whose base facts none of these made, and whose text is still there, in order of row numbers."""
        return [(row[0], row[1]) for row in self._rows(_MADE_OTHERWISE, makers=makers, after=after, count=count)]

    def _opened(self, version: int, sealed: bytes) -> Incident:
        return cells.incident(self._sealer.open("incident", body_cell(version), sealed))


def raw_cell(version: int) -> str:
    """The name under which a raw row is sealed."""
    return f"raws/sealed/{version}"


def body_cell(version: int) -> str:
    """The name under which an incident is sealed."""
    return f"bodies/sealed/{version}"


def _values(raw: RawRecord) -> bytes:
    return canonical(dict(raw.values))
