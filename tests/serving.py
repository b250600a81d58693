"""The service as a process: begun, listened to, stopped, killed.

In: an office, a command. Out: `Serving`, the running child. Not here: what is tested. Nothing waits for a time: it reads until the child has said what is
awaited, and a child that ends without saying it fails the test.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from tests.console import Console

ROOT = Path(__file__).resolve().parents[1]
ZONE = ZoneInfo("Asia/Shanghai")
HEADERS = ("接警单编号", "报警时间", "报警人", "报警电话", "警情地址", "警情类型", "报警内容")
_SIGNS = "柳石桥塘新铺青龙泉岭坪湾"
_START = [sys.executable, "-c", "import cli; cli.main()"]
Said = dict[str, Any]


@dataclass
class Serving:
    """A child that runs, and every JSON line it has said so far."""

    child: subprocess.Popen[bytes]
    said: list[Said] = field(default_factory=list)

    def until(self, awaited: Callable[[Said], object]) -> Said:
        """The next line for which it holds."""
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.said.append(orjson.loads(line))
            if awaited(self.said[-1]):
                return self.said[-1]
        raise AssertionError(f"ended with {self.child.wait()}: {self.said[-5:]}")

    def send(self, sign: signal.Signals) -> None:
        """A signal."""
        self.child.send_signal(sign)

    def end(self) -> int:
        """Its exit code, when it has ended by itself; all it still said is kept."""
        assert self.child.stdout is not None
        self.said += [orjson.loads(line) for line in self.child.stdout.read().splitlines()]
        return self.child.wait()


@contextmanager
def serving(console: Console, *arguments: object) -> Iterator[Serving]:
    """A command of the service in an office, killed afterwards if it still runs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **console.environment}
    child = subprocess.Popen(
        [*_START, *map(str, arguments), "--json"], cwd=console.folder, env=environment, stdout=subprocess.PIPE
    )
    try:
        yield Serving(child)
    finally:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def row(number: int, at: datetime, text: str) -> str:
    """A line of a 110 export about an invented caller of a village of his own."""
    cells = (
        f"A{number:04d}",
        f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
        "陈一一",
        f"1380000{number:04d}",
        f"云溪镇{_SIGNS[number % 12]}{_SIGNS[number // 12]}村1组",
        "纠纷",
        text,
    )
    return ",".join(cells)


def export(path: Path, numbers: range, at: datetime, text: str = "楼道堆放杂物影响通行，请协调处理") -> None:
    """A file of the records with these numbers, put in its place at once."""
    new = path.with_suffix(".new")
    lines = [",".join(HEADERS), *(row(number, at, text) for number in numbers)]
    new.write_text("\n".join(lines), encoding="utf-8")
    new.replace(path)


def configure(console: Console, **keys: str) -> None:
    """Keys of `config.yaml` put in place of those that are there, as YAML text."""
    path = console.folder / "config.yaml"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if line.split(":")[0] not in keys]
    path.write_text("\n".join([*kept, *(f"{key}: {value}" for key, value in keys.items())]), encoding="utf-8")


def real_now() -> datetime:
    """The host's time, which a running service goes by."""
    return datetime.now(UTC).replace(microsecond=0)


def days_ago(days: int) -> datetime:
    """A time before now."""
    return real_now() - timedelta(days=days)


FEED = "[{name: 日报, kind: police_110, location: 'in*.csv', every: 1s, options: {settle_seconds: 0}}]"
SERVICE: Mapping[str, str] = {"service": "{tick: 1s, lease: 3s}", "sources": FEED}
