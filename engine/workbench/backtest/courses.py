"""Courses: matters that went alike, so that one of them is looked at for all.

In: a workspace with records, actions and what both rulebooks say of records; what their views tell of time. Out: the table `courses`, which names for
every matter that is wanted the one that speaks for it; those that speak, as `Case`s. Not here: the view of one (`views`), which are wanted (`matters`).

Two matters are alike where all that a view hangs on is the same: of each record its colours, whether it counts, was closed, gave the matter its name; of
each action what was done by whom and to which of the records; whether the past is known exactly. Ids, areas and texts are not in it. Of moments a view
asks which is earlier, how many whole units lie between two and whether nothing is left over, and which values the parameters had. A unit is a length of time
of which a day and every window are multiples. So a moment is kept as units since the oldest, the place of what is left over among the others' and the values
that held; between neighbours no more units are counted than anything asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from math import gcd
from operator import itemgetter
from typing import Any

from engine import casework
from engine.features.process import DISPATCH, OUTCOMES
from engine.model import Action, Colour
from engine.rescore import STRETCH, Workspace
from engine.store.history import History
from engine.workbench.backtest.views import MACHINE, Case, Viewer

_DAY = 86_400
_LONG_AGO = 1 << 40
"""More seconds than lie between any two moments."""
_ROWS = 5_000

_ACTS = """
SELECT n, id, matter AS record, kind, level, actor, "at", known_at AS known, from_json(nullif(concerns, ''), '["VARCHAR"]') AS concerns
FROM arriving
"""
_WAYS = """
CREATE TABLE ways AS
WITH told AS (
    SELECT matter, bool_or(closed_at IS NOT NULL OR subject IN (SELECT record FROM retold)) AS dated
    FROM history WHERE matter IN (SELECT matter FROM matters WHERE wanted) GROUP BY matter
), acted AS (
    SELECT matter, bool_or(acts.kind IN ({outcomes})) AS ended, bool_and(acts.kind = '{dispatch}') AS dispatched
    FROM acts JOIN history ON record = subject GROUP BY matter
)
SELECT matter, dated, NOT dated AND NOT coalesce(ended, false) AS straight, {limits} AND straight AND coalesce(dispatched, false) AS idle
FROM told LEFT JOIN acted USING (matter)
"""
"""`dated`: suppliers closed some records, or an older version of some may have said so, so that it can matter when they happened and what colours are stored. `straight`: it never had an outcome, so that of
records only those can matter that are redder than all before them, and none if any is red. `idle`: nothing was done but dispatching, so that only the first
dispatch can matter; and of moments only how long ago they are."""
_MEMBERS = """
CREATE TABLE members AS
WITH held AS (
    SELECT
        *, CASE WHEN straight AND max(was) OVER whole = {red} THEN {red} ELSE was END AS told_was,
        CASE WHEN straight AND max(now) OVER whole = {red} THEN {red} ELSE now END AS told_now
    FROM history JOIN learned USING (n) JOIN said USING (n) JOIN quiet USING (n) JOIN ways USING (matter)
    WINDOW whole AS (PARTITION BY matter)
)
SELECT
    matter, subject, "at", known, counts, closed_at IS NOT NULL AS closed, subject IN (SELECT record FROM retold) AS retold, stored, was, now, once, quiet, straight, dated, told_was, told_now,
    row_number() OVER (PARTITION BY matter ORDER BY known, n) AS place,
    NOT straight OR coalesce(told_was > max(told_was) OVER earlier OR told_now > max(told_now) OVER earlier, true) AS told
FROM held
WINDOW earlier AS (PARTITION BY matter ORDER BY known, n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""
_DONE = """
CREATE TABLE done AS
SELECT *, NOT idle OR place = 1 AS told
FROM (
    SELECT matter, acts.* EXCLUDE (n), idle, row_number() OVER (PARTITION BY matter ORDER BY acts."at", acts.n) AS place
    FROM acts JOIN members ON record = subject JOIN ways USING (matter)
)
"""
_MOMENTS = """
CREATE TABLE moments AS
WITH found AS (
    SELECT matter, known AS moment FROM members WHERE told UNION SELECT matter, "at" FROM members WHERE dated
    UNION SELECT matter, "at" FROM done WHERE told UNION SELECT matter, known FROM done WHERE NOT idle
    UNION SELECT matter, {now} FROM members
), counted AS (
    SELECT
        *, (moment - {now} + {ago}) // {unit} AS units, (moment - {now} + {ago}) % {unit} AS rest,
        least(({now} - moment + {ago}) // {unit}, {most} + {ago} // {unit}) AS since
    FROM found JOIN ways USING (matter)
), stepped AS (
    SELECT *, least(units - lag(units, 1, units) OVER (PARTITION BY matter ORDER BY moment), {most}) AS step FROM counted
)
SELECT matter, moment, CASE WHEN idle THEN since::VARCHAR ELSE concat_ws(
    '.', sum(step) OVER (PARTITION BY matter ORDER BY moment), dense_rank() OVER (PARTITION BY matter ORDER BY rest), {values}
) END AS said FROM stepped
"""
_LATE = """
CREATE TABLE late AS
SELECT DISTINCT matter FROM (
    SELECT matter, known, acted, min(known) FILTER (NOT acted) OVER (PARTITION BY matter ORDER BY "at" DESC) AS learned
    FROM (SELECT matter, "at", known, false AS acted FROM members UNION ALL SELECT matter, "at", known, true FROM done)
) WHERE acted AND known > learned
"""
"""Matters of which an action was written after a record was known that it happened before."""
_COURSES = """
CREATE TABLE courses AS
WITH held AS (
    SELECT
        members.matter, bool_and(once) AS once, bool_and(quiet) AS quiet, bool_or(subject IN (SELECT record FROM decided)) AS decided, bool_or(retold) AS retold,
        list({{
            'was': told_was, 'now': told_now, 'known': learned.said,
            'counts': CASE WHEN NOT straight THEN counts END, 'eldest': CASE WHEN NOT straight THEN subject = members.matter END,
            'closed': closed, 'at': CASE WHEN dated THEN happened.said END, 'stored': CASE WHEN dated THEN stored END
        }} ORDER BY place) FILTER (told) AS records
    FROM members
    LEFT JOIN moments AS learned ON learned.matter = members.matter AND learned.moment = known
    LEFT JOIN moments AS happened ON happened.matter = members.matter AND happened.moment = "at"
    GROUP BY members.matter
), concerned AS (
    SELECT named.matter, named.place, list(members.place ORDER BY members.place) AS places
    FROM (SELECT matter, place, unnest(concerns) AS record FROM done) AS named
    JOIN members ON members.matter = named.matter AND subject = named.record GROUP BY ALL
), logged AS (
    SELECT
        done.matter, count(DISTINCT record) AS named, coalesce(max(length(done.matter)) FILTER (kind = '{close}'), 0) AS length,
        list({{
            'at': happened.said, 'known': CASE WHEN NOT idle THEN written.said END, 'kind': kind, 'level': CASE WHEN NOT idle THEN level END,
            'ours': CASE WHEN NOT idle THEN actor = '{machine}' END, 'length': CASE WHEN NOT idle THEN length(id) END,
            'named': coalesce(len(concerns), 0) > 0, 'places': places
        }} ORDER BY done.place) FILTER (told) AS log
    FROM done
    LEFT JOIN moments AS happened ON happened.matter = done.matter AND happened.moment = "at"
    LEFT JOIN moments AS written ON written.matter = done.matter AND written.moment = known
    LEFT JOIN concerned ON concerned.matter = done.matter AND concerned.place = done.place
    GROUP BY done.matter
), known AS (
    SELECT
        matter, NOT decided AND coalesce(named, 0) <= 1 AS plain, once, quiet AND late.matter IS NULL AS quiet, retold, records, log, length, said
    FROM held JOIN moments USING (matter) LEFT JOIN logged USING (matter) LEFT JOIN late USING (matter) WHERE moment = {now}
)
SELECT
    matter, plain, once, quiet, retold, min(matter) OVER (PARTITION BY plain, once, quiet, retold, records, log, length, said) AS speaks
FROM known
"""
"""A hit names what made it, or a digest where that is long: whether a close of the same second ends it may hang on the `length` of ids."""
_SPEAKING = """
SELECT matter, plain, courses.once, courses.quiet, courses.retold, subject, "at", known, counts, stored, closed, was, now
FROM courses JOIN members USING (matter) WHERE speaks = matter ORDER BY matter, subject
"""
_LOGS = """
SELECT matter, record, kind, level, actor, "at", known, id, concerns
FROM courses JOIN done USING (matter) WHERE speaks = matter ORDER BY matter, place
"""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A matter that speaks for those that went alike, with the colours of its records before and after."""

    case: Case
    before: tuple[Colour, ...]
    after: tuple[Colour, ...]


@dataclass(frozen=True, slots=True)
class Grain:
    """What views tell of time: whole units of so many seconds, no more than `most`; from each of the `turns` on, other values of parameters."""

    unit: int
    most: int
    turns: tuple[int, ...]

    @classmethod
    def of(cls, viewers: Sequence[Viewer]) -> Grain:
        """What some of them tell apart."""
        spans = [_DAY, *(span for viewer in viewers for span in viewer.spans())]
        unit = gcd(*spans)
        turns = {int(turn.timestamp()) for viewer in viewers for turn in viewer.turns()}
        return cls(unit, max(spans) // unit + 1, tuple(sorted(turns)))


def arrive(space: Workspace, history: History) -> None:
    """What was done about matters, which records people cut apart or joined, and which were told again, into the workspace."""
    for first in range(0, max(history.newest_action(), 1), STRETCH):
        space.add("acts", _ACTS, history.log(first, first + STRETCH))
    space.add("decided", "SELECT * FROM arriving", history.decided())
    space.add("retold", "SELECT * FROM arriving", history.retold())


def group(space: Workspace, viewers: Sequence[Viewer], now: datetime, *, late: bool) -> None:
    """The table `courses` of the matters that are wanted; `late`: whether those are not quiet of which an action was written late."""
    grain, run = Grain.of(viewers), space.connection.execute
    outcomes = ", ".join(f"'{kind}'" for kind in sorted(OUTCOMES))
    given = {
        "now": int(now.timestamp()),
        "ago": _LONG_AGO // grain.unit * grain.unit,
        "unit": grain.unit,
        "most": grain.most,
        "values": " + ".join(["0", *(f"(moment >= {turn})::INT" for turn in grain.turns)]),
        "outcomes": outcomes,
        "limits": all(viewer.only_limits() for viewer in viewers),
        "red": int(Colour.RED),
        "close": casework.CLOSE,
        "dispatch": DISPATCH,
        "machine": MACHINE,
    }
    for query in (_WAYS, _MEMBERS, _DONE, _MOMENTS, _LATE if late else f"{_LATE} AND false", _COURSES):
        run(query.format_map(given))


def speakers(space: Workspace) -> Iterator[Speaker]:
    """One matter of each kind."""
    logs = groupby(_rows(space, _LOGS), itemgetter(0))
    matter, log = next(logs, ("", iter(())))
    for id_, rows in groupby(_rows(space, _SPEAKING), itemgetter(0)):
        actions: tuple[Action, ...] = ()
        if matter == id_:
            actions = tuple(_action(*row[1:]) for row in log)
            matter, log = next(logs, ("", iter(())))
        yield _speaker(list(rows), actions)


def _speaker(rows: Sequence[tuple[Any, ...]], actions: tuple[Action, ...]) -> Speaker:
    records, before, after = [], [], []
    for *_, subject, at, known, counts, stored, closed, was, now in rows:
        records.append(casework.RecordView(subject, _moment(at), _moment(known), counts, Colour(stored), closed))
        before.append(Colour(was))
        after.append(Colour(now))
    matter, plain, once, quiet, retold, *_ = rows[0]
    return Speaker(Case(matter, tuple(records), actions, plain, once, quiet, retold), tuple(before), tuple(after))


def _action(
    record: str, kind: str, level: str, actor: str, at: int, known: int, id_: str, concerns: Sequence[str] | None
) -> Action:
    return Action(record, kind, level, actor, _moment(at), _moment(known), id=id_, concerns=tuple(concerns or ()))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _rows(space: Workspace, query: str) -> Iterator[tuple[Any, ...]]:
    cursor = space.connection.cursor()
    cursor.execute(query)
    while rows := cursor.fetchmany(_ROWS):
        yield from rows
