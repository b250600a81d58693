"""The one door through which messages go out over HTTP: allow-listed hosts, pinned addresses, no redirects, short answers, one try.

In: a ChannelSpec, what is to be posted. Out: an `Answer`, or `Refused` for whatever goes wrong out there. Not here: what an answer means (each
channel), trying again (`engine.scheduler.messages`), which addresses are allowed (`adapters.addresses`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from ssl import SSLContext
from typing import Any

import httpx

from adapters.addresses import Gate
from adapters.channels.options import seconds
from adapters.channels.tls import trusted
from adapters.deadline import Deadline
from adapters.waits import asked_wait
from engine.errors import ConfigError, DeliveryError
from engine.model import ChannelSpec, Refused

_MAX_BYTES = 65_536
_TIMEOUT = 10
_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Refusals of the kind 4xx that may pass by themselves: a credential that is being changed, too many at once."""
_LONGEST_WAIT = timedelta(hours=1)
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with a success."""

    body: bytes

    def document(self) -> Mapping[str, Any] | None:
        """The JSON object that it is; None when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, Mapping) else None


class Door:
    """Posts for one channel."""

    def __init__(self, spec: ChannelSpec) -> None:
        self._spec = spec
        self._gate = Gate(spec.allowed_hosts, spec.private_hosts, refusal=DeliveryError)
        with suppress(DeliveryError):  # an address that is none is told when a message goes there
            if self._gate.open_to_all(spec.address):
                raise ConfigError(
                    "地址要用 https：http 不加密，路上的人看得到、改得了",
                    where=f"config.yaml: channels.{spec.name}",
                    hint="改成 https://；确在内网的主机写进 private_hosts",
                )
        self._timeout = seconds(spec, "timeout_seconds", _TIMEOUT)

    def post(self, url: str, body: bytes, *, key: str, at: datetime, headers: Mapping[str, str]) -> Answer | Refused:
        """One try; `key` goes along as Idempotency-Key, so that a receiver can tell a repeat."""
        try:
            place = self._gate.checked(url)
        except DeliveryError as fault:
            return Refused(fault.what)  # not where: the path of an address may be its key
        request: dict[str, Any] = {
            "url": place.pinned(int(at.timestamp())),
            "content": body,
            "headers": {**headers, "Host": place.netloc, "Idempotency-Key": key, "Accept-Encoding": "identity"},
        }
        with Deadline(3 * self._timeout) as deadline, self._client() as client:
            extensions = {"sni_hostname": place.host, "trace": deadline.note}
            try:
                with client.stream("POST", **request, extensions=extensions) as answer:
                    taken = _taken(answer, at)
            except (httpx.HTTPError, httpx.InvalidURL) as fault:
                taken = Refused(_told(fault))
        # Cut short, a body without a length looks whole.
        return Refused("对方迟迟没有答完") if deadline.passed else taken

    def _client(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, follow_redirects=False, trust_env=False, verify=self._tls)

    @cached_property
    def _tls(self) -> SSLContext:
        return trusted(self._spec)


def _taken(answer: httpx.Response, at: datetime) -> Answer | Refused:
    status = answer.status_code
    if answer.is_success:
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > _MAX_BYTES:
                return Refused("对方的回答太长，不像是这种接口")
        return Answer(bytes(body))
    if answer.is_redirect:
        return Refused(f"对方要求转到别处（HTTP {status}），转址不跟随", again=False)
    wait = min(timedelta(seconds=asked_wait(answer.headers.get("retry-after", ""), at)), _LONGEST_WAIT)
    again = answer.is_server_error or status in _AGAIN
    return Refused(f"对方没有收下（HTTP {status}）", again=again, wait=wait)


def _told(fault: httpx.HTTPError | httpx.InvalidURL) -> str:
    """What happened, without the address: it may carry a key."""
    said = str(fault).split("http", 1)[0].strip()[:_SHOWN]
    if isinstance(fault, httpx.TimeoutException):
        return "对方没有按时回答"
    if "CERTIFICATE" in said.upper():
        return "对方的证书不对，不能确认是它"
    return f"连接没有成功（{type(fault).__name__}{f'：{said}' if said else ''}）"


def as_json(value: object) -> bytes:
    """A document to post."""
    return json.dumps(value, ensure_ascii=False).encode()
