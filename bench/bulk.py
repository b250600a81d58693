"""Bulk: histories of any size and lane judged from Parquet, as `sanse rescore --from-parquet` does.

In: how many records, a lane, how many rules. Out: seconds of each part, microseconds of a record, memory, what went to disk; a sample of the answers is
equal to the reference's, the plain reader of windows and the tracer. A process of its own for each: `python -m bench.bulk SIZE LANE [RULES]`.
Not here: drawing (`drawn_history`), the database (`rescoring`).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np

from bench import county
from bench.rescoring import repeated
from bench.stages import Shares, _timed
from engine.features.subjects import Member, Subject
from engine.model import Action, Assessment, Cause, Links, Sighting
from engine.rescore import Label, Questions, scan, scanning, workspace
from engine.rescore.answers import FLAG, HANDBACK, HIT, REVIEW, WORD, Answers
from engine.rescore.workspace import Workspace
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import cells
from engine.store.exchange import Exchange
from engine.store.manifest import FORMAT
from engine.store.tables import NO_TIME
from engine.triage import Triage

PARTS = {
    "parse": ((scanning, "read"), (Exchange, "facts"), (Exchange, "verdicts")),
    "window": ((scanning, "windows"),),
    "decide": ((scanning, "decide"),),
    "explain": ((scanning, "stored"), (scanning, "aligned"), (scanning, "compare")),
}
"""The steps of the table. `write` is apart: rows of the answers, one for each change, as `--json` prints them."""
_SAMPLE = 200
_LOOK = 0.25


def measure(size: int, lane: str = "few", rules: int = 0) -> dict[str, Any]:
    """The figures; raises AssertionError where the reference says something else."""
    folder = county.OUT / f"drawn-{FORMAT}-{size}-{lane}"
    rulebook = loader.load(loader.read_folder(loader.shipped()))
    if not folder.exists():
        command = [sys.executable, "-m", "bench.drawn_history", str(folder), str(size), lane]
        subprocess.run(command, check=True, cwd=Path(__file__).parents[1])
    rulebook = repeated(rulebook, rules) if rules else rulebook
    chosen = np.sort(np.random.default_rng(size).choice(np.arange(1, size + 1), min(_SAMPLE, size), replace=False))
    return _ran(folder, size, lane, rulebook, rules, chosen)


def _ran(folder: Path, size: int, lane: str, rulebook: Rulebook, rules: int, chosen: Any) -> dict[str, Any]:
    shares, kept = Shares(), _Kept(chosen)
    began = time.perf_counter()
    questions = Questions(rulebook)
    compiled = time.perf_counter() - began
    with ExitStack() as stack:
        for label, places in PARTS.items():
            for owner, name in places:
                stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), label, shares)))
        stack.enter_context(patch.object(scanning, "computed", kept.watching(scanning.computed)))
        began, busy = time.perf_counter(), time.process_time()
        with workspace() as space, _watched(space) as disk:
            found = scan(Exchange(folder), questions, space)
            took, busy = time.perf_counter() - began, time.process_time() - busy
            began = time.perf_counter()
            lines = sum(len(json.dumps(line, default=str)) > 0 for line in found.lines())
            wrote = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    assert (found.records, lines) == (size, found.changed)
    _check(folder, rulebook, kept, questions.labels)
    return {
        "incidents": size,
        "lane": lane,
        "rules": rules or len(rulebook.rules),
        "seconds": {
            "compile": round(compiled, 2),
            **{part: round(held, 2) for part, held in shares.seconds.items()},
            "write": round(wrote, 2),
        },
        "us_each": round(took / size * 1e6, 2),
        "cpu_us_each": round(busy / size * 1e6, 2),
        "peak_mib": peak,
        "disk_mib": disk[0] >> 20,
        "changed": found.changed,
        "checked": len(kept.said),
        "load": os.getloadavg()[0],
    }


@contextmanager
def _watched(space: Workspace) -> Iterator[list[int]]:
    """The most that a workspace had on disk, tables and what did not fit into memory together."""
    most, done = [0], Event()

    def look() -> None:
        while not done.wait(_LOOK):
            try:
                most[0] = max(most[0], space.size)
            except OSError:  # a file of DuckDB's went between its name and its size
                continue

    thread = Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


class _Kept:
    """What columns said of the chosen records."""

    def __init__(self, chosen: Any) -> None:
        self.chosen = chosen
        self.said: dict[int, tuple[int, list[int]]] = {}

    def watching(self, inner: Any) -> Any:
        """Answers on their way, the chosen ones kept."""

        def watched(*given: Any) -> Answers:
            made: Answers = inner(*given)
            for place in np.flatnonzero(np.isin(made.numbers, self.chosen)):
                self.said[int(made.numbers[place])] = (
                    int(made.colours[place]),
                    [int(word[place]) for word in made.words],
                )
            return made

        return watched


def _check(folder: Path, rulebook: Rulebook, kept: _Kept, labels: Sequence[Label]) -> None:
    """Raises AssertionError where the plain reader and the tracer say something else of the sample."""
    assert len(kept.said) == len(kept.chosen), "records without an answer"
    records, facts, actions = _around(folder, kept.chosen.tolist())
    members = {row["n"]: _member(row) for row in records}
    subjects = [Subject(members[n], cells.features(body)) for n, body in facts.items()]
    triage = Triage(rulebook, engine="trace")
    decided = triage.assess_records(subjects, list(members.values()), actions, trigger="rule_change")
    for n, decision in zip(facts, decided, strict=True):
        colour, words = kept.said[n]
        columns = {label for bit, label in enumerate(labels) if words[bit // WORD] >> bit % WORD & 1}
        assert (colour, columns) == (int(decision.assessment.colour), _labels(decision.assessment)), (
            f"record {n} differs"
        )


def _labels(made: Assessment) -> set[Label]:
    hits = {Label(REVIEW if hit.review else HIT, hit.rule) for hit in made.hits}
    return hits | {Label(FLAG, flag.rule) for flag in made.flags} | ({Label(HANDBACK, "")} if made.handback else set())


def _around(folder: Path, chosen: list[int]) -> tuple[list[dict[str, Any]], dict[int, bytes], list[Action]]:
    """The chosen records with all that their windows can hold, their base facts, the actions of their matters."""
    with duckdb.connect() as connection:
        run = connection.execute
        for name in ("records", "facts", "actions"):
            run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder}/{name}/*.parquet')")
        run("CREATE TABLE own AS SELECT * FROM records WHERE n IN (SELECT unnest(?))", [chosen])
        keys = ("matter", "person", "hotspot", "phone")
        near = " UNION ".join(
            f"SELECT other.n FROM records AS other JOIN own ON other.{key} = own.{key} AND own.{key} <> '' AND "
            f'(other."at" BETWEEN own."at" - 15552000 AND own."at" OR other.closed_at BETWEEN own."at" - 15552000 AND own."at")'
            for key in keys
        )
        run(
            "CREATE TABLE acted AS SELECT actions.* FROM actions JOIN records AS named ON named.id = actions.matter "
            "WHERE named.matter IN (SELECT matter FROM own)"
        )
        run(
            f"CREATE TABLE near AS {near} UNION SELECT n FROM records WHERE id IN (SELECT matter FROM acted) UNION SELECT n FROM own"
        )
        records = connection.sql("SELECT * FROM records WHERE n IN (FROM near)").to_arrow_table().to_pylist()
        facts = dict(run("SELECT n, body FROM facts WHERE n IN (SELECT n FROM own) ORDER BY n").fetchall())
        acted = run('SELECT matter, kind, level, "at" FROM acted ORDER BY n').fetchall()
    return (
        records,
        facts,
        [Action(record, kind, level, "", _time(at), _time(at), "") for record, kind, level, at in acted],
    )


def _member(row: dict[str, Any]) -> Member:
    seen = Sighting(
        id=row["id"],
        kind=row["kind"],
        at=_time(row["at"]),
        cause=Cause(row["cause"]),
        topic=row["topic"] or None,
        area=row["area"],
        place=row["place"] or None,
        phone=row["phone"] or None,
        id_number=row["id_number"] or None,
        closed_at=None if row["closed_at"] == NO_TIME else _time(row["closed_at"]),
        marks=frozenset(json.loads(row["marks"])),
    )
    return Member(seen, Links(row["person"] or None, row["matter"], row["hotspot"] or None, row["counts"] == 1))


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


if __name__ == "__main__":
    size, lane, rules, *_ = [*sys.argv[1:], "few", "0"] if len(sys.argv) != 3 else [*sys.argv[1:], "0"]
    sys.stdout.write(json.dumps(measure(int(size), lane, int(rules))) + "\n")
