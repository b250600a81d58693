"""Back-test at a terminal: what another rulebook would have made of history, beside the live one.

In: a folder of rules, perhaps a published rulebook to compare with, what routes can take. Out: tables (`cli.tried`), JSON, a page. Not here: the back-test
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
    from engine.workbench.proof.meaning import Change

__all__ = ["rules"]


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
    thresholds: Annotated[
        str, typer.Option("--thresholds", help="dated 按来件当天的阈值；today 两套都按各自最新的阈值，不管来件是哪天的")
    ] = "dated",
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
    from cli.printing import line, progress, say
    from cli.tried import show
    from cli.wiring import desk_of
    from engine.workbench.backtest import Ground, Side, weeks
    from engine.workbench.backtest import backtest as tried
    from engine.workbench.backtest.page import html

    capacities = _capacities(capacity or ())
    _check(thresholds, page)
    with desk_of(config, now, steadfast=True, lived=True) as desk:
        old, new = _books(desk, rules_folder, against, newest=thresholds == "today")
        sides = (Side(book, lambda book: desk.stages_of(book, "trace")) for book in (old, new))
        with progress("回测", quiet=as_json) as advance:
            ground = Ground(desk.store, desk.rulebook, desk.clock(), desk.config.zone, advance)
            with tried(ground, *sides, as_linked=as_linked) as found:
                load = weeks(found.groups, old, new, capacities, found.apart)
                changes = _proved(old, new, seconds)
                show(desk, found, load, changes, thresholds=thresholds, as_json=as_json)
                written = html(found, load, changes, thresholds=thresholds) if page is not None else ""
    if page is not None:
        page.write_text(written, encoding="utf-8")
        line({"what": "page", "page": str(page)}) if as_json else say(f"已写入 {page}")


def _check(thresholds: str, page: Path | None) -> None:
    """Refuse what could not be done in the end before anything is read: raises UsageError."""
    from cli.wiring import thresholds_of
    from engine.errors import UsageError

    thresholds_of(thresholds)
    if page is not None and (why := _unwritable(page)):
        raise UsageError(
            f"写不了 --html 的文件 {page}：{why}", hint="换一个路径，或先建好目录、放开权限；还没有开始回测"
        )


def _unwritable(page: Path) -> str:
    """Why a file could not be written, in words; empty where it could."""
    import os

    if page.is_dir():
        return "这是一个目录"
    if not page.parent.is_dir():
        return f"没有目录 {page.parent}"
    return "" if os.access(page if page.exists() else page.parent, os.W_OK) else "没有写的权限"


def _books(desk: Desk, folder: Path | None, against: str, *, newest: bool) -> tuple[Rulebook, Rulebook]:
    """What is compared with, and what is tried; `newest`: as if the newest numbers of each had always held."""
    from cli.wiring import rulebook_of
    from engine.desk.publishing import former
    from engine.ruleset import parameters

    new = rulebook_of(folder or desk.config.rules_folder)
    old = former(desk, against) if against else desk.rulebook
    return (parameters.newest(old), parameters.newest(new)) if newest else (old, new)


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
