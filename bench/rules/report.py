"""The report of the rules stage: a table for the screen and charts.

In: figures of each setting. Out: text, SVG. Not here: measuring, the page (`bench.page`).
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench import page
from bench.rules import by_column, by_reader, by_record, facts

ENGINES = ("durable-rules", "zen-engine", "rule-engine", "common-expression-language", "business-rules", "clipspy")
TARGETS: Sequence[tuple[str, Sequence[str], float]] = (
    ("times the best engine that judges one record after the other", ENGINES, 25.0),
    ("times generated Python closures", ("generated closures",), 8.0),
    (
        "times one generated Python function for all rules (the same target, held against the harder peer)",
        ("generated Python",),
        8.0,
    ),
    ("of the speed of SQL by hand (1.5 times slower at most)", (by_column.BY_HAND,), 1 / 1.5),
)
"""What the product's columns are held against, and how many times as fast they are to be."""

NOTES = (
    "decide: facts in the peer's own form → colour and every hit (fired, in review); the best of several rounds in several processes.",
    "build: rules into the peer's form, for DuckDB as far as the plan (optimizers that find nothing in one scan are switched off for both statements).",
    "In memory all of them: peers of columns decide from Arrow to Arrow; hits are a boolean column for each condition.",
    (
        "Unknown facts: the product, polars and SQL get null. Peers without three-valued logic are handed nothing (no, 0, no text, no member) beside a "
        "boolean that says the fact is unknown, and conditions in two values: what fires a rule, what puts it in review."
    ),
    "Dated thresholds: peers of records have a set of rules for each period; peers of columns take the value of the row's day.",
    "parse: Parquet to Arrow for peers of columns, Arrow to records for the others. explain: hits as lists of rule ids. write: these to Parquet.",
    (
        "Peers of records run on a sample and are given as rates; every peer's answers on the sample are equal to the tracer's, and all rows of "
        "the peers of columns are equal to one another, or there would be no figure here."
    ),
    "Long texts and the order of arrival do not reach this stage: rules read facts.",
)


def machine() -> dict[str, object]:
    """What it ran on, and with which packages."""
    peers = {**by_column.PEERS, **by_reader.PEERS, **by_record.PEERS}.values()
    packages = {peer.package: peer.version for peer in peers if peer.package and peer.version is not None}
    return {
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "load": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        "packages": packages
        | {"durable_rules": _installed("durable_rules"), "ibis-framework": _installed("ibis-framework")},
    }


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def rate(one: Mapping[str, Any]) -> float:
    """Incidents in a second."""
    return float(one["incidents"] / one["wall"]["decide"])


def table(found: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> str:
    """A part for each setting: a line for each peer, then what came of the targets."""
    on = machine()
    lines = [
        f"rules stage: {on['cores']} cores ({on['usable_cores']} usable), load {on['load']}, Python {on['python']}",
        ", ".join(f"{name} {held}" for name, held in dict(on["packages"]).items() if held),  # type: ignore[call-overload]
    ]
    for one in found:
        lines += ["", *_setting(one)]
    if missing:
        lines += ["", f"not installed, so not measured: {', '.join(missing)} (make peers)"]
    return "\n".join([*lines, "", *NOTES])


def title(one: Mapping[str, Any]) -> str:
    """What was asked."""
    return f"{one['rules']:,} rules × {one['incidents']:,} incidents, lane {one['lane']} ({facts.LANES[one['lane']].title})"


def _setting(one: Mapping[str, Any]) -> list[str]:
    peers = one["peers"]
    own = rate(peers[by_column.PRODUCT])
    heads = " ".join(f"{head:>{width}}" for head, width in _HEADS)
    lines = [f"{title(one)}; answers checked on {one['checked']:,}", f"{heads}  how it is called"]
    lines += [_line(name, peers[name], own) for name in sorted(peers, key=lambda peer: -rate(peers[peer]))]
    return lines + [f"  {told}" for told in targets(peers)]


_STEPS = (("build", 8), ("parse", 8), ("decide", 8), ("explain", 9), ("write", 8))
_HEADS = (
    ("peer", 27),
    ("incidents/s", 12),
    ("/cpu s", 10),
    ("product is", 11),
    ("of", 9),
    *((f"{step} s", width) for step, width in _STEPS),
    ("peak MiB", 9),
)


def _line(name: str, one: Mapping[str, Any], own: float) -> str:
    wall, busy = one["wall"], one["busy"]
    steps = " ".join(f"{wall[step]:>{width}.3f}" if step in wall else f"{'':>{width}}" for step, width in _STEPS)
    return (
        f"{name:>27} {rate(one):>12,.0f} {one['incidents'] / busy['decide']:>10,.0f} {own / rate(one):>9.2f} × {one['incidents']:>9,} {steps} "
        f"{one['peak_mib']:>9,}  {path(name)}"
    )


def path(name: str) -> str:
    """How a peer is called."""
    return str({**by_column.PEERS, **by_reader.PEERS, **by_record.PEERS}[name].path)


def targets(peers: Mapping[str, Any]) -> list[str]:
    """What the product comes to beside those it is held against."""
    own, lines = rate(peers[by_column.PRODUCT]), []
    for words, against, least in TARGETS:
        there = [peer for peer in against if peer in peers]
        if there:
            best = max(there, key=lambda peer: rate(peers[peer]))
            reached = own / rate(peers[best])
            lines.append(
                f"{'reached' if reached >= least else 'MISSED'}: {reached:.2f} {words}: {best} (target {least:.2f})"
            )
    return lines


def told(figures: Mapping[str, Any]) -> str:
    """The whole table."""
    return table(figures["settings"], figures["missing"])


def charts(figures: Mapping[str, Any]) -> list[str]:
    """A chart for each setting, then one by the number of rules."""
    found = figures["settings"]
    drawn = [_chart(one) for one in found]
    return [*drawn, _by_rules(found)] if len({one["rules"] for one in found}) > 1 else drawn


def _rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"peer": name, "incidents a second": rate(one), "rules": setting["rules"], "kind": _kind(name)}
        for setting in found
        for name, one in setting["peers"].items()
    ]


def _kind(name: str) -> str:
    return "product" if name == by_column.PRODUCT else "by columns" if name in by_column.PEERS else "by records"


def _chart(one: Mapping[str, Any]) -> str:
    import altair as alt

    base = alt.Chart(alt.Data(values=_rows([one]))).encode(
        y=alt.Y("peer:N", sort="-x", title=None),
        x=alt.X("incidents a second:Q", scale=alt.Scale(type="log"), title="incidents a second (logarithmic)"),
    )
    bars = base.mark_point(filled=True, size=90).encode(color="kind:N", shape="kind:N")
    words = base.mark_text(align="left", dx=8).encode(text=alt.Text("incidents a second:Q", format=",.0f"))
    return page.svg((bars + words).properties(title=title(one)))


def _by_rules(found: Sequence[Mapping[str, Any]]) -> str:
    import altair as alt

    chart = alt.Chart(alt.Data(values=_rows(found))).mark_line(point=True)
    scale = alt.Scale(type="log")
    return page.svg(
        chart.encode(
            x=alt.X("rules:Q", scale=scale),
            y=alt.Y("incidents a second:Q", scale=scale),
            color="peer:N",
        )
    )
