"""Webhook: a message as signed JSON, for a system of the deployer's own.

In: a message. Out: `Delivered` on 2xx. Not here: the connection (`post`). The receiver checks `X-Sanse-Signature`, which is `v1=` and the hex
HMAC-SHA-256, with the shared secret, over the timestamp, a full stop and the body; refuses a timestamp of long ago; and drops a key that it has seen.
"""

from __future__ import annotations

import hmac

from adapters.channels.options import SHARED, needed, only
from adapters.channels.post import Door, as_json
from engine.errors import ConfigError
from engine.model import ChannelSpec, Delivered, Limits, Message, Refused


class WebhookChannel:
    """Posts {key, at, title, lines: [{code, colour, event, due_at, link, text}]}."""

    limits = Limits(per_minute=60, most_bytes=60_000)

    def __init__(self, spec: ChannelSpec) -> None:
        needed(spec)
        only(spec, SHARED)
        if not spec.secret:
            raise ConfigError(
                "webhook 要有签名密钥",
                where=f"config.yaml: channels.{spec.name}",
                hint="用 secret_env 写明在哪个环境变量里",
            )
        self.spec, self._door = spec, Door(spec)

    def deliver(self, message: Message) -> Delivered | Refused:
        """One signed POST."""
        body = as_json(
            {
                "key": message.key,
                "at": message.at.isoformat(),
                "title": message.title,
                "lines": [
                    {
                        "code": line.code,
                        "colour": line.colour.word,
                        "event": line.event,
                        "due_at": line.due_at.isoformat() if line.due_at else None,
                        "link": line.link,
                        "text": line.text,
                    }
                    for line in message.lines
                ],
            }
        )
        stamp = str(int(message.at.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Sanse-Timestamp": stamp,
            "X-Sanse-Signature": signature(self.spec.secret, stamp, body),
        }
        answer = self._door.post(self.spec.address, body, key=message.key, at=message.at, headers=headers)
        return answer if isinstance(answer, Refused) else Delivered("已收下")


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What `X-Sanse-Signature` must be."""
    return "v1=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
