"""An end to answers that drip: the time-out of a single read never comes when a byte comes in time, again and again.

In: seconds, and what httpcore tells of a connection. Out: the connection is cut when the time is over, and `passed` says so.
Not here: the time-outs of connecting and of single reads (whoever opens them sets those).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any, Self

_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class Deadline:
    """A context for one request; `note` is its trace extension."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self.passed = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the connection; with TLS the second one told of is the one in use."""
        if event in _CONNECTED:
            self.hold(info["return_value"].get_extra_info("socket"))

    def hold(self, held: socket.socket) -> None:
        """The connection that is in use from now on."""
        self._socket = held

    def _cut(self) -> None:
        self.passed = True
        try:
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster
