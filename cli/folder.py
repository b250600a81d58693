"""A ready folder: configuration, rules, keys, an empty database.

In: where, which clock. Out: files, never over files that are there. Not here: what `config.yaml` means (`engine.config`).
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from cli.options import CONFIG

_CONFIG = """# sanse 的配置。相对路径从本文件所在的目录算起；不认识的键会被拒绝，全部错误一次列出。
database:
  url: sqlite:///sanse.db        # 或 postgresql+psycopg://用户@主机/库；口令不要写在这里，改用下一行
  # url_env: SANSE_DATABASE_URL  # 地址写在这个环境变量里
clock: {clock}                    # real；simulated 只用于演示和演练
zone: Asia/Shanghai
rules: rules
keys:
  file: sanse.keys               # 加密和审计的密钥，另存一份到别处
  # cipher: sm4                  # 默认 aes；建库前选定
# engine: trace                  # 不用 durable-rules 时
# batch_size: 1000               # 一个事务读入多少行

# 通知渠道。type：console、webhook、wecom、dingtalk、smtp、sms；带密钥的地址写在环境变量里。写好后 sanse notify test 渠道名 试发。例如：
# channels:
#   - {{name: 值班群, type: wecom, url_env: SANSE_WECOM_URL}}
channels: []

# 来源。name 名称；kind 渠道：police_110、hotline_12345、petition、message_board、walk_in、grid、mini_program、open311；
# type 读法：file、sql、http、open311；location 位置，或 location_env 写明哪个环境变量里有；every 由 sanse serve 每隔多久读一次。例如：
# sources:
#   - {{name: 警情日报, kind: police_110, type: file, location: exports/*.csv, every: 10m}}
#   - name: 热线
#     kind: hotline_12345
#     type: sql
#     location_env: HOTLINE_URL
#     options: {{query: "SELECT * FROM orders WHERE id > :cursor ORDER BY id", cursor_column: id, cursor_start: "0"}}
#   - name: 城市
#     kind: open311
#     type: open311
#     location: https://city.example/open311/v2/requests.json
#     allowed_hosts: [city.example]
sources: []

# 常驻服务 sanse serve。listen 在这个地址上应答 /health 和 /metrics；ping 定时向外面的值守服务报平安。例如：
# service:
#   listen: 127.0.0.1:9464
#   ping: {{url_env: SANSE_PING_URL, every: 5m, allowed_hosts: [ping.example]}}
# 备份和清除，写了 every 才由服务去做。例如：
# backup: {{folder: backups, every: 1d, keep: 60d}}
# retention: {{every: 7d}}
# 规则只有经两个人发布（sanse rules publish）才起作用，目录里的只是草稿；不写则目录里的就是生效的。例如：
# publish: {{required: true}}
# 通知里的链接。例如：
# notify: {{link: "https://board.example/m/{{code}}"}}
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
    index, seal, chain = (secrets.token_bytes(32) for _ in range(3))
    write_keys(folder / "sanse.keys", KeyMaterial(index, seal, chain))
    fresh = folder / "config.yaml.new"
    fresh.write_text(_CONFIG.format(clock=clock), encoding="utf-8")
    create(load_config(fresh), at=at)
    fresh.replace(folder / CONFIG)
    return [str(CONFIG), "rules", "sanse.keys", "sanse.db"]
