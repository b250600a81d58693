"""The one door to HTTP: allow-listed hosts, pinned addresses, no redirects, bounded answers, retries.

In: a URL and a SourceSpec. Out: parsed JSON. Not here: paging (`http_json`, `open311`), which addresses are allowed (`adapters.addresses`).
Every bound is on what the other side does: 64 MB and `options.total_seconds` per answer, four tries, waits of a minute at most.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from adapters.addresses import Gate, shown
from adapters.deadline import Deadline
from adapters.sources.documents import parsed
from adapters.sources.options import pairs, texts, whole_number, wrong
from adapters.waits import asked_wait
from engine.errors import SourceError, Unreachable
from engine.model import SourceSpec

_MAX_BYTES = 64 * 1024 * 1024
_PAUSES = (0.5, 2.0, 5.0)
_LONGEST_WAIT = 60.0
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNPACKED: tuple[list[str], ...] = ([], ["identity"], ["gzip"], ["deflate"])
_WORDS = {
    401: "凭据不对或已过期",
    403: "没有权限",
    404: "没有这个接口",
    429: "对方嫌访问太频繁",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    wait: float = 0.0
    leads_to: str = ""

    def __str__(self) -> str:
        if self.leads_to:
            return f"要求转到 {self.leads_to}（HTTP {self.status}），转址不跟随"
        wait = f"，要求等 {self.wait:.0f} 秒" if self.wait > _LONGEST_WAIT else ""
        return " ".join(filter(None, (_WORDS.get(self.status, ""), f"HTTP {self.status}{wait}")))


class JsonDoor:
    """Fetches JSON for one source; `pause` is how it waits between tries (seconds)."""

    def __init__(self, spec: SourceSpec, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause, self._gate = pause, Gate(spec.allowed_hosts, texts(spec, "private_hosts"), unresolved=Unreachable)
        self._headers = pairs(spec, "headers")
        if not all(f"{name}{value}".isascii() for name, value in self._headers.items()):
            raise wrong(spec, "headers", "名称和值只能用英文字符")
        self._timeout = whole_number(spec, "timeout_seconds", 30)
        self._total = whole_number(spec, "total_seconds", 300)

    def get(self, url: str, params: Mapping[str, str]) -> Any:
        """The JSON answer, None where there is no content; raises SourceError when the address is not allowed or every try failed."""
        last: object = ""
        for attempt, pause in enumerate((*_PAUSES, None)):
            wait = pause
            try:
                answer = self._once(url, params, attempt)
            except httpx.HTTPError as fault:
                last = f"{type(fault).__name__} {fault}"
            else:
                if answer.status in {httpx.codes.OK, httpx.codes.NO_CONTENT}:
                    return self._document(url, answer)
                last = answer
                if answer.status not in _RETRIED or answer.wait > _LONGEST_WAIT:
                    break
                wait = pause and max(pause, answer.wait)
            if wait is not None:
                self._pause(wait)
        raise Unreachable(
            f"接口没有给出数据：{last}", where=shown(url), hint="检查对方服务、网络和凭据，稍后会自动再试"
        )

    def _once(self, url: str, params: Mapping[str, str], attempt: int) -> _Answer:
        """One try; a host with several addresses is tried at another one each time."""
        place = self._gate.checked(url)
        request: dict[str, Any] = {
            "url": _with_query(place.pinned(attempt), params),
            "headers": {**self._headers, "Host": place.netloc, "Accept": "application/json", "Accept-Encoding": "gzip"},
        }
        with Deadline(self._total) as deadline, self._client() as client:
            extensions = {"sni_hostname": place.host, "trace": deadline.note}
            try:
                with client.stream("GET", **request, extensions=extensions) as answer:
                    taken = _taken(answer, url)
            except (httpx.HTTPError, httpx.InvalidURL, SourceError) as fault:
                if deadline.passed:
                    raise self._late(url) from fault
                if isinstance(fault, httpx.InvalidURL):
                    raise SourceError("地址写法不对", where=shown(url), hint="核对来源或下一页的地址") from fault
                raise
        if deadline.passed:  # a body without a length looks whole when it is cut
            raise self._late(url)
        return taken

    def _client(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, follow_redirects=False, trust_env=False, verify=self._tls)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context(trust_env=False)

    def _late(self, url: str) -> SourceError:
        return SourceError(
            f"接口 {self._total} 秒还没有答完", where=shown(url), hint="把每页条数调小，或调大 options.total_seconds"
        )

    @staticmethod
    def _document(url: str, answer: _Answer) -> Any:
        if answer.status == httpx.codes.NO_CONTENT:
            return None
        try:
            return parsed(answer.body)
        except ValueError as fault:
            raise SourceError("接口的回答不是 JSON", where=shown(url), hint="检查地址是否正确、是否要登录") from fault


def _with_query(url: str, params: Mapping[str, str]) -> str:
    """The URL with the parameters that its own query does not name: the link to a next page knows best."""
    parts = urlsplit(url)
    own = parse_qsl(parts.query, keep_blank_values=True)
    named = {name for name, _ in own}
    added = urlencode([(name, value) for name, value in params.items() if name not in named])
    return parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl()


def _taken(answer: httpx.Response, url: str) -> _Answer:
    """Status and body; of an answer that is no success only what its headers say."""
    leads_to = answer.headers.get("location", "") if answer.is_redirect else ""
    now = datetime.now(UTC)  # noqa: TID251 -- the other side names an hour of its clock
    wait = asked_wait(answer.headers.get("retry-after", ""), now)
    body = _bounded(answer, url) if answer.status_code == httpx.codes.OK else b""
    return _Answer(answer.status_code, body, wait, shown(leads_to))


def _bounded(answer: httpx.Response, url: str) -> bytes:
    """The body; packed more than once it could burst in a single step, so that is refused."""
    if answer.headers.get_list("content-encoding", split_commas=True) not in _UNPACKED:
        raise SourceError("接口用了不支持的压缩格式", where=shown(url), hint="请对方不压缩，或只用 gzip")
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise SourceError("接口一次给的数据超过 64 MB", where=shown(url), hint="把每页条数调小")
    return bytes(body)
