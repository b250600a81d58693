"""People: who may act.

In: names, roles, secrets from the environment or the terminal. Out: calls of the desk. Not here: what roles may do.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now
from engine.errors import UsageError

people = typer.Typer(help="人员：谁可以办理、改级、复核", no_args_is_help=True)


@people.command()
def add(
    name: Annotated[str, typer.Argument(help="姓名", show_default=False)],
    role: Annotated[
        str,
        typer.Option(
            "--role", help="admin、operator、lead 或 analyst；默认 operator，重设时默认不变", show_default=False
        ),
    ] = "",
    reset: Annotated[bool, typer.Option("--reset", help="给已登记的人重设口令（或改角色），记入审计日志")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """登记人员；第一个人不用别人批准，以后由管理员登记。新口令取自 SANSE_NEW_SECRET 或当场输入。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk.opening import add_person
    from engine.desk.opening import people as listed

    with desk_of(config, now, bare=True) as desk:
        by = person_of(desk) if listed(desk) else None
        role = add_person(desk, name, _new_secret(), role=role, by=by, reset=reset)
        done = "已重设口令" if reset else "已登记"
        line({"name": name, "role": role}) if as_json else say(f"{done} {name}（{desk.role_words(role)}）")
        if reset and by and by.name != name:
            say(f"  {name} 自己另设口令以前，不能作 {by.name} 的第二人") if not as_json else None


def _new_secret() -> str:
    secret = os.environ.get("SANSE_NEW_SECRET")
    if not secret and not sys.stdin.isatty():
        raise UsageError("没有新口令", hint="设置 SANSE_NEW_SECRET，或在终端里运行，当场输入")
    return secret or str(typer.prompt("新口令", hide_input=True, confirmation_prompt=True))


@people.command("list")
def list_(config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """列出人员。"""
    from cli.printing import line, local, table
    from cli.wiring import desk_of
    from engine.desk.opening import people as listed

    with desk_of(config, bare=True) as desk:
        rows = listed(desk)
        if as_json:
            for row in rows:
                line(row)
        else:
            table(
                ("姓名", "角色", "登记时间"),
                [(row.name, desk.role_words(row.role), local(row.added_at)) for row in rows],
            )
