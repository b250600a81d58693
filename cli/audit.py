"""Audit: the chain of what was done.

In: a configuration, anchors kept elsewhere. Out: calls of the desk. Not here: the chain (`engine.store.chain`).
"""

from __future__ import annotations

import typer

from cli.options import CONFIG, Anchors, AsJson, ConfigPath, Now

audit = typer.Typer(help="审计日志：只增不改，可以验证", no_args_is_help=True)


@audit.command()
def verify(
    anchors: Anchors = None,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """逐条验证审计链；有改动则退出码为 1。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, lines_of
    from engine.desk.health import audit as walked

    with desk_of(config, bare=True) as desk:
        result = walked(desk, anchors=lines_of(anchors))
    if as_json:
        line({"sound": result.sound, "entries": result.entries, "anchors": result.anchors,
              "findings": [str(finding) for finding in result.findings]})  # fmt: skip
    else:
        for finding in result.findings:
            say(f"  {finding}", style="bold red")
        say(f"审计记录 {result.entries} 条，锚点 {result.anchors} 个：{'完整' if result.sound else '被改动过'}")
    if not result.sound:
        raise typer.Exit(1)


@audit.command()
def anchor(config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """打一个锚点；把输出的一行另存到别处，以后能验出尾部被截断。"""
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.desk.health import anchor as anchored

    with desk_of(config, now, bare=True) as desk:
        text = anchored(desk)
    line({"anchor": text}) if as_json else say(text)
