"""Measuring: one peer in a process of its own, each step by itself.

In: which peer, the file of facts, how many rules, which rows are the sample. Out: seconds of each step, memory, its answers as a file.
Run as a process: `python -m bench.rules.measuring {JSON}`. Steps: `build` (rules into the peer's form), `parse` (Arrow into the peer's
records), `decide` (colour and every hit), `explain` (hits as lists of rule ids), `write` (Parquet). Not here: which peers, the table.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.rules import answers, by_column, by_reader, by_record, drawing
from bench.rules.by_record import unknown_name
from bench.rules.facts import UNKNOWABLE
from bench.rules.lowering import Sheet, sheet
from engine.evaluate.columns import column_of
from engine.model import FeatureSet
from engine.ruleset.parameters import regimes
from engine.ruleset.tree import Rulebook

ROUNDS_OF_RECORDS = 3
_ENOUGH_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Task:
    """What one process measures."""

    peer: str
    rules: int
    seed: int
    facts: str
    sample: int
    answers: str
    rounds: int = 3


@dataclass(slots=True)
class Clock:
    """Wall and processor seconds of each step, the best of its rounds."""

    wall: dict[str, float] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Time one round of a step."""
        wall, busy = time.perf_counter(), time.process_time()
        yield
        self.wall[step] = min(self.wall.get(step, float("inf")), time.perf_counter() - wall)
        self.busy[step] = min(self.busy.get(step, float("inf")), time.process_time() - busy)


def figures_of(task: Task) -> Path:
    """Where a process leaves its figures: clipspy writes to standard output when it ends."""
    return Path(f"{task.answers}.json")


def measure(task: Task) -> dict[str, Any]:
    """The figures of one peer; its answers are written for the parent to compare."""
    clock, rulebook = Clock(), drawing.rulebook(task.rules, seed=task.seed)
    judges = _columns if task.peer in by_column.PEERS else _records
    told, incidents = judges(task, rulebook, clock)
    return {
        "peer": task.peer,
        "incidents": incidents,
        "wall": clock.wall,
        "busy": clock.busy,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        **told,
    }


def _columns(task: Task, rulebook: Rulebook, clock: Clock) -> tuple[dict[str, Any], int]:
    with clock.of("parse"):
        table = pq.read_table(task.facts)
    with clock.of("build"):
        run = by_column.PEERS[task.peer].build(rulebook, table)
    for _ in range(task.rounds):
        with clock.of("decide"):
            made = run()
    if task.peer == by_column.FLOOR:
        return {}, table.num_rows
    on_paper = _sheets(rulebook)[0]
    named = by_column.hit_columns(on_paper)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    with clock.of("explain"):
        told = answers.explained(answers.of_columns(made, named), on_paper)
    _write(told, task, clock)
    rows = answers.sampled(table.num_rows, task.sample)
    pq.write_table(answers.of_columns(made, named, rows), task.answers)
    hits = sum(pc.sum(made[name]).as_py() or 0 for name in named)
    return {"digest": answers.digest(made, named), "hits": hits, "decide_peak_mib": peak}, table.num_rows


def _records(task: Task, rulebook: Rulebook, clock: Clock) -> tuple[dict[str, Any], int]:
    whole = pq.read_table(task.facts)
    rows = answers.sampled(whole.num_rows, task.sample)
    table = whole.take(pa.array(rows)).combine_chunks()
    reader = task.peer in by_reader.PEERS
    with clock.of("build"):
        decide = _reader(task.peer, rulebook) if reader else _peer(task.peer, rulebook)
    with clock.of("parse"):
        records = _feature_sets(table) if reader else _rows(task.peer, rulebook, table)
    began = time.perf_counter()
    for _ in range(ROUNDS_OF_RECORDS):
        with clock.of("decide"):
            made = decide(records)
        if time.perf_counter() - began > _ENOUGH_SECONDS:
            break
    answered = answers.table(rows, made)
    with clock.of("explain"):
        told = answers.explained(answered, _sheets(rulebook)[0])
    _write(told, task, clock)
    pq.write_table(answered, task.answers)
    return {}, table.num_rows


def _write(told: pa.Table, task: Task, clock: Clock) -> None:
    with clock.of("write"):
        pq.write_table(told, f"{task.answers}.told")
    Path(f"{task.answers}.told").unlink()


def _sheets(rulebook: Rulebook) -> list[Sheet]:
    return [sheet(rulebook, day) for day in regimes(rulebook)]


def _reader(name: str, rulebook: Rulebook) -> Callable[[list[Any]], list[answers.Answer]]:
    judge, numbered = by_reader.PEERS[name].build(rulebook), answers.numbers(_sheets(rulebook)[0])
    return lambda records: [answers.of_judgement(judge(facts, day), numbered) for facts, day in records]


def _feature_sets(table: pa.Table) -> list[tuple[FeatureSet, date]]:
    names = [name for name in table.column_names if name not in ("subject", "day")]
    facts = [_spelt(table[column_of(name)].to_pylist()) for name in (one.replace("__", ".") for one in names)]
    spelt = [name.replace("__", ".") for name in names]
    days = table["day"].to_pylist()
    return [(FeatureSet(dict(zip(spelt, held, strict=True))), day) for day, *held in zip(days, *facts, strict=True)]


def _spelt(cells: list[Any]) -> list[Any]:
    return [tuple(cell) if isinstance(cell, list) else cell for cell in cells]


def _peer(name: str, rulebook: Rulebook) -> Callable[[list[tuple[int, Any]]], list[answers.Answer]]:
    sheets = _sheets(rulebook)
    made = [by_record.PEERS[name].build(one, _names(one)) for one in sheets]
    coloured = [answers.colouring(one) for one in sheets]
    return lambda records: [coloured[regime](made[regime](row)) for regime, row in records]


def _names(held: Sheet) -> list[str]:
    names = [column_of(fact) for fact in held.nothing]
    return [*names, *(unknown_name(fact) for fact in held.nothing if fact in UNKNOWABLE)]


def _rows(name: str, rulebook: Rulebook, table: pa.Table) -> list[tuple[int, Any]]:
    """Each record in the peer's form, with the number of the thresholds of its day."""
    days, held = regimes(rulebook), _sheets(rulebook)[0]
    columns = []
    for fact, nothing in held.nothing.items():
        empty = list(nothing) if isinstance(nothing, tuple) else nothing
        columns.append([empty if cell is None else cell for cell in table[column_of(fact)].to_pylist()])
    columns += [pc.is_null(table[column_of(fact)]).to_pylist() for fact in held.nothing if fact in UNKNOWABLE]
    regime = [sum(change <= day for change in days) - 1 for day in table["day"].to_pylist()]
    rows: list[Any] = list(zip(*columns, strict=True))
    if not by_record.PEERS[name].as_tuple:
        names = _names(held)
        rows = [dict(zip(names, row, strict=True)) for row in rows]
    return list(zip(regime, rows, strict=True))


if __name__ == "__main__":
    asked = Task(**json.loads(sys.argv[1]))
    figures_of(asked).write_text(json.dumps(measure(asked)), encoding="utf-8")
