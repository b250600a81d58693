"""Database: made, brought to this release, examined.

In: a configuration. Out: calls of the desk. Not here: what is kept (`engine.store`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import CONFIG, Anchors, AsJson, ConfigPath

db = typer.Typer(help="数据库：升级、检查", no_args_is_help=True)


@db.command()
def upgrade(config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """建库，或升级到本版本；先备份。"""
    from cli.printing import line, say
    from cli.wiring import real_clock
    from engine.config import load_config
    from engine.desk import create

    before = create(load_config(config), at=real_clock())
    line({"before": before}) if as_json else say("已是本版本" if before else "数据库已建好")


@db.command()
def verify(
    deep: Annotated[bool, typer.Option("--deep", help="打开每个加密格，重算每条研判的摘要")] = False,
    anchors: Anchors = None,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """检查整个数据库；有问题则退出码为 1。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, lines_of
    from engine.desk.health import verify as examined

    with desk_of(config) as desk:
        result = examined(desk, deep=deep, anchors=lines_of(anchors))
        if as_json:
            line({"sound": result.sound, "counts": result.counts, "findings": result.findings,
                  "audit": [str(finding) for finding in result.audit.findings]})  # fmt: skip
        else:
            say(f"来件 {result.counts['sightings']}、版本 {result.counts['versions']}、研判 {result.counts['assessments']}、"
                f"事项 {result.counts['matters']}、审计 {result.counts['audit']}")  # fmt: skip
            for finding in (*result.findings, *map(str, result.audit.findings)):
                say(f"  问题：{finding}", style="bold red")
            say("检查完毕：没有问题" if result.sound else "检查完毕：有问题，请保留现场并联系管理员")
    if not result.sound:
        raise typer.Exit(1)
