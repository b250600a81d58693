"""`python -m bench.rules`: the rules stage beside its peers, a table and JSON; no figure where an answer differs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from bench.options import names, numbers
from bench.rules import answers, by_column, by_reader, by_record, drawing, facts, report
from bench.rules.lowering import sheet
from bench.rules.measuring import Task, figures_of
from engine.ruleset.parameters import regimes

OUT = Path(__file__).parents[1] / "out"
ALL: Mapping[str, Any] = {**by_column.PEERS, **by_reader.PEERS, **by_record.PEERS}
_TURNS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where an answer was wrong, and then no figure is printed."""
    parser = argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__)
    parser.add_argument("--rules", type=numbers(), default="100", help="numbers of distinct rules: 40,100,300,1000")
    parser.add_argument(
        "--incidents", type=numbers(), default="1000000", help="numbers of incidents for peers that judge columns"
    )
    parser.add_argument("--lanes", type=names(facts.LANES), default="few", help=f"of {','.join(facts.LANES)}")
    parser.add_argument("--sample", type=int, default=20_000, help="incidents that everybody's answers are checked on")
    parser.add_argument("--peers", type=names(ALL), default=",".join(ALL), help="names of peers, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    peers, missing = _there(given.peers)
    found = []
    OUT.mkdir(exist_ok=True)
    for lane in given.lanes:
        for rules in given.rules:
            for incidents in given.incidents:
                with TemporaryDirectory(dir=OUT) as folder:
                    one = _setting(Path(folder), peers, rules, incidents, lane, given)
                if one is None:
                    return 1
                found.append(one)
    told = {"machine": report.machine(), "settings": found, "missing": missing}
    print(report.told(told))
    (OUT / "rules.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


def _there(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The peers that are installed, and the others. The reference and the product are always asked."""
    asked = [name for name in ALL if name in {*names, by_reader.REFERENCE, by_column.PRODUCT}]
    return [name for name in asked if ALL[name].version is not None], [
        name for name in asked if ALL[name].version is None
    ]


def _setting(
    folder: Path, peers: Sequence[str], rules: int, incidents: int, lane: str, given: argparse.Namespace
) -> dict[str, Any] | None:
    """Every peer on the same facts; None, told on standard error, where an answer differs from the reference."""
    path = folder / "facts.parquet"
    pq.write_table(facts.table(incidents, lane=lane, seed=given.seed), path)
    figures: dict[str, dict[str, Any]] = {}
    for turn in range(_TURNS):
        for peer in peers:
            if turn and peer not in by_column.PEERS:
                continue
            task = Task(
                peer, rules, given.seed, str(path), given.sample, str(folder / f"{len(figures)}-{turn}.parquet")
            )
            print(f"  {rules} rules, {incidents:,} incidents, lane {lane}: {peer}", file=sys.stderr, flush=True)
            one = _process(task)
            if one is None:
                return None
            figures[peer] = _better(figures.get(peer), one | {"answers": task.answers})
    wrong = _wrong(figures, rules, given.seed)
    if wrong:
        print("no figures: answers differ\n" + "\n".join(wrong), file=sys.stderr)
        return None
    for one in figures.values():
        del one["answers"]
    checked = min(incidents, given.sample)
    return {"rules": rules, "incidents": incidents, "lane": lane, "checked": checked, "peers": figures}


def _process(task: Task) -> dict[str, Any] | None:
    """What a measuring process found; None where it failed."""
    command = [sys.executable, "-m", "bench.rules.measuring", json.dumps(asdict(task))]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    if run.returncode:
        print(f"no figures: {task.peer} failed\n{run.stderr[-2_000:]}", file=sys.stderr)
        return None
    return dict(json.loads(figures_of(task).read_text(encoding="utf-8")))


def _better(before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any]:
    """The best of each step over the turns, the largest memory."""
    if before is None:
        return now
    for clock in ("wall", "busy"):
        now[clock] = {step: min(seconds, before[clock][step]) for step, seconds in now[clock].items()}
    return now | {"peak_mib": max(now["peak_mib"], before["peak_mib"])}


def _wrong(figures: Mapping[str, Mapping[str, Any]], rules: int, seed: int) -> list[str]:
    """Whose answers differ: from the reference on the sample, or of columns from the product on any row."""
    rulebook = drawing.rulebook(rules, seed=seed)
    on_paper = sheet(rulebook, regimes(rulebook)[0])
    expected = pq.read_table(figures[by_reader.REFERENCE]["answers"])
    wrong = []
    for peer, one in figures.items():
        if peer == by_column.FLOOR:
            continue
        differs = answers.difference(expected, pq.read_table(one["answers"]), on_paper)
        if not differs and one.get("digest", "") not in ("", figures[by_column.PRODUCT]["digest"]):
            differs = f"other answers than {by_column.PRODUCT} outside the sample"
        if differs:
            wrong.append(f"  {peer}: {differs}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
