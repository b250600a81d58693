"""Charts of a back-test as SVG, drawn here: no script, no network.

In: a `Backtest`, its weeks. Out: SVG texts. Not here: the page around them (`page`). Raises SanseError where what draws is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from engine.errors import SanseError
from engine.model import Colour
from engine.workbench.backtest.weeks import Weeks

WORDS = {Colour.GREEN: "绿", Colour.YELLOW: "黄", Colour.RED: "红"}
_SHADES = {Colour.GREEN: "#2e7d32", Colour.YELLOW: "#c98a00", Colour.RED: "#b3261e"}
_BEFORE, _AFTER = "原来", "新的"
_FONT = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"


def lacking() -> SanseError | None:
    """What charts need and is not here, and what to do; None where everything is."""
    missing = [name for name in ("altair", "vl_convert") if find_spec(name) is None]
    if not missing:
        return None
    return SanseError(
        f"没有 {'、'.join(missing)}，画不了图",
        hint="重新安装 sanse，或运行 pip install altair vl-convert-python；不写 --html 时不需要",
    )


def matrix(counted: Mapping[tuple[Colour, Colour], int]) -> str:
    """Nine cells, from colour to colour."""
    alt = _altair()
    rows = [
        {"原": WORDS[was], "新": WORDS[now], "数": counted.get((was, now), 0), "变": was is not now}
        for was in Colour
        for now in Colour
    ]
    order = [WORDS[colour] for colour in Colour]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("新:N", sort=order, title=_AFTER, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("原:N", sort=order, title=_BEFORE),
    )
    boxes = base.mark_rect(stroke="white").encode(
        color=alt.condition("datum['变'] && datum['数'] > 0", alt.value("#f3c9a5"), alt.value("#e8e8e8"))
    )
    return _drawn(alt, (boxes + base.mark_text(fontSize=15).encode(text="数:Q")).properties(width=240, height=150))


def loads(load: Weeks) -> str:
    """What each route gets a week, before and after, with its bands and what it can take."""
    alt = _altair()
    rows = [
        {"路线": one.title, "时": when, "每周": band.mean, "低": band.low, "高": band.high, "能力": one.capacity}
        for one in load.loads
        if not one.area
        for when, band in ((_BEFORE, one.before), (_AFTER, one.after))
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("时:N", sort=[_BEFORE, _AFTER], title=None))
    bars = base.mark_bar(height=10, color="#7f96b2").encode(x=alt.X("每周:Q", title="每周件数"))
    bands = base.mark_rule(strokeWidth=2).encode(x="低:Q", x2="高:Q")
    ticks = base.transform_filter("isValid(datum['能力'])").mark_tick(color="#b3261e", thickness=3).encode(x="能力:Q")
    chart = alt.layer(bars, bands, ticks).properties(width=420, height=44)
    return _drawn(
        alt, chart.facet(row=alt.Row("路线:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")))
    )


def courses(load: Weeks) -> str:
    """Week after week what goes to each colour, before and after."""
    alt = _altair()
    colours = {one.route: one.colour for one in load.loads}
    rows = []
    for (route, area), sides in load.counts.items():
        if area or load.first is None:
            continue
        for when, counts in zip((_BEFORE, _AFTER), sides, strict=True):
            rows += _course(route, when, counts, colour=WORDS[colours[route]], first=load.first)
    names = [WORDS[colour] for colour in Colour]
    shades = alt.Scale(domain=names, range=[_SHADES[colour] for colour in Colour])
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(interpolate="step")
        .encode(
            x=alt.X("周:T", title="周"),
            y=alt.Y("sum(件):Q", title="件"),
            color=alt.Color("色:N", sort=names, scale=shades, title="颜色"),
            strokeDash=alt.StrokeDash("时:N", sort=[_AFTER, _BEFORE], title="规则"),
        )
        .properties(width=560, height=200)
    )
    return _drawn(alt, chart)


def _course(route: str, when: str, counts: Sequence[int], *, colour: str, first: Any) -> list[dict[str, Any]]:
    weeks = (first + timedelta(weeks=place) for place in range(len(counts)))
    return [
        {"路线": route, "时": when, "色": colour, "周": week.isoformat(), "件": count}
        for week, count in zip(weeks, counts, strict=True)
    ]


def _altair() -> Any:
    if fault := lacking():
        raise fault
    return import_module("altair")


def _drawn(alt: Any, chart: Any) -> str:
    """A chart as SVG; its letters are letters, in a font of the reader's machine."""
    made = chart.configure(font=_FONT).configure_view(stroke=None).to_dict()
    svg: str = import_module("vl_convert").vegalite_to_svg(made, allowed_base_urls=[])
    return svg
