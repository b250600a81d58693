"""Callers: who came how often since a time, over all channels.

In: a time, how often at least. Out: persons with the records they sent. Not here: who is who (`engine.identity`), what is shown of them (`engine.desk`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, func, select

from engine.store import cells
from engine.store.dialects import Query, among
from engine.store.rows import CallRow
from engine.store.session import Session
from engine.store.tables import sightings

_since = (sightings.c.person != "", sightings.c.at >= bindparam("since"), sightings.c.cause != "void")
_often = func.count().label("often")
_REPEAT = Query(
    select(sightings.c.person, _often)
    .where(*_since)
    .group_by(sightings.c.person)
    .having(_often >= bindparam("least"))
    .order_by(_often.desc(), func.max(sightings.c.at).desc(), sightings.c.person)
    .limit(bindparam("most"))
)
_CALLS = Query(
    select(sightings.c.person, sightings.c.id, sightings.c.kind, sightings.c.at, sightings.c.matter, sightings.c.counts)
    .where(*_since, among(sightings.c.person, "persons"))
    .order_by(sightings.c.at, sightings.c.id)
)


class Callers(Session):
    """Persons by how often they came."""

    def repeat_callers(self, since: datetime, *, least: int, most: int) -> list[str]:
        """Persons with at least so many records since then, the most frequent first; void records are nobody's."""
        return [row[0] for row in self._rows(_REPEAT, since=cells.seconds(since), least=least, most=most)]

    def calls_of(self, persons: Collection[str], since: datetime) -> list[CallRow]:
        """Every record of these persons since then, oldest first."""
        rows = self._rows(_CALLS, persons=persons, since=cells.seconds(since))
        return [CallRow(r.person, r.id, r.kind, cells.moment(r.at), r.matter, r.counts == 1) for r in rows]
