"""Matters: where each stands, its codes for ever, and the hotspots over them.

In: states as settlement computes them. Out: states by id, by code (former ones too), and as a list.
Not here: how a state comes about (`engine.casework`), what people did (`events`). These rows are a view of now: history is in
assessments, hits and actions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, delete, func, literal_column, select

from engine.model import Colour, MatterState
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.filing import COLUMNS
from engine.store.rows import Hotspot, HotspotRow, MatterFilter, MatterRow, Stored
from engine.store.session import Session, Shared
from engine.store.tables import NO_TIME, counters, hotspots, matter_codes, matters, sightings, verdicts

_PREFIX = "SS"
_ZONE = ZoneInfo("Asia/Shanghai")
_DIGITS = 6

_STATES = Query(select(matters).where(among(matters.c.id, "ids")))
_OPEN = Query(select(matters.c.id).where(matters.c.status == "open", matters.c.history == 0).order_by(matters.c.id))
_DROP = Query(delete(matters).where(among(matters.c.id, "ids")))
_VIEWS = Query(
    select(
        sightings.c.id,
        sightings.c.at,
        sightings.c.first_known_at,
        sightings.c.counts,
        func.coalesce(verdicts.c.colour, 0),
        sightings.c.closed_at,
    )
    .outerjoin(verdicts, verdicts.c.subject == sightings.c.id)
    .where(among(sightings.c.id, "ids"))
)
_COUNTER = Query(select(counters.c.value).where(counters.c.name == bindparam("name")).with_for_update())
_BY_CODE = Query(select(matter_codes.c.incident).where(matter_codes.c.code == bindparam("code")))
_CODES = Query(
    select(matter_codes.c.code)
    .join(sightings, sightings.c.id == matter_codes.c.incident)
    .where(sightings.c.matter == bindparam("matter"))
    .order_by(matter_codes.c.code)
)
_GIVEN = Query(
    select(matter_codes.c.incident, func.min(matter_codes.c.code))
    .where(among(matter_codes.c.incident, "ids"))
    .group_by(matter_codes.c.incident)
)
_MEMBERS = Query(
    select(*COLUMNS).where(sightings.c.matter == bindparam("matter")).order_by(sightings.c.at, sightings.c.id)
)
_MEMBER_IDS = Query(select(sightings.c.matter, sightings.c.id).where(among(sightings.c.matter, "ids")).order_by("id"))
_FOR_110 = Query(
    select(sightings.c.matter)
    .join(verdicts, verdicts.c.subject == sightings.c.id)
    .where(among(sightings.c.matter, "ids"), verdicts.c.handback == 1)
    .distinct()
)
_HELD_BY = Query(select(sightings.c.matter).where(sightings.c.id == bindparam("id")))
_SHOWN = select(matters, sightings.c.area, sightings.c.place, sightings.c.topic, sightings.c.kind).join(
    sightings, sightings.c.id == matters.c.id
)
_BY_COLOUR = Query(
    select(matters.c.status, matters.c.standing, func.count()).group_by(matters.c.status, matters.c.standing)
)
_ONE = Query(_SHOWN.where(matters.c.id == bindparam("id")))
_HOTSPOTS = Query(select(hotspots).order_by(hotspots.c.colour.desc(), hotspots.c.last_at.desc(), hotspots.c.id))
_in_hotspot = (sightings.c.chain != literal_column("''")) & (sightings.c.hotspot == sightings.c.chain)
"""A hotspot bears the name of its chain, by which it is found."""
_EMPTY_HOTSPOTS = Query(
    delete(hotspots).where(
        among(hotspots.c.id, "ids"),
        ~select(sightings.c.n).where(sightings.c.chain == hotspots.c.id, _in_hotspot).exists(),
    )
)

_HOTSPOT_MEMBERS = Query(
    select(sightings.c.hotspot, sightings.c.id, sightings.c.at, sightings.c.person, func.coalesce(verdicts.c.colour, 0))
    .outerjoin(verdicts, verdicts.c.subject == sightings.c.id)
    .where(among(sightings.c.chain, "ids"), _in_hotspot)
    .order_by(sightings.c.at, sightings.c.id)
)
_WRITE = Insert(matters, keys=("id",))
_WRITE_CODE = Insert(matter_codes)
_FIRST_COUNTER = Insert(counters, once=True)
_WRITE_COUNTER = Insert(counters, keys=("name",))
_WRITE_HOTSPOT = Insert(hotspots, keys=("id",))


class Matters(Session):
    """Matters by id, code and colour."""

    def matters_by_colour(self) -> dict[tuple[str, Colour], int]:
        """How many matters there are of each status and standing colour, history among them; read from an index alone."""
        return {(row[0], Colour(row[1])): row[2] for row in self._rows(_BY_COLOUR)}

    def open_matters(self) -> list[str]:
        """The ids of all that are open and no history."""
        return [row[0] for row in self._rows(_OPEN)]

    def record_views(self, ids: Collection[str]) -> dict[str, tuple[datetime, datetime, bool, Colour, bool]]:
        """Of each record: when it happened, when we first learned of it, whether it counts, its colour, whether its supplier closed it."""
        return {
            row[0]: (cells.moment(row[1]), cells.moment(row[2]), row[3] == 1, Colour(row[4]), row[5] != NO_TIME)
            for row in self._rows(_VIEWS, ids=ids)
        }

    def matter_states(self, ids: Collection[str]) -> dict[str, MatterState]:
        """States of those of the ids that name a matter."""
        return {row[0]: _state(row) for row in self._rows(_STATES, ids=ids)}

    def write_matters(self, states: Sequence[MatterState], gone: Collection[str] = ()) -> None:
        """Put matters where they now stand; ids in `gone` no longer name a matter."""
        self._change(_DROP, ids=gone)
        self._each(_WRITE, [_cells(state) for state in states])

    def write_hotspots(self, states: Sequence[Hotspot], known_at: datetime, gone: Collection[str] = ()) -> None:
        """Put hotspots where they now stand; those of `gone` that no record names any more are dropped."""
        known = cells.seconds(known_at)
        self._each(_WRITE_HOTSPOT, [(*_hotspot_cells(state), known) for state in states])
        self._change(_EMPTY_HOTSPOTS, ids=gone)

    def hotspot_members(self, ids: Collection[str]) -> list[tuple[str, str, datetime, str | None, Colour]]:
        """Of every record of these hotspots: hotspot, id, when it happened, whose it is, its colour; oldest first."""
        return [
            (row[0], row[1], cells.moment(row[2]), row[3] or None, Colour(row[4]))
            for row in self._rows(_HOTSPOT_MEMBERS, ids=ids)
        ]

    def matter_id(self, reference: str) -> str | None:
        """The id of the matter that a code (former ones too), a matter id or a record id names today."""
        coded = self._rows(_BY_CODE, code=reference)
        incident = coded[0][0] if coded else reference.removeprefix("matter:")
        return next((row[0] for row in self._rows(_HELD_BY, id=incident)), None)

    def matter(self, reference: str) -> MatterRow | None:
        """The matter that a code, a matter id or a record id names today."""
        id_ = self.matter_id(reference)
        return next((_shown(row) for row in self._rows(_ONE, id=id_ or "")), None)

    def codes_of(self, matter: str) -> list[str]:
        """Every code that leads to a matter, its own and those of matters that were merged into it."""
        return [row[0] for row in self._rows(_CODES, matter=matter)]

    def codes_given(self, ids: Collection[str]) -> dict[str, str]:
        """The first code that was given to a matter when each of these records was its oldest."""
        return {row[0]: row[1] for row in self._rows(_GIVEN, ids=ids)}

    def member_ids(self, matters: Collection[str]) -> dict[str, list[str]]:
        """The ids of all records of each of these matters."""
        held: dict[str, list[str]] = {}
        for matter, id_ in self._rows(_MEMBER_IDS, ids=matters):
            held.setdefault(matter, []).append(id_)
        return held

    def for_110(self, matters: Collection[str]) -> frozenset[str]:
        """Those of the matters that hold a record which, as it was last judged, is to be handed back to 110 at once."""
        return frozenset(row[0] for row in self._rows(_FOR_110, ids=matters))

    def members(self, matter: str) -> list[Stored]:
        """The records of a matter, oldest first."""
        return [cells.stored(row) for row in self._rows(_MEMBERS, matter=matter)]

    def matters(self, chosen: MatterFilter, *, limit: int = 50, offset: int = 0) -> list[MatterRow]:
        """A page of matters: the highest standing colour first, then the newest record."""
        ordered = _filtered(_SHOWN, chosen).order_by(matters.c.standing.desc(), matters.c.last_at.desc(), matters.c.id)
        return [_shown(row) for row in self._connection.execute(ordered.limit(limit).offset(offset))]

    def matters_count(self, chosen: MatterFilter) -> int:
        """How many matters a filter chooses."""
        counted = select(func.count()).select_from(_filtered(_SHOWN, chosen).subquery())
        return int(self._connection.execute(counted).scalar_one())

    def records_count(self) -> int:
        """How many records are stored, each once whatever its versions."""
        return int(self._connection.execute(select(func.count()).select_from(sightings)).scalar_one())

    def hotspots(self) -> list[HotspotRow]:
        """Every hotspot, the highest colour first, then the newest."""
        return [
            HotspotRow(
                r.id,
                r.records,
                r.persons,
                Colour(r.colour),
                cells.moment(r.first_at),
                cells.moment(r.last_at),
                r.place,
                r.topic,
                cells.moment(r.known_at),
            )
            for r in self._rows(_HOTSPOTS)
        ]


class Codes(Session):
    """One matter, one code (一案一码): given in order within a year, written when the transaction ends, never given again."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        super().__init__(connection, shared)
        self._given: list[tuple[str, str, int]] = []
        self._counted: dict[int, int] = {}

    def new_code(self, matter: str, known_at: datetime) -> str:
        """The next code, such as SS2025-000123, for a matter that is dispatched for the first time."""
        year = known_at.astimezone(_ZONE).year
        if year not in self._counted:
            self._counted[year] = self._count(year)
        self._counted[year] += 1
        code = f"{_PREFIX}{year}-{self._counted[year]:0{_DIGITS}d}"
        self._given.append((code, matter, cells.seconds(known_at)))
        return code

    def _count(self, year: int) -> int:
        """How many codes a year has had; the row is held until the transaction ends."""
        rows = self._rows(_COUNTER, name=_counter(year))
        if not rows:
            self._each(_FIRST_COUNTER, [(_counter(year), 0)])
            rows = self._rows(_COUNTER, name=_counter(year))
        return int(rows[0][0])

    def _write_codes(self) -> None:
        """Write what `new_code` gave."""
        self._each(_WRITE_CODE, self._given)
        self._each(_WRITE_COUNTER, [(_counter(year), count) for year, count in self._counted.items()])


def _counter(year: int) -> str:
    return f"code:{year}"


def _filtered(shown: Select[Any], chosen: MatterFilter) -> Select[Any]:
    conditions = {
        "status": matters.c.status == chosen.status,
        "colour": matters.c.standing == int(chosen.colour or 0),
        "route": matters.c.route == chosen.route,
        "area": sightings.c.area == chosen.area,
        "history": matters.c.history == int(chosen.history or 0),
        "since": matters.c.last_at >= cells.seconds(chosen.since),
    }
    unset = ("", None)
    return shown.where(*(test for name, test in conditions.items() if getattr(chosen, name) not in unset))


def _cells(state: MatterState) -> tuple[Any, ...]:
    return (
        state.id,
        state.code,
        state.status,
        state.episode,
        int(state.standing),
        int(state.machine),
        state.records,
        state.route,
        int(state.history),
        cells.seconds(state.first_at),
        cells.seconds(state.last_at),
        cells.seconds(state.updated_at),
        cells.seconds(state.yellow_since),
    )


def _state(row: Sequence[Any]) -> MatterState:
    return MatterState(
        id=row[0],
        code=row[1],
        status=row[2],
        episode=row[3],
        standing=Colour(row[4]),
        machine=Colour(row[5]),
        records=row[6],
        route=row[7],
        history=row[8] == 1,
        first_at=cells.moment(row[9]),
        last_at=cells.moment(row[10]),
        updated_at=cells.moment(row[11]),
        yellow_since=cells.moment_or_none(row[12]),
    )


def _shown(row: Sequence[Any]) -> MatterRow:
    *_, area, place, topic, kind = row
    return MatterRow(_state(row), area, place, topic, kind)


def _hotspot_cells(state: Hotspot) -> tuple[Any, ...]:
    first_at, last_at = cells.seconds(state.first_at), cells.seconds(state.last_at)
    return state.id, state.records, state.persons, int(state.colour), first_at, last_at, state.place, state.topic
