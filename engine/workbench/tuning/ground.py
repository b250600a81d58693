"""Ground: history laid out once, and judged again for each choice of numbers.

In: history as columns, a rulebook whose tried numbers are parameters. Out: for each choice the weekly counts of matters that reach a colour, how judged
cases come out, what it lowers and raises, how often only an invariant held the colour; and why a case is lost. Not here: choosing (`search`).

Records with the same facts are judged once. A matter reaches red in the week of its first red record, and yellow in that of its first yellow one if that
comes before; so a matter is counted once a colour, as it would be dispatched. Weeks begin on Monday, local time. What people raised or lowered stays out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from engine.errors import UsageError
from engine.evaluate import kleene
from engine.evaluate.comparisons import swept_column
from engine.features.frames import column_of
from engine.model import Colour, Value
from engine.rescore import Asked, Label, Questions
from engine.rescore.answers import HIT, REVIEW, WORD
from engine.rescore.scanning import STRETCH, Columns, OnDuckDB, given, laid
from engine.rescore.workspace import Workspace
from engine.ruleset.parameters import bound, values_at
from engine.ruleset.tree import Rulebook
from engine.workbench.tuning.plan import Knob, loosened, references

ROWS = 1_000_000
"""Facts times choices that are judged in one query."""
_FIXED = ("subject", "day")


@dataclass(frozen=True, slots=True)
class Case:
    """What people judged: at least this colour is wanted of a matter, or of one record; `name` as they call it."""

    name: str
    colour: Colour
    matter: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a choice of numbers comes to. `reds`, `yellows`: matters that reach the colour, week by week; `got`: the colour of each case, None where its records lie outside.

    `lowered`, `raised`: matters that come out lower or higher than with the numbers of today. `guarded`: records of which only an invariant held the colour.
    """

    values: tuple[int, ...]
    reds: tuple[int, ...]
    yellows: tuple[int, ...]
    got: tuple[Colour | None, ...]
    lowered: int = 0
    raised: int = 0
    guarded: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case comes out otherwise: a rule that hit it and does not any more; with the fact and the number that it fell short of."""

    rule: str
    title: str
    record: str
    fact: str = ""
    value: Value | None = None
    bound: Value | None = None


class Ground:
    """History laid out. `records`, `matters`: how many; `weeks`: the Mondays of the weeks that are counted; `makers`: what made the base facts."""

    def __init__(
        self, rulebook: Rulebook, tried: Sequence[Knob], space: Workspace, *, today: date, zone: str = "Asia/Shanghai"
    ) -> None:
        self.tried, self._space, self._today, self._zone = tuple(tried), space, today, zone
        self.rulebook = loosened(rulebook, self.tried)
        self._questions = Questions(
            self.rulebook, thresholds="today", today=today, swept=[knob.parameter for knob in self.tried]
        )
        self.records, self.matters, self.weeks = 0, 0, tuple[date, ...]()
        self.makers: set[str] = set()
        self._vectors, self._cases = 0, tuple[Case, ...]()
        self._columns: list[str] = []

    def lay(
        self,
        history: Columns,
        cases: Sequence[Case] = (),
        *,
        asked: Asked | None = None,
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Read and lay out; raises UsageError where there is nothing to judge."""
        laid(history, self._questions, self._space, asked=asked or Asked(), zone=self._zone, engine=OnDuckDB())
        newest = history.newest()
        for first in range(0, newest, STRETCH):
            held = history.facts(first, first + STRETCH)
            self.makers.update(held["made_by"].unique().to_pylist())
            with given(self._space, held):
                self._keep(self._questions.facts_sql())
            advance(min(STRETCH, newest - first))
        self._fold(newest)
        self._note(cases)

    def judge(self, choices: Sequence[tuple[int, ...]]) -> list[Measured]:
        """What each choice comes to; the first call must hold the numbers of today alone."""
        made: list[Measured] = []
        size = max(1, ROWS // max(1, self._vectors))
        for start in range(0, len(choices), size):
            part = choices[start : start + size]
            self._tell(part)
            made += self._measured(part)
        return made

    def reasons(self, case: Case, now: tuple[int, ...], then: tuple[int, ...]) -> list[Reason]:
        """Rules that hit a case with the numbers of today and do not with others, one record for each."""
        within = "laid.id = ?" if case.record else "laid.matter = ?"
        self._tell([now, then], f"v IN (SELECT v FROM laid WHERE {within})", [case.record or case.matter])
        words = ", ".join(f"before.said{w}, after.said{w}" for w in range(self._questions.words))
        facts = self._facts_of_lines()
        held = "".join(f", vectors.{column_of(fact)}" for fact in facts)
        rows = self._run(
            f"SELECT laid.id, {words}{held} FROM laid JOIN vectors USING (v) JOIN told AS before USING (v) "
            f'JOIN told AS after USING (v) WHERE {within} AND before.c = 0 AND after.c = 1 ORDER BY "at", laid.id',
            [case.record or case.matter],
        ).fetchall()
        found: dict[str, Reason] = {}
        for id_, *cells in rows:
            said = cells[: 2 * self._questions.words]
            values = dict(zip(facts, cells[2 * self._questions.words :], strict=True))
            for rule in sorted(self._hit(said[::2]) - self._hit(said[1::2])):
                found.setdefault(rule, self._reason(rule, id_, values, now, then))
        return list(found.values())

    def _run(self, query: str, values: Sequence[Any] = ()) -> Any:
        return self._space.connection.execute(query, list(values))

    def _keep(self, facts: str) -> None:
        there = self._run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'known'").fetchone()
        self._run(f"INSERT INTO known {facts}" if there else f"CREATE TABLE known AS {facts}")

    def _fold(self, newest: int) -> None:
        """The same facts once, and which records have them."""
        if not newest or not self._run("SELECT count(*) FROM known").fetchone()[0]:
            raise UsageError("这段时间里没有存下的来件，没有可试算的", hint="先 sanse ingest，或放宽 --since、--until")
        described = self._run("SELECT column_name FROM (DESCRIBE known)").fetchall()
        self._columns = [name for (name,) in described if name not in _FIXED]
        names = ", ".join(f'"{name}"' for name in self._columns)
        self._run(
            f"CREATE TABLE vectors AS SELECT row_number() OVER () - 1 AS v, count(*) AS records, list(subject) AS members, {names} "
            f"FROM known GROUP BY {names}"
        )
        week = self._week('"at"')
        self._run(
            f'CREATE TABLE laid AS SELECT n, v, subject AS id, matter, "at", {week} AS week '
            "FROM (SELECT v, unnest(members) AS n FROM vectors) JOIN history USING (n)"
        )
        self._run("DROP TABLE known")
        self.records, self.matters, first, last = self._run(
            "SELECT count(*), count(DISTINCT matter), min(week), max(week) FROM laid"
        ).fetchone()
        (self._vectors,) = self._run("SELECT count(*) FROM vectors").fetchone()
        weeks = self._run(
            "SELECT unnest(generate_series(?::DATE, ?::DATE, INTERVAL 7 DAY))::DATE AS week ORDER BY week",
            [first, last],
        ).fetchall()
        self.weeks = tuple(week for (week,) in (weeks[1:-1] if len(weeks) > 2 else weeks))

    def _week(self, seconds: str) -> str:
        return f"date_trunc('week', timezone('{self._zone}', to_timestamp({seconds})))::DATE"

    def _note(self, cases: Sequence[Case]) -> None:
        self._cases = tuple(cases)
        held = {
            "i": pa.array(range(len(cases)), pa.int64()),
            "matter": pa.array([case.matter for case in cases], pa.string()),
            "record": pa.array([case.record for case in cases], pa.string()),
        }
        self._space.connection.register("given_cases", pa.table(held))
        self._run(
            "CREATE TABLE cases AS SELECT i, v FROM given_cases JOIN laid ON laid.matter = given_cases.matter "
            "UNION ALL SELECT i, v FROM given_cases JOIN laid ON laid.id = record"
        )
        self._space.connection.unregister("given_cases")

    def _tell(self, choices: Sequence[tuple[int, ...]], where: str = "true", values: Sequence[str] = ()) -> None:
        """The table `told`: what each choice (`c`, its place) makes of each set of facts (`v`)."""
        held = {"c": pa.array(range(len(choices)), pa.int64())}
        for place, knob in enumerate(self.tried):
            held[swept_column(knob.parameter)] = pa.array([choice[place] for choice in choices], pa.int64())
        self._space.connection.register("choices", pa.table(held))
        names = ", ".join(f'"{name}"' for name in (*self._columns, *list(held)[1:]))
        facts = (
            f"SELECT c * {self._vectors} + v AS subject, DATE '{self._today}' AS day, {names} "
            f"FROM vectors CROSS JOIN choices WHERE {where}"
        )
        self._run(
            f"CREATE OR REPLACE TEMP TABLE told AS WITH facts AS ({facts}) SELECT subject // {self._vectors} AS c, "
            f"subject % {self._vectors} AS v, * EXCLUDE (subject) FROM ({self._questions.verdicts_sql})",
            values,
        )
        self._space.connection.unregister("choices")

    def _measured(self, choices: Sequence[tuple[int, ...]]) -> list[Measured]:
        self._run(
            'CREATE OR REPLACE TEMP TABLE tops AS SELECT c, matter, max(colour) AS top, min("at") AS coloured, '
            'min("at") FILTER (colour = 2) AS red FROM told JOIN laid USING (v) WHERE colour >= 1 GROUP BY c, matter'
        )
        if not self._run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'today'").fetchone():
            self._run("CREATE TABLE today AS SELECT matter, top FROM tops")
        reds = self._weekly("red IS NOT NULL", "red")
        yellows = self._weekly("red IS NULL OR coloured < red", "coloured")
        lowered = self._counted(
            f"SELECT c, count(*) FROM (SELECT unnest(range({len(choices)})) AS c) CROSS JOIN today "
            "LEFT JOIN tops USING (c, matter) WHERE coalesce(tops.top, 0) < today.top GROUP BY c"
        )
        raised = self._counted(
            "SELECT c, count(*) FROM tops LEFT JOIN today USING (matter) WHERE tops.top > coalesce(today.top, 0) GROUP BY c"
        )
        guarded, got = self._counted(self._guards()), self._got()
        return [
            Measured(
                choice,
                tuple(reds.get((c, week), 0) for week in self.weeks),
                tuple(yellows.get((c, week), 0) for week in self.weeks),
                tuple(got.get((c, i)) for i in range(len(self._cases))),
                lowered.get(c, 0),
                raised.get(c, 0),
                guarded.get(c, 0),
            )
            for c, choice in enumerate(choices)
        ]

    def _weekly(self, where: str, reached: str) -> Mapping[tuple[int, date], int]:
        rows = self._run(f"SELECT c, {self._week(reached)}, count(*) FROM tops WHERE {where} GROUP BY ALL").fetchall()
        return {(c, week): count for c, week, count in rows}

    def _counted(self, query: str) -> Mapping[int, int]:
        return {c: int(count) for c, count in self._run(query).fetchall()}

    def _guards(self) -> str:
        """Records, by choice, whose colour an invariant raised."""
        nevers = {never.id for never in self.rulebook.nevers}
        masks = [0] * self._questions.words
        for bit, label in enumerate(self._questions.labels):
            if label.what == HIT and label.rule in nevers:
                masks[bit // WORD] |= 1 << bit % WORD
        held = " OR ".join(f"(said{word} & {mask}) <> 0" for word, mask in enumerate(masks))
        return f"SELECT c, sum(records) FROM told JOIN vectors USING (v) WHERE {held} GROUP BY c"

    def _got(self) -> Mapping[tuple[int, int], Colour]:
        rows = self._run("SELECT c, i, max(colour) FROM told JOIN cases USING (v) GROUP BY c, i").fetchall()
        return {(c, i): Colour(colour) for c, i, colour in rows}

    def _hit(self, words: Sequence[int]) -> frozenset[str]:
        labels: Sequence[Label] = self._questions.labels
        return frozenset(
            label.rule
            for bit, label in enumerate(labels)
            if label.what in (HIT, REVIEW) and words[bit // WORD] >> bit % WORD & 1
        )

    def _facts_of_lines(self) -> list[str]:
        """Facts that are held against a tried number and have a column, in order of their names."""
        tried = {knob.parameter for knob in self.tried}
        lines = [leaf for rule in self.rulebook.rules for leaf in rule.let.values()]
        named = {leaf.feature for leaf in lines if tried.intersection(references(leaf.bound))}
        return sorted(fact for fact in named if column_of(fact) in self._columns)

    def _reason(
        self, id_: str, record: str, values: Mapping[str, Any], now: tuple[int, ...], then: tuple[int, ...]
    ) -> Reason:
        """The rule, with the line that held and does not any more."""
        rule = next((rule for rule in self.rulebook.rules if rule.id == id_), None)
        if rule is None:
            return Reason(id_, "", record)
        before, after = self._numbers(now), self._numbers(then)
        for leaf in rule.let.values():
            asked = [name for name in references(leaf.bound) if before[name] != after[name]]
            if not asked or leaf.feature not in values:
                continue
            held, holds = (kleene.leaf(leaf, bound(leaf.bound, numbers))(values) for numbers in (before, after))
            if held is True and holds is not True:
                title = self.rulebook.features[leaf.feature].title
                return Reason(id_, rule.title, record, title, values[leaf.feature], after[asked[0]])
        return Reason(id_, rule.title, record)

    def _numbers(self, choice: tuple[int, ...]) -> dict[str, Value]:
        tried = {knob.parameter: value for knob, value in zip(self.tried, choice, strict=True)}
        return {**values_at(self.rulebook, self._today), **tried}
