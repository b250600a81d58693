"""Robots of WeCom and DingTalk against a server that answers as theirs do."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.channels.bots import DingtalkChannel, WecomChannel, signed
from engine.errors import ConfigError
from engine.model import ChannelSpec, Colour, Delivered, Line, Message, Refused
from tests.receivers import Posted, Receiver, Reply, receiver

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
MESSAGE = Message(
    "k1", NOW, "三色通知", (Line("SS2025-000001", Colour.RED, "升级", None, "", "【红】SS2025-000001 升级"),)
)
SECRET = "SEC000"


def spec(place: Receiver, secret: str = "", **options: Any) -> ChannelSpec:
    return ChannelSpec("群", place.url, secret, (f"localhost:{place.port}",), ("localhost",), options)


def test_a_text_for_each() -> None:
    with receiver() as place:
        assert WecomChannel(spec(place)).deliver(MESSAGE) == Delivered("errcode 0")
        assert DingtalkChannel(spec(place)).deliver(MESSAGE) == Delivered("errcode 0")
    for got in place.got:
        assert got.json == {"msgtype": "text", "text": {"content": "三色通知\n【红】SS2025-000001 升级"}}
        assert got.headers["Content-Type"].startswith("application/json")
    assert place.keys == ["k1", "k1"]


def test_dingtalk_checks_the_signature_as_its_maker_describes() -> None:
    def check(posted: Posted) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(posted.path).query).items()}
        text = f"{query.get('timestamp')}\n{SECRET}".encode()
        wanted = base64.b64encode(hmac.new(SECRET.encode(), text, "sha256").digest()).decode()
        well = query.get("sign") == wanted and query["key"] == "geheim"
        return Reply(body={"errcode": 0 if well else 310000, "errmsg": "sign not match"})

    with receiver(check) as place:
        assert DingtalkChannel(spec(place, SECRET)).deliver(MESSAGE) == Delivered("errcode 0")
        refused = DingtalkChannel(spec(place, "another")).deliver(MESSAGE)
    assert isinstance(refused, Refused)
    assert not refused.again
    assert "加签" in refused.why
    assert "310000" in refused.why


@pytest.mark.parametrize(
    ("kind", "code", "again", "wait"),
    [
        (WecomChannel, 45009, True, timedelta(minutes=1)),
        (WecomChannel, -1, True, timedelta(minutes=1)),
        (WecomChannel, 93000, False, timedelta(0)),
        (WecomChannel, 99999, True, timedelta(0)),
        (DingtalkChannel, 130101, True, timedelta(minutes=10)),
        (DingtalkChannel, 300001, False, timedelta(0)),
        (DingtalkChannel, 99999, True, timedelta(0)),
    ],
)
def test_what_an_errcode_means(
    kind: type[WecomChannel | DingtalkChannel], code: int, again: bool, wait: timedelta
) -> None:
    with receiver(lambda _: Reply(body={"errcode": code, "errmsg": "x"})) as place:
        refused = kind(spec(place)).deliver(MESSAGE)
    assert isinstance(refused, Refused)
    assert (refused.again, refused.wait) == (again, wait)
    assert str(code) in refused.why


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[0]", {"ok": True}, {"errcode": "0"}, {"errcode": False}])
def test_an_answer_that_is_none_of_a_robot_is_no_success(body: Any) -> None:
    with receiver(lambda _: Reply(body=body)) as place:
        refused = WecomChannel(spec(place)).deliver(MESSAGE)
    assert isinstance(refused, Refused)


@pytest.mark.parametrize("status", [500, 200])
def test_a_fault_of_the_server_is_told(status: int) -> None:
    with receiver(lambda _: Reply(status, hang_up=status == 200)) as place:
        assert isinstance(WecomChannel(spec(place)).deliver(MESSAGE), Refused)


def test_an_address_without_a_query_gets_one() -> None:
    assert signed("https://a.example/send", SECRET, 1).startswith("https://a.example/send?timestamp=1&sign=")
    assert signed("https://a.example/send", "", 1) == "https://a.example/send"


@pytest.mark.parametrize("kind", [WecomChannel, DingtalkChannel])
def test_no_address_and_unknown_options_are_refused(kind: type[WecomChannel | DingtalkChannel]) -> None:
    with pytest.raises(ConfigError, match="没有写地址"):
        kind(ChannelSpec("群"))
    with pytest.raises(ConfigError, match="没有这个选项：markdown"):
        kind(ChannelSpec("群", "https://a.example/", options={"markdown": True}))


def test_no_secret_shows_when_a_channel_is_printed() -> None:
    assert "geheim" not in repr(ChannelSpec("群", "https://a.example/?key=geheim", "geheim"))
