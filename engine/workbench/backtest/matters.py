"""Matters: the machine views of all of them, before and after, in a workspace.

In: what both rulebooks say of records, states and logs of the store. Out: a table of views, counts, matters that change with the rules on both
sides. Not here: the view of one matter (`views`), which went alike (`courses`), columns of records (`trying`).

A matter of which nothing was done stands where its records do: that is one query for all. Of the others one of each kind is looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from engine.model import Colour
from engine.rescore import HIT, REVIEW, STRETCH, Answers, Labels, Workspace
from engine.store.history import History
from engine.workbench.backtest import courses
from engine.workbench.backtest.steadiness import ACTIONS, quiet_sql
from engine.workbench.backtest.views import View, Viewer

VIEW, OVERRIDDEN, HELD, UNKNOWN = "view", "overridden", "held", "unknown"
_PIECE = 500
_UNKNOWN = -1
_SEEN_COLUMNS = {
    "matter": pa.string(),
    **dict.fromkeys(("was", "now"), pa.int64()),
    **dict.fromkeys(("imagined_was", "imagined_now"), pa.bool_()),
}

_MADE = f"""
CREATE TABLE matters AS
WITH looked AS (
    SELECT matter, max(was) AS was, max(now) AS now, min("at") AS first_at,
        coalesce(min(known) FILTER (closed_at IS NOT NULL OR subject IN (SELECT record FROM retold)) = min(known), false) AND bool_or(known - "at" <= $1) AS may_open
    FROM history JOIN said USING (n) JOIN learned USING (n) GROUP BY matter
), acted AS (
    SELECT matter, bool_or(action IN ('raise', 'lower')) AS by_hand FROM actions JOIN history ON record = subject GROUP BY matter
)
SELECT
    looked.matter, coalesce(states.code, '') AS code, first_at, oldest.area, coalesce(oldest.topic, '') AS topic, was, now,
    was AS top_was, now AS top_now, false AS imagined_was, false AS imagined_now,
    CASE WHEN coalesce(by_hand, false) THEN '{OVERRIDDEN}' WHEN standing > machine THEN '{HELD}' ELSE '{VIEW}' END AS part,
    acted.matter IS NOT NULL OR may_open AS wanted
FROM looked JOIN history AS oldest ON oldest.subject = looked.matter
LEFT JOIN states ON states.id = looked.matter LEFT JOIN acted ON acted.matter = looked.matter
"""
_LEARNED = "SELECT n, first_known_at AS known, previous = 0 AS once, colour AS stored FROM arriving"
_SEEN = f"""
UPDATE matters SET was = seen.was, now = seen.now, imagined_was = seen.imagined_was, imagined_now = seen.imagined_now,
    part = CASE WHEN part = '{VIEW}' AND least(seen.was, seen.now) = {_UNKNOWN} THEN '{UNKNOWN}' ELSE part END
FROM seen JOIN courses ON speaks = seen.matter WHERE courses.matter = matters.matter
"""
_GROUPED = f"""
SELECT timezone('{{zone}}', to_timestamp(first_at))::DATE AS day, area, topic, was, now, count(*), part, count(*) FILTER (imagined_now)
FROM matters WHERE part = '{VIEW}' GROUP BY ALL ORDER BY ALL
"""
_APART = f"""
SELECT timezone('{{zone}}', to_timestamp(first_at))::DATE AS day, area, topic, CASE WHEN was = {_UNKNOWN} THEN top_was ELSE was END,
    CASE WHEN now = {_UNKNOWN} THEN top_now ELSE now END, count(*), part, 0
FROM matters WHERE part <> '{VIEW}' GROUP BY ALL ORDER BY ALL
"""
_IMAGINED = f"""
SELECT was, now, count(*) FROM matters
WHERE part = '{VIEW}' AND was <> now AND (imagined_was OR imagined_now) GROUP BY ALL
"""
_MOVED = f"""
SELECT matter, code, first_at, area, topic, was, now, imagined_was, imagined_now, speaks FROM matters LEFT JOIN courses USING (matter)
WHERE part = '{VIEW}' AND was <> now ORDER BY first_at, matter
"""


@dataclass(frozen=True)
class Both:
    """What both rulebooks say of the same records, in order of row numbers."""

    before: Answers
    after: Answers
    labels: Labels


@dataclass(frozen=True, slots=True)
class Moved:
    """A matter before and after: its code, if it has one, where and what it is about, its views and the rules that speak for each.

    `imagined`: whether each view hangs on a dispatch that only would have been.
    """

    id: str
    code: str
    first_at: datetime
    area: str
    topic: str
    before: Colour
    after: Colour
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    imagined: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Group:
    """So many matters of one part whose oldest record is of one day, area and topic, with one view before and one after.

    Where they are apart and nobody knows the view, the reddest of their records stands for it. `imagined`: of how many that are compared the view
    after hangs on a dispatch that only would have been.
    """

    day: str
    area: str
    topic: str
    before: Colour
    after: Colour
    count: int
    part: str = VIEW
    imagined: int = 0


class Matters:
    """The table `matters` of a workspace: one row for each matter, whose part is `view` where its machine view is compared."""

    def __init__(
        self,
        space: Workspace,
        both: Both,
        history: History,
        *,
        kinds: Collection[str],
        newer_than: timedelta,
        zone: str,
    ) -> None:
        """`kinds`: of groups over which some windows are new (`steadiness`). `newer_than`: how old a record may come and still be acted on."""
        self._space, self._both, self._zone, self._kinds = space, both, zone, kinds
        self._rules: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        said = pa.table({"n": both.before.numbers, "was": both.before.colours, "now": both.after.colours})
        for name, table in (("said", said), ("states", history.matters())):
            space.add(name, "SELECT * FROM arriving", table)
        for first in range(0, max(history.newest(), 1), STRETCH):
            space.add("learned", _LEARNED, history.learned(first, first + STRETCH))
        courses.arrive(space, history)
        space.connection.sql(quiet_sql(kinds)).create("quiet")
        space.connection.execute(_MADE, [newer_than // timedelta(seconds=1)])

    def look(self, viewers: tuple[Viewer, Viewer], now: datetime) -> None:
        """The views of matters of which something was done, or that are dispatched as their colour is."""
        seen: list[tuple[str, int, int, bool, bool]] = []
        alike = viewers[0].alike(viewers[1])
        courses.group(self._space, viewers, now, late=ACTIONS in self._kinds)
        for speaker in courses.speakers(self._space):
            case, same = speaker.case, alike and speaker.before == speaker.after
            before = viewers[0].view(case, speaker.before, now)
            after = before if same else viewers[1].view(case, speaker.after, now)
            self._rules[case.id] = (before.rules, after.rules)
            seen.append((case.id, _number(before), _number(after), before.imagined, after.imagined))
        columns = zip(*seen, strict=True) if seen else [()] * len(_SEEN_COLUMNS)
        arrays = [pa.array(column, of) for column, of in zip(columns, _SEEN_COLUMNS.values(), strict=True)]
        self._space.connection.register("seen", pa.table(arrays, list(_SEEN_COLUMNS)))
        self._space.connection.execute(_SEEN)
        self._space.connection.unregister("seen")

    def parts(self) -> dict[str, int]:
        """How many matters are compared and how many are apart, by part."""
        return dict(self._ask("SELECT part, count(*) FROM matters GROUP BY part"))

    def groups(self) -> list[Group]:
        """Matters that are compared, grouped."""
        return self._grouped(_GROUPED)

    def apart(self) -> list[Group]:
        """Matters that are not compared, grouped."""
        return self._grouped(_APART)

    def _grouped(self, query: str) -> list[Group]:
        rows = self._ask(query.format(zone=self._zone))
        return [Group(str(day), area, topic, Colour(was), Colour(now), *of) for day, area, topic, was, now, *of in rows]

    def imagined(self) -> Counter[tuple[Colour, Colour]]:
        """From view to view, of the matters that change: how many would have been dispatched, and never were."""
        return Counter({(Colour(was), Colour(now)): count for was, now, count in self._ask(_IMAGINED)})

    def views(self) -> Iterator[tuple[str, str, Colour | None]]:
        """Matter, part and the view after of every matter."""
        for matter, part, now in self._ask("SELECT matter, part, now FROM matters ORDER BY matter"):
            yield matter, part, None if now == _UNKNOWN else Colour(now)

    def outlines(self) -> Iterator[tuple[str, tuple[Colour, frozenset[tuple[str, bool]]]]]:
        """Of every record its colour after, and the rules that hit with whether they ask for review."""
        after, named = self._both.after, self._both.labels.named
        rows = dict(self._ask("SELECT n, subject FROM history"))
        for place, n in enumerate(after.numbers.tolist()):
            said = [label for label in named([int(word[place]) for word in after.words]) if label.what in (HIT, REVIEW)]
            yield (
                rows[n],
                (Colour(int(after.colours[place])), frozenset((label.rule, label.what == REVIEW) for label in said)),
            )

    def moved(self) -> Iterator[Moved]:
        """Matters whose view changes, in order of time."""
        cursor = self._space.connection.cursor()
        cursor.execute(_MOVED)
        while rows := cursor.fetchmany(_PIECE):
            records = self._records([row[0] for row in rows])
            for matter, code, first_at, area, topic, was, now, *imagined, speaks in rows:
                process = self._rules.get(speaks, ((), ()))
                before, after = (
                    tuple(sorted({*self._said(answers, records[matter]), *process[place]}))
                    for place, answers in enumerate((self._both.before, self._both.after))
                )
                at = datetime.fromtimestamp(first_at, UTC)
                yield Moved(
                    matter, code, at, area, topic, Colour(was), Colour(now), before, after, (imagined[0], imagined[1])
                )

    def _said(self, answers: Answers, numbers: Sequence[int]) -> Iterator[str]:
        """The rules that hit, or ask for review of, some records."""
        for place in np.searchsorted(answers.numbers, np.array(numbers, np.int64)):
            for label in self._both.labels.named([int(word[place]) for word in answers.words]):
                if label.what in (HIT, REVIEW):
                    yield label.rule

    def _records(self, matters: Sequence[str]) -> Mapping[str, list[int]]:
        held: dict[str, list[int]] = defaultdict(list)
        for matter, n in self._ask("SELECT matter, n FROM history WHERE list_contains($1, matter)", [list(matters)]):
            held[matter].append(n)
        return held

    def _ask(self, query: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._space.connection.cursor().execute(query, list(given)).fetchall()


def _number(view: View) -> int:
    return _UNKNOWN if view.colour is None else int(view.colour)
