"""Every fault of a configuration is told in one go, each once, whatever others stand beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.config import Config, load_config
from engine.errors import ConfigError

SOUND = """\
database: {url: 'sqlite:///sanse.db'}
service: {tick: 15s, lease: 5m, listen: '127.0.0.1:9464', ping: {url: 'https://watch.example/a'}}
sources:
- {name: a, kind: x, location: a.csv, every: 10m}
- {name: b, kind: x, location: b.csv, every: 10m}
- {name: c, kind: x, type: http, location: 'https://feed.example/c', allowed_hosts: [feed.example]}
channels:
- {name: 群, type: console, second: 短信}
- {name: 短信, type: console}
- {name: 邮件, type: console}
"""

FAULTS: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "unknown key": (("clocks",), "real", "clocks：没有这个键"),
    "zone": (("zone",), "Asia/Nowhere", "zone：没有这个时区"),
    "unknown key of a section": (("database", "link"), "x", "database.link：没有这个键"),
    "type of a section": (("retention",), 3, "retention：应为"),
    "tick and lease": (("service", "tick"), "2h", "service：tick 太长，最多 1h：到期的要等下一轮才办；lease 要比 tick 长"),
    "listen": (("service", "listen"), "everywhere", "service.listen：地址写法不对"),
    "no address of the watchman": (("service", "ping", "url"), "", "service.ping：没有写地址"),
    "unknown key of the watchman": (("service", "ping", "evry"), "5m", "service.ping.evry：没有这个键"),
    "one name twice": (("sources", 1, "name"), "a", "sources：来源重名：a"),
    "unknown key of a source": (("sources", 0, "evry"), "5m", "sources.0.evry：没有这个键"),
    "duration of a source": (("sources", 1, "every"), "soon", "sources.1.every：时长写法不对"),
    "no place": (("sources", 0, "location"), "", "sources.0：没有写 location"),
    "options of a source": (("sources", 1, "options"), {"settle": 1}, "sources.1：options.settle：没有这个键"),
    "no host": (("sources", 2, "allowed_hosts"), [], "sources.2：没有写 allowed_hosts"),
    "a second that is none": (("channels", 0, "second"), "喇叭", "channels：渠道 群 的 second 应是另一个渠道的名称"),
    "colours of a second": (("channels", 1, "colours"), ["green"], "channels：渠道 群 的 second 是 短信"),
    "colour of a channel": (("channels", 2, "colours"), ["pink"], "channels.2.colours"),
    "cap of a channel": (("channels", 2, "per_minute"), 0, "channels.2.per_minute：不能小于 1"),
}  # fmt: skip
TOGETHER = {"a second that is none": "colours of a second"}
"""Where the first is planted, the other is none."""


def told(folder: Path, document: dict[str, Any]) -> list[str]:
    """The lines of what is refused; none where nothing is."""
    path = folder / "config.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(document, file)
    try:
        load_config(path)
    except ConfigError as fault:
        return [line.strip() for line in fault.what.splitlines()[1:]]
    return []


def planted(names: list[str]) -> dict[str, Any]:
    document = YAML(typ="safe", pure=True).load(SOUND)
    for name in names:
        path, value, _ = FAULTS[name]
        held = document
        for part in path[:-1]:
            held = held[part]
        held[path[-1]] = value
    return document


def test_the_sound_one_has_no_fault(tmp_path: Path) -> None:
    assert told(tmp_path, planted([])) == []


@settings(deadline=None, max_examples=150)
@given(names=st.lists(st.sampled_from(sorted(FAULTS)), unique=True, min_size=1))
def test_every_planted_fault_is_told_once_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    wanted = [FAULTS[name][2] for name in names if not any(name == TOGETHER.get(other) for other in names)]
    said = told(tmp_path_factory.mktemp("config"), planted(names))
    text = "\n".join(said).replace("；渠道", "\nchannels：渠道")
    assert all(text.count(each) == 1 for each in wanted), (wanted, said)
    assert len(text.splitlines()) == len(wanted)


@pytest.mark.parametrize(
    ("sources", "lines"),
    [
        ([{"nmae": "c"}], 3),
        ([{"name": "a", "kind": "x", "type": "fax", "options": {"query": "y"}}], 1),
        ([{"name": 3, "kind": "x", "location": "f"}], 1),
        ([{"name": "", "kind": "", "every": 5}], 3),
        (["a", 3, None], 3),
        ({"name": "a"}, 1),
    ],
)
def test_what_is_wrong_is_told_once_and_nothing_that_follows_from_it(tmp_path: Path, sources: Any, lines: int) -> None:
    assert len(told(tmp_path, {"sources": sources})) == lines


@pytest.mark.parametrize(
    "broken",
    [
        {"service": {"lease": "soon", "tick": "10m"}},
        {"service": {"tick": 3}},
        {"bulk": {"options": {"spark.master": "x"}}},
        {"channels": [{"name": "a", "type": "console", "second": 4}]},
    ],
)
def test_what_cannot_be_read_is_not_compared_with_anything(tmp_path: Path, broken: dict[str, Any]) -> None:
    assert len(told(tmp_path, broken)) == 1


def test_what_is_required_of_an_entry_can_be_put_in(tmp_path: Path) -> None:
    for section in ("sources", "channels"):
        model = Config.model_fields[section].annotation.__args__[0]  # type: ignore[union-attr]
        needed = [name for name, field in model.model_fields.items() if field.is_required()]
        assert len(told(tmp_path, {section: [{}]})) == len(needed)
