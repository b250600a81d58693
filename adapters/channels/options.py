"""What the `options` of a channel in config.yaml say: every key known, every value of its kind.

In: a ChannelSpec. Out: texts, lists, numbers; raises ConfigError that names the option. Not here: the other keys of a channel (`engine.config`).
"""

from __future__ import annotations

from collections.abc import Collection

from adapters.listed import listed
from engine.errors import ConfigError
from engine.model import ChannelSpec

SHARED = ("ca_file", "timeout_seconds")
"""Options that every channel over the net has."""


def only(spec: ChannelSpec, known: Collection[str]) -> None:
    """Refuse an option that nobody reads."""
    strange = sorted(set(spec.options) - set(known))
    if strange:
        shown = "、".join(sorted(known)) or "没有选项"
        raise ConfigError(f"没有这个选项：{'、'.join(strange)}", where=_where(spec, ""), hint=f"可用：{shown}")


def text(spec: ChannelSpec, name: str, default: str = "") -> str:
    """An option that is a text."""
    value = spec.options.get(name, default)
    if not isinstance(value, str):
        raise wrong(spec, name, "要写成文字")
    return value


def texts(spec: ChannelSpec, name: str) -> tuple[str, ...]:
    """An option that is a list of texts; one text alone is a list of one."""
    found = listed(spec.options.get(name, ()))
    if found is None:
        raise wrong(spec, name, "要写成文字的列表")
    return found


def seconds(spec: ChannelSpec, name: str, default: int) -> int:
    """An option that is a number of seconds, one to a minute."""
    value = spec.options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 60:
        raise wrong(spec, name, "要写成 1 到 60 的整数")
    return value


def needed(spec: ChannelSpec) -> None:
    """Refuse a channel without an address."""
    if not spec.address:
        raise ConfigError(
            "没有写地址", where=f"config.yaml: channels.{spec.name}", hint="写 url，或用 url_env 写明在哪个环境变量里"
        )


def wrong(spec: ChannelSpec, name: str, why: str) -> ConfigError:
    """The refusal of an option."""
    return ConfigError(f"{name} {why}", where=_where(spec, name), hint="照配置说明的“渠道”一节改正")


def _where(spec: ChannelSpec, name: str) -> str:
    return f"config.yaml: channels.{spec.name}.options{f'.{name}' if name else ''}"
