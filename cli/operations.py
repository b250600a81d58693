"""Operations: a ready folder, a township's year, is everything well.

In: a folder. Out: files, a database, a summary people can use. Not here: the year itself (`adapters.township`), the checks (`engine.desk.health`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath

if TYPE_CHECKING:
    from engine.config import Config
    from engine.desk.health import Check


def init(
    folder: Annotated[Path, typer.Argument(help="新目录", show_default=False)],
    clock: Annotated[str, typer.Option("--clock", help="real 或 simulated（只用于演示和演练）")] = "real",
    as_json: AsJson = False,
) -> None:
    """建一个可用的目录：配置、规则、密钥、空数据库。"""
    from cli.folder import prepare
    from cli.printing import line, say
    from cli.wiring import real_clock

    made = prepare(folder, clock=clock, at=real_clock())
    if as_json:
        line({"dir": str(folder), "files": made})
        return
    say(f"已建好 {folder}：{'、'.join(made)}")
    say("请把密钥文件 sanse.keys 另存一份到别处：没有它，加密的数据无法读取。")
    say(f"下一步：cd {folder}；sanse people add 姓名 --role admin；sanse ingest --file 导出文件 --source police_110")


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="放在哪个目录")] = Path("demo"),
    seed: Annotated[int, typer.Option("--seed", help="换一个数，换一年")] = 7,
    records: Annotated[int, typer.Option("--records", help="大约多少件", min=200)] = 20_000,
    as_json: AsJson = False,
) -> None:
    """一个虚构乡镇的一年：生成导出文件，全部读入、研判、派单，给出汇总。"""
    from cli.demo import live_a_year

    live_a_year(folder, seed=seed, records=records, as_json=as_json)


def doctor(config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """看看哪里不对、怎么办；有问题则退出码为 1。"""
    import platform
    import sys

    from cli.printing import line, say
    from cli.wiring import real_clock
    from engine.desk.health import Check, examined
    from engine.desk.upkeep import upkeep

    supported = (3, 11) <= sys.version_info[:2] <= (3, 12)
    settings, written = _settings(config)
    free = shutil.disk_usage(settings.folder).free // 2**20 if settings.folder.is_dir() else 0
    found = [
        Check("Python", supported, platform.python_version(), "" if supported else "请用 3.11 或 3.12"),
        written,
        Check("磁盘", free > _LEAST_FREE_MIB, f"剩余 {free} MiB", "" if free > _LEAST_FREE_MIB else "请腾出空间"),
        *_channels(settings),
        *(check for check in examined(settings, real_clock, upkeep) if written.well or check.what not in _CONFIGURED),
    ]
    for check in found:
        if as_json:
            line(check)
        else:
            say(
                f"{'✓' if check.well else '✗'} {check.what}：{check.found}"
                + (f"  →  {check.hint}" if check.hint else "")
            )
    if not all(check.well for check in found):
        raise typer.Exit(1)


def _channels(settings: Config) -> Iterator[Check]:
    """Whether every channel can be built, as the service does at its start, with the addresses and secrets of the environment."""
    from cli.channels import channel_of
    from engine.desk.health import Check
    from engine.errors import ConfigError

    for channel in settings.channels:
        try:
            channel_of(channel)
        except ConfigError as fault:
            hint = "改好之前服务起不来；服务的环境变量写在别处的（EnvironmentFile），带着它运行 doctor"
            yield Check("渠道", False, f"{channel.name}：{fault.what}（{fault.where}）", hint)


def _settings(path: Path) -> tuple[Config, Check]:
    """The configuration and how it is; where it is broken, what it would be without a word in it, so that the rest can be looked at."""
    from engine.config import Config, load_config
    from engine.desk.health import Check, trouble
    from engine.errors import SanseError

    try:
        return load_config(path), Check("配置", True, path.name)
    except (SanseError, OSError) as fault:
        told = trouble("配置", fault)
        instead = Check("配置", False, f"{told.found}；下面按默认的位置查看", told.hint)
        return Config().at(path.parent.resolve()), instead


_LEAST_FREE_MIB = 500
_CONFIGURED = ("来源", "通知", "备份")
"""What cannot be said of a configuration that nobody can read."""
