"""A process that sends messages and dies at a named point: what R2 kills.

    python -m tests.message_worker URL PORT        then a line `POINT SECONDS` for each run, answered by `killed` or `done`

Each run is a process of its own, forked when everything is imported; it kills itself with SIGKILL at its point: `before send`, `after send`,
`before mark` (all written, not committed), `after mark`; `never` ends well. SECONDS: what its clock says. The channel is the real one of WeCom.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.channels.bots import WecomChannel
from engine.model import ChannelSpec, Delivered, Message, Refused
from engine.notify import Policy, Terms
from engine.scheduler.messages import Outlet, Post
from engine.store import Batch, Store, open_store
from tests.conftest import KEYS
from tests.installation import shipped

POINTS = ("before send", "after send", "before mark", "after mark")
LEASE = timedelta(minutes=5)


def die() -> None:
    """At once: nothing is closed, nothing is told."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Dying:
    """A store and a channel of which one kills the process at the point."""

    point: str
    store: Store
    channel: WecomChannel
    sent: bool = False

    @property
    def spec(self) -> ChannelSpec:
        return self.channel.spec

    @property
    def limits(self) -> Any:
        return self.channel.limits

    def deliver(self, message: Message) -> Delivered | Refused:
        if self.point == "before send":
            die()
        answer = self.channel.deliver(message)
        self.sent = True
        if self.point == "after send":
            die()
        return answer

    @contextmanager
    def beside(self) -> Iterator[Batch]:
        marking = self.sent
        with self.store.beside() as tx:
            yield tx
            if marking and self.point == "before mark":
                die()
        if marking and self.point == "after mark":
            die()


def group(port: int) -> WecomChannel:
    """The channel, with what it trusts already read: that takes longest."""
    hosts = (f"localhost:{port}",)
    made = WecomChannel(ChannelSpec("群", f"http://localhost:{port}/send?key=geheim", "", hosts, ("localhost",)))
    assert made._door._tls
    return made


def run(url: str, channel: WecomChannel, point: str, now: datetime) -> None:
    """Send everything that is due."""
    store = open_store(url, KEYS)
    dying = Dying(point, store, channel)
    outlet = Outlet(dying, Terms("群", per_minute=10_000))
    Post(dying, lambda: now, [outlet], Policy.of(shipped(), "Asia/Shanghai"), lease=LEASE).run()  # type: ignore[arg-type]
    store.close()


def main(url: str, port: str) -> None:
    """A fork for each line."""
    shipped()
    channel = group(int(port))
    print("ready", flush=True)
    for line in sys.stdin:
        point, seconds = line.rsplit(" ", 1)
        child = os.fork()
        if not child:
            run(url, channel, point, datetime.fromtimestamp(int(seconds), UTC))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else f"done {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
