"""Four readers of the rule language on the same facts: the tracer, durable-rules, columns, and one read off the language page.

In: a seed, how many rulebooks, how many (rulebook, incident) pairs. Out: a Tally of what came up, with every disagreement written out.
Processes are recycled, for durable-rules never frees a ruleset (ruling 24). Not here: drawing (`rulebooks`), how big (`test_readers`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from multiprocessing import get_context
from random import Random

import duckdb
import ibis
import pyarrow as pa
from ruamel.yaml import YAML

from engine.evaluate import columns
from engine.evaluate.durable import DurableReader
from engine.evaluate.plan import Scope, judged
from engine.evaluate.trace import Tracer
from engine.model import Colour, FeatureSet, Judgement, Outcome, Value
from engine.rescore.questions import in_steps
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook, Status
from tests.property import naive_reader, rulebooks

TASK = 42
"""Rulebooks that one process judges before it ends: about 50 MB of rulesets."""

QUIET, ORDINARY = (0.0, 0.0, 0.5), (0.9, 0.95, 0.98)
"""Shares of facts that say nothing: of drawn rulebooks, and of records as they ordinarily are."""

_ARROW = {"bool": pa.bool_(), "int": pa.int64(), "code": pa.string(), "list": pa.list_(pa.string())}
_OUTCOMES = {columns.FIRED: Outcome.FIRED, columns.REVIEW: Outcome.REVIEW}


@dataclass(frozen=True, slots=True)
class Case:
    """One subject: its facts (None is unknown, one that is not there is absent) and its day."""

    facts: Mapping[str, Value | None]
    day: date


@dataclass(frozen=True, slots=True)
class Group:
    """Subjects of one source, so that the same facts are absent, judged in one way: one query for the columns.

    `today`: whose thresholds judge them all; None: those of each subject's own day.
    """

    rulebook: Rulebook
    absent: frozenset[str]
    scope: Scope
    shadow: bool
    today: date | None
    cases: tuple[Case, ...]

    def day(self, case: Case) -> date:
        """The day whose thresholds judge a subject."""
        return self.today or case.day


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all readers must agree on; `flags`, raised (True) or held back, only of those that raise flags, None from the others."""

    outcomes: Mapping[str, Outcome]
    concluded: Mapping[str, bool | None]
    points: int
    colour: Colour
    flags: Mapping[str, bool] | None = None


Reader = Callable[[Group], list[Verdict]]


@dataclass(slots=True)
class Tally:
    """What came up, and every disagreement."""

    pairs: int = 0
    rulebooks: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Another process's tally."""
        self.pairs += other.pairs
        self.rulebooks += other.rulebooks
        self.seen += other.seen
        self.disagreements += other.disagreements


def by_trace(group: Group) -> list[Verdict]:
    """The tracer, with the flags that it raises."""
    tracer, made = Tracer(group.rulebook), []
    live = {rule.id for rule in group.rulebook.rules if rule.status is Status.LIVE}
    for case in group.cases:
        facts = FeatureSet(case.facts, absent=tuple(sorted(group.absent)))
        held = tracer.judge(facts, group.day(case), scope=group.scope, shadow=group.shadow)
        raised, back = tracer.flags(facts, group.day(case), held)
        flags = dict.fromkeys(raised, True) | {rule: False for rule, _ in back}
        made.append(_verdict(held, {rule: up for rule, up in flags.items() if rule in live}))
    return made


def by_durable(group: Group) -> list[Verdict]:
    """durable-rules."""
    reader, made = DurableReader(group.rulebook, remember=True), []
    for case in group.cases:
        facts = FeatureSet(case.facts, absent=tuple(sorted(group.absent)))
        made.append(_verdict(reader.judge(facts, group.day(case), scope=group.scope, shadow=group.shadow), None))
    return made


def by_columns(group: Group) -> list[Verdict]:
    """Columns: every subject of the group in one query on DuckDB, written as a rescore writes it."""
    table = _facts_table(group)
    asked = columns.judge(
        group.rulebook,
        ibis.table(ibis.Schema.from_pyarrow(table.schema), name="facts"),
        thresholds="today" if group.today else "dated",
        today=group.today or date.min,
        scope=group.scope,
        shadow=group.shadow,
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("facts", table)
        rows = connection.sql(in_steps(asked, "duckdb")).to_arrow_table().to_pylist()
    by_subject = {int(row["subject"]): row for row in rows}
    assert len(rows) == len(by_subject) == len(group.cases)
    return [_of_row(group, by_subject[number]) for number in range(len(group.cases))]


def _facts_table(group: Group) -> pa.Table:
    """Of the absent facts of records every other one has a column that says so, the rest have no column."""
    by_row = sorted(name for name in group.absent if name.startswith("record."))[::2]
    types = {n: t for n, t in rulebooks.types(group.rulebook).items() if n not in group.absent or n in by_row}
    held = {
        "subject": pa.array([str(number) for number in range(len(group.cases))]),
        "day": pa.array([case.day for case in group.cases], pa.date32()),
    }
    for name, type_ in types.items():
        held[columns.column_of(name)] = pa.array([case.facts.get(name) for case in group.cases], _ARROW[type_])
        if name.startswith("record."):
            held[columns.absent_column(name)] = pa.array([name in group.absent] * len(group.cases))
    return pa.table(held)


def _of_row(group: Group, row: Mapping[str, object]) -> Verdict:
    statuses = (Status.LIVE, Status.SHADOW) if group.shadow else (Status.LIVE,)
    asked = [rule for status in statuses for layer in judged(group.rulebook, group.scope, status) for rule in layer]
    outcomes = {
        rule.id: _OUTCOMES[outcome]
        for rule in asked
        if isinstance(outcome := row[columns.rule_column(rule.id)], int) and outcome != columns.QUIET
    }
    concluded = {
        name: _truth(row[columns.concluded_column(name)])
        for name in group.rulebook.features
        if columns.concluded_column(name) in row
    }
    raised = {rule.id: _truth(row.get(columns.flag_column(rule.id))) for rule in asked if rule.flag is not None}
    flags = {rule: up for rule, up in raised.items() if up is not None} if group.scope is Scope.RECORD else None
    points, colour = row["points"], row["colour"]
    assert isinstance(points, int)
    assert isinstance(colour, int)
    return Verdict(outcomes, concluded, points, Colour(colour), flags)


def _truth(cell: object) -> bool | None:
    assert cell is None or isinstance(cell, bool)
    return cell


def by_page(group: Group) -> list[Verdict]:
    """The reader written from the language page alone: the judge. Conclusions are those that live rules draw; `never` comes later."""
    files = {name: _plain(data) for name, data in group.rulebook.files.items()}
    drawn = {rule.conclude for layer in judged(group.rulebook, group.scope) for rule in layer}
    made = []
    for case in group.cases:
        facts = {name: naive_reader.UNKNOWN if value is None else value for name, value in case.facts.items()}
        day, scope = group.day(case), group.scope.value
        live = naive_reader.read(files, facts, day, scope=scope)
        held = naive_reader.read(files, facts, day, scope=scope, shadow=True) if group.shadow else live
        outcomes = dict.fromkeys(held.fired, Outcome.FIRED) | dict.fromkeys(held.review, Outcome.REVIEW)
        concluded = {
            name: None if isinstance(truth, naive_reader.Unknown) else truth
            for name, truth in live.concluded.items()
            if group.scope is Scope.RECORD or name in drawn
        }
        flags = dict.fromkeys(held.flags, True) | dict.fromkeys(held.considered, False)
        made.append(Verdict(outcomes, concluded, held.points, held.colour, flags))
    return made


@lru_cache(maxsize=4)
def _plain(data: bytes) -> dict[str, object]:
    """A file without invariants; several lines without `when` are joined by `and`, of which the page says nothing."""
    held = YAML(typ="safe", pure=True).load(data)
    rules = [{"when": " and ".join(rule["let"]), **rule} for rule in held.get("rules") or ()]
    return {**held, "rules": rules, "never": []}


def _verdict(held: Judgement, flags: Mapping[str, bool] | None) -> Verdict:
    return Verdict(dict(held.outcomes), dict(held.concluded), held.points, held.colour, flags)


READERS: Mapping[str, Reader] = {"page": by_page, "trace": by_trace, "durable": by_durable, "columns": by_columns}


def agreement(*, seed: str, rulebooks: int, pairs: int, workers: int = 2) -> Tally:
    """Judges `pairs` of generated facts under `rulebooks` generated rulebooks by all readers, in recycled processes."""
    each, more = divmod(pairs, rulebooks)
    tasks = [
        [(f"{seed}/{number}", each + (number < more)) for number in range(low, min(low + TASK, rulebooks))]
        for low in range(0, rulebooks, TASK)
    ]
    total = Tally()
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with pool:
        for tally in pool.map(judge_all, tasks):
            total.add(tally)
    return total


def judge_all(task: Sequence[tuple[str, int]], readers: Mapping[str, Reader] = READERS) -> Tally:
    """One process's share: seeds of rulebooks, each with a number of facts."""
    tally = Tally()
    for seed, size in task:
        rng = Random(seed)
        rulebook = loader.load(rulebooks.rules(rng, size=rng.randrange(4, 13)))
        tally.rulebooks += 1
        for group in _groups(rng, rulebook, size):
            _compare(seed, group, readers, tally)
    return tally


def _groups(rng: Random, rulebook: Rulebook, size: int, *, quiet: Sequence[float] = QUIET) -> Iterator[Group]:
    """Records of one source, and a quarter of the subjects as matters where the rulebook has rules for them."""
    matters = size // 4 if any(rule.matter_rule for rule in rulebook.rules) else 0
    for scope, count in ((Scope.RECORD, size - matters), (Scope.MATTER, matters)):
        if count:
            lacking = rulebooks.absent(rng, rulebook)
            cases = tuple(
                Case(rulebooks.facts(rng, rulebook, lacking, quiet), rulebooks.day(rng)) for _ in range(count)
            )
            today = rulebooks.day(rng) if rng.random() < 0.2 else None
            yield Group(rulebook, lacking, scope, rng.random() < 0.5, today, cases)


def judge_shipped(seed: str, *, groups: int, size: int) -> Tally:
    """The shipped rules on facts beside their own bounds."""
    tally, rng = Tally(rulebooks=1), Random(seed)
    rulebook = loader.load(loader.read_folder(loader.shipped()))
    for _ in range(groups):
        for group in _groups(rng, rulebook, size, quiet=ORDINARY):
            _compare(seed, group, READERS, tally)
    return tally


def _compare(seed: str, group: Group, readers: Mapping[str, Reader], tally: Tally) -> None:
    verdicts = {name: read(group) for name, read in readers.items()}
    judge = next(iter(readers))
    for number, case in enumerate(group.cases):
        tally.pairs += 1
        expected = verdicts[judge][number]
        _note(tally, group, case, expected)
        for name in readers:
            difference = _difference(expected, verdicts[name][number])
            if difference:
                tally.disagreements.append(f"{seed} {name}: {difference}\n{_written(group, case, difference)}")


def _difference(expected: Verdict, found: Verdict) -> str:
    parts = []
    for rule in sorted({*expected.outcomes, *found.outcomes}):
        ours, theirs = expected.outcomes.get(rule, Outcome.QUIET), found.outcomes.get(rule, Outcome.QUIET)
        if ours is not theirs:
            parts.append(f"{rule} is {ours.value} by the page, {theirs.value} here")
    for name in ("concluded", "points", "colour"):
        if getattr(expected, name) != getattr(found, name):
            parts.append(f"{name} {getattr(expected, name)!r} by the page, {getattr(found, name)!r} here")
    if None not in (expected.flags, found.flags) and expected.flags != found.flags:
        parts.append(f"flags {expected.flags!r} by the page, {found.flags!r} here")
    return "; ".join(parts)


def _written(group: Group, case: Case, difference: str) -> str:
    """What a person needs to judge a disagreement: the rules named in it and the facts they read."""
    rules = [rule for rule in group.rulebook.rules if f"{rule.id} is" in difference] or list(group.rulebook.rules)
    lines = [f"  {group.scope} shadow={group.shadow} day={group.day(case)}"]
    for rule in rules:
        lets = [f"{leaf.name}: {leaf.feature} {leaf.operator.value} {leaf.bound!r}" for leaf in rule.let.values()]
        lines.append(f"  {rule.id} {rule.status.value} layer {rule.layer}: {rule.when_text!r} {lets} {rule.on_missing}")
        held = {name: case.facts.get(name, "absent") for name in sorted(rule.reads)}
        lines.append(f"    {held}")
    return "\n".join(lines)


def _note(tally: Tally, group: Group, case: Case, verdict: Verdict) -> None:
    """Counts what came up, so that a sample in which nothing happens cannot pass."""
    rules = {rule.id: rule for rule in group.rulebook.rules}
    tally.seen[f"colour {verdict.colour.word}"] += 1
    tally.seen[f"scope {group.scope.value}"] += 1
    tally.seen["points"] += verdict.points > 0
    for up in (verdict.flags or {}).values():
        tally.seen["flag raised" if up else "flag held back"] += 1
    tally.seen["absent"] += bool(group.absent)
    tally.seen["unknown"] += None in case.facts.values()
    tally.seen["thresholds of today"] += group.today is not None
    for truth in verdict.concluded.values():
        tally.seen[f"concluded {truth}"] += 1
    for id_, outcome in verdict.outcomes.items():
        rule = rules[id_]
        tally.seen[f"{rule.status.value} {outcome.value}"] += 1
        tally.seen[f"layer {rule.layer}"] += 1
        for leaf in rule.let.values():
            tally.seen[f"operator {leaf.operator.value}"] += 1
