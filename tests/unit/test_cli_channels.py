"""Channels are built from the configuration, with secrets from the environment, and never beyond what they bear."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.channels.bots import DingtalkChannel, WecomChannel
from adapters.channels.console import ConsoleChannel
from adapters.channels.mail import MailChannel
from adapters.channels.sms import SmsChannel
from adapters.channels.webhook import WebhookChannel
from cli.channels import channel_of, outlet_of
from engine.config import ChannelConfig
from engine.errors import ConfigError
from engine.model import Colour, Delivered
from tests.unit.test_channels_webhook import MESSAGE


def config(**more: Any) -> ChannelConfig:
    return ChannelConfig.model_validate({"name": "渠道", **more})


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"type": "console"}, ConsoleChannel),
        ({"type": "wecom", "url_env": "SANSE_URL"}, WecomChannel),
        ({"type": "dingtalk", "url_env": "SANSE_URL", "secret_env": "SANSE_SECRET_OF_IT"}, DingtalkChannel),
        ({"type": "webhook", "url": "https://a.example/", "secret_env": "SANSE_SECRET_OF_IT"}, WebhookChannel),
        (
            {"type": "smtp", "url": "smtps://a.example", "options": {"from": "a@example.com", "to": "b@example.com"}},
            MailChannel,
        ),
        (
            {"type": "sms", "url": "https://a.example/", "options": {"to": "13800000001", "form": {"m": "{text}"}}},
            SmsChannel,
        ),
    ],
)
def test_each_type_has_its_adapter(monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], kind: type) -> None:
    monkeypatch.setenv("SANSE_URL", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim")
    monkeypatch.setenv("SANSE_SECRET_OF_IT", "geheim")
    made = channel_of(config(**more))
    assert isinstance(made, kind)
    assert "geheim" not in repr(made.spec)


def test_robots_reach_their_makers_and_nobody_else_unless_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANSE_URL", "https://elsewhere.example/?key=geheim")
    made = channel_of(config(type="wecom", url_env="SANSE_URL"))
    assert made.spec.allowed_hosts == ("qyapi.weixin.qq.com",)
    refused = made.deliver(MESSAGE)
    assert not isinstance(refused, Delivered)
    assert "elsewhere.example 不在 allowed_hosts" in refused.why


def test_the_terms_are_those_of_the_configuration_within_what_the_channel_bears() -> None:
    made = outlet_of(
        config(type="console", colours=["red"], receivers=["司法所"], batch="5m", per_minute=9_999, second="短信")
    )
    terms = made.terms
    assert (terms.colours, terms.receivers, terms.batch) == (
        frozenset({Colour.RED}),
        frozenset({"司法所"}),
        timedelta(minutes=5),
    )
    assert (terms.per_minute, terms.second) == (ConsoleChannel.limits.per_minute, "短信")
    assert outlet_of(config(type="console", per_minute=2)).terms.per_minute == 2
    assert outlet_of(config(type="console")).terms.per_minute == ConsoleChannel.limits.per_minute


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match="SANSE_NOWHERE 没有设置") as refused:
        channel_of(config(type="wecom", url_env="SANSE_NOWHERE"))
    assert "channels.渠道" in refused.value.where


def test_the_console_speaks_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    channel_of(config(type="console")).deliver(MESSAGE)
    shown = capsys.readouterr()
    assert (shown.out, "SS2025-000001" in shown.err) == ("", True)
