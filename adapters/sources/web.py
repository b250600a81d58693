"""The one door to HTTP: allow-listed hosts, pinned addresses, no redirects, bounded answers, retries.

In: a URL and a SourceSpec. Out: parsed JSON. Not here: paging (`http_json`, `open311`).
Against SSRF: the host must be named in `allowed_hosts`; it is resolved once, every address is checked, and the connection goes to the
checked address with the host's name for TLS. Private and loopback addresses only for hosts named in `options.private_hosts`; plain http only there.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from engine.errors import SourceError
from engine.model import SourceSpec

_MAX_BYTES = 64 * 1024 * 1024
_TRIES = 4
_PAUSES = (0.5, 2.0, 5.0)
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_PORTS = {"https": 443, "http": 80}


class JsonDoor:
    """Fetches JSON for one source; `pause` is how it waits between tries (seconds)."""

    def __init__(self, spec: SourceSpec, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._spec, self._pause = spec, pause
        self._private = frozenset(spec.options.get("private_hosts", ()))
        self._headers = {str(k): str(v) for k, v in dict(spec.options.get("headers", {})).items()}
        self._timeout = int(spec.options.get("timeout_seconds", 30))

    def get(self, url: str, params: Mapping[str, str]) -> Any:
        """The JSON answer; raises SourceError when the address is not allowed or every try failed."""
        last = ""
        for attempt in range(_TRIES):
            if attempt:
                self._pause(_PAUSES[attempt - 1])
            try:
                status, body = self._once(url, params)
            except httpx.HTTPError as fault:
                last = f"{type(fault).__name__} {fault}"
                continue
            if status == httpx.codes.OK:
                return self._parsed(url, body)
            last = f"HTTP {status}"
            if status not in _RETRIED:
                break
        raise SourceError(
            f"接口没有给出数据：{last}", where=_shown(url), hint="检查对方服务、网络和凭据，稍后会自动再试"
        )

    def _once(self, url: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(url)
        address = self._checked_address(url)
        host = f"[{address}]" if ":" in address else address
        pinned = parts._replace(netloc=f"{host}:{parts.port or _PORTS[parts.scheme]}").geturl()
        headers = {**self._headers, "Host": parts.netloc, "Accept": "application/json"}
        with (
            httpx.Client(timeout=self._timeout, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "GET", pinned, params=dict(params), headers=headers, extensions={"sni_hostname": parts.hostname}
            ) as answer,
        ):
            return answer.status_code, _bounded(answer, url)

    def _checked_address(self, url: str) -> str:
        """The address to connect to, all addresses of the host having been checked; raises SourceError."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError as fault:
            raise self._forbidden(url, "地址写法不对") from fault
        if parts.scheme not in _PORTS or parts.username or parts.password or not host:
            raise self._forbidden(url, "只接受不带账号的 http(s) 地址")
        if not {host, f"{host}:{port}"} & set(self._spec.allowed_hosts):
            raise self._forbidden(url, f"主机 {host} 不在 allowed_hosts 里")
        named = host in self._private
        if parts.scheme != "https" and not named:
            raise self._forbidden(url, "外部接口必须用 https")
        if port not in (*_PORTS.values(), 8080, 8443) and f"{host}:{port}" not in self._spec.allowed_hosts:
            raise self._forbidden(url, f"端口 {port} 没有列入 allowed_hosts")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            raise SourceError(f"域名解析失败：{host}", where=_shown(url), hint="检查网络和 DNS") from fault
        addresses = [str(info[4][0]) for info in found]
        if not named and any(not ipaddress.ip_address(a.split("%")[0]).is_global for a in addresses):
            raise self._forbidden(url, f"主机 {host} 指向内网地址，未在 private_hosts 里写明")
        return addresses[0]

    @staticmethod
    def _forbidden(url: str, why: str) -> SourceError:
        return SourceError(f"不允许访问：{why}", where=_shown(url), hint="在 config.yaml 的这个来源里写明主机后再试")

    @staticmethod
    def _parsed(url: str, body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as fault:
            raise SourceError("接口的回答不是 JSON", where=_shown(url), hint="检查地址是否正确、是否要登录") from fault


def _bounded(answer: httpx.Response, url: str) -> bytes:
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise SourceError("接口一次给的数据超过 64 MB", where=_shown(url), hint="把每页条数调小")
    return bytes(body)


def _shown(url: str) -> str:
    """A URL without its query: queries carry tokens."""
    return url.split("?", 1)[0][:200]
