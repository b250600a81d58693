"""Figures: what rules hit and what people made of it, in bulk and without a word of any record; matters dealt to be graded blind, and their grades.

In: a period, dealt matters, grades. Out: ids, rule ids, kinds and times. Not here: what is made of them (`engine.feedback`), who may grade (`engine.desk`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from engine.model import Colour
from engine.store import cells
from engine.store.dialects import Insert, Query
from engine.store.grading_tables import grades, samples
from engine.store.rows import Dealt
from engine.store.session import Session
from engine.store.tables import actions, hits, matters, set_asides, sightings

_within = (sightings.c.at >= bindparam("since"), sightings.c.at < bindparam("until"))
_HITS = Query(
    select(hits.c.rule, hits.c.incident, sightings.c.matter, sightings.c.at, func.max(hits.c.known_at))
    .join(sightings, sightings.c.id == hits.c.incident)
    .where(*_within)
    .group_by(hits.c.rule, hits.c.incident, sightings.c.matter, sightings.c.at)
)
_SPAN = Query(select(func.count(), func.min(sightings.c.at), func.max(sightings.c.at)).where(*_within))
_LIVED = (
    Query(select(func.max(sightings.c.first_known_at))),
    Query(select(func.max(actions.c.known_at))),
)
_MATTERS = Query(
    select(matters.c.id, matters.c.status, matters.c.standing, matters.c.machine)
    .where(matters.c.last_at >= bindparam("since"), matters.c.last_at < bindparam("until"))
    .order_by(matters.c.id)
)
_STEPS = Query(
    select(sightings.c.matter, actions.c.kind)
    .join(sightings, sightings.c.id == actions.c.matter)
    .where(
        actions.c.kind.in_(
            [
                literal_column("'close'"),
                literal_column("'reopen'"),
                literal_column("'dispatch'"),
                literal_column("'raise'"),
            ]
        )
    )
    .order_by(actions.c.known_at, actions.c.n)
)
_ASIDES = Query(
    select(sightings.c.matter, set_asides.c["keys"]).join(sightings, sightings.c.id == set_asides.c.incident)
)
_ROUND = Query(select(func.coalesce(func.max(samples.c.round), 0)))
_DEALT_EVER = Query(select(samples.c.matter))
_COLUMNS: Sequence[ColumnElement[Any]] = (
    *(samples.c[name] for name in ("n", "round", "matter", "at", "standing", "machine", "rules")),
    func.coalesce(grades.c.colour, literal_column("-1")).label("grade"),
    func.coalesce(grades.c.by, literal_column("''")).label("graded_by"),
)
_dealt = select(*_COLUMNS).select_from(samples).outerjoin(grades, grades.c.sample == samples.c.n)
_DEALT = Query(
    _dealt.where(samples.c.at >= bindparam("since"), samples.c.at < bindparam("until")).order_by(samples.c.n)
)
_ONE = Query(_dealt.where(samples.c.n == bindparam("n")))

_WRITE_SAMPLE = Insert(samples)
_WRITE_GRADE = Insert(grades)


class Figures(Session):
    """What rules did, and how people grade it."""

    def hits_between(self, since: datetime, until: datetime) -> Sequence[tuple[str, str, str, datetime, datetime]]:
        """(rule, record, matter, when it happened, when it was hit last) of everything that ever hit the records of a period."""
        return [
            (row[0], row[1], row[2], cells.moment(row[3]), cells.moment(row[4]))
            for row in self._rows(_HITS, **_period(since, until))
        ]

    def records_between(self, since: datetime, until: datetime) -> tuple[int, datetime | None, datetime | None]:
        """How many records happened in a period, and when the first and the last did."""
        count, first, last = self._rows(_SPAN, **_period(since, until))[0]
        if first is None:
            return 0, None, None
        return int(count), cells.moment(first), cells.moment(last)

    def lived_until(self) -> datetime | None:
        """When something was last read in or done; None while nothing was."""
        found = [self._rows(query)[0][0] for query in _LIVED]
        known = [moment for moment in found if moment is not None]
        return cells.moment(max(known)) if known else None

    def matters_between(self, since: datetime, until: datetime) -> list[tuple[str, str, Colour, Colour]]:
        """(matter, status, standing, machine view) of those whose newest record happened in a period."""
        found = self._rows(_MATTERS, **_period(since, until))
        return [(row[0], row[1], Colour(row[2]), Colour(row[3])) for row in found]

    def steps(self) -> list[tuple[str, str]]:
        """(matter, kind) of every closing, reopening, dispatch and raising, in order."""
        return [(row[0], row[1]) for row in self._rows(_STEPS)]

    def rules_set_aside(self) -> list[tuple[str, frozenset[str]]]:
        """(matter, rules) of every lowering: the rules whose hits a person set aside."""
        return [
            (row[0], frozenset(key.partition("|")[0] for key in cells.unlisted(row[1]))) for row in self._rows(_ASIDES)
        ]

    def next_round(self) -> int:
        """The number of the next round of samples."""
        return int(self._rows(_ROUND)[0][0]) + 1

    def dealt_ever(self) -> frozenset[str]:
        """Every matter that was ever dealt, by the id that it had then."""
        return frozenset(row[0] for row in self._rows(_DEALT_EVER))

    def write_samples(self, dealt: Sequence[Dealt], *, by: str, share: int, rulebook: str) -> list[int]:
        """Append dealt matters; their numbers."""
        numbers = list(self._reserve(samples, len(dealt)))
        self._each(
            _WRITE_SAMPLE,
            [
                (n, d.round, d.matter, cells.seconds(d.at), by, share, int(d.standing), int(d.machine), cells.listed(d.rules), rulebook)
                for n, d in zip(numbers, dealt, strict=True)
            ],
        )  # fmt: skip
        return numbers

    def dealt_between(self, since: datetime, until: datetime) -> list[Dealt]:
        """Everything that was dealt in a period, with its grade where it has one."""
        return [_shown(row) for row in self._rows(_DEALT, **_period(since, until))]

    def dealt(self, number: int) -> Dealt | None:
        """One dealt matter."""
        return next((_shown(row) for row in self._rows(_ONE, n=number)), None)

    def write_grade(self, number: int, grade: Colour, *, by: str, at: datetime) -> None:
        """Append the grade of a dealt matter; there is one only."""
        self._each(_WRITE_GRADE, [(number, int(grade), cells.seconds(at), by)])


def _period(since: datetime, until: datetime) -> dict[str, int]:
    return {"since": cells.seconds(since), "until": cells.seconds(until)}


def _shown(row: Any) -> Dealt:
    n, turn, matter, at, standing, machine, rules, grade, by = row
    held = tuple(cells.unlisted(rules))
    graded = None if grade < 0 else Colour(grade)
    return Dealt(n, turn, matter, cells.moment(at), Colour(standing), Colour(machine), held, graded, by)
