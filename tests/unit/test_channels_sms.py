"""SMS through a gateway of any shape, against a real server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapters.channels.sms import SmsChannel
from engine.errors import ConfigError
from engine.model import ChannelSpec, Colour, Delivered, Line, Message, Refused
from tests.receivers import Receiver, Reply, receiver

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
TEXT = '【红】"SS2025-000001"&{to} 升级'
MESSAGE = Message("k1", NOW, "三色通知", (Line("SS2025-000001", Colour.RED, "升级", None, "", TEXT),))
TO = ["13800000001", "13800000002"]


def channel(place: Receiver, **options: Any) -> SmsChannel:
    hosts = (f"localhost:{place.port}",)
    return SmsChannel(ChannelSpec("短信", place.url, "geheim", hosts, ("localhost",), {"to": TO, **options}))


def test_a_json_gateway() -> None:
    template = {"mobiles": "{to}", "body": {"content": "{text}", "parts": ["{key}", 1]}, "at": "{time}"}
    with receiver() as place:
        made = channel(place, json=template, headers={"Authorization": "Bearer {secret}"})
        assert made.deliver(MESSAGE) == Delivered("已收下")
    (got,) = place.got
    assert got.json == {
        "mobiles": "13800000001,13800000002",
        "body": {"content": MESSAGE.text, "parts": ["k1", 1]},
        "at": str(int(NOW.timestamp())),
    }
    assert got.headers["Authorization"] == "Bearer geheim"


def test_a_gateway_of_forms_with_numbers_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANSE_SMS_TO", "13800000003, 13800000004")
    with receiver() as place:
        made = channel(place, to=[], to_env="SANSE_SMS_TO", form={"phone": "{to}", "msg": "{text}"})
        assert made.deliver(MESSAGE) == Delivered("已收下")
    (got,) = place.got
    assert parse_qs(got.body.decode()) == {"phone": ["13800000003,13800000004"], "msg": [MESSAGE.text]}
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        ({"result": {"code": 0}}, True),
        ({"result": {"code": "OK"}}, True),
        ({"result": {"code": 7}}, False),
        ({"result": "OK"}, False),
        ({}, False),
        (b"OK", False),
    ],
)
def test_what_the_answer_must_say(body: Any, taken: bool) -> None:
    with receiver(lambda _: Reply(body=body)) as place:
        made = channel(place, json={"m": "{text}"}, success={"key": "result.code", "values": [0, "OK"]})
        assert isinstance(made.deliver(MESSAGE), Delivered if taken else Refused)


def test_a_gateway_that_is_down_is_told() -> None:
    with receiver(lambda _: Reply(502)) as place:
        assert channel(place, json={"m": "{text}"}).deliver(MESSAGE) == Refused("对方没有收下（HTTP 502）")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"json": {}, "form": {}},
        {"json": {}, "to": [], "to_env": "SANSE_NOBODY"},
        {"json": {}, "to": 138},
        {"json": {}, "headers": ["a"]},
        {"form": {"a": ["b"]}},
        {"json": {}, "success": {"key": "code"}},
        {"json": {}, "success": {"key": "code", "values": [0], "not": 1}},
        {"json": {}, "template": "x"},
    ],
)
def test_a_template_that_cannot_work_is_refused_in_words(options: dict[str, Any]) -> None:
    with receiver() as place, pytest.raises(ConfigError) as refused:
        channel(place, **options)
    assert "channels.短信" in refused.value.where
