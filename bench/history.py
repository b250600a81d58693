"""`python -m bench.history`: history judged by columns, by incidents, lanes and rules, a table and JSON; no figure where an answer is wrong."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from bench import backtesting, county, page
from bench.apart import measured
from bench.drawn_history import LANES
from bench.options import names, numbers
from bench.report import machine

_STEPS = ("compile", "parse", "window", "decide", "explain", "write")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument(
        "--incidents", type=numbers(), default="10000,100000", help="how many, from Parquet; with commas"
    )
    parser.add_argument("--lanes", type=names(LANES), default="few,hot", help=f"with commas: {', '.join(LANES)}")
    parser.add_argument(
        "--rules",
        type=numbers(0),
        default="0,100,1000",
        help="how many rules, 0 those that are shipped; more than 0 on `few` only",
    )
    parser.add_argument(
        "--stored",
        type=numbers(),
        default="",
        help="sizes of databases that `python -m bench.live` made, beside SQL by hand",
    )
    given = parser.parse_args(arguments)
    county.OUT.mkdir(exist_ok=True)
    asked = [
        (size, lane, count)
        for size, lane, count in product(given.incidents, given.lanes, given.rules)
        if not count or lane == "few"
    ]
    drawn = [measured("bench.bulk", size, lane, count) for size, lane, count in asked]
    stored = [measured("bench.rescoring", size) for size in given.stored]
    tried = [measured("bench.backtesting", size) for size in given.stored]
    if None in (*drawn, *stored, *tried):
        return 1
    found = {"machine": machine(), "drawn": drawn, "stored": stored, "tried": tried}
    print(told(found))
    (county.OUT / "history.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


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


def told(figures: Mapping[str, Any]) -> str:
    """The whole table."""
    return "\n".join([table(figures["drawn"], figures["stored"]), *map(backtesting.line, figures["tried"])])


def charts(figures: Mapping[str, Any]) -> list[str]:
    """What each step costs of a record, by settings."""
    return [_chart(figures["drawn"])]


def _chart(drawn: Sequence[dict[str, Any]]) -> str:
    import altair as alt

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
    return page.svg(chart)


if __name__ == "__main__":
    sys.exit(main())
