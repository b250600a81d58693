"""Report of the live path: the figures as a table for people and charts.

In: figures of each size, the memory that loading held. Out: text, charts. Not here: measuring, the page (`page`).
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench import page

TARGETS = {
    "per_second": "at least 1,500/s with 100 thousand stored, 1,200/s with 1 million; aim 2,500 and 2,000",
    "ratio": "1 million at most 1.4 times slower than 100 thousand, warm",
    "latency": "batch 1: p50 at most 8 ms, p99 at most 20 ms",
    "memory": "peak at most 700 MiB; growth under 5 % over 200 thousand records",
}


def machine() -> dict[str, object]:
    """What it ran on."""
    return {
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def told(figures: Mapping[str, Any]) -> str:
    """The whole table."""
    return "\n".join([table(figures["sizes"], figures["memory"]), *workers(figures["workers"])])


def charts(figures: Mapping[str, Any]) -> list[str]:
    """Rates and latencies beside the floor."""
    import altair as alt

    rows = [
        {"stored": f"{one['stored']:,}", "who": who, "records a second": rate, "p99 ms": of["p99_ms"]}
        for one in figures["sizes"]
        for who, of, rate in (
            ("product", one, median(one["per_second"])),
            ("floor: parsed and inserted", one["floor"], one["floor"]["per_second"]),
        )
    ]
    base = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(y=alt.Y("stored:N", sort=None), yOffset="who:N", color="who:N")
    )
    return [page.svg(base.encode(x=f"{what}:Q")) for what in ("records a second", "p99 ms")]


def table(found: Sequence[Mapping[str, Any]], memory: Mapping[str, int]) -> str:
    """One line for each size, then the shares of the stages and the memory of loading."""
    on = machine()
    lines = [
        f"{on['cores']} cores ({on['usable_cores']} usable), one process, Python {on['python']}, SQLite {on['sqlite']} (WAL, FULL)",
        "",
        f"{'stored':>10} {'batch 1,000 /s':>15} {'/cpu s':>8} {'cold /s':>8} {'p50 ms':>7} {'p99 ms':>7} {'peak MiB':>9} {'file MiB':>9} yardstick  checked",
    ]
    lines += [
        f"{one['stored']:>10,} {median(one['per_second']):>15,.0f} {median(one['per_processor_second']):>8,.0f} "
        f"{one['cold_per_second']:>8,} {one['p50_ms']:>7} {one['p99_ms']:>7} {one['peak_mib']:>9,} {one['database_mib']:>9,} "
        f"{one['yardstick_ms']:>7} ms  "
        f"{one['checked']['rows']:,} rows accounted for, {one['checked']['replayed']} decisions replayed"
        for one in found
    ]
    lines += [
        f"{'floor':>10} {one['floor']['per_second']:>15,.0f} {'':>8} {'':>8} {one['floor']['p50_ms']:>7} {one['floor']['p99_ms']:>7}  "
        f"the same rows parsed and inserted, nothing decided, beside {one['stored']:,}"
        for one in found
    ]
    if len(found) > 1:
        slower = median(found[-2]["per_processor_second"]) / median(found[-1]["per_processor_second"])
        wall = median(found[-2]["per_second"]) / median(found[-1]["per_second"])
        lines.append(
            f"{found[-1]['stored']:,} is {wall:.2f} times slower than {found[-2]['stored']:,} (processor time: {slower:.2f})"
        )
    lines.append(
        "yardstick: a fixed piece of Python work, so that days and machines can be told apart; smaller is a faster machine"
    )
    lines += ["", "share of each stage, per cent of the time from file to commit"]
    stages = list(dict.fromkeys(stage for one in found for stage in one["shares"]))
    lines += [f"{stage:>22} " + " ".join(f"{one['shares'].get(stage, 0.0):>6}" for one in found) for stage in stages]
    rest = [round(100 - sum(one["shares"].values()), 1) for one in found]
    lines.append(f"{'reading and the rest':>22} " + " ".join(f"{share:>6}" for share in rest))
    lines += ["", *growth(memory), "", *(f"target: {text}" for text in TARGETS.values())]
    return "\n".join(lines)


def workers(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each number of workers that shared a county on PostgreSQL."""
    if not found:
        return []
    lines = [
        "",
        f"{found[0]['records']:,} records, batches of {found[0]['batch']}, PostgreSQL (fsync on), all workers on this machine",
        f"{'workers':>10} {'/s':>8} {'scaling':>8}",
    ]
    return lines + [
        f"{one['workers']:>10} {one['per_second']:>8,.0f} {one['scaling']:>8.2f}  the same result" for one in found
    ]


def growth(memory: Mapping[str, int]) -> list[str]:
    """What the loading process held at each hundred thousand records."""
    held = sorted((int(records), size) for records, size in memory.items())
    lines = ["memory held while loading: " + ", ".join(f"{records:,}: {size >> 20} MiB" for records, size in held)]
    if len(held) > 1:
        (first, least), (last, most) = held[0], held[-1]
        lines.append(f"from {first:,} to {last:,} records: {100 * (most - least) / least:+.1f} %")
    return lines
