"""SMS through any gateway that takes HTTP: what is posted is a template in config.yaml.

In: a message. Out: `Delivered` when the answer says what the template calls success. Not here: the connection (`post`).

    options:
      headers: {Authorization: "Bearer {secret}"}
      json: {mobiles: "{to}", content: "{text}", extId: "{key}"}     # or `form:`
      to_env: SANSE_SMS_TO
      success: {key: code, values: ["0", OK]}

Places `{text}` `{to}` `{key}` `{secret}` `{time}` (epoch seconds) are filled in texts anywhere in the template, as they stand and once: what is
filled in can never become another key or field.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.channels.options import SHARED, needed, only, text, texts, wrong
from adapters.channels.post import Answer, Door, as_json
from engine.model import ChannelSpec, Delivered, Limits, Message, Refused

_OPTIONS = ("headers", "json", "form", "to", "to_env", "success", *SHARED)
_PLACE = re.compile(r"\{(text|to|key|secret|time)\}")


class SmsChannel:
    """Posts a template."""

    limits = Limits(per_minute=30, most_bytes=500)

    def __init__(self, spec: ChannelSpec) -> None:
        needed(spec)
        only(spec, _OPTIONS)
        if ("json" in spec.options) == ("form" in spec.options):
            raise wrong(spec, "json", "和 form 要写其中一个")
        self._template = spec.options.get("json", spec.options.get("form"))
        self._headers = _flat(spec, "headers")
        self._fields = _flat(spec, "form")
        self._to = _receivers(spec)
        self._key, self._values = _success(spec)
        self.spec, self._door = spec, Door(spec)

    def deliver(self, message: Message) -> Delivered | Refused:
        """One POST for all receivers."""
        words = {
            "text": message.text,
            "to": ",".join(self._to),
            "key": message.key,
            "secret": self.spec.secret,
            "time": str(int(message.at.timestamp())),
        }
        headers = {str(name): str(_filled(value, words)) for name, value in self._headers.items()}
        if "json" in self.spec.options:
            body, kind = as_json(_filled(self._template, words)), "application/json; charset=utf-8"
        else:
            body = urlencode({name: _filled(value, words) for name, value in self._fields.items()}).encode()
            kind = "application/x-www-form-urlencoded"
        headers.setdefault("Content-Type", kind)
        answer = self._door.post(self.spec.address, body, key=message.key, at=message.at, headers=headers)
        return answer if isinstance(answer, Refused) else self._understood(answer)

    def _understood(self, answer: Answer) -> Delivered | Refused:
        if not self._key:
            return Delivered("已收下")
        found: Any = answer.document()
        for part in self._key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        said = str(found)[:40]
        return (
            Delivered(f"{self._key} {said}")
            if said in self._values
            else Refused(f"网关没有收下（{self._key} 为 {said}）")
        )


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """A template with its places filled, however deep they stand."""
    if isinstance(value, str):
        return _PLACE.sub(lambda place: words[place[1]], value)
    if isinstance(value, Mapping):
        return {str(name): _filled(held, words) for name, held in value.items()}
    return [_filled(held, words) for held in value] if isinstance(value, (list, tuple)) else value


def _flat(spec: ChannelSpec, name: str) -> Mapping[str, Any]:
    value = spec.options.get(name, {})
    if not isinstance(value, Mapping) or not all(isinstance(held, (str, int)) for held in value.values()):
        raise wrong(spec, name, "要写成“名称: 值”")
    return value


def _receivers(spec: ChannelSpec) -> tuple[str, ...]:
    """Numbers of `to`, or of the variable that `to_env` names."""
    variable = text(spec, "to_env")
    found = texts(spec, "to") or tuple(filter(None, re.split(r"[,，;；\s]+", os.environ.get(variable, ""))))
    if not found:
        raise wrong(spec, "to_env", f"里没有号码（环境变量 {variable or '未写'}）")
    return found


def _success(spec: ChannelSpec) -> tuple[str, frozenset[str]]:
    """Where the answer says whether it went well, and what it says then."""
    value = spec.options.get("success", {})
    if (
        not isinstance(value, Mapping)
        or set(value) - {"key", "values"}
        or bool(value) != ("key" in value and "values" in value)
    ):
        raise wrong(spec, "success", '要写成 {key: code, values: ["0"]}')
    values = value.get("values", ())
    return str(value.get("key", "")), frozenset(map(str, values if isinstance(values, (list, tuple)) else [values]))
