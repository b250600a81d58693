"""The batch: everything that one write transaction can read and write.

In: an open connection. Out: the union of the modules of rows. Not here: their meaning (each module), begin and end (`opening`).

The caller appends one audit entry, last; codes given meanwhile are written when the batch ends.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from engine.model import Incident, Links, RawRecord, Sighting
from engine.store import cells
from engine.store.arrivals import Arrivals
from engine.store.audit import Audit
from engine.store.callers import Callers
from engine.store.due import Due
from engine.store.events import Events
from engine.store.feeds import Feeds
from engine.store.figures import Figures
from engine.store.jobs import Jobs
from engine.store.judgements import Judgements
from engine.store.matters import Codes, Matters
from engine.store.neighbourhood import Neighbourhood
from engine.store.outbox import Outbox
from engine.store.people import People
from engine.store.quarantine import Quarantine
from engine.store.resealing import Resealing
from engine.store.retention import Retention
from engine.store.rows import BlockKeys, Hotspot, Reach, Stored
from engine.store.rulebooks import Rulebooks
from engine.store.sendings import Sendings
from engine.store.session import Shared


class Reading(
    Arrivals,
    Neighbourhood,
    Judgements,
    Matters,
    Events,
    Quarantine,
    Rulebooks,
    Audit,
    People,
    Feeds,
    Due,
    Jobs,
    Callers,
    Outbox,
    Sendings,
    Resealing,
    Retention,
    Figures,
):
    """Everything that can be read in one transaction."""


class Batch(Codes, Reading):
    """One write transaction."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        super().__init__(connection, shared)
        self._first_known: dict[str, int] = {}
        self._hotspots_seen: set[str] = set()

    def write_versions(
        self, kept: Sequence[tuple[RawRecord, Incident]], current: Collection[str], known_at: datetime
    ) -> None:
        """Keep new versions with their raw rows; those named in `current` are current from now on."""
        super().write_versions(kept, current, known_at)
        self._first_known.update((incident.id, cells.seconds(known_at)) for _, incident in kept)

    def neighbourhood(
        self, keys: Sequence[BlockKeys], earliest: datetime, latest: datetime, reach: Reach
    ) -> list[Stored]:
        """Every stored record that records with these keys, happening in that span, may touch or be touched by."""
        found = super().neighbourhood(keys, earliest, latest, reach)
        self._hotspots_seen.update(row.links.hotspot for row in found if row.links.hotspot)
        return found

    def write_sightings(
        self, rows: Sequence[tuple[Sighting, Links]], first_known: Mapping[str, int] | None = None
    ) -> None:
        """Put records where they now stand; records new to the store are known since this batch."""
        super().write_sightings(rows, first_known or self._first_known)

    def write_hotspots(self, states: Sequence[Hotspot], known_at: datetime, gone: Collection[str] = ()) -> None:
        """Put hotspots where they now stand; those met in this batch that no record names any more are dropped."""
        super().write_hotspots(states, known_at, {*gone, *self._hotspots_seen} - {state.id for state in states})

    def finish(self) -> None:
        """What is written last of all; called when the transaction ends well."""
        self._write_codes()
        self._write_changes()
