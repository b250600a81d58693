"""Which addresses a source or a channel may reach: hosts that are named, resolved once, every address of theirs checked.

In: a URL, the hosts that are named. Out: a Place to connect to; raises the refusal it was given for anything else. Not here: the connection
(`sources.web`, `channels.post`, `channels.mail`). Against SSRF: the host must be named, and the connection goes to the checked address
with the host's name for TLS. Private and loopback addresses only for hosts named as private too, unsealed schemes only there;
link-local ones never.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from engine.errors import DeliveryError, SourceError

_PORTS = {"https": 443, "http": 80, "smtps": 465, "smtp": 587}
_PLAIN = frozenset({"http"})
"""Schemes that seal nothing: only inside. (`smtp` is sealed by STARTTLS before anything is said.)"""
WEB, MAIL = frozenset({"https", "http"}), frozenset({"smtps", "smtp"})
_USUAL = {WEB: frozenset({80, 443, 8080, 8443}), MAIL: frozenset({25, 465, 587})}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LONGEST_URL = 8_192
_SHOWN = 200

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Place:
    """A URL whose host is resolved and allowed; `private`: it was named as one inside."""

    parts: SplitResult
    addresses: tuple[str, ...]
    private: bool = False

    @property
    def host(self) -> str:
        """The host's name, for TLS."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The port that the URL names or its scheme means."""
        return self.parts.port or _PORTS[self.parts.scheme]

    @property
    def netloc(self) -> str:
        """Host and port as the URL has them, for the Host header."""
        return self.parts.netloc

    def pinned(self, attempt: int) -> str:
        """The URL with an address in place of the name, another address at each attempt."""
        address = self.addresses[attempt % len(self.addresses)]
        host = f"[{address}]" if ":" in address else address
        return self.parts._replace(netloc=f"{host}:{self.port}", fragment="").geturl()


class Gate:
    """What one source or channel may reach; `refusal` is the error that says no, `unresolved` another one for a name that the net does not know."""

    def __init__(
        self,
        allowed: Collection[str],
        private: Collection[str] = (),
        *,
        refusal: type[SourceError | DeliveryError] = SourceError,
        unresolved: type[SourceError | DeliveryError] | None = None,
        schemes: frozenset[str] = WEB,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)
        self._private = frozenset(host.lower() for host in private)
        self._refusal, self._unresolved, self._schemes = refusal, unresolved or refusal, schemes

    def checked(self, url: str) -> Place:
        """The place of a URL, all addresses of its host having been checked; raises the refusal."""
        parts, host, port = self._taken_apart(url)
        named = self._inside(host, port)
        if not {host, f"{host}:{port}"} & self._allowed:
            raise self._forbidden(url, f"主机 {host[:_SHOWN]} 不在 allowed_hosts 里")
        if parts.scheme in _PLAIN and not named:
            raise self._forbidden(url, "外部接口必须用 https")
        if port not in _USUAL[self._schemes] and f"{host}:{port}" not in self._allowed:
            raise self._forbidden(url, f"端口 {port} 没有列入 allowed_hosts")
        found = self._resolved(url, host, port)
        if any(never(address) for address in found):
            raise self._forbidden(url, f"主机 {host} 指向本机管理地址或组播地址")
        if not named and not all(public(address) for address in found):
            raise self._forbidden(url, f"主机 {host} 指向内网地址，未在 private_hosts 里写明")
        return Place(parts, tuple(str(address) for address in found), named)

    def open_to_all(self, url: str) -> bool:
        """Whether somebody on the way could read along: nothing seals it, and its host is not named as private; raises the refusal."""
        parts, host, port = self._taken_apart(url)
        return parts.scheme in _PLAIN and not self._inside(host, port)

    def _inside(self, host: str, port: int) -> bool:
        return not {host, f"{host}:{port}"}.isdisjoint(self._private)

    def _taken_apart(self, url: str) -> tuple[SplitResult, str, int]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError as fault:
            raise self._forbidden(url, "地址写法不对") from fault
        if parts.scheme not in self._schemes or parts.username is not None or not host or len(url) > _LONGEST_URL:
            shape = "http(s)" if self._schemes == WEB else "smtp(s)"
            raise self._forbidden(url, f"只接受不带账号、不超过 8192 字的 {shape} 地址")
        if not parts.netloc.isascii():
            raise self._forbidden(url, "主机名里有非英文字符，要写成 xn-- 开头的形式")
        return parts, host, port

    def _resolved(self, url: str, host: str, port: int) -> list[Address]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return [ipaddress.ip_address(str(info[4][0]).split("%")[0]) for info in found]
        except (OSError, ValueError) as fault:
            raise self._unresolved(f"域名解析失败：{host}", where=shown(url), hint="检查主机名、网络和 DNS") from fault

    def _forbidden(self, url: str, why: str) -> SourceError | DeliveryError:
        hint = "地址没有错的话，在 config.yaml 里给这个来源或渠道写明主机后再试"
        return self._refusal(f"不允许访问：{why}", where=shown(url), hint=hint)


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


def shown(url: str) -> str:
    """A URL without its query and account: they carry secrets."""
    head, mark, rest = url.split("?", 1)[0].partition("://")
    return f"{head}{mark}{rest.rpartition('@')[2]}"[:_SHOWN]
