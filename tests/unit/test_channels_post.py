"""The door for messages against a real server: what arrives, and every way in which it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.channels.post import Answer, Door
from engine.errors import ConfigError
from engine.model import ChannelSpec, Refused
from tests.attacks.addresses import net
from tests.attacks.workbooks import listener
from tests.receivers import Receiver, Reply, authority, receiver

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)


def spec(place: Receiver, **options: object) -> ChannelSpec:
    hosts = (f"localhost:{place.port}",)
    return ChannelSpec("群", place.url, "", hosts, ("localhost",), {"timeout_seconds": 1, **options})


def post(place: Receiver, **options: object) -> Answer | Refused:
    return Door(spec(place, **options)).post(place.url, b"{}", key="k1", at=NOW, headers={"X-One": "1"})


def test_what_arrives_bears_its_key() -> None:
    with receiver() as place:
        assert post(place) == Answer(b'{"errcode": 0, "errmsg": "ok"}')
    (got,) = place.got
    assert (got.path, got.headers["X-One"], got.headers["Idempotency-Key"]) == ("/send?key=geheim", "1", "k1")


@pytest.mark.parametrize(
    ("reply", "again", "said"),
    [
        (Reply(500), True, "HTTP 500"),
        (Reply(503, headers={"Retry-After": "90"}), True, "HTTP 503"),
        (Reply(429), True, "HTTP 429"),
        (Reply(401), True, "HTTP 401"),
        (Reply(400), False, "HTTP 400"),
        (Reply(404), False, "HTTP 404"),
        (Reply(302, headers={"Location": "http://localhost:1/"}), False, "转址不跟随"),
        (Reply(pause=1.5), True, "没有按时回答"),
        (Reply(hang_up=True), True, "连接没有成功"),
        (Reply(body=b"x" * 70_000), True, "太长"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else None,
)
def test_what_is_not_taken_is_told_without_the_address(reply: Reply, again: bool, said: str) -> None:
    with receiver(lambda _: reply) as place:
        refused = post(place)
    assert isinstance(refused, Refused)
    assert refused.again is again
    assert said in refused.why
    assert "geheim" not in refused.why


def test_the_other_side_may_ask_for_time_but_not_for_ever() -> None:
    for asked, wait in (("90", timedelta(seconds=90)), ("999999", timedelta(hours=1))):
        with receiver(lambda _, asked=asked: Reply(503, headers={"Retry-After": asked})) as place:
            refused = post(place)
        assert isinstance(refused, Refused)
        assert refused.wait == wait


def test_an_answer_that_drips_comes_to_an_end() -> None:
    with receiver(lambda _: Reply(body=b"x" * 200, drip=True)) as place:
        refused = post(place)
    assert refused == Refused("对方迟迟没有答完")


def test_nobody_is_there() -> None:
    with receiver() as place:
        gone = place
    refused = post(gone)
    assert isinstance(refused, Refused)
    assert "连接没有成功" in refused.why
    assert "geheim" not in refused.why


class TestTrust:
    def test_an_authority_of_ones_own(self) -> None:
        with receiver(certificate=authority().localhost) as place:
            assert isinstance(post(place, ca_file=str(authority().root)), Answer)

    @pytest.mark.parametrize("which", ["unknown", "expired", "another_name"])
    def test_a_wrong_certificate_is_no_connection(self, which: str) -> None:
        with receiver(certificate=getattr(authority(), which)) as place:
            refused = post(place, ca_file=str(authority().root))
        assert refused == Refused("对方的证书不对，不能确认是它")
        assert place.got == []

    def test_without_naming_it_the_authority_is_not_trusted(self) -> None:
        with receiver(certificate=authority().localhost) as place:
            assert post(place) == Refused("对方的证书不对，不能确认是它")

    @pytest.mark.parametrize("file", ["nowhere.pem", "empty.pem"])
    def test_a_file_that_is_no_certificate_is_refused(self, tmp_path: Path, file: str) -> None:
        (tmp_path / "empty.pem").write_text("", encoding="utf-8")
        with receiver() as place, pytest.raises(ConfigError, match="ca_file"):
            post(place, ca_file=str(tmp_path / file))


class TestSealed:
    @pytest.mark.parametrize("private", [(), ("elsewhere.example",), ("board.example:81",)])
    def test_an_address_that_nothing_seals_is_refused_at_once(self, private: tuple[str, ...]) -> None:
        with pytest.raises(ConfigError, match="要用 https") as refused:
            Door(ChannelSpec("群", "http://board.example/hook", private_hosts=private))
        assert "channels.群" in refused.value.where

    @pytest.mark.parametrize("private", ["board.example", "board.example:80"])
    def test_inside_it_may_go_without(self, private: str) -> None:
        assert Door(ChannelSpec("群", "http://board.example/hook", private_hosts=(private,)))


class TestWhere:
    def test_the_connection_goes_to_the_address_that_was_checked(self) -> None:
        with listener() as (port, callers), net() as gone:
            door = Door(ChannelSpec("群", allowed_hosts=(f"rebind.example:{port}",)))
            door.post(f"https://rebind.example:{port}/", b"", key="k", at=NOW, headers={})
        assert list(callers) == []
        assert len(gone) == 1

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("http://127.0.0.1:{port}/", "不在 allowed_hosts"),
            ("http://localhost:{port}@127.0.0.1:{port}/", "不带账号"),
            ("https://inside.example/", "指向内网地址"),
            ("http://meta.example/", "外部接口必须用 https"),
            ("https://meta.example/", "本机管理地址"),
            ("file:///etc/passwd", "只接受"),
        ],
    )
    def test_only_hosts_that_are_named_and_only_inside_when_said_so(self, url: str, said: str) -> None:
        with listener() as (port, callers), net():
            hosts = (f"localhost:{port}", "inside.example", "meta.example")
            door = Door(ChannelSpec("群", allowed_hosts=hosts))
            refused = door.post(url.format(port=port), b"", key="k", at=NOW, headers={})
        assert isinstance(refused, Refused)
        assert said in refused.why
        assert list(callers) == []
