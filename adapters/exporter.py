"""Exporter: health and figures of the service over HTTP, for a watchman of the deployer's own: `/health` and `/metrics`, GET and HEAD only.

In: an address to listen on, two functions that say how it stands. Out: answers. Not here: what is well and what is counted (the
functions). No record or person is in what they say, and nothing that is sent here is read beyond its first line and headers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socket import AF_INET, AF_INET6
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from engine.errors import ConfigError, SanseError, system_fault
from engine.model import Figure, Health, Sign, worst

_PATIENCE = 5
"""Seconds that one caller may say nothing."""
_WHERE = "config.yaml: service.listen"


class Exporter:
    """Listens from when it is made until it is closed; raises ConfigError for a host and port that cannot be had."""

    def __init__(
        self, address: tuple[str, int], signs: Callable[[], Sequence[Sign]], figures: Callable[[], Iterable[Figure]]
    ) -> None:
        host, port = address
        handler = type("_Handler", (_Handler,), {"signs": staticmethod(signs), "figures": staticmethod(figures)})
        family = AF_INET6 if ":" in host else AF_INET
        server = type("_Server", (_Server,), {"address_family": family})
        try:
            self._server: _Server = server((host, port), handler)
        except OSError as fault:
            raise ConfigError(
                f"不能在 {host} 的 {port} 端口上应答（{system_fault(fault)}）",
                where=_WHERE,
                hint="换一个没有人用的端口，地址要是本机的",
            ) from fault
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, name="exporter", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    """A thread for each caller, so that one who says nothing keeps nobody waiting; one who hangs up is no news."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Nothing: whatever went wrong, the caller has no answer, and sees it."""


class _Handler(BaseHTTPRequestHandler):
    """One answer."""

    signs: Callable[[], Sequence[Sign]]
    figures: Callable[[], Iterable[Figure]]
    timeout = _PATIENCE
    server_version, sys_version = "sanse", ""

    def do_HEAD(self) -> None:
        """The same without a body: what some watchmen ask."""
        self.do_GET()

    def do_GET(self) -> None:
        """`/health` or `/metrics`; 404 for anything else."""
        if self.path == "/health":
            self._answer(*_health(self.signs()), "application/json; charset=utf-8")
        elif self.path == "/metrics":
            self._answer(*_metrics(self.signs(), self.figures), CONTENT_TYPE_LATEST)
        else:
            self._answer(404, b"", "text/plain")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: whoever looks every few seconds would fill the log."""


def _health(signs: Sequence[Sign]) -> tuple[int, bytes]:
    """200 while it works, also with something to see to; 503 when it does not."""
    health = worst(signs)
    told = {
        "health": health.word,
        "signs": {sign.name: {"health": sign.health.word, "said": sign.said} for sign in signs},
    }
    return 503 if health is Health.FAILING else 200, json.dumps(told, ensure_ascii=False).encode()


def _metrics(signs: Sequence[Sign], figures: Callable[[], Iterable[Figure]]) -> tuple[int, bytes]:
    """All figures; the signs alone, with 200, when the figures cannot be had: that is when they are needed most."""
    registry, told = CollectorRegistry(), list(_as_figures(signs))
    with suppress(SanseError, OSError):
        told = [*told, *figures()]
    registry.register(_Collector(told))
    return 200, generate_latest(registry)


def _as_figures(signs: Sequence[Sign]) -> Iterator[Figure]:
    for sign in signs:
        meaning = "How well it does: 0 as it should, 1 with something to see to, 2 not at all."
        yield Figure("sanse_health", meaning, sign.health, (("sign", sign.name),))


class _Collector:
    """Figures as the client library wants them: each name once, with all its labels."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A family for each name."""
        families: dict[str, GaugeMetricFamily] = {}
        for figure in self._figures:
            names = [name for name, _ in figure.labels]
            family = families.setdefault(figure.name, GaugeMetricFamily(figure.name, figure.meaning, labels=names))
            family.add_metric([value for _, value in figure.labels], figure.value)
        yield from families.values()
