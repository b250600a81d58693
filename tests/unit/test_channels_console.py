"""The console takes everything; options of channels are read strictly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.channels.console import ConsoleChannel
from adapters.channels.options import seconds, text, texts
from engine.errors import ConfigError
from engine.model import ChannelSpec, Colour, Delivered, Line, Message

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)


def test_title_and_lines_are_written() -> None:
    written: list[str] = []
    lines = tuple(Line(f"SS{n}", Colour.RED, "升级", None, "", f"第{n}行") for n in (1, 2))
    made = ConsoleChannel(ChannelSpec("屏幕"), written.append)
    assert made.deliver(Message("k", NOW, "三色通知", lines)) == Delivered("已显示")
    assert written == ["三色通知\n第1行\n第2行"]


def test_it_has_no_options() -> None:
    with pytest.raises(ConfigError, match="没有这个选项：colour"):
        ConsoleChannel(ChannelSpec("屏幕", options={"colour": True}), print)


def test_options_of_another_kind_are_refused_by_name() -> None:
    spec = ChannelSpec("群", options={"a": 1, "b": ["x", 2], "c": True})
    for read, name in ((text, "a"), (texts, "b")):
        with pytest.raises(ConfigError) as refused:
            read(spec, name)
        assert refused.value.where == f"config.yaml: channels.群.options.{name}"
    for value in (True, 0, 61, "5"):
        with pytest.raises(ConfigError, match="1 到 60"):
            seconds(ChannelSpec("群", options={"t": value}), "t", 10)
    assert seconds(spec, "t", 10) == 10
