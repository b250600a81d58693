"""The error family, by who must act.

In: nothing. Out: exceptions that carry what happened, where, why and what to do, in Chinese; the words for what pydantic refuses.
Not here: unusable records (they are `Rejected` values of `model`) and findings of a lint (they are `Fault` values).
"""

from __future__ import annotations

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
    """A whole source or file cannot be read; one bad row is never an exception."""


class StoreError(SanseError):
    """The database cannot be reached, is of another version, or holds something that must not be there."""


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
    "value_error": "{error}",
}


def shape_fault(found: Mapping[str, Any]) -> str:
    """What is wrong with one value, in Chinese: an error of pydantic's `errors()`."""
    text = _SHAPE_FAULTS.get(found["type"])
    if text is None:
        return (
            "应为另一种写法（文字、整数或列表）" if found["type"].endswith(("_type", "_parsing")) else str(found["msg"])
        )
    return text.format(**found.get("ctx", {})).replace(" or ", " 或 ")
