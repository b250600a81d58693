"""The error family, by who must act.

In: nothing. Out: exceptions that carry what happened, where, why and what to do, in Chinese; the words for what pydantic and the system refuse.
Not here: unusable records (they are `Rejected` values of `model`) and findings of a lint (they are `Fault` values).
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any


class SanseError(Exception):
    """Base of everything sanse raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        where = f"（{self.where}）" if self.where else ""
        hint = f"\n  怎么办：{self.hint}" if self.hint else ""
        return f"{self.what}{where}{hint}"


class UsageError(SanseError):
    """The person at the command line must act: a wrong id, option or state."""

    exit_code = 2


class ConfigError(SanseError):
    """The administrator must act: `config.yaml` or the environment is wrong."""

    exit_code = 2


class RuleError(SanseError):
    """The analyst must act: `rules/` cannot be used; `faults` holds every fault found, never only the first."""

    exit_code = 2

    def __init__(self, what: str, *, faults: tuple[object, ...] = (), where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(str(fault) for fault in self.faults)])


class SourceError(SanseError):
    """A whole source or file is not what was asked for, or cannot be made sense of; one bad row is never an exception."""

    exit_code = 2


class Unreachable(SourceError):
    """A source cannot be got at: the machine, the network or a permission is in the way, not what was asked for."""

    exit_code = 3


class StoreError(SanseError):
    """The database cannot be reached, is of another version, or holds something that must not be there."""


class OtherKeys(StoreError):
    """The data are of another key file than this process holds: they were rotated meanwhile, or it is the wrong one."""


class DeliveryError(SanseError):
    """A channel did not take a message."""


_SHAPE_FAULTS = {
    "extra_forbidden": "没有这个键",
    "missing": "缺少这一项",
    "literal_error": "可用：{expected}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "string_pattern_mismatch": "写法不对，应符合 {pattern}",
    "string_too_short": "不能为空",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "string_type": "应为文字",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "dict_type": "应为“键: 值”",
    "model_type": "应为“键: 值”，下面各键各写一行",
    "int_from_float": "应为整数",
    "value_error": "{error}",
    "greater_than": "要大于 {gt}",
    "less_than": "要小于 {lt}",
}
_YAML_FAULTS = {
    "expected the node content": "该写值的地方没有值",
    "could not find expected ':'": "键后面缺冒号",
    "mapping values are not allowed": "这里不能再有冒号（文字里的冒号要加引号）",
    "found unexpected end of stream": "引号或括号没有配对",
    "found character '\\t'": "缩进用了制表符，要用空格",
    "found character": "这里有不能这样开头的字符（文字要加引号）",
    "expected <block end>": "缩进不对，或上一项没有写完",
    "expected ',' or": "括号没有配对，或两项之间缺逗号",
    "found undefined alias": "引用了没有的名称（& 和 * 不能用）",
    "found unknown escape character": "双引号里的反斜杠写法不对（改用单引号）",
    "unacceptable character": "有不能显示的控制字符",
    "special characters are not allowed": "有不能显示的控制字符",
    "expected alphabetic": "& 或 * 后面缺名称（文字要加引号）",
    "found duplicate": "同一个键写了两次",
}


_SYSTEM_FAULTS = {
    errno.EACCES: "没有权限",
    errno.EADDRINUSE: "端口已经有人用",
    errno.EADDRNOTAVAIL: "不是本机的地址",
    errno.EEXIST: "已有同名的文件",
    errno.EIO: "读写出错",
    errno.EISDIR: "这是目录",
    errno.ELOOP: "链接绕成了圈",
    errno.ENAMETOOLONG: "名字太长",
    errno.ENOENT: "没有找到",
    errno.ENOSPC: "磁盘满了",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EPERM: "没有权限",
    errno.EROFS: "只读",
}


def system_fault(fault: OSError) -> str:
    """Why the system refused something, in Chinese where it is a usual reason."""
    return _SYSTEM_FAULTS.get(fault.errno or 0, fault.strerror or type(fault).__name__)


def shape_fault(found: Mapping[str, Any]) -> str:
    """What is wrong with one value, in Chinese: an error of pydantic's `errors()`."""
    text = _SHAPE_FAULTS.get(found["type"])
    if text is None:
        return (
            "应为另一种写法（文字、整数或列表）"
            if found["type"].endswith(("_type", "_parsing"))
            else f"值不合要求（{found['msg']}）"
        )
    return text.format(**found.get("ctx", {})).replace(" or ", " 或 ")


def yaml_fault(said: str) -> str:
    """What a YAML reader stumbled over, in Chinese; its own words follow, for whoever looks them up."""
    chinese = next((words for begin, words in _YAML_FAULTS.items() if begin in said), "写法不对")
    return f"{chinese}（{said[:120]}）" if said else chinese
