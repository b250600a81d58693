"""Refusals: what was typed wrong, said as an operator can read it.

In: a usage error of typer. Out: one Chinese sentence and what to do. Not here: errors of the engine, which are Chinese already.
"""

from __future__ import annotations

import re
from typing import Any

_COMMAND = re.compile(r"No such command '(?P<name>[^']*)'(?:\. Did you mean '(?P<near>[^']*)')?")
_EXTRA = re.compile(r"unexpected extra argument\S* \((?P<names>[^)]*)\)")


def refusal(fault: Any) -> str:
    """What is wrong with the command line, and where to read on."""
    path = getattr(getattr(fault, "ctx", None), "command_path", "sanse")
    return f"错误：{_said(fault)}\n  怎么办：用 {path} --help 查看用法"


def _said(fault: Any) -> str:
    kind, message = type(fault).__name__, str(getattr(fault, "message", "") or fault)
    if kind == "MissingParameter":
        return f"缺少 {_named(fault)}"
    if kind == "NoSuchOption":
        near = "、".join(getattr(fault, "possibilities", None) or ())
        return f"没有这个选项：{fault.option_name}" + (f"，是不是 {near}" if near else "")
    if kind == "BadParameter":
        return f"{_named(fault)} 的值不对（{message}）"
    if found := _COMMAND.search(message):
        near = found["near"]
        return f"没有这个命令：{found['name']}" + (f"，是不是 {near}" if near else "")
    if found := _EXTRA.search(message):
        return f"多出了参数：{found['names']}"
    return message


def _named(fault: Any) -> str:
    """The option or argument as it is typed, with what it is for."""
    parameter = fault.param
    if parameter is None:
        return str(fault.param_hint or "参数")
    what = getattr(parameter, "help", "") or ""
    options = [option for option in parameter.opts if option.startswith("-")]
    return f"{options[0]}（{what}）" if options else what or str(parameter.name)
