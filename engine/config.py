"""Where and how it runs: `config.yaml` and the key file of one installation.

In: a folder. Out: a checked `Config`, and the key material as bytes. Not here: what we believe (`rules/`), what happened (`store`),
building sources from their settings (the command line is the composition root).
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from engine.errors import ConfigError, shape_fault, yaml_fault
from engine.folders import keep_names
from engine.misshapen import every_fault, known_keys
from engine.model import duration
from engine.options import faults_of

FILE_NAME = "config.yaml"
_KEY_NAMES = ("index", "seal", "chain")
_KEY_BYTES = 32
_LAST_PORT = 65_535


_DURATION = re.compile(r"([1-9]\d{0,11})([smhd])", re.ASCII)
_LONGEST = timedelta(days=36_500)


def _duration(written: object) -> object:
    """`15s`, `10m`, `2h`, `1d`; raises ValueError for anything else."""
    if isinstance(written, timedelta):
        return written
    if not isinstance(written, str) or not _DURATION.fullmatch(written):
        raise ValueError(
            f"时长写法不对：{written}，写成整数加 s（秒）、m（分）、h（小时）或 d（天），如 15s、10m、2h、1d"
        )
    try:
        span = duration(written)
    except OverflowError:
        span = timedelta.max
    if span > _LONGEST:
        raise ValueError(f"时长太长：{written}，最多 {_LONGEST.days}d")
    return span


Duration = Annotated[timedelta, BeforeValidator(_duration)]

_LEAST_KEPT = {
    "raw": timedelta(days=30),
    "records": timedelta(days=366),
    "audit": timedelta(days=1095),
    "access": timedelta(days=183),
}


_WEB = ("http", "open311")
_LONGEST_TICK = timedelta(hours=1)
_SECRETS = ("password", "secret", "token", "credential", "access.key")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseConfig(_Strict):
    """The database: a URL, or the name of an environment variable that holds it."""

    url: str = "sqlite:///sanse.db"
    url_env: str = ""


class KeysConfig(_Strict):
    """The key file (outside the database), the cipher of sealed cells, and how old the sealing key may be before `doctor` says so."""

    file: str = "sanse.keys"
    cipher: Literal["aes", "sm4"] = "aes"
    rotate_after: Duration = timedelta(days=730)


class SourceConfig(_Strict):
    """One feed: its name, the kind that says what its columns mean, how it is read, and how often the service reads it."""

    name: str = Field(min_length=1)
    kind: str = Field(min_length=1)
    type: Literal["file", "sql", "http", "open311"] = "file"
    location: str = ""
    location_env: str = ""
    allowed_hosts: tuple[str, ...] = ()
    options: dict[str, Any] = Field(default_factory=dict)
    every: Duration | None = None

    @model_validator(mode="after")
    def _can_be_read(self) -> SourceConfig:
        """Refuse what would only show when the feed is read, which may be at night; files that have no turn may be named as they come."""
        wrong = faults_of(self.type, self.options)
        by_hand = self.type == "file" and self.every is None
        if not (self.location or self.location_env or by_hand):
            wrong.append("没有写 location，也没有 location_env：不知道从哪里读")
        if self.type in _WEB and not self.allowed_hosts:
            wrong.append(f"没有写 allowed_hosts：{self.type} 只连写明的主机，一个也没有写就读不了")
        if wrong:
            raise ValueError("；".join(wrong))
        return self


class PingConfig(_Strict):
    """A watchman outside that hears from the service every so often, and calls somebody when he does not: the address may be a secret."""

    url: str = Field(default="", pattern=r"^(|https?://[!-~]+)$")
    url_env: str = ""
    every: Duration = timedelta(minutes=5)
    allowed_hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _goes_somewhere(self) -> PingConfig:
        if not self.url and not self.url_env:
            raise ValueError("没有写地址：写 url，或用 url_env 写明在哪个环境变量里")
        return self


class ServiceConfig(_Strict):
    """The service: how often it looks whether something is due, how long a worker may keep what it has taken, who may see how it does."""

    tick: Duration = timedelta(seconds=15)
    lease: Duration = timedelta(minutes=5)
    listen: str = ""
    ping: PingConfig | None = None

    @model_validator(mode="after")
    def _goes_round(self) -> ServiceConfig:
        """Refuse a round so long that what is due waits for it, and a lease that lapses before the next one."""
        wrong = []
        if self.tick > _LONGEST_TICK:
            wrong.append("tick 太长，最多 1h：到期的要等下一轮才办")
        if self.lease <= self.tick:
            wrong.append("lease 要比 tick 长：否则手上的事还没办完，下一轮就当没人办，被别人再领走")
        if wrong:
            raise ValueError("；".join(wrong))
        return self

    @field_validator("listen")
    @classmethod
    def _listens(cls, listen: str) -> str:
        if listen:
            _address(listen)
        return listen

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to answer on; none where it does not."""
        return _address(self.listen) if self.listen else None


def _address(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9464` or `[::1]:9464`; raises ValueError."""
    host, _, port = listen.rpartition(":")
    try:
        found = str(ip_address(host.removeprefix("[").removesuffix("]"))), int(port)
    except ValueError:
        found = "", -1
    if not 0 <= found[1] <= _LAST_PORT:
        raise ValueError(f"地址写法不对：{listen}，写成 127.0.0.1:9464；只给本机看最稳妥")
    return found


class NotifyConfig(_Strict):
    """Messages: the address of a matter's page (`{code}` in it), and after how many refusals a message is given up."""

    link: str = Field(default="", pattern=r"^(|https?://[!-~]+)$")
    give_up_after: int = Field(default=8, ge=1, le=100, strict=True)

    @field_validator("link")
    @classmethod
    def _leads_to_a_matter(cls, link: str) -> str:
        """Refuse a link that is the same for every matter, or that asks for what nobody fills in."""
        try:
            fields = {name for _, name, _, _ in Formatter().parse(link) if name is not None}
        except ValueError:
            fields = set()
        if link and fields != {"code"}:
            raise ValueError("要有一个 {code}（填编号），别的大括号不能写，例如 https://board.example/m/{code}")
        return link


class ChannelConfig(_Strict):
    """One channel: how it sends, where (secrets by name of an environment variable), whom and what it serves, its caps."""

    name: str = Field(min_length=1)
    type: Literal["console", "webhook", "wecom", "dingtalk", "smtp", "sms"]
    url: str = ""
    url_env: str = ""
    secret_env: str = ""
    allowed_hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    colours: tuple[Literal["green", "yellow", "red"], ...] = Field(default=("green", "yellow", "red"), min_length=1)
    receivers: tuple[str, ...] = ()
    batch: Duration = timedelta(minutes=10)
    per_minute: int | None = Field(default=None, ge=1, le=10_000, strict=True)
    second: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class BackupConfig(_Strict):
    """Backups: the folder they are written to, how often the service writes one (never, unless it says so) and for how long it keeps
    its own, and how old the newest may be before `doctor` says so.
    """

    folder: str = "backups"
    every: Duration | None = None
    keep: Duration = timedelta(days=60)
    warn_after: Duration = timedelta(days=2)


class RetentionConfig(_Strict):
    """How long what tells of people is kept: raw rows, texts and digests of records, what people wrote about matters, notes of files read.

    Decisions and what belongs to them at least three years, notes of who read what at least six months (ruling 73); records at least as
    long as rules may look back (a window has 366 days at most), raw rows a month, while suppliers still correct. `every`: how often the
    service purges what is past its term; never, unless it says so.
    """

    every: Duration | None = None
    raw: Duration = timedelta(days=1095)
    records: Duration = timedelta(days=1825)
    audit: Duration = timedelta(days=1825)
    access: Duration = timedelta(days=365)

    @field_validator("raw", "records", "audit", "access")
    @classmethod
    def _least(cls, kept: timedelta, field: ValidationInfo) -> timedelta:
        least = _LEAST_KEPT[str(field.field_name)]
        if kept < least:
            raise ValueError(f"不得短于 {least.days}d")
        return kept


class BulkConfig(_Strict):
    """What judges history by columns: DuckDB in this process, or Spark, here or on a cluster (`master`), over a `folder` that all of it sees."""

    engine: Literal["duckdb", "pyspark"] = "duckdb"
    master: str = Field(default="local[*]", pattern=r"^(local(\[([1-9][0-9]*|\*)\])?|yarn|(spark|k8s)://[!-~]+)$")
    folder: str = ""
    options: dict[str, str] = Field(default_factory=dict)

    @field_validator("options")
    @classmethod
    def _named(cls, options: dict[str, str]) -> dict[str, str]:
        """Refuse what is no option of Spark's, what has a key of its own here, and secrets."""
        for name in options:
            if not name.startswith("spark.") or name == "spark.master":
                raise ValueError(f"不能写 {name}：这里只写 Spark 的选项（spark.…），主节点写在 master")
            if any(word in name.lower() for word in _SECRETS):
                raise ValueError(f"{name} 是密钥，不写在这里：写进 Spark 自己的 spark-defaults.conf（SPARK_CONF_DIR）")
        return options


class PublishConfig(_Strict):
    """How rules come into force. `required`: only by `sanse rules publish`, which needs a second person; else as they stand in their folder."""

    required: bool = False


class Config(_Strict):
    """A checked `config.yaml`; relative paths are below the folder it stands in."""

    database: DatabaseConfig = DatabaseConfig()
    clock: Literal["real", "simulated"] = "real"
    zone: str = "Asia/Shanghai"
    rules: str = "rules"
    keys: KeysConfig = KeysConfig()
    engine: Literal["durable", "trace"] = "durable"
    batch_size: int = Field(default=1000, ge=1, le=100_000, strict=True)
    sources: tuple[SourceConfig, ...] = ()
    service: ServiceConfig = ServiceConfig()
    notify: NotifyConfig = NotifyConfig()
    channels: tuple[ChannelConfig, ...] = ()
    backup: BackupConfig = BackupConfig()
    retention: RetentionConfig = RetentionConfig()
    bulk: BulkConfig = BulkConfig()
    publish: PublishConfig = PublishConfig()
    _folder: Path = PrivateAttr(default=Path())

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        """Refuse a zone nobody knows here, not in the middle of an ingest."""
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"没有这个时区：{zone}，例如 Asia/Shanghai") from None
        return zone

    @field_validator("sources")
    @classmethod
    def _sources(cls, sources: tuple[SourceConfig, ...]) -> tuple[SourceConfig, ...]:
        """Refuse two feeds of one name: one of them would never be read."""
        twice = [name for name, count in Counter(source.name for source in sources).items() if count > 1]
        if twice:
            raise ValueError(f"来源重名：{'、'.join(twice)}")
        return sources

    @field_validator("channels")
    @classmethod
    def _channels(cls, channels: tuple[ChannelConfig, ...]) -> tuple[ChannelConfig, ...]:
        """Refuse two channels of one name, and a second channel that is none, or that no red can go on to."""
        known = {channel.name: channel for channel in channels}
        twice = [name for name, count in Counter(channel.name for channel in channels).items() if count > 1]
        wrong = [f"渠道重名：{'、'.join(twice)}"] if twice else []
        wrong += [fault for channel in channels if (fault := _second_fault(channel, known))]
        if wrong:
            raise ValueError("；".join(wrong))
        return channels

    def at(self, folder: Path) -> Config:
        """The same, standing in a folder."""
        placed = self.model_copy()
        placed._folder = folder  # noqa: SLF001 -- its own copy
        return placed

    @property
    def folder(self) -> Path:
        """The folder that it stands in: no key of the file."""
        return self._folder

    @property
    def rules_folder(self) -> Path:
        """The folder of the rulebook."""
        return self.folder / self.rules

    @property
    def key_file(self) -> Path:
        """The key file; `SANSE_KEY_FILE` overrides the setting."""
        return (
            Path(os.environ.get("SANSE_KEY_FILE", ""))
            if os.environ.get("SANSE_KEY_FILE")
            else self.folder / self.keys.file
        )

    @property
    def bulk_folder(self) -> Path | None:
        """The folder that all of Spark sees; None is the system's own for temporary files."""
        return self.folder / self.bulk.folder if self.bulk.folder else None

    @property
    def database_url(self) -> str:
        """The database URL with its path made absolute; raises ConfigError when a named variable is not set."""
        url = self.database.url
        if self.database.url_env:
            url = from_environment(self.database.url_env, "database.url_env")
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith("sqlite:////") and url != "sqlite://":
            return prefix + str((self.folder / url.removeprefix(prefix)).resolve())
        return url


def _second_fault(channel: ChannelConfig, known: Mapping[str, ChannelConfig]) -> str:
    """What is wrong with where the red of a channel goes on to; a ring is told once, at the first of its names."""
    name, second = channel.name, channel.second
    if not second:
        return ""
    if second not in known or second == name:
        return f"渠道 {name} 的 second 应是另一个渠道的名称，没有 {second}"
    if "red" not in known[second].colours:
        return f"渠道 {name} 的 second 是 {second}，它的 colours 里没有 red：红色改走那里也没人收"
    seen = [name]
    while (following := known[seen[-1]].second) in known and following not in seen:
        seen.append(following)
    if following == name == min(seen):
        return f"渠道的 second 绕成了圈：{' → '.join([*seen, name])}；最后一个不写 second"
    return ""


def from_environment(variable: str, key: str) -> str:
    """What a variable holds that the configuration names at `key`; raises ConfigError when it is not set."""
    held = os.environ.get(variable, "")
    if not held:
        raise ConfigError(f"环境变量 {variable} 没有设置", where=f"config.yaml: {key}", hint="设置后再运行")
    return held


_SOUND = {"sources": {"kind": "-", "location": "-"}, "channels": {"type": "console"}}
"""The keys, but for its name, of a source and of a channel that have no fault."""


def load_config(path: Path) -> Config:
    """The configuration of a file; raises ConfigError naming every fault in it."""
    if not path.is_file():
        raise ConfigError(
            f"没有找到配置文件 {path}", hint="先运行 sanse init 目录，再在该目录里运行，或用 --config 指明 config.yaml"
        )
    loaded = _read_yaml(path)
    try:
        return Config.model_validate(loaded).at(path.parent.resolve())
    except ValidationError as fault:
        found = every_fault(Config, loaded, _SOUND)
        lines = "\n".join(f"  {'.'.join(map(str, one['loc']))}：{shape_fault(one)}{_near(one)}" for one in found)
        raise ConfigError(
            f"配置有误：\n{lines}", where=path.name, hint="照 sanse init 生成的 config.yaml 改正"
        ) from fault


def _near(found: Mapping[str, Any]) -> str:
    """The key that was meant, where one that nobody knows is like it."""
    if found["type"] != "extra_forbidden":
        return ""
    near = difflib.get_close_matches(str(found["loc"][-1]), known_keys(Config, found["loc"]), 1)
    return f"，是不是 {near[0]}" if near else ""


def _read_yaml(path: Path) -> Mapping[str, Any]:
    """The keys of a file; raises ConfigError when it is no YAML mapping."""
    try:
        loaded = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 0
        raise ConfigError(
            f"配置文件不是合格的 YAML：{yaml_fault(str(fault.problem or ''))}",
            where=f"{path.name}:{line}",
            hint="检查缩进和冒号",
        ) from fault
    except (UnicodeDecodeError, YAMLError) as fault:
        raise ConfigError("配置文件里有读不懂的字符", where=path.name, hint="另存为 UTF-8 文本后再试") from fault
    if not isinstance(loaded or {}, dict):
        raise ConfigError("配置文件应是“键: 值”的形式", where=path.name, hint="照 sanse init 生成的 config.yaml 改正")
    if not loaded:
        raise ConfigError(
            "配置文件是空的", where=path.name, hint="照 sanse init 生成的 config.yaml 写上 database 和 keys"
        )
    return dict(loaded)


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """Three independent keys of 32 bytes: person digests, sealed cells, audit chain.

    `generation` of the sealing key; `former`: sealing keys by generation that still open cells, while a rotation runs; `reasons`: of
    generations before, what opens reasons in the audit log, which nobody may seal anew.
    """

    index: bytes
    seal: bytes
    chain: bytes
    generation: int = 1
    former: tuple[tuple[int, bytes], ...] = ()
    reasons: tuple[tuple[int, bytes], ...] = ()


def read_keys(path: Path) -> KeyMaterial:
    """The key material of a file; raises ConfigError when it is missing, readable by others or malformed."""
    if not path.exists():
        raise ConfigError(
            f"没有找到密钥文件 {path.name}",
            hint="从备份恢复密钥文件；没有它，已加密的数据无法读取。新装请用 sanse init",
        )
    if not path.is_file():
        raise ConfigError(f"密钥文件 {path.name} 不是文件", hint="检查 keys.file")
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise ConfigError(f"密钥文件 {path.name} 可被其他用户读取", hint=f"运行 chmod 600 {path.name}")
    text = path.read_bytes().decode("ascii", errors="replace")
    pairs = dict(line.split("=", 1) for line in text.split() if "=" in line)
    try:
        index, seal, chain = (bytes.fromhex(pairs[name]) for name in _KEY_NAMES)
        former, reasons = _numbered(pairs, "former."), _numbered(pairs, "reasons.")
        material = KeyMaterial(index, seal, chain, int(pairs.get("generation", "1")), former, reasons)
    except (KeyError, ValueError) as fault:
        raise ConfigError(
            f"密钥文件 {path.name} 内容不完整", hint="应有 index、seal、chain 三行十六进制密钥"
        ) from fault
    keys = (material.index, material.seal, material.chain, *(key for _, key in material.former))
    if any(len(key) != _KEY_BYTES for key in keys):
        raise ConfigError(f"密钥文件 {path.name} 的密钥长度不对", hint="每个密钥 32 字节（64 个十六进制字符）")
    return material


def _numbered(pairs: Mapping[str, str], prefix: str) -> tuple[tuple[int, bytes], ...]:
    """Keys by generation; raises ValueError."""
    found = [(name, key) for name, key in pairs.items() if name.startswith(prefix)]
    return tuple(sorted((int(name.removeprefix(prefix)), bytes.fromhex(key)) for name, key in found))


def write_keys(path: Path, fresh: KeyMaterial) -> None:
    """A new key file, readable by its owner only, on disk when this returns; raises FileExistsError rather than overwrite one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{name}={getattr(fresh, name).hex()}\n" for name in _KEY_NAMES)
        if fresh.generation > 1:
            file.write(f"generation={fresh.generation}\n")
        for name in ("former", "reasons"):
            file.writelines(f"{name}.{generation}={key.hex()}\n" for generation, key in getattr(fresh, name))
        file.flush()
        os.fsync(file.fileno())


def replace_keys(path: Path, fresh: KeyMaterial) -> None:
    """Another content for a key file that is there: the old one or the new one stands in it, never half of either."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    write_keys(new, fresh)
    new.replace(path)
    keep_names(path.parent)
