"""What a feed's `options` in config.yaml say, read with a refusal that names the option.

In: a SourceSpec and the name of an option. Out: numbers, names, pairs of texts; raises SourceError for anything else.
Not here: the other keys of a feed (`engine.config` checks them).
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.listed import listed
from engine.errors import SourceError
from engine.model import SourceSpec

_MINUTE = 60


def whole_number(spec: SourceSpec, name: str, default: int) -> int:
    """An option that must be a whole number above zero."""
    value = spec.options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise wrong(spec, name, f"要写成大于 0 的整数，现在是 {value!r}")
    return value


def seconds(spec: SourceSpec, name: str) -> int:
    """An option that is a number of seconds, none to a minute; none where it is not given."""
    value = spec.options.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MINUTE:
        raise wrong(spec, name, f"要写成 0 到 {_MINUTE} 的整数，现在是 {value!r}")
    return value


def texts(spec: SourceSpec, name: str) -> tuple[str, ...]:
    """An option that is a list of texts; one text alone is a list of one."""
    found = listed(spec.options.get(name, ()))
    if found is None:
        raise wrong(spec, name, "要写成文字的列表")
    return found


def pairs(spec: SourceSpec, name: str) -> dict[str, str]:
    """An option that is a map of names to plain values, as texts."""
    value = spec.options.get(name, {})
    if not isinstance(value, Mapping) or not all(isinstance(item, (str, int)) for item in value.values()):
        raise wrong(spec, name, "要写成“名称: 值”")
    return {str(key): str(item) for key, item in value.items()}


def wrong(spec: SourceSpec, name: str, why: str) -> SourceError:
    """The refusal of an option."""
    return SourceError(f"来源 {spec.name} 的 {name} 写得不对：{why}", where="config.yaml", hint=f"改正 options.{name}")
