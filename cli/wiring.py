"""Wiring: configuration, clock and sources become an open desk.

In: the path of a configuration, options, the environment. Out: `Desk`, sources, the person who acts.
Not here: commands (`app`), what a source reads (`adapters.sources`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

from engine.config import FILE_NAME, Config, SourceConfig, from_environment, load_config
from engine.errors import ConfigError, SanseError, UsageError
from engine.model import Source, SourceSpec
from engine.options import FileOptions

_SETTLE = "settle_seconds"
_LARGEST_LIST = 64 * 1024 * 1024

if TYPE_CHECKING:
    from engine.desk import Desk, Person
    from engine.evaluate.comparisons import Thresholds
    from engine.ruleset.tree import Rulebook


def real_clock() -> datetime:
    """The host's time in UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 -- the one place that asks


def moment(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """A time that a person typed, local unless it says otherwise; raises UsageError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"时间写法不对：{text}", hint="写成 2025-03-01 或 2025-03-01T08:30:00") from None
    local = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).replace(microsecond=0)


@contextmanager
def desk_of(
    path: Path, now: str = "", *, steadfast: bool = False, bare: bool = False, lived: bool = False
) -> Iterator[Desk]:
    """The installation of a configuration, closed afterwards; `now` only for a database with a simulated clock (ruling 15).

    `steadfast`: with the rules that held last where those in force are faulty, which is told. `bare`: without any where there are no such rules
    either. `lived`: where no time is given, a simulated clock stands where it was left.
    """
    from cli.printing import warn
    from engine.desk import open_desk
    from engine.desk.opening import lived_until, simulated, stand_in

    config = load_config(path)
    fixed = moment(now, config.zone) if now else None
    with _naming(path):
        desk = open_desk(config, (lambda: fixed) if fixed else real_clock, steadfast=steadfast or bare, bare=bare)
        try:
            if told := stand_in(desk):
                warn(f"注意：{told}")
            if not fixed:
                left = lived_until(desk) if lived else None
                desk = replace(desk, clock=(lambda: left) if left else desk.store.clock(real_clock))
            elif not simulated(desk):
                raise UsageError("这个数据库用的是真实时钟，不接受 --now", hint="模拟时钟要在建库时写 clock: simulated")
            yield desk
        finally:
            desk.close()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Refusals that are about the configuration name the file that was given."""
    try:
        yield
    except SanseError as fault:
        fault.where = named(fault.where, path)
        raise


def named(where: str, path: Path) -> str:
    """A place in the configuration under the name of the file that was given, for there may be several of them side by side."""
    return path.name + where.removeprefix(FILE_NAME) if where.startswith(FILE_NAME) else where


def thresholds_of(text: str) -> Thresholds:
    """How thresholds are taken, as typed; raises UsageError for what is none of the ways."""
    from engine.evaluate.comparisons import Thresholds

    ways: dict[str, Thresholds] = {way: way for way in get_args(Thresholds)}
    if text not in ways:
        raise UsageError(f"不认识的阈值口径：{text}", hint=f"可用：{'、'.join(ways)}")
    return ways[text]


def person_of(desk: Desk, *, second: str = "") -> Person:
    """Who acts: `SANSE_ACTOR` with `SANSE_SECRET`, or asked for at a terminal; `second`: the name of the other person."""
    from engine.desk.opening import authenticate

    name = second or os.environ.get("SANSE_ACTOR") or _asked("姓名", hide=False)
    secret = os.environ.get("SANSE_SECOND_SECRET" if second else "SANSE_SECRET") or _asked(f"{name} 的口令", hide=True)
    if second:
        return authenticate(desk, name, secret, asked=f"--second {name} 和 SANSE_SECOND_SECRET")
    return authenticate(desk, name, secret)


def _asked(what: str, *, hide: bool) -> str:
    import sys

    import typer

    if not sys.stdin.isatty():
        raise UsageError(
            "这个命令要有人负责",
            hint="设置 SANSE_ACTOR 和 SANSE_SECRET（第二人用 SANSE_SECOND_SECRET），或在终端里运行",
        )
    return str(typer.prompt(what, hide_input=hide))


def source_of(
    feed: SourceConfig,
    *,
    known: frozenset[str],
    cursor: str = "",
    until: datetime | None = None,
    settled: bool = False,
) -> Source:
    """The source of a feed; raises ConfigError when a variable that it names is not set. `settled`: files still being written are left for later."""
    key = f"sources.{feed.name}.location_env"
    location = from_environment(feed.location_env, key) if feed.location_env else feed.location
    options: dict[str, Any] = dict(feed.options)
    if until is not None:
        options.setdefault("until", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
    options.pop(_SETTLE, None)
    if settled and feed.type == "file":
        options[_SETTLE] = FileOptions.model_validate(feed.options).settle_seconds
    spec = SourceSpec(feed.name, feed.kind, known, location, cursor, options, feed.allowed_hosts)
    return _READERS[feed.type](spec)


def _file(spec: SourceSpec) -> Source:
    from adapters.sources.files import FileSource

    return FileSource(spec)


def _sql(spec: SourceSpec) -> Source:
    from adapters.sources.database import DatabaseSource

    return DatabaseSource(spec)


def _http(spec: SourceSpec) -> Source:
    from adapters.sources.http_json import HttpJsonSource

    return HttpJsonSource(spec)


def _open311(spec: SourceSpec) -> Source:
    from adapters.sources.open311 import Open311Source

    return Open311Source(spec)


_READERS: Mapping[str, Callable[[SourceSpec], Source]] = {
    "file": _file,
    "sql": _sql,
    "http": _http,
    "open311": _open311,
}


def feed_of(config: Config | None, name: str, file: Path | None, mappings: Mapping[str, Any]) -> SourceConfig:
    """The feed that a name means: a configured one, or a kind whose file is given; raises UsageError listing what there is."""
    feeds = {feed.name: feed for feed in config.sources} if config else {}
    kinds = sorted(kind for kind in mappings if kind != "common")
    if name in feeds:
        feed = feeds[name]
        if feed.kind not in kinds:
            where, hint = f"config.yaml: sources.{name}.kind", f"可用：{'、'.join(kinds)}"
            raise ConfigError(f"没有这个渠道：{feed.kind}", where=where, hint=hint)
        if file:
            return feed.model_copy(update={"type": "file", "location": str(file), "location_env": ""})
        return _below(feed, config.folder) if config else feed
    if name in kinds and file:
        return SourceConfig(name=name, kind=name, location=str(file))
    known = "、".join([*feeds, *kinds])
    raise UsageError(f"没有这个来源：{name or '（未写）'}", hint=f"可用：{known}；渠道名要和 --file 一起用")


def _below(feed: SourceConfig, folder: Path) -> SourceConfig:
    """A feed whose relative file is one below the folder of the configuration, wherever the command is run."""
    if feed.type != "file" or not feed.location:
        return feed
    return feed.model_copy(update={"location": str(folder / feed.location)})


def lines_of(path: Path | None) -> list[str]:
    """The lines of a text file that say something; raises UsageError when it cannot be read."""
    if path is None:
        return []
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_LIST:
            raise UsageError(f"文件读不了：{path}", hint="检查路径；应是不超过 64 MB 的 UTF-8 文本文件")
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as fault:
        raise UsageError(f"文件读不了：{path}", hint="文件应为 UTF-8 文本") from fault


def rulebook_of(folder: Path | None) -> Rulebook:
    """The rulebook of a folder, or the shipped one; raises RuleError with every fault."""
    from engine.ruleset import loader

    return loader.load(loader.read_folder(folder or loader.shipped()))
