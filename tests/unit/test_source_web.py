"""The door to HTTP against a real server: retries, waits, redirects, and answers that never end."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import SourceSpec
from tests.source_server import Answer, Request, Site, site


class Waits(list[float]):
    """Notes the pauses instead of making them."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def fetch(place: Site, path: str = "", waits: Waits | None = None, **options: Any) -> Any:
    door = JsonDoor(place.spec(**options), pause=Waits() if waits is None else waits)
    return door.get(place.url + path, {})


def refusal(place: Site, path: str = "", waits: Waits | None = None, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as refused:
        fetch(place, path, waits, **options)
    assert refused.value.where
    assert refused.value.hint
    return refused.value


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    turns = iter(answers)
    return lambda _: next(turns)


def test_an_answer_and_what_was_asked() -> None:
    with site(lambda _: Answer({"内容": "吵架"})) as place:
        door = JsonDoor(place.spec(headers={"Authorization": "Bearer geheim"}))
        assert door.get(place.url + "?app=1&size=5", {"size": "9", "page": "2"}) == {"内容": "吵架"}
        (asked,) = place.asked
    assert asked.query == {"app": "1", "size": "5", "page": "2"}
    assert asked.headers["Host"] == f"localhost:{place.port}"
    assert asked.headers["Authorization"] == "Bearer geheim"


def test_an_answer_in_gb18030() -> None:
    with site(lambda _: Answer('{"内容": "吵架"}'.encode("gb18030"))) as place:
        assert fetch(place) == {"内容": "吵架"}


def test_no_content_is_nothing() -> None:
    with site(lambda _: Answer(b"", 204)) as place:
        assert fetch(place) is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_fault_that_passes_is_tried_again(status: int) -> None:
    waits = Waits()
    with site(in_turn(Answer({}, status), Answer({}, status), Answer([1]))) as place:
        assert fetch(place, waits=waits) == [1]
        assert len(place.asked) == 3
    assert waits == [0.5, 2.0]


def test_a_fault_that_stays_is_told_after_four_tries() -> None:
    waits = Waits()
    with site(lambda _: Answer({}, 500)) as place:
        fault = refusal(place, "?token=geheim", waits)
        assert len(place.asked) == 4
    assert waits == [0.5, 2.0, 5.0]
    assert "HTTP 500" in fault.what
    assert "geheim" not in str(fault)


@pytest.mark.parametrize(
    ("status", "told"), [(401, "凭据"), (403, "没有权限"), (404, "没有这个接口"), (400, "HTTP 400")]
)
def test_a_refusal_is_not_tried_again(status: int, told: str) -> None:
    with site(lambda _: Answer({}, status)) as place:
        assert told in refusal(place).what
        assert len(place.asked) == 1


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0.5, 0.5),
        ("soon", 0.5, 0.5),
        ("-3", 0.5, 0.5),
        ("Mon, 04 Jan 2021 00:00:00 GMT", 0.5, 0.5),
        ("Fri, 01 Jan 2021 00:00:00", 0.5, 0.5),
    ],
)
def test_the_wait_that_is_asked_for_is_kept(asked: str, least: float, most: float) -> None:
    waits = Waits()
    with site(in_turn(Answer({}, 429, {"Retry-After": asked}), Answer([1]))) as place:
        assert fetch(place, waits=waits) == [1]
    assert least <= waits[0] <= most


def test_a_wait_until_a_moment_is_kept() -> None:
    waits = Waits()
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    with site(in_turn(Answer({}, 503, {"Retry-After": moment}), Answer([1]))) as place:
        assert fetch(place, waits=waits) == [1]
    assert 30 < waits[0] <= 40


@pytest.mark.parametrize("asked", ["3600", "9" * 400, "Fri, 01 Jan 2100 00:00:00 +0000"])
def test_a_wait_that_is_too_long_is_left_to_the_next_run(asked: str) -> None:
    waits = Waits()
    with site(lambda _: Answer({}, 503, {"Retry-After": asked})) as place:
        assert "要求等" in refusal(place, waits=waits).what
        assert len(place.asked) == 1
    assert waits == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/api", "http://169.254.169.254/latest?t=geheim", "https://evil.test/", "/api/other"],
)
def test_a_redirect_is_never_followed(status: int, target: str) -> None:
    with (
        site(lambda _: Answer([1])) as other,
        site(lambda _: Answer(b"", status, {"Location": target.format(port=other.port)})) as place,
    ):
        fault = refusal(place)
        assert len(place.asked) == 1
        assert other.asked == []
    assert "转址不跟随" in fault.what
    assert target.format(port=other.port).split("?")[0] in fault.what
    assert "geheim" not in fault.what


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/api", "http://169.254.169.254/", "https://evil.test/"])
def test_other_hosts_are_not_asked(url: str) -> None:
    with site(lambda _: Answer([1])) as place:
        door = JsonDoor(place.spec())
        with pytest.raises(SourceError, match="不在 allowed_hosts 里"):
            door.get(url.format(port=place.port), {})
        assert place.asked == []


def test_a_page_that_is_no_json_is_refused() -> None:
    page = Answer("<html>请登录</html>".encode(), headers={"Content-Type": "text/html"})
    with site(lambda _: page) as place:
        fault = refusal(place)
    assert "不是 JSON" in fault.what
    assert "登录" in fault.hint


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": 1', bytes(1000)])
def test_bodies_that_are_no_json_are_refused(body: bytes) -> None:
    with site(lambda _: Answer(body)) as place:
        assert "不是 JSON" in refusal(place).what


def test_json_with_another_content_type_is_read() -> None:
    with site(lambda _: Answer([1], headers={"Content-Type": "text/plain"})) as place:
        assert fetch(place) == [1]


def test_an_endless_body_is_cut_at_its_bound() -> None:
    begun = time.monotonic()
    with site(lambda _: Answer(pieces=itertools.repeat(b" " * 2**16))) as place:
        assert "超过 64 MB" in refusal(place).what
    assert time.monotonic() - begun < 30


def test_an_endless_body_of_a_fault_is_not_read() -> None:
    begun = time.monotonic()
    with site(lambda _: Answer(pieces=itertools.repeat(b" " * 2**16), status=404)) as place:
        assert "没有这个接口" in refusal(place).what
    assert time.monotonic() - begun < 10


def test_a_packed_answer_is_read_and_a_bomb_is_cut() -> None:
    packed = {"Content-Encoding": "gzip"}
    with site(lambda _: Answer(gzip.compress(b"[1]"), headers=packed)) as place:
        assert fetch(place) == [1]
    bomb = gzip.compress(bytes(200 * 2**20), 9)
    with site(lambda _: Answer(bomb, headers=packed)) as place:
        assert "超过 64 MB" in refusal(place).what


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_what_is_packed_twice_or_strangely_is_refused(encoding: str) -> None:
    body = gzip.compress(gzip.compress(b"[1]"))
    with site(lambda _: Answer(body, headers={"Content-Encoding": encoding})) as place:
        assert "压缩格式" in refusal(place).what


def test_a_body_that_is_not_what_its_encoding_says() -> None:
    with site(lambda _: Answer(b"no gzip", headers={"Content-Encoding": "gzip"})) as place:
        assert "接口没有给出数据" in refusal(place).what


def drip() -> Iterator[bytes]:
    while True:
        time.sleep(0.1)
        yield b" "


def test_a_body_that_drips_is_cut_at_its_time() -> None:
    begun = time.monotonic()
    with site(lambda _: Answer(pieces=drip())) as place:
        assert "1 秒还没有答完" in refusal(place, total_seconds=1).what
    assert time.monotonic() - begun < 10


@contextmanager
def raw(talk: Callable[[socket.socket], None]) -> Iterator[Site]:
    """A server that answers with whatever `talk` writes, not in HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                talk(connection)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield Site(listener.getsockname()[1])
    listener.close()


def test_headers_that_drip_are_cut_at_their_time() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(600):
            time.sleep(0.1)
            connection.sendall(b"X-A: b\r\n")

    begun = time.monotonic()
    with raw(talk) as place:
        assert "1 秒还没有答完" in refusal(place, total_seconds=1).what
    assert time.monotonic() - begun < 10


def test_a_server_that_says_nothing_is_given_up() -> None:
    begun = time.monotonic()
    with raw(lambda connection: time.sleep(30)) as place:
        assert "ReadTimeout" in refusal(place, timeout_seconds=1).what
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 200_000,
    ],
)
def test_what_is_no_http_is_told_after_four_tries(said: bytes) -> None:
    waits = Waits()
    with raw(lambda connection: connection.sendall(said)) as place:
        assert "接口没有给出数据" in refusal(place, waits=waits).what
    assert len(waits) == 3


def test_nobody_there() -> None:
    with raw(lambda _: None) as place:
        port = place.port
    assert "ConnectError" in refusal(Site(port)).what


def test_tls_is_checked() -> None:
    with site(lambda _: Answer([1])) as place:
        spec = place.spec(location=f"https://localhost:{place.port}/")
        with pytest.raises(SourceError, match="接口没有给出数据"):
            JsonDoor(spec, pause=Waits()).get(spec.location, {})
        assert place.asked == []


@pytest.mark.parametrize("path", ["/a\x00b", "/a\nb\x7f"])
def test_an_address_that_cannot_be_sent_is_refused(path: str) -> None:
    with site(lambda _: Answer([1])) as place:
        assert "地址写法不对" in refusal(place, path).what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("headers", {"X-名": "1"}),
        ("headers", {"X": "值"}),
        ("headers", ["X: 1"]),
        ("headers", {"X": {"a": 1}}),
        ("timeout_seconds", "30"),
        ("total_seconds", 0),
    ],
)
def test_options_that_are_wrong_are_named(name: str, value: object) -> None:
    with site(lambda _: Answer([1])) as place, pytest.raises(SourceError, match=f"{name} 写得不对") as refused:
        JsonDoor(place.spec(**{name: value}))
    assert refused.value.where == "config.yaml"
    assert refused.value.hint == f"改正 options.{name}"


@pytest.mark.parametrize("value", [{"a": 1}, 7, ["a", 1]])
def test_private_hosts_are_a_list_of_texts(value: object) -> None:
    with pytest.raises(SourceError, match="private_hosts 写得不对"):
        JsonDoor(SourceSpec("gateway", "sql", options={"private_hosts": value}))
