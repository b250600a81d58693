"""The webhook against a real server: what it gets, and that it can check who sent it and when."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from adapters.channels.webhook import WebhookChannel
from engine.errors import ConfigError
from engine.model import ChannelSpec, Colour, Delivered, Line, Message, Refused
from tests.receivers import Receiver, Reply, receiver

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
LINE = Line("SS2025-000001", Colour.RED, "升级", NOW + timedelta(hours=1), "", "【红】SS2025-000001 升级")
MESSAGE = Message("k1", NOW, "三色通知", (LINE,))


def channel(place: Receiver) -> WebhookChannel:
    return WebhookChannel(ChannelSpec("平台", place.url, "密钥", (f"localhost:{place.port}",), ("localhost",)))


def test_what_is_posted_and_how_the_receiver_checks_it() -> None:
    with receiver(lambda _: Reply(204, b"")) as place:
        assert channel(place).deliver(MESSAGE) == Delivered("已收下")
    (got,) = place.got
    assert got.json == {
        "key": "k1",
        "at": "2025-03-10T01:00:00+00:00",
        "title": "三色通知",
        "lines": [
            {
                "code": "SS2025-000001",
                "colour": "red",
                "event": "升级",
                "due_at": "2025-03-10T02:00:00+00:00",
                "link": "",
                "text": "【红】SS2025-000001 升级",
            }
        ],
    }
    stamp = got.headers["X-Sanse-Timestamp"]
    assert stamp == str(int(NOW.timestamp()))
    wanted = hmac.new("密钥".encode(), f"{stamp}.".encode() + got.body, "sha256").hexdigest()
    assert got.headers["X-Sanse-Signature"] == f"v1={wanted}"


def test_a_repeat_at_another_time_has_the_same_key_and_another_signature() -> None:
    with receiver() as place:
        for minutes in (0, 5):
            channel(place).deliver(Message("k1", NOW + timedelta(minutes=minutes), "三色通知", (LINE,)))
    assert place.keys == ["k1", "k1"]
    assert len({one.headers["X-Sanse-Signature"] for one in place.got}) == 2


def test_what_is_refused_is_told() -> None:
    with receiver(lambda _: Reply(500)) as place:
        assert channel(place).deliver(MESSAGE) == Refused("对方没有收下（HTTP 500）")


@pytest.mark.parametrize(
    "spec",
    [
        ChannelSpec("平台", "https://a.example/", ""),
        ChannelSpec("平台", "", "密钥"),
        ChannelSpec("平台", "https://a.example/", "密钥", options={"colour": 1}),
        ChannelSpec("平台", "https://a.example/", "密钥", options={"timeout_seconds": 0}),
    ],
    ids=["no secret", "no address", "unknown option", "no time"],
)
def test_what_is_missing_is_told_before_anything_is_sent(spec: ChannelSpec) -> None:
    with pytest.raises(ConfigError) as refused:
        WebhookChannel(spec)
    assert "channels.平台" in refused.value.where
    assert refused.value.hint
