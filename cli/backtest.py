"""Back-test at a terminal: what another rulebook would have made of history, beside the live one.

In: a folder of rules, perhaps a published rulebook to compare with, what routes can take. Out: tables, JSON, a page. Not here: the back-test
(`engine.workbench.backtest`). Nothing is written to the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.health import rules
from cli.options import CONFIG, AsJson, ConfigPath, Now

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.ruleset.tree import Rulebook
    from engine.workbench.backtest import Backtest, Weeks
    from engine.workbench.backtest.weeks import Band
    from engine.workbench.proof.meaning import Change

__all__ = ["rules"]
_SHOWN = 20


@rules.command()
def backtest(
    rules_folder: Annotated[
        Path | None, typer.Option("--rules", help="要试的规则目录；默认配置里的那个", show_default=False)
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            "--against", help="与哪一套比：摘要前 12 位，见 sanse rules history；默认现行的", show_default=False
        ),
    ] = "",
    capacity: Annotated[
        list[str] | None,
        typer.Option("--capacity", help="一条路线一周办得了几件，如 red=6；可以写几次", show_default=False),
    ] = None,
    seconds: Annotated[int, typer.Option("--seconds", min=0, help="证明每种变色可能不可能，最多用几秒；0 不证明")] = 30,
    as_linked: Annotated[
        bool, typer.Option("--as-linked", help="来源、归并的设置改了也试：按存下的算，结果不含这几处的影响")
    ] = False,
    page: Annotated[
        Path | None, typer.Option("--html", help="同时写成一页带图的 HTML，不联网也能看", show_default=False)
    ] = None,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """回测：这套规则放到存下的历史上，来件的颜色、事项的机判、每周各路线的件数会怎样；只看不写。"""
    from cli.printing import progress
    from cli.wiring import desk_of, rulebook_of
    from engine.desk.publishing import edition
    from engine.ruleset import loader
    from engine.workbench.backtest import Ground, Side, weeks
    from engine.workbench.backtest import backtest as tried

    capacities = _capacities(capacity or ())
    with desk_of(config, now, steadfast=True) as desk:
        new = rulebook_of(rules_folder or desk.config.rules_folder)
        old = loader.load(edition(desk, against)[1]) if against else desk.rulebook
        sides = (Side(book, lambda book: desk.stages_of(book, "trace")) for book in (old, new))
        with progress("回测", quiet=as_json) as advance:
            ground = Ground(desk.store, desk.rulebook, desk.clock(), desk.config.zone, advance)
            with tried(ground, *sides, as_linked=as_linked) as found:
                load = weeks(found.groups, old, new, capacities)
                changes = _proved(old, new, seconds)
                _show(desk, found, load, changes, as_json=as_json)
                if page is not None:
                    _write(page, found, load, changes, as_json=as_json)


def _capacities(given: Sequence[str]) -> Mapping[str, int]:
    from engine.errors import UsageError

    made = {}
    for text in given:
        route, _, number = text.partition("=")
        if not route or not number.isdecimal():
            raise UsageError(f"“{text}”不是一周的件数", hint="写成 路线=件数，如 --capacity red=6")
        made[route] = int(number)
    return made


def _proved(old: Rulebook, new: Rulebook, seconds: int) -> Sequence[Change]:
    """What the solver says of each step between colours; nothing where it is not asked."""
    from cli.rules import budget
    from engine.workbench.proof.meaning import compare

    return compare(old, new, budget(seconds)) if seconds else ()


def _write(page: Path, found: Backtest, load: Weeks, changes: Sequence[Change], *, as_json: bool) -> None:
    from cli.printing import line, say
    from engine.workbench.backtest.page import html

    page.write_text(html(found, load, changes), encoding="utf-8")
    line({"page": str(page)}) if as_json else say(f"已写入 {page}")


def _show(desk: Desk, found: Backtest, load: Weeks, changes: Sequence[Change], *, as_json: bool) -> None:
    from cli.printing import line
    from engine.workbench.backtest.told import lines, summary

    if as_json:
        for moved in lines(found):
            line(moved)
        line(summary(found, load, changes))
        return
    _head(found)
    _matrices(desk, found)
    _steps(desk, found, changes)
    _moved(desk, found)
    _hits(found)
    _load(load)


def _head(found: Backtest) -> None:
    from cli.printing import say
    from engine.workbench.backtest.told import APART

    scan, parts = found.records, found.parts
    say(f"来件 {scan.records} 件，{scan.changed} 件的颜色或规则会变；比较事项 {parts.get('view', 0)} 个，另计：")
    for part, what in APART.items():
        say(f"  {what} {parts.get(part, 0)} 个")
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
    from cli.printing import table
    from engine.workbench.backtest.told import said_of, steps

    rows = [
        [f"{desk.colour_word(s.before)}变{desk.colour_word(s.after)}", said_of(s), str(s.records), str(s.matters)]
        for s in steps(found, changes)
    ]
    table(["变化", "证明说", "历史上来件", "历史上事项"], rows, title="证明说可能不可能，回测说有多少")


def _moved(desk: Desk, found: Backtest) -> None:
    from itertools import groupby

    from cli.printing import say
    from engine.model import Colour
    from engine.workbench.backtest.told import lines

    made = sorted(lines(found), key=lambda one: (one["before"]["colour"], one["after"]["colour"]))
    for cell, held in groupby(made, key=lambda one: (one["before"]["colour"], one["after"]["colour"])):
        matters = list(held)
        was, now = (desk.colour_word(Colour.named(word)) for word in cell)
        say(f"{was}变{now}的事项 {len(matters)} 个", style="bold")
        for one in matters[:_SHOWN]:
            reasons = (
                f"{name}：{'、'.join(one[when]['reasons'])}" for name, when in (("原来", "before"), ("新的", "after"))
            )
            say(f"  {one['matter']}  {'；'.join(reasons)}")
        if len(matters) > _SHOWN:
            say(f"  另有 {len(matters) - _SHOWN} 个，见 --json")


def _hits(found: Backtest) -> None:
    from cli.printing import say, table

    gained, lost = found.records.gained, found.records.lost
    titles = {rule.id: rule.title for book in (found.old, found.new) for rule in book.rules}
    moved = sorted({*(+gained), *(+lost)}, key=lambda rule: (-gained[rule] - lost[rule], rule))
    if not moved:
        say("没有一条规则在来件上的命中有变化")
        return
    rows = [[rule, str(gained[rule]), str(lost[rule]), titles.get(rule, "")] for rule in moved[:_SHOWN]]
    table(["规则", "新命中", "不再命中", "名称"], rows)
    if len(moved) > _SHOWN:
        say(f"另有 {len(moved) - _SHOWN} 条规则有变化，见 --json")


def _load(load: Weeks) -> None:
    from cli.printing import say, table

    if not load.count:
        say("历史不满一周，算不出每周的件数")
        return
    say(f"每周件数按 {load.first} 起的 {load.count} 个整周算；范围是按四周一段重抽两千次，均值落在其中的有九成")
    rows = [
        [
            one.title,
            one.area or "全部",
            _band(one.before),
            _band(one.after),
            str(one.most_after),
            _over(one.capacity, one.over),
        ]
        for one in load.loads
        if not one.area or one.before != one.after
    ]
    table(["路线", "辖区", "原来每周", "新的每周", "最多的一周", "承办能力"], rows)


def _band(band: Band) -> str:
    return f"{band.mean:g}" if band.low is None else f"{band.mean:g}（{band.low:g}–{band.high:g}）"


def _over(capacity: int | None, over: tuple[int, int] | None) -> str:
    return "" if capacity is None or over is None else f"{capacity}；超出的周：原来 {over[0]}，新的 {over[1]}"
