"""A ready folder: configuration, rules, keys, an empty database.

In: where, which clock. Out: files, never over files that are there. Not here: what `config.yaml` means (`engine.config`).
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from cli.options import CONFIG

_CONFIG = """# sanse 的配置。说明见 docs/config.md；不认识的键会被拒绝。
database:
  url: sqlite:///sanse.db
clock: {clock}
zone: Asia/Shanghai
rules: rules
keys:
  file: sanse.keys
# 来源：名称、渠道（kind）、读法（type: file、sql、http、open311）、位置。
sources: []
"""


def prepare(folder: Path, *, clock: str, at: datetime) -> list[str]:
    """Make the folder, its configuration last: where one stands everything does. Raises UsageError rather than touch one."""
    import secrets

    from engine.config import KeyMaterial, load_config, write_keys
    from engine.desk import create
    from engine.errors import UsageError
    from engine.ruleset import loader

    if clock not in ("real", "simulated"):
        raise UsageError(f"没有这种时钟：{clock}", hint="real 或 simulated")
    if (folder / CONFIG).exists() or (folder / "sanse.keys").exists():
        raise UsageError(f"{folder} 里已有配置或密钥", hint="换一个目录；升级数据库用 sanse db upgrade")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(loader.shipped(), folder / "rules", dirs_exist_ok=True)
    write_keys(folder / "sanse.keys", KeyMaterial(*(secrets.token_bytes(32) for _ in range(3))))
    fresh = folder / "config.yaml.new"
    fresh.write_text(_CONFIG.format(clock=clock), encoding="utf-8")
    create(load_config(fresh), at=at)
    fresh.replace(folder / CONFIG)
    return [str(CONFIG), "rules", "sanse.keys", "sanse.db"]
