"""Tried: a back-test at a terminal: what changes, what cannot be known, what every route would get.

In: a `Backtest`, its weeks, what is proved. Out: lines and tables, or JSON lines. Not here: options (`cli.backtest`), the words and plain data
(`engine.workbench.backtest.told`), the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.workbench.backtest import Backtest, Weeks
    from engine.workbench.backtest.weeks import Band, Load
    from engine.workbench.proof.meaning import Change

_SHOWN, _FEW = 20, 5


def show(
    desk: Desk, found: Backtest, load: Weeks, changes: Sequence[Change], *, thresholds: str, as_json: bool
) -> None:
    """All of it."""
    from cli.printing import line
    from engine.workbench.backtest.told import apart_lines, lines, record_lines, summary

    if as_json:
        for one in chain(lines(found), record_lines(found), apart_lines(found)):
            line(one)
        line({**summary(found, load, changes), "thresholds": thresholds})
        return
    _head(found, thresholds)
    _matrices(desk, found)
    _steps(desk, found, changes)
    _moved(desk, found)
    _records(desk, found)
    _apart(desk, found)
    hits(found.records.moved(found.old, found.new))
    _load(load)


def _head(found: Backtest, thresholds: str) -> None:
    from cli.printing import local, say
    from engine.workbench.backtest.told import APART, THRESHOLDS, late

    scan, parts = found.records, found.parts
    say(f"事项看到 {local(found.now)}；{THRESHOLDS[thresholds]}")
    say(f"来件 {scan.records} 件，{scan.changed} 件的颜色或规则会变；比较事项 {parts.get('view', 0)} 个，另计：")
    for part, what in APART.items():
        say(f"  {what} {parts.get(part, 0)} 个")
    if said := late(found):
        say(said)
    if found.remade:
        say(f"词表或字段改了：{found.remade} 件的词语和字段事实按新规则重做过（没有写进数据库）")
    for said in found.told:
        say(f"历史不知道的：{said}")


def _matrices(desk: Desk, found: Backtest) -> None:
    from cli.printing import table
    from engine.model import Colour

    words = {colour: desk.colour_word(colour) for colour in Colour}
    for title, matrix in (("来件的颜色", found.records.matrix), ("事项的机判", found.matrix)):
        rows = [[words[was], *(str(matrix.get((was, now), 0)) for now in Colour)] for was in Colour]
        table(["原来＼新的", *words.values()], rows, title=title)


def _steps(desk: Desk, found: Backtest, changes: Sequence[Change]) -> None:
    from cli.printing import say, table
    from engine.workbench.backtest.told import OF_RECORDS, said_of, steps

    rows = [
        [f"{desk.colour_word(s.before)}变{desk.colour_word(s.after)}", said_of(s), str(s.records), s.counted]
        for s in steps(found, changes)
    ]
    table(["变化", "证明说", "历史上来件", "历史上事项"], rows, title="证明说可能不可能，回测说有多少")
    say(OF_RECORDS)


def _step(desk: Desk, before: str, after: str) -> str:
    from engine.model import Colour

    return "变".join(desk.colour_word(Colour.named(word)) for word in (before, after))


def _reasons(one: Mapping[str, Any]) -> str:
    return "；".join(
        f"{name}：{'、'.join(one[when]['reasons'])}" for name, when in (("原来", "before"), ("新的", "after"))
    )


def _moved(desk: Desk, found: Backtest) -> None:
    from cli.printing import say
    from engine.workbench.backtest.told import IMAGINED, imagined, lines

    def cell(one: Mapping[str, Any]) -> tuple[str, str]:
        return one["before"]["colour"], one["after"]["colour"]

    for (was, now), held in groupby(sorted(lines(found), key=cell), key=cell):
        matters = list(held)
        undone = sum(one["after"]["never_dispatched"] for one in matters)
        more = f"，其中 {undone} 个{IMAGINED}" if undone else ""
        say(f"{_step(desk, was, now)}的事项 {len(matters)} 个{more}", style="bold")
        for one in matters[:_SHOWN]:
            mark = f"（{said}）" if (said := imagined(one)) else ""
            say(f"  {one['matter']}{mark}  {_reasons(one)}")
        if len(matters) > _SHOWN:
            say(f"  另有 {len(matters) - _SHOWN} 个，见 --json")


def _records(desk: Desk, found: Backtest) -> None:
    from cli.printing import say
    from engine.workbench.backtest.told import recoloured_count, record_lines

    count = recoloured_count(found)
    if not count:
        return
    say(f"颜色会变的来件 {count} 件" + (f"，先列 {_FEW} 件，全部见 --json" if count > _FEW else ""), style="bold")
    for one in islice(record_lines(found), _FEW):
        step = _step(desk, one["before"]["colour"], one["after"]["colour"])
        say(f"  {one['id']}（{one['matter']}）{step}  {_reasons(one)}")


def _apart(desk: Desk, found: Backtest) -> None:
    from cli.printing import say
    from engine.workbench.backtest.told import BRIEFLY, apart_lines

    matters = list(apart_lines(found))
    if not matters:
        return
    say(f"没有比较、但有来件颜色会变的事项 {len(matters)} 个", style="bold")
    for one in matters[:_SHOWN]:
        records = "、".join(f"{r['id']} {_step(desk, r['before'], r['after'])}" for r in one["records"])
        say(f"  {one['matter']}（{BRIEFLY[one['why']]}）来件 {records}")
    if len(matters) > _SHOWN:
        say(f"  另有 {len(matters) - _SHOWN} 个，见 --json")


def hits(moved: Sequence[tuple[str, str, int, int]]) -> None:
    """Rules whose hits change, those that change most first."""
    from cli.printing import say, table

    if not moved:
        say("没有一条规则在来件上的命中有变化")
        return
    rows = [[rule, str(gained), str(lost), title] for rule, title, gained, lost in moved[:_SHOWN]]
    table(["规则", "新命中", "不再命中", "名称"], rows)
    if len(moved) > _SHOWN:
        say(f"另有 {len(moved) - _SHOWN} 条规则有变化，见 --json")


def _load(load: Weeks) -> None:
    from cli.printing import say, table
    from engine.workbench.backtest.told import LEFT_OUT, undone

    if not load.count:
        say("历史不满一周，算不出每周的件数")
        return
    say(f"每周件数按 {load.first} 起的 {load.count} 个整周算；范围是按四周一段重抽两千次，均值落在其中的有九成")
    told = [one for one in load.loads if not one.area or one.before != one.after]
    headers = ["路线", "辖区", "原来每周", "新的每周", "最多的一周", "承办能力", "不在数里"]
    table(headers, [_cells(one) for one in told])
    if any(one.apart for one in told):
        say(LEFT_OUT)
    if said := undone(load):
        say(said)


def _cells(one: Load) -> list[str]:
    from engine.workbench.backtest.told import left_out

    weeks = "超出的周至少" if one.apart else "超出的周"
    over = "" if one.over is None else f"{one.capacity}；{weeks}：原来 {one.over[0]}，新的 {one.over[1]}"
    return [
        *(one.title, one.area or "全部", _band(one.before), _band(one.after), str(one.most_after), over),
        left_out(one),
    ]


def _band(band: Band) -> str:
    return f"{band.mean:g}" if band.low is None else f"{band.mean:g}（{band.low:g}–{band.high:g}）"
