"""Channels: the configured ones built, with their terms and secrets, and the post that sends through them.

In: the configuration, the environment. Out: a `Post`. Not here: sending (`engine.scheduler.messages`), what each channel does (`adapters.channels`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from engine.config import from_environment
from engine.model import Channel, ChannelSpec, Colour

if TYPE_CHECKING:
    from engine.config import ChannelConfig
    from engine.desk import Desk
    from engine.scheduler.carrying import Carriers
    from engine.scheduler.messages import Outlet, Parcel, Post

_HOSTS = {"wecom": ("qyapi.weixin.qq.com",), "dingtalk": ("oapi.dingtalk.com",)}
"""Where the robots of these makers live, when the configuration names no other host."""


def post_of(desk: Desk, only: str = "", carriers: Carriers[Parcel] | None = None) -> Post:
    """The post of an installation, with one of its channels only where it has one of that name; raises ConfigError when a channel cannot work.

    With `carriers`, which a process keeps, its channels send beside each other and beside all else.
    """
    from engine.scheduler.messages import Post

    config = desk.config
    named = [channel for channel in config.channels if channel.name == only]
    return Post(
        desk.store,
        desk.clock,
        [outlet_of(channel) for channel in named or config.channels],
        desk.stages.terms.messages,
        link=config.notify.link,
        lease=config.service.lease,
        give_up_after=config.notify.give_up_after,
        carriers=carriers,
    )


def outlet_of(channel: ChannelConfig) -> Outlet:
    """A channel with its terms; what it bears is never exceeded, whatever the configuration says."""
    from engine.notify import Terms
    from engine.scheduler.messages import Outlet

    made = channel_of(channel)
    limits = made.limits
    terms = Terms(
        channel.name,
        frozenset(map(Colour.named, channel.colours)),
        frozenset(channel.receivers),
        channel.batch,
        min(channel.per_minute or limits.per_minute, limits.per_minute),
        limits.most_bytes,
        channel.second,
    )
    return Outlet(made, terms)


def channel_of(channel: ChannelConfig) -> Channel:
    """The adapter of a channel, with its secrets from the environment."""
    where = f"channels.{channel.name}"
    spec = ChannelSpec(
        channel.name,
        from_environment(channel.url_env, f"{where}.url_env") if channel.url_env else channel.url,
        from_environment(channel.secret_env, f"{where}.secret_env") if channel.secret_env else "",
        channel.allowed_hosts or _HOSTS.get(channel.type, ()),
        channel.private_hosts,
        channel.options,
    )
    return _ADAPTERS[channel.type](spec)


def _console(spec: ChannelSpec) -> Channel:
    from adapters.channels.console import ConsoleChannel

    return ConsoleChannel(spec, lambda text: print(text, file=sys.stderr, flush=True))


def _webhook(spec: ChannelSpec) -> Channel:
    from adapters.channels.webhook import WebhookChannel

    return WebhookChannel(spec)


def _wecom(spec: ChannelSpec) -> Channel:
    from adapters.channels.bots import WecomChannel

    return WecomChannel(spec)


def _dingtalk(spec: ChannelSpec) -> Channel:
    from adapters.channels.bots import DingtalkChannel

    return DingtalkChannel(spec)


def _smtp(spec: ChannelSpec) -> Channel:
    from adapters.channels.mail import MailChannel

    return MailChannel(spec)


def _sms(spec: ChannelSpec) -> Channel:
    from adapters.channels.sms import SmsChannel

    return SmsChannel(spec)


_ADAPTERS: Mapping[str, Callable[[ChannelSpec], Channel]] = {
    "console": _console,
    "webhook": _webhook,
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "smtp": _smtp,
    "sms": _sms,
}
