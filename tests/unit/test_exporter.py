"""The exporter: what it answers over real HTTP, and what it refuses."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.exporter import _PATIENCE, Exporter
from engine.errors import ConfigError, StoreError
from engine.model import Figure, Health, Sign

WELL = Sign("database", Health.OK, "读得到")
LATE = Sign("jobs", Health.DEGRADED, "拖延：poll:日报")
AWAY = Sign("database", Health.FAILING, "读不到")
FIGURES = [
    Figure("sanse_matters", "Dispatched matters.", 3, (("status", "open"), ("colour", "red"))),
    Figure("sanse_matters", "Dispatched matters.", 5, (("status", "open"), ("colour", "green"))),
    Figure("sanse_defects", "Defects filed.", 0),
    Figure("sanse_job_failures", "Failures since the last success.", 2, (("job", 'poll:"日报"\n'),)),
]


@contextmanager
def exporting(
    signs: Sequence[Sign] = (WELL,), figures: Callable[[], Sequence[Figure]] = lambda: FIGURES
) -> Iterator[str]:
    with closing(Exporter(("127.0.0.1", 0), lambda: signs, figures)) as exporter:
        yield f"http://127.0.0.1:{exporter.port}"


def metrics(base: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = httpx.get(f"{base}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


@pytest.mark.parametrize(
    ("signs", "status", "health"),
    [((WELL,), 200, "ok"), ((WELL, LATE), 200, "degraded"), ((LATE, AWAY), 503, "failing"), ((), 200, "ok")],
)
def test_health_is_that_of_the_worst_sign(signs: Sequence[Sign], status: int, health: str) -> None:
    with exporting(signs) as base:
        answer = httpx.get(f"{base}/health")
    assert (answer.status_code, answer.json()["health"]) == (status, health)
    assert answer.json()["signs"] == {sign.name: {"health": sign.health.word, "said": sign.said} for sign in signs}


def test_every_figure_and_every_sign_can_be_read_by_the_parser_of_prometheus() -> None:
    with exporting((WELL, LATE)) as base:
        found = metrics(base)
    assert found == {
        ("sanse_health", frozenset({("sign", "database")})): 0,
        ("sanse_health", frozenset({("sign", "jobs")})): 1,
        ("sanse_matters", frozenset({("status", "open"), ("colour", "red")})): 3,
        ("sanse_matters", frozenset({("status", "open"), ("colour", "green")})): 5,
        ("sanse_defects", frozenset()): 0,
        ("sanse_job_failures", frozenset({("job", 'poll:"日报"\n')})): 2,
    }


def test_when_the_database_is_away_the_signs_are_still_told() -> None:
    def away() -> Sequence[Figure]:
        raise StoreError("连不上")

    with exporting((AWAY,), away) as base:
        assert metrics(base) == {("sanse_health", frozenset({("sign", "database")})): 2}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/health?x", 404), ("POST", "/health", 501)],
)
def test_nothing_else_is_answered(method: str, path: str, status: int) -> None:
    with exporting() as base, httpx.Client() as client:
        assert client.send(client.build_request(method, base + path)).status_code == status
        assert client.get(f"{base}/health").json()["health"] == "ok"


def test_those_who_say_nothing_keep_nobody_waiting_and_are_sent_away() -> None:
    with exporting() as base, ExitStack() as stack:
        place = ("127.0.0.1", int(base.rsplit(":", 1)[1]))
        silent = [stack.enter_context(socket.create_connection(place, timeout=30)) for _ in range(40)]
        silent[0].send(b"GET /hea")
        began = time.monotonic()
        assert json.loads(httpx.get(f"{base}/health", timeout=30).text)["health"] == "ok"
        assert time.monotonic() - began < _PATIENCE
        assert silent[0].recv(1) == b""


def test_one_who_hangs_up_is_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    with exporting() as base:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", int(base.rsplit(":", 1)[1]))) as hasty:
                hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                hasty.send(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert httpx.get(f"{base}/health", timeout=30).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_a_head_has_the_status_and_no_body() -> None:
    with exporting((AWAY,)) as base:
        answer = httpx.head(f"{base}/health")
        assert (answer.status_code, answer.content) == (503, b"")
        assert int(answer.headers["content-length"]) == len(httpx.get(f"{base}/health").content)


def test_a_port_that_somebody_has_is_refused() -> None:
    with exporting() as base, pytest.raises(ConfigError, match="端口已经有人用") as refused:
        Exporter(("127.0.0.1", int(base.rsplit(":", 1)[1])), lambda: (), lambda: ())
    assert refused.value.where == "config.yaml: service.listen"


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="不是本机的地址"):
        Exporter(("192.0.2.1", 0), lambda: (), lambda: ())
