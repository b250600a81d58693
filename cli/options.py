"""Options that many commands share, with their help.

In: nothing. Out: annotated types. Not here: what they do (`wiring`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigPath = Annotated[
    Path, typer.Option("--config", help="配置文件；默认用当前目录的 config.yaml", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON（列表为每行一个）")]
Now = Annotated[str, typer.Option("--now", help="只用于模拟时钟的数据库：当作现在的时间", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="理由，记入审计日志", show_default=False)]
Reference = Annotated[str, typer.Argument(help="事项编号（含合并前的旧编号）、事项 id 或来件 id", show_default=False)]
Anchors = Annotated[Path | None, typer.Option("--anchors", help="另存的锚点文件，每行一个", show_default=False)]
CONFIG = Path("config.yaml")
