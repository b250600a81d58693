"""Group robots of WeCom (企业微信) and DingTalk (钉钉): a text to a group.

In: a message. Out: `Delivered` when the answer says errcode 0. Not here: the connection (`post`), pacing (`engine.scheduler.messages`).
The address of a robot is its secret: it comes from the environment. Limits as their makers publish them: 20 messages a minute each; WeCom
takes 2,048 bytes of text, and after too many DingTalk takes none for ten minutes.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

from adapters.channels.options import SHARED, needed, only
from adapters.channels.post import Answer, Door, as_json
from engine.model import ChannelSpec, Delivered, Limits, Message, Refused

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_WECOM_WAIT, _DINGTALK_WAIT = timedelta(minutes=1), timedelta(minutes=10)
_WECOM_BUSY = {-1: "对方系统忙", 45009: "发得太频繁", 45033: "同时发得太多"}
_WECOM_FINAL = {
    93000: "机器人地址里的 key 不对或已删除",
    93008: "机器人不在群里",
    40008: "不接受这种消息",
    45002: "消息太长",
}
_DINGTALK_BUSY = {-1: "对方系统忙", 130101: "发得太频繁", 410100: "发得太频繁"}
_DINGTALK_FINAL = {
    300001: "机器人地址里的 token 不对",
    300005: "机器人地址里的 token 不对",
    310000: "安全设置不符：加签密钥、关键词或来源地址不对",
    400013: "群已解散",
}


class WecomChannel:
    """A WeCom group robot."""

    limits = Limits(per_minute=20, most_bytes=2_048)

    def __init__(self, spec: ChannelSpec) -> None:
        needed(spec)
        only(spec, SHARED)
        self.spec, self._door = spec, Door(spec)

    def deliver(self, message: Message) -> Delivered | Refused:
        """One text."""
        body = as_json({"msgtype": "text", "text": {"content": message.text}})
        answer = self._door.post(self.spec.address, body, key=message.key, at=message.at, headers=_HEADERS)
        return _understood(answer, _WECOM_BUSY, _WECOM_FINAL, _WECOM_WAIT)


class DingtalkChannel:
    """A DingTalk group robot with a signature (加签)."""

    limits = Limits(per_minute=20, most_bytes=6_000)

    def __init__(self, spec: ChannelSpec) -> None:
        needed(spec)
        only(spec, SHARED)
        self.spec, self._door = spec, Door(spec)

    def deliver(self, message: Message) -> Delivered | Refused:
        """One text, signed with the time of sending."""
        url = signed(self.spec.address, self.spec.secret, int(message.at.timestamp()) * 1000)
        body = as_json({"msgtype": "text", "text": {"content": message.text}})
        answer = self._door.post(url, body, key=message.key, at=message.at, headers=_HEADERS)
        return _understood(answer, _DINGTALK_BUSY, _DINGTALK_FINAL, _DINGTALK_WAIT)


def signed(url: str, secret: str, milliseconds: int) -> str:
    """The address with `timestamp` and `sign`; as it is when the robot has no signing secret."""
    if not secret:
        return url
    mac = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), "sha256").digest()
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}timestamp={milliseconds}&sign={quote_plus(base64.b64encode(mac))}"


def _understood(
    answer: Answer | Refused, busy: Mapping[int, str], final: Mapping[int, str], wait: timedelta
) -> Delivered | Refused:
    """What a robot's answer means: its errcode says it, whatever the status of HTTP."""
    if isinstance(answer, Refused):
        return answer
    document = answer.document()
    code: Any = None if document is None else document.get("errcode")
    if code == 0 and not isinstance(code, bool):
        return Delivered("errcode 0")
    if not isinstance(code, int):
        return Refused("对方的回答不是机器人的回答，检查地址")
    if code in busy:
        return Refused(f"{busy[code]}（errcode {code}）", wait=wait)
    return Refused(f"{final.get(code, '对方没有收下')}（errcode {code}）", again=code not in final)
