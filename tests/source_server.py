"""A real HTTP server on loopback for tests of sources, started and ended by the test.

In: a function from a request to an `Answer`. Out: its address, and the requests that came. Not here: what is tested.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from engine.model import SourceSpec


@dataclass(frozen=True)
class Request:
    """One request as the server saw it."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What the server says; `pieces` instead of `body` are sent one by one without a length."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] | None = None

    @property
    def data(self) -> bytes:
        """The body as bytes; anything but bytes is JSON."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass
class Site:
    """A running server; `asked` are the requests so far."""

    port: int
    asked: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of an interface there."""
        return f"http://localhost:{self.port}/api"

    def spec(self, *, kind: str = "hotline_12345", cursor: str = "", location: str = "", **options: Any) -> SourceSpec:
        """A feed that may reach this server."""
        options = {"private_hosts": ["localhost"], "timeout_seconds": 5, **options}
        hosts = (f"localhost:{self.port}",)
        return SourceSpec("gateway", kind, frozenset(), location or self.url, cursor, options, hosts)


@contextmanager
def site(answer: Callable[[Request], Answer]) -> Iterator[Site]:
    """A server that answers every GET with `answer`."""
    found = Site(0)

    class Handler(BaseHTTPRequestHandler):
        """Answers without a log."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            request = Request(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), dict(self.headers))
            found.asked.append(request)
            try:
                _send(self, answer(request))
            except OSError:  # the reader hung up, as many of these tests want
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.pieces is None:
        handler.send_header("Content-Length", str(len(answer.data)))
    handler.end_headers()
    for piece in [answer.data] if answer.pieces is None else answer.pieces:
        handler.wfile.write(piece)
        handler.wfile.flush()
