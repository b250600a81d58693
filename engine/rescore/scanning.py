"""Scanning: the order of a rescore: read, windows by stretches of time, decisions by stretches of row numbers, compare.

In: a consistent view of history, the queries of a rulebook, a workspace. Out: a `Scan`. Not here: queries (`questions`), comparing (`answers`).

Windows are made for the records of a stretch of time from all that lies in reach of it, so however long history is, one stretch is held in
memory. Base facts and former decisions stream through once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from engine.model import Colour
from engine.rescore.answers import (
    FLAG,
    HANDBACK,
    HIT,
    REVIEW,
    Answers,
    Label,
    Labels,
    aligned,
    coded,
    computed,
    differing,
    stored,
)
from engine.rescore.questions import Asked, Questions
from engine.rescore.spark import Cluster
from engine.rescore.workspace import Workspace
from engine.ruleset.tree import Rulebook

STRETCH = 200_000
"""Records read at a time."""
DECIDED = 5
"""Stretches decided at a time: the query over hundreds of rules takes seconds to plan, so it is not asked often."""
_IDLE = "join_order"
"""What DuckDB looks for in vain in a query over one table, for half the time that planning a thousand rules takes."""
SPAN = 1_000_000
"""Records whose windows are made at a time."""
_TOLD = 10_000
_ALWAYS = 1 << 62


class Columns(Protocol):
    """Everything stored, as columns, a stretch of row numbers at a time: of a database (`store.history`) or of an export (`store.exchange`)."""

    def newest(self) -> int: ...
    def newest_action(self) -> int: ...
    def records(self, first: int, last: int) -> pa.Table: ...
    def actions(self, first: int, last: int) -> pa.Table: ...
    def facts(self, first: int, last: int) -> pa.Table: ...
    def verdicts(self, first: int, last: int) -> pa.Table: ...


@dataclass
class Scan:
    """What another rulebook would make of history. `matrix`: from colour to colour; `gained`, `lost`: how many records each rule hits newly or no longer.

    `makers`: digests of what the base facts were made by. `worded`: whether they were all made by the words and fields of these rules. Valid while
    its workspace is.
    """

    workspace: Workspace
    records: int = 0
    changed: int = 0
    matrix: Counter[tuple[Colour, Colour]] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    makers: set[str] = field(default_factory=set)
    worded: bool = True
    _known: dict[tuple[Label, ...], int] = field(default_factory=dict)

    @classmethod
    def begun(cls, space: Workspace) -> Scan:
        """An empty one, with its table of changes in a workspace."""
        space.connection.execute(
            "CREATE TABLE changed (n BIGINT, was TINYINT, now TINYINT, was_said INTEGER, now_said INTEGER)"
        )
        return cls(space)

    @property
    def said(self) -> list[tuple[Label, ...]]:
        """What decisions said, by the numbers of the table of changes."""
        return list(self._known)

    def number(self, labels: tuple[Label, ...]) -> int:
        """The number of what a decision said; a new one if need be."""
        return self._known.setdefault(labels, len(self._known))

    def moved(self, *rulebooks: Rulebook) -> list[tuple[str, str, int, int]]:
        """Id, title, hits gained and lost of every rule whose hits change, those that change most first; titles as the last rulebook has them."""
        titles = {rule.id: rule.title for rulebook in rulebooks for rule in rulebook.rules}
        gained, lost = self.gained, self.lost
        ids = sorted({*(+gained), *(+lost)}, key=lambda id_: (-gained[id_] - lost[id_], id_))
        return [(id_, titles.get(id_, ""), gained[id_], lost[id_]) for id_ in ids]

    def lines(self) -> Iterator[dict[str, Any]]:
        """One mapping for each record that would change, in order of time."""
        order = 'SELECT subject, "at", matter, was, now, was_said, now_said FROM changed JOIN history USING (n) ORDER BY "at", subject'
        told = self.said
        for subject, at, matter, was, now, was_said, now_said in self._rows(order):
            yield {
                "id": subject,
                "occurred_at": datetime.fromtimestamp(at, UTC),
                "matter": matter,
                "before": _told(Colour(was), told[was_said]),
                "after": _told(Colour(now), told[now_said]),
            }

    def pieces(self, size: int) -> Iterator[list[str]]:
        """Ids of the records that would change, those of one matter together, whole matters up to about `size` records at a time."""
        piece: list[str] = []
        last = None
        for subject, matter in self._rows(
            "SELECT subject, matter FROM changed JOIN history USING (n) ORDER BY matter, subject"
        ):
            if matter != last and len(piece) >= size:
                yield piece
                piece = []
            piece.append(subject)
            last = matter
        if piece:
            yield piece

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        cursor = self.workspace.connection.cursor()
        cursor.execute(query)
        while rows := cursor.fetchmany(_TOLD):
            yield from rows


def scan(
    history: Columns,
    questions: Questions,
    space: Workspace,
    *,
    asked: Asked | None = None,
    zone: str = "Asia/Shanghai",
    advance: Callable[[int], None] = lambda _: None,
    spark: Cluster | None = None,
) -> Scan:
    """Judge history by columns and compare, on DuckDB or on `spark`; `advance` is told of each stretch of records that is done."""
    asked, found, labels = asked or Asked(), Scan.begun(space), Labels(questions.labels)
    engine = OnDuckDB() if spark is None else OnSpark(spark)
    laid(history, questions, space, asked=asked, zone=zone, engine=engine)
    for first, made in answered(history, questions, space, engine=engine, advance=advance, makers=found.makers):
        if len(made.numbers):
            before, after = aligned(stored(history.verdicts(first, first + STRETCH), labels), made)
            compare(found, before, after, colour=asked.colour, labels=labels)
    return found


def laid(
    history: Columns,
    questions: Questions,
    space: Workspace,
    *,
    asked: Asked,
    zone: str,
    engine: Engine,
) -> None:
    """Records, actions and windows into the workspace."""
    read(history, questions, space)
    windows(questions, space, asked, zone, engine)


def answered(
    history: Columns,
    questions: Questions,
    space: Workspace,
    *,
    engine: Engine,
    advance: Callable[[int], None] = lambda _: None,
    makers: set[str],
) -> Iterator[tuple[int, Answers]]:
    """What columns say of each stretch of row numbers of a workspace in which everything lies; `makers` is told what the base facts were made by."""
    newest = history.newest()

    def facts(first: int) -> pa.Table:
        held = history.facts(first, first + STRETCH)
        makers.update(held["made_by"].unique().to_pylist())
        return held

    for first, made in engine.answers(questions, space, facts, range(0, newest, STRETCH)):
        yield first, made
        advance(min(STRETCH, newest - first))


def read(history: Columns, questions: Questions, space: Workspace) -> int:
    """Records and actions into the workspace; the highest row number."""
    newest = history.newest()
    for first in range(0, max(newest, 1), STRETCH):
        space.add_records(history.records(first, first + STRETCH), questions.marks)
    for first in range(0, max(history.newest_action(), 1), STRETCH):
        space.add_actions(history.actions(first, first + STRETCH))
    return newest


class Engine(Protocol):
    """What answers the queries of a rulebook."""

    def span(self) -> int:
        """Of how many records the windows are made at a time."""

    def made(self, space: Workspace, query: str) -> str:
        """Where the workspace reads the answer to a query over its `records`, `base`, `actions` and `places`."""

    def answers(
        self, questions: Questions, space: Workspace, facts: Callable[[int], pa.Table], firsts: Sequence[int]
    ) -> Iterator[tuple[int, Answers]]:
        """What columns say of each stretch of row numbers; `facts`: the stored base facts of one."""


class OnDuckDB:
    """In this process, a stretch at a time."""

    def span(self) -> int:
        return SPAN

    def made(self, space: Workspace, query: str) -> str:
        return f"({query})"

    def answers(
        self, questions: Questions, space: Workspace, facts: Callable[[int], pa.Table], firsts: Sequence[int]
    ) -> Iterator[tuple[int, Answers]]:
        for place in range(0, len(firsts), DECIDED):
            block = firsts[place : place + DECIDED]
            made = decide(questions, space, map(facts, block))
            for first in block:
                yield first, made.between(first, first + STRETCH)


class OnSpark:
    """On Spark, all of history at once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._given, self._made = cluster, False, 0

    def span(self) -> int:
        return _ALWAYS

    def made(self, space: Workspace, query: str) -> str:
        if not self._given:
            for name in ("records", "base", "actions", "places"):
                self._give(space, name, f"SELECT * FROM {name}", "all")
            self._given = True
        return self._answer(query)

    def _answer(self, query: str) -> str:
        """Spark's answer to a query over what it was given, as DuckDB reads it."""
        self._made += 1
        answer = self._cluster.folder / f"made{self._made}"
        self._cluster.write(query, answer)
        return f"read_parquet({_quoted(f'{answer}/*.parquet')})"

    def answers(
        self, questions: Questions, space: Workspace, facts: Callable[[int], pa.Table], firsts: Sequence[int]
    ) -> Iterator[tuple[int, Answers]]:
        for first in firsts:
            with given(space, facts(first)):
                self._give(space, "facts", questions.facts_sql(), f"{first:012}")
        answer = self._answer(questions.verdicts_sql) if firsts else ""
        for first in firsts:
            within = f"subject > {first} AND subject <= {first + STRETCH}"
            told = space.connection.sql(f"SELECT * FROM {answer} WHERE {within} ORDER BY subject")
            yield first, computed(told.to_arrow_table(), questions.words)

    def _give(self, space: Workspace, name: str, query: str, part: str) -> None:
        """One more part of a table for Spark."""
        folder = self._cluster.folder / name
        folder.mkdir(exist_ok=True)
        space.connection.sql(query).write_parquet(f"{folder}/{part}.parquet")
        self._cluster.view(name, folder)


def windows(questions: Questions, space: Workspace, asked: Asked, zone: str, engine: Engine) -> None:
    """Windows and action facts of the records that are asked for, a stretch of time after another, into the table `windows`."""
    run, wanted = space.connection.execute, _wanted(asked)
    run(
        "CREATE TABLE places AS SELECT DISTINCT record, matter AS of_matter FROM actions JOIN history ON record = subject"
    )
    made = "".join(f', "{name}" BIGINT' for name in questions.windows)
    run(f"CREATE TABLE windows (n BIGINT, day DATE{made})")
    edges = run(
        f'SELECT "at" FROM (SELECT "at", row_number() OVER (ORDER BY "at") AS place FROM history WHERE {wanted}) '
        f'WHERE place % {engine.span()} = 1 ORDER BY "at"'
    ).fetchall()
    bounds = sorted({edge for (edge,) in edges})
    for low, high in zip(bounds, [*bounds[1:], _ALWAYS], strict=False):
        reach = f"BETWEEN {low - questions.longest} AND {high}"
        run(
            "CREATE OR REPLACE TEMP TABLE base AS SELECT n AS subject FROM history "
            f'WHERE {wanted} AND "at" >= {low} AND "at" < {high}'
        )
        run(
            "CREATE OR REPLACE TEMP TABLE records AS SELECT n AS subject, * EXCLUDE (n, subject) FROM history "
            f'WHERE "at" {reach} OR closed_at {reach}'
        )
        _span(questions, space, zone, engine)


def _span(questions: Questions, space: Workspace, zone: str, engine: Engine) -> None:
    """Windows of one stretch of time, a query for each kind of group."""
    run, joins = space.connection.execute, []
    for place, (query, _) in enumerate(questions.windows_sql):
        run(f"CREATE OR REPLACE TEMP TABLE made{place} AS SELECT * FROM {engine.made(space, query)}")
        joins.append(f"JOIN made{place} ON made{place}.subject = history.n")
    made = {name: f'made{place}."{name}"' for place, (_, names) in enumerate(questions.windows_sql) for name in names}
    columns = "".join(f", {made[name]}" for name in questions.windows)
    day = f"""timezone('{zone}', to_timestamp(history."at"))::DATE"""
    run(
        f"INSERT INTO windows SELECT history.n, {day}{columns} FROM base JOIN history ON history.n = base.subject "
        f"{' '.join(joins)}"
    )


def decide(questions: Questions, space: Workspace, facts: Iterable[pa.Table]) -> Answers:
    """What columns say of records whose base facts are given, a stretch after another; all of them lie in one table when they are judged."""
    run, into = space.connection.execute, "CREATE OR REPLACE TEMP TABLE facts AS"
    for stretch in facts:
        with given(space, stretch):
            run(f"{into} {questions.facts_sql()}")
        into = "INSERT INTO facts"
    run(f"SET disabled_optimizers = '{_IDLE}'")
    made = space.connection.sql(questions.verdicts_sql).order("subject").to_arrow_table()
    run("RESET disabled_optimizers")
    run("DROP TABLE facts")
    return computed(made, questions.words)


@contextmanager
def given(space: Workspace, facts: pa.Table) -> Iterator[None]:
    """Base facts as stored, where `Questions.facts_sql` reads them: bodies that are the same are one row."""
    bodies = coded(facts["body"])
    space.connection.register("given", pa.table({"n": facts["n"], "body": bodies.indices}))
    space.connection.register(
        "bodies", pa.table({"body": np.arange(len(bodies.dictionary), dtype=np.int32), "held": bodies.dictionary})
    )
    yield
    for name in ("given", "bodies"):
        space.connection.unregister(name)


def _wanted(asked: Asked) -> str:
    lines = [
        *([f'"at" >= {asked.since}'] if asked.since is not None else []),
        *([f'"at" <= {asked.until}'] if asked.until is not None else []),
        *([f"person = {_quoted(asked.caller)}"] if asked.caller is not None else []),
        *([f"matter = {_quoted(asked.matter)}"] if asked.matter is not None else []),
    ]
    return " AND ".join(lines) or "true"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def compare(found: Scan, before: Answers, after: Answers, *, colour: Colour | None = None, labels: Labels) -> None:
    """Count into `found` what is otherwise in the second of two aligned answers; of those alone that had `colour`, where one is named."""
    if colour is not None:
        chosen = before.colours == int(colour)
        before, after = before.of(chosen), after.of(chosen)
    found.records += len(before.numbers)
    pairs = np.bincount(before.colours * 3 + after.colours, minlength=9)
    found.matrix.update(
        {(Colour(pair // 3), Colour(pair % 3)): int(count) for pair, count in enumerate(pairs) if count}
    )
    changed = differing(before, after)
    if not changed.any():
        return
    before, after = before.of(changed), after.of(changed)
    found.changed += len(before.numbers)
    for rule, bits in _rules(labels).items():
        had, has = _any(before, bits), _any(after, bits)
        found.gained[rule] += int((has & ~had).sum())
        found.lost[rule] += int((had & ~has).sum())
    _keep(found, before, after, labels)


def _rules(labels: Labels) -> Mapping[str, list[int]]:
    """The bits of each rule: that it hit, that it asks for review, that its flag is up."""
    rules: dict[str, list[int]] = {}
    for label, bit in labels.all().items():
        if label.what != HANDBACK:
            rules.setdefault(label.rule, []).append(bit)
    return rules


def _any(held: Answers, bits: list[int]) -> Any:
    said = np.zeros(len(held.numbers), bool)
    for bit in bits:
        said |= (held.words[bit // 62] >> bit % 62 & 1).astype(bool)
    return said


def _keep(found: Scan, before: Answers, after: Answers, labels: Labels) -> None:
    """Remember which records change, from what to what."""
    rows = {"n": before.numbers, "was": before.colours, "now": after.colours}
    for name, held in (("was_said", before), ("now_said", after)):
        words = np.stack(held.words, axis=1) if len(held.words) else np.zeros((len(held.numbers), 1), np.int64)
        distinct, places = np.unique(words, axis=0, return_inverse=True)
        numbers = [found.number(tuple(labels.named([int(w) for w in row]))) for row in distinct]
        rows[name] = np.array(numbers, np.int64)[places.reshape(-1)]
    connection = found.workspace.connection
    connection.register("kept", pa.table(rows))
    connection.execute("INSERT INTO changed SELECT n, was, now, was_said, now_said FROM kept")
    connection.unregister("kept")


def _told(colour: Colour, said: tuple[Label, ...]) -> dict[str, Any]:
    """A decision in the words of `sanse score`."""
    rules = sorted({label.rule for label in said if label.what in (HIT, REVIEW)})
    return {
        "colour": colour.word,
        "rules": rules or ["G0"],
        "review": sorted(label.rule for label in said if label.what == REVIEW),
        "flags": sorted(label.rule for label in said if label.what == FLAG),
        "handback": any(label.what == HANDBACK for label in said),
    }
