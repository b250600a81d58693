"""Which addresses a source may reach: hosts that are named, resolved once, every address of theirs checked.

In: a URL and a SourceSpec. Out: a Place to connect to; raises SourceError for anything else. Not here: the connection (`web`).
Against SSRF: the host must be named in `allowed_hosts`, and the connection goes to the checked address with the host's name for TLS.
Private and loopback addresses only for hosts named in `options.private_hosts`, plain http only there; link-local ones never.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from adapters.sources.options import texts
from engine.errors import SourceError, Unreachable
from engine.model import SourceSpec

_PORTS = {"https": 443, "http": 80}
_USUAL = frozenset({80, 443, 8080, 8443})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LONGEST_URL = 8_192
_SHOWN = 200

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Place:
    """A URL whose host is resolved and allowed."""

    parts: SplitResult
    addresses: tuple[str, ...]

    @property
    def host(self) -> str:
        """The host's name, for TLS."""
        return self.parts.hostname or ""

    @property
    def netloc(self) -> str:
        """Host and port as the URL has them, for the Host header."""
        return self.parts.netloc

    def pinned(self, attempt: int) -> str:
        """The URL with an address in place of the name, another address at each attempt."""
        address = self.addresses[attempt % len(self.addresses)]
        host = f"[{address}]" if ":" in address else address
        return self.parts._replace(
            netloc=f"{host}:{self.parts.port or _PORTS[self.parts.scheme]}", fragment=""
        ).geturl()


class Gate:
    """What one source may reach."""

    def __init__(self, spec: SourceSpec) -> None:
        self._allowed = frozenset(host.lower() for host in spec.allowed_hosts)
        self._private = frozenset(host.lower() for host in texts(spec, "private_hosts"))

    def checked(self, url: str) -> Place:
        """The place of a URL, all addresses of its host having been checked; raises SourceError."""
        parts, host, port = _taken_apart(url)
        named = host in self._private
        if not {host, f"{host}:{port}"} & self._allowed:
            raise _forbidden(url, f"主机 {host[:_SHOWN]} 不在 allowed_hosts 里")
        if parts.scheme != "https" and not named:
            raise _forbidden(url, "外部接口必须用 https")
        if port not in _USUAL and f"{host}:{port}" not in self._allowed:
            raise _forbidden(url, f"端口 {port} 没有列入 allowed_hosts")
        found = _resolved(url, host, port)
        if any(never(address) for address in found):
            raise _forbidden(url, f"主机 {host} 指向本机管理地址或组播地址")
        if not named and not all(public(address) for address in found):
            raise _forbidden(url, f"主机 {host} 指向内网地址，未在 private_hosts 里写明")
        return Place(parts, tuple(str(address) for address in found))


def _taken_apart(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as fault:
        raise _forbidden(url, "地址写法不对") from fault
    if parts.scheme not in _PORTS or parts.username is not None or not host or len(url) > _LONGEST_URL:
        raise _forbidden(url, "只接受不带账号、不超过 8192 字的 http(s) 地址")
    if not parts.netloc.isascii():
        raise _forbidden(url, "主机名里有非英文字符，要写成 xn-- 开头的形式")
    return parts, host, port


def _resolved(url: str, host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(info[4][0]).split("%")[0]) for info in found]
    except (OSError, ValueError) as fault:
        raise Unreachable(f"域名解析失败：{host}", where=shown(url), hint="检查主机名、网络和 DNS") from fault


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one: mapped, 6to4 or NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if address in _NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


def never(address: Address) -> bool:
    """Whether nobody's interface lives there: link-local (cloud metadata), multicast, 0.0.0.0."""
    meant = _meant(address)
    return meant.is_link_local or meant.is_multicast or meant.is_unspecified


def public(address: Address) -> bool:
    """Whether an address is one of the open net."""
    return _meant(address).is_global


def _forbidden(url: str, why: str) -> SourceError:
    return SourceError(
        f"不允许访问：{why}", where=shown(url), hint="地址没有错的话，在 config.yaml 的这个来源里写明主机后再试"
    )


def shown(url: str) -> str:
    """A URL without its query and account: they carry secrets."""
    head, mark, rest = url.split("?", 1)[0].partition("://")
    return f"{head}{mark}{rest.rpartition('@')[2]}"[:_SHOWN]
