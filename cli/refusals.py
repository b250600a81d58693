"""Refusals: what was typed wrong, said as an operator can read it.

In: a usage error of typer. Out: one Chinese sentence and what to do. Not here: errors of the engine, which are Chinese already.
"""

from __future__ import annotations

import re
from pathlib import Path
from traceback import extract_tb
from typing import Any

from engine.errors import system_fault

_COMMAND = re.compile(r"No such command '(?P<name>[^']*)'(?:\. Did you mean '(?P<near>[^']*)')?")
_FRAMES = 12
_VALUES = {
    r"(?P<value>\S+) is not in the range x>=(?P<low>-?\d+)": "{value} 太小，不能小于 {low}",
    r"(?P<value>\S+) is not in the range x<=(?P<high>-?\d+)": "{value} 太大，不能大于 {high}",
    r"(?P<value>\S+) is not in the range (?P<low>-?\d+)<=x<=(?P<high>-?\d+)": "{value} 不在 {low} 到 {high} 之间",
    r"'(?P<value>[^']*)' is not a valid (?:int|integer)": "“{value}”不是整数",
    r"'(?P<value>[^']*)' is not a valid (?:float|number)": "“{value}”不是数",
    r"'(?P<value>[^']*)' is not a valid boolean": "“{value}”不是 true 或 false",
    r"greater than or equal to (?P<low>-?\d+)": "太小，不能小于 {low}",
    r"less than or equal to (?P<high>-?\d+)": "太大，不能大于 {high}",
    r"greater than (?P<low>-?\d+)": "太小，要大于 {low}",
    r"valid integer": "要写整数",
    r"(?P<path>'[^']*') does not exist": "没有找到 {path}",
}
_EXTRA = re.compile(r"unexpected extra argument\S* \((?P<names>[^)]*)\)")


def refusal(fault: Any) -> str:
    """What is wrong with the command line, and where to read on."""
    path = getattr(getattr(fault, "ctx", None), "command_path", "sanse")
    return f"错误：{_said(fault)}\n  怎么办：用 {path} --help 查看用法"


def unusable(fault: OSError) -> str:
    """A file or folder that the system refuses, with what it says of it."""
    where = f"：{fault.filename}" if isinstance(fault.filename, str) else ""
    return f"错误：文件或目录用不了{where}（{system_fault(fault)}）\n  怎么办：检查路径、权限和磁盘；运行 sanse doctor 可以查看环境"


def unforeseen(fault: BaseException) -> str:
    """An error nobody foresaw: its kind and where it came up, never its message, for that may quote a record."""
    frames = [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(fault.__traceback__)]
    return "\n".join(
        [
            f"错误：程序内部出错（{type(fault).__name__}）；已经提交的批次都在，没有提交的没有写入",
            "  怎么办：重试一次；仍然出错时运行 sanse doctor，并把下面几行（不含来件内容）交给维护人员",
            *frames[-_FRAMES:],
        ]
    )


def _said(fault: Any) -> str:
    kind, message = type(fault).__name__, str(getattr(fault, "message", "") or fault)
    if kind == "MissingParameter":
        return f"缺少 {_named(fault)}"
    if kind == "NoSuchOption":
        near = "、".join(getattr(fault, "possibilities", None) or ())
        return f"没有这个选项：{fault.option_name}" + (f"，是不是 {near}" if near else "")
    if kind == "BadParameter":
        return f"{_named(fault)}的值不对：{_wrong_value(message)}"
    if found := _COMMAND.search(message):
        near = found["near"]
        return f"没有这个命令：{found['name']}" + (f"，是不是 {near}" if near else "")
    if found := _EXTRA.search(message):
        return f"多出了参数：{found['names']}"
    return message


def _wrong_value(message: str) -> str:
    """What typer says of a value, in Chinese; its own words follow where it is not known."""
    for pattern, words in _VALUES.items():
        if found := re.search(pattern, message):
            return words.format(**found.groupdict())
    return f"写法不对（{message}）"


def _named(fault: Any) -> str:
    """The option or argument as it is typed, with what it is for."""
    parameter = fault.param
    if parameter is None:
        return str(fault.param_hint or "参数")
    what = getattr(parameter, "help", "") or ""
    options = [option for option in parameter.opts if option.startswith("-")]
    return f"{options[0]}（{what}）" if options else what or str(parameter.name)
