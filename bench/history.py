"""`python -m bench.history`: history judged by columns, by incidents, lanes and rules, one table, JSON and a page; no figure where an answer is wrong."""

from __future__ import annotations

import argparse
import html
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from bench import backtesting, county
from bench.drawn_history import LANES
from bench.report import machine

_STEPS = ("compile", "parse", "window", "decide", "explain", "write")


def main() -> int:
    """Print the table; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--incidents", default="10000,100000", help="how many, from Parquet; with commas")
    parser.add_argument("--lanes", default="few,hot", help=f"with commas: {', '.join(LANES)}")
    parser.add_argument(
        "--rules", default="0,100,1000", help="how many rules, 0 those that are shipped; more than 0 on `few` only"
    )
    parser.add_argument(
        "--stored", default="", help="sizes of databases that `python -m bench` made, beside SQL by hand"
    )
    given = parser.parse_args()
    sizes, rules, lanes = _numbers(given.incidents), _numbers(given.rules), given.lanes.split(",")
    county.OUT.mkdir(exist_ok=True)
    asked = [(size, lane, count) for size, lane, count in product(sizes, lanes, rules) if not count or lane == "few"]
    drawn = [_process("bench.bulk", size, lane, count) for size, lane, count in asked]
    stored = [_process("bench.rescoring", size) for size in _numbers(given.stored)]
    tried = [_process("bench.backtesting", size) for size in _numbers(given.stored)]
    if None in (*drawn, *stored, *tried):
        return 1
    text = "\n".join([table(drawn, stored), *map(backtesting.line, tried)])
    print(text)
    told = {"machine": machine(), "drawn": drawn, "stored": stored, "tried": tried}
    (county.OUT / "history.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(written(drawn, text, county.OUT / "history.html"))
    return 0


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def _process(module: str, *arguments: object) -> Any:
    """What a measuring process found; None, told on standard error, where it found an answer wrong."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if run.returncode:
        print(f"no figures: an answer is wrong ({module} {arguments})\n{run.stderr[-2_000:]}", file=sys.stderr)
        return None
    return json.loads(run.stdout)


def table(drawn: Sequence[dict[str, Any]], stored: Sequence[dict[str, Any]]) -> str:
    """A line for each setting, what grows with incidents and rules, and the product beside SQL by hand."""
    heads = " ".join(f"{step + ' s':>9}" for step in _STEPS)
    lines = [
        f"history from Parquet to changes: {machine()['cores']} cores, DuckDB may hold 2 GB",
        f"{'incidents':>11} {'lane':>6} {'rules':>6} {'/s':>9} {'µs each':>8} {'cpu µs':>8} {heads} {'peak MiB':>9} {'disk MiB':>9} {'load':>5}",
    ]
    lines += [_line(one) for one in drawn]
    return "\n".join([*lines, "", *_growth(drawn), *map(_by_hand, stored)])


def _line(one: dict[str, Any]) -> str:
    steps = " ".join(f"{one['seconds'].get(step, 0.0):>9.2f}" for step in _STEPS)
    return (
        f"{one['incidents']:>11,} {one['lane']:>6} {one['rules']:>6,} {1e6 / one['us_each']:>9,.0f} {one['us_each']:>8.1f} {one['cpu_us_each']:>8.1f} "
        f"{steps} {one['peak_mib']:>9,} {one['disk_mib']:>9,} {one['load']:>5.1f}  {one['checked']} answers checked"
    )


def _growth(drawn: Sequence[dict[str, Any]]) -> list[str]:
    """Cost of a record at the most incidents beside the fewest, and at 1,000 rules beside 100."""
    lines = []
    for lane in dict.fromkeys(one["lane"] for one in drawn):
        own = sorted((one for one in drawn if one["lane"] == lane), key=lambda one: (one["rules"], one["incidents"]))
        few, most = (
            own[0],
            max((one for one in own if one["rules"] == own[0]["rules"]), key=lambda one: one["incidents"]),
        )
        if few is not most:
            more = most["cpu_us_each"] / few["cpu_us_each"]
            wall = most["us_each"] / few["us_each"]
            lines.append(
                f"{lane}: a record costs {wall:.2f} times as much of {most['incidents']:,} as of {few['incidents']:,} (processor time {more:.2f}; at most 1.5)"
            )
    for size in dict.fromkeys(one["incidents"] for one in drawn):
        held = {one["rules"]: one for one in drawn if one["incidents"] == size and one["lane"] == "few"}
        if {100, 1000} <= held.keys():
            both, alone = (_times(held, steps) for steps in (("window", "decide"), ("decide",)))
            lines.append(
                f"{size:,}: features and rules at 1,000 rules are {both:.2f} times 100 (at most 3); deciding alone {alone:.2f} times"
            )
    return lines


def _times(held: dict[int, dict[str, Any]], steps: Sequence[str]) -> float:
    more, less = (sum(held[rules]["seconds"][step] for step in steps) for rules in (1000, 100))
    return more / less


def _by_hand(one: dict[str, Any]) -> str:
    return (
        f"{one['stored']:,} from the database to colours and rule ids: {one['to_colours_and_rules']} s, by hand {one['by_hand']['seconds']} s: "
        f"{one['times_by_hand']} times (at most 2.5), the same answers; {one['seconds']}"
    )


def written(drawn: Sequence[dict[str, Any]], text: str, path: Path) -> str:
    """The page is written: charts in it as SVG, nothing is loaded."""
    charts = find_spec("altair") is not None and find_spec("vl_convert") is not None
    body = f"{_chart(drawn) if charts else '<p>Altair is not installed: no charts.</p>'}<pre>{html.escape(text)}</pre>"
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>sanse: history</title><body><h1>History by columns</h1>{body}</body></html>',
        encoding="utf-8",
    )
    return f"page: {path.name} below bench/out{'' if charts else ' (without charts: make peers)'}"


def _chart(drawn: Sequence[dict[str, Any]]) -> str:
    import altair as alt
    import vl_convert

    rows = [
        {
            "setting": f"{one['incidents']:,} {one['lane']} {one['rules']} rules",
            "step": step,
            "µs of a record": one["seconds"].get(step, 0.0) / one["incidents"] * 1e6,
        }
        for one in drawn
        for step in _STEPS
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(y=alt.Y("setting:N", sort=None, title=None), x="µs of a record:Q", color="step:N")
    )
    return str(vl_convert.vegalite_to_svg(chart.properties(width=640).to_json()))


if __name__ == "__main__":
    sys.exit(main())
