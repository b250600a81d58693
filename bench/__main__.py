"""`make bench`, `python -m bench`: every part in turn, one table, one JSON and one page; no figure where an answer of any part is wrong.

A part is a command of its own that leaves its figures in `bench/out/NAME.json`; whoever adds one adds a line to `PARTS`.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

from bench import county, history, live, options, page, report, workbench
from bench.rules import __main__ as rules_command
from bench.rules import report as rules_report

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its command, the options it has unless others are given, how its figures are told and drawn (as SVG)."""

    name: str
    title: str
    command: Callable[[Sequence[str]], int]
    options: str
    told: Callable[[Figures], str]
    charts: Callable[[Figures], list[str]]


PARTS = (
    Part(
        "rules",
        "Rules stage beside its peers",
        rules_command.main,
        "--rules 40,100 --incidents 100000",
        rules_report.told,
        rules_report.charts,
    ),
    Part("live", "Live path, beside parsing and inserting alone", live.main, "", report.told, report.charts),
    Part(
        "history",
        "History by columns, beside a query by hand",
        history.main,
        "--incidents 10000,100000 --lanes few,hot --stored 100000",
        history.told,
        history.charts,
    ),
    Part("workbench", "Workbench with 300 rules", workbench.main, "--rules 300", workbench.told, workbench.charts),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where an answer was wrong, and then no figure is printed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = [part.name for part in PARTS]
    parser.add_argument("--parts", type=options.names(known), default=known, help=f"with commas: {', '.join(known)}")
    for part in PARTS:
        parser.add_argument(
            f"--{part.name}", default=part.options, help=f"options of this part, by default: {part.options or 'none'}"
        )
    given = vars(parser.parse_args(arguments))
    county.OUT.mkdir(exist_ok=True)
    asked = [part for part in PARTS if part.name in given["parts"]]
    loads, figures = {}, {}
    for part in asked:
        loads[part.name] = [round(os.getloadavg()[0], 1)]
        measured = _measured(part, shlex.split(given[part.name]))
        if measured is None:
            print(f"no figures: the part {part.name} found an answer wrong or broke off", file=sys.stderr)
            return 1
        loads[part.name].append(round(os.getloadavg()[0], 1))
        figures[part.name] = measured
    tables = {part.name: part.told(figures[part.name]) for part in asked}
    for part in asked:
        before, after = loads[part.name]
        print(f"== {part.title} (load {before} before, {after} after)\n\n{tables[part.name]}\n")
    told = {"machine": report.machine(), "loads": loads, "parts": figures}
    (county.OUT / "bench.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    drawn = {part.name: part.charts(figures[part.name]) if page.drawable() else [] for part in asked}
    print(page.write(county.OUT / "bench.html", [(p.title, drawn[p.name], tables[p.name]) for p in asked]))
    return 0


def _measured(part: Part, given: Sequence[str]) -> Figures | None:
    """The figures that a part leaves in this run; None where it gives none. Its own table is not printed, what it says on the way is."""
    left = county.OUT / f"{part.name}.json"
    left.unlink(missing_ok=True)
    with redirect_stdout(StringIO()):
        code = part.command(given)
    return None if code else dict(json.loads(left.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main())
