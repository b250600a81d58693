"""Publishing at a terminal: a gate, two persons, and every edition there ever was.

In: a folder of rules, a digest, reasons, two persons. Out: calls of the desk, printed. Not here: the gate (`engine.workbench.gate`), what publishing
means (`engine.desk.publishing`).
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now, Reason
from cli.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from engine.desk import Desk
    from engine.desk.publishing import Edition, Published
    from engine.ruleset.differences import Differences

__all__ = ["rules"]
Second = Annotated[
    str, typer.Option("--second", help="复核人姓名：另一位负责人或管理员，用自己的口令", show_default=False)
]
_SHORT = 12


@rules.command()
def publish(
    rules_folder: Annotated[
        Path | None, typer.Option("--rules", help="要发布的规则目录；默认配置里的那个", show_default=False)
    ] = None,
    reason: Reason = "",
    second: Second = "",
    check: Annotated[bool, typer.Option("--check", help="只过一遍关、列出改了什么，不发布")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """发布规则：检查、测试、底线都过，另一个人用自己的口令复核；不过关则退出码为 1，原来的照旧。"""
    from cli.wiring import desk_of
    from engine.ruleset import loader

    with desk_of(config, now, bare=True) as desk:
        files = loader.read_folder(rules_folder or desk.config.rules_folder)
        if check:
            _checked(desk, files, as_json=as_json)
        else:
            with _refusing(as_json=as_json):
                _publish(desk, files, reason=reason, second=second, as_json=as_json)


@rules.command()
def rollback(
    digest: Annotated[
        str, typer.Argument(help="规则集的摘要，前 12 位就够，见 sanse rules history", show_default=False)
    ],
    reason: Reason = "",
    second: Second = "",
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """退回以前的一套规则：和发布一样过关、两人复核；规则目录随之换回，换下的留在旁边。"""
    from cli.wiring import desk_of
    from engine.desk.publishing import former

    with desk_of(config, now, bare=True) as desk, _refusing(as_json=as_json):
        _publish(desk, former(desk, digest).files, reason=reason, second=second, as_json=as_json)


@rules.command()
def history(
    digest: Annotated[str, typer.Argument(help="只看这一套", show_default=False)] = "",
    into: Annotated[
        Path | None, typer.Option("--dir", help="把这一套的文件写到一个新目录里看，不起作用", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="最近多少次", min=1)] = 20,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """用过的每一套规则：何时、谁发布、谁复核、为什么、改了哪些规则和数。"""
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.desk.publishing import edition, editions, write_to

    with desk_of(config, bare=True) as desk:
        whole = ""
        if digest:
            whole, files = edition(desk, digest)
            if into is not None:
                write_to(into, files)
        shown = [one for one in editions(desk) if not whole or one.digest == whole][-limit:]
        for one in reversed(shown):
            line(one) if as_json else _told(desk, one)
    if not as_json:
        say(f"已写到 {into}" if whole and into else f"{len(shown)} 次" if shown else "还没有用过任何一套规则")


def _publish(desk: Desk, files: Mapping[str, bytes], *, reason: str, second: str, as_json: bool) -> None:
    from cli.wiring import person_of
    from engine.desk.publishing import publish as published
    from engine.errors import UsageError
    from engine.workbench.gate import findings

    if not second:
        raise UsageError(
            "发布要有第二个人复核", hint="加上 --second 姓名，口令用 SANSE_SECOND_SECRET；先看结果用 --check"
        )
    person, other = person_of(desk), person_of(desk, second=second)
    _tell_published(desk, published(desk, person, other, files, reason=reason, gate=findings), as_json=as_json)


@contextmanager
def _refusing(*, as_json: bool) -> Iterator[None]:
    """What does not pass is told, and the exit code is 1."""
    from cli.printing import line, say
    from engine.errors import RuleError

    try:
        yield
    except RuleError as fault:
        if as_json:
            line({"published": False, "findings": [str(one) for one in fault.faults] or [str(fault)]})
        else:
            say(f"✗ {fault}")
        raise typer.Exit(1) from fault


def _tell_published(desk: Desk, made: Published, *, as_json: bool) -> None:
    from cli.printing import line, say

    if as_json:
        line({"published": True, "digest": made.digest, "before": made.before, "changes": made.changes})
        return
    _tell_changes(desk, made.changes, desk.clock())
    same = made.before == made.digest
    before = "和上一次发布的是同一套，规则目录现在就是它" if same else f"原来 {made.before[:_SHORT]}"
    say(
        f"✓ {'已经是发布的' if made.again else '已发布'}：{made.digest[:_SHORT]}（{before}）；正在运行的 serve 下一批来件起用"
    )


def _checked(desk: Desk, files: Mapping[str, bytes], *, as_json: bool) -> None:
    """The gate, and the changes of files that load, for whoever is to approve or to mend them."""
    from cli.printing import line, say
    from engine.desk.publishing import changes
    from engine.ruleset import loader
    from engine.workbench.gate import findings

    found = list(findings(files))
    loads = loader.check(files)[0] is not None
    changed = changes(desk, files) if loads else None
    same = changed is not None and not changed
    if as_json:
        line(
            {
                "digest": loader.digest_of(files),
                "in_force": desk.rulebook.digest,
                "findings": [{"part": part, "said": said} for part, said in found],
                "changes": changed,
            }
        )
    for part, said in () if as_json else found:
        say(f"✗ {part}：{said}")
    if loads and not as_json:
        _tell_changes(desk, changed, desk.clock())
        if not found:
            say(f"✓ 过关，可以发布：{loader.digest_of(files)[:_SHORT]}" + ("，与正在用的没有差别" if same else ""))
    if found:
        raise typer.Exit(1)


def _told(desk: Desk, one: Edition) -> None:
    from cli.printing import local, say
    from engine.desk.publishing import finishing

    who = f"{one.by} 发布，{one.second} 复核：{one.reason}" if one.by else "目录里改的，没有经过发布"
    say(f"{local(one.at)} {one.digest[:_SHORT]}{' ← 正在用' if one.in_force else ''}  {who}")
    if one.unfinished:
        say(f"    ✗ 规则目录没有换成这一套：换到一半断了，或后来换回了以前的；{finishing(one.digest)}")
    if one.changes is not None:
        for told in told_changes(one.changes, _day(desk, one.at)):
            say(f"    {told}")


def _tell_changes(desk: Desk, changed: Differences | None, at: datetime) -> None:
    """What is published, or would be, at a time."""
    from cli.printing import say

    if changed is None:
        say("  现行的规则读不了，列不出改了什么")
        return
    for told in told_changes(changed, _day(desk, at)):
        say(f"  {told}")


def _day(desk: Desk, at: datetime) -> date:
    from zoneinfo import ZoneInfo

    return at.astimezone(ZoneInfo(desk.config.zone)).date()


def told_changes(changed: Differences, day: date) -> list[str]:
    """What is otherwise, a line for each kind; a number that judged the past anew on the day of publication says so."""
    named = {
        "新增规则": changed.added,
        "删去规则": changed.removed,
        "改了意思的规则": changed.changed,
        "新增底线": changed.nevers_added,
        "删去底线": changed.nevers_removed,
        "改了底线": changed.nevers_changed,
        "改了的文件": changed.files,
    }
    lines = [f"{what}：{'、'.join(names)}" for what, names in named.items() if names]
    lines += [f"{rule}：{before} → {after}" for rule, before, after in changed.statuses]
    for number in changed.thresholds:
        before, after = ("无" if value is None else str(value) for value in (number.before, number.after))
        past = "；这一天已经过去，重判以前的来件会用新数" if number.of_the_past(day) else ""
        lines.append(f"{number.name}（{number.title}）{number.start} 起：{before} → {after}{past}")
    return lines
