"""Addresses that lead a source or a channel where nobody sent it.

In: nothing but loopback. Out: the row: every form of an address, from the configuration, from a next page, from a redirect, from a name whose
meaning changes between two questions; the forbidden server counts who connects. Not here: what an answer may hold (`adapters.sources.web`).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from typing import Any
from unittest.mock import patch

from adapters.addresses import Gate
from adapters.channels.post import Door
from adapters.sources.http_json import HttpJsonSource
from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import ChannelSpec, Refused, SourceSpec
from tests.attacks.measure import Outcome, in_chinese
from tests.attacks.workbooks import listener
from tests.source_server import Answer, Request, Site, site

_Info = list[tuple[Any, ...]]
_PUBLIC = "93.184.216.34"
_NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
_NAMES = {"rebind.example": (_PUBLIC, "127.0.0.1"), "inside.example": ("127.0.0.1",), "mixed.example": (_PUBLIC, "127.0.0.1"),
          "six.example": ("::ffff:127.0.0.1",), "meta.example": ("169.254.169.254",)}  # fmt: skip
_HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.2", "127.255.255.254", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0x7f.1", "127.000.000.001", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[::127.0.0.1]", "localhost.", "LOCALHOST.", "ip6-localhost", "localhost.localdomain",
    "⑫⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "ⓛocalhost", "loc\u00adalhost", "ｌｏｃａｌｈｏｓｔ", "127.0.0.1.", "127.0.0.1%2e", "127.0.0.1%00",
    "%31%32%37.0.0.1", "127.0.0.1\t", "localhost\\", "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "192.168.0.1", "inside.example", "mixed.example",
    "six.example", "meta.example",
)  # fmt: skip
_SCHEMES = ("file:///etc/passwd", "file://{host}/etc/passwd", "ftp://{host}:{port}/", "gopher://{host}:{port}/_x", "dict://{host}:{port}/x",
            "jar:http://{host}:{port}!/", "unix:///var/run/docker.sock", "http+unix://x", "data:application/json,[]", "javascript:1", "ldap://{host}:{port}/",
            "ws://{host}:{port}/", "//{host}:{port}/", "HTTP:{host}:{port}", "http:/{host}:{port}/", "http:///{host}:{port}/", "\\\\{host}\\x", "")  # fmt: skip
_TRICKS = (
    "http://localhost:{good}@127.0.0.1:{port}/", "http://localhost:{good}:x@127.0.0.1:{port}/", "http://localhost:{port}/",
    "http://127.0.0.1:{port}#@localhost:{good}/", "http://127.0.0.1:{port}\\@localhost:{good}/", "http://127.0.0.1:{port}?@localhost:{good}/",
    "http://localhost:{good}\\@127.0.0.1:{port}/", "http://localhost:{good}%40127.0.0.1:{port}/", "http://localhost:{good}/@127.0.0.1:{port}/..",
    "http://@127.0.0.1:{port}/", "http://localhost@127.0.0.1:{port}", "http://[::1]@127.0.0.1:{port}/", "http://localhost:{good}.127.0.0.1:{port}/",
    "http://localhost:{good}\n@127.0.0.1:{port}/", "http://localhost:{good}\r\nHost: 127.0.0.1:{port}\r\n/", "http://localhost\x00:{port}/",
    "http://127.0.0.1:0{port}/", "http://127.0.0.1:+{port}/", "http://127.0.0.1:{port}:{good}/", "http://127.0.0.1: {port}/", "http://localhost:{wide}/",
    "https://localhost:{port}/", "http://rebind.example:{port}/", "https://rebind.example:{port}/", "https://inside.example/", "https://[::1]:{port}/",
)  # fmt: skip


def urls(good: int, port: int) -> list[str]:
    """Every form, of the forbidden server at `port` beside the allowed one at `good`."""
    fill = {"good": good, "port": port, "wide": port + 65_536}
    hosts = [f"{scheme}://{host}:{port}/api" for host in _HOSTS for scheme in ("http", "https")]
    others = [form.format(host="127.0.0.1", **fill) for form in _SCHEMES]
    return [*hosts, *others, *(form.format(**fill) for form in _TRICKS)]


@contextmanager
def net() -> Iterator[list[str]]:
    """Names of the tests get their addresses, the second question another answer; whoever goes beyond loopback is stopped and told."""
    answers = {name: cycle([addresses]) for name, addresses in _NAMES.items()}
    answers["rebind.example"] = cycle([(_PUBLIC,), ("127.0.0.1",)])
    gone: list[str] = []
    ask, connect = socket.getaddrinfo, socket.socket.connect

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> _Info:
        if str(host) in answers:
            return [found for address in next(answers[str(host)]) for found in ask(address, port, *more, **named)]
        if "." in str(host) and "localhost" not in str(host).lower():
            named["flags"] = socket.AI_NUMERICHOST  # no question of these tests leaves the machine
        return list(ask(host, port, *more, **named))

    def go(self: socket.socket, address: Any) -> None:
        if not str(address[0]).startswith(("127.", "::1")):
            gone.append(str(address))
            raise ConnectionRefusedError
        connect(self, address)

    with patch.object(socket, "getaddrinfo", resolve), patch.object(socket.socket, "connect", go):
        yield gone


def row(every: int = 1) -> Outcome:
    """Every form by every way (`every`-th form by each, another one by the next), and the honest address."""
    with site(_answer) as allowed, listener() as (port, callers), net() as gone:
        forms = urls(allowed.port, port)
        ways: Mapping[str, Callable[[str], SourceSpec]] = {
            "configured": partial(_configured, allowed),
            "named": partial(_named, allowed),
            "next page": lambda url: allowed.spec(list_key="rows", next_key="next", params={"next": url}),
            "redirect": lambda url: allowed.spec(params={"to": url}),
        }
        violations = []
        for turn, (way, specified) in enumerate(ways.items()):
            for url in forms[turn % every :: every]:
                violations += [f"{way} {url!r}: {fault}" for fault in _read(specified(url))]
                violations += [f"{way} {url!r}: connected to the forbidden server" for _ in callers]
                violations += [f"{way} {url!r}: went to {address}" for address in gone if _PUBLIC not in address]
                callers.clear()
                gone.clear()
        for url in forms[::every]:
            violations += [f"channel {url!r}: {fault}" for fault in _posted(allowed, url)]
            violations += [f"channel {url!r}: connected to the forbidden server" for _ in callers]
            violations += [f"channel {url!r}: went to {address}" for address in gone if _PUBLIC not in address]
            callers.clear()
            gone.clear()
        violations += _rebound(port, callers, gone)
        honest = [
            raw.values
            for raw in HttpJsonSource(replace(allowed.spec(), options={"private_hosts": ["localhost"]})).read()
        ]
    violations += [] if honest == [{"a": 1}] else [f"the honest address gave {honest}"]
    return (len(ways) + 2) * len(forms) // every + 2, violations


def _answer(request: Request) -> Answer:
    """The allowed server: it redirects, or names a next page, as the parameters say."""
    if "to" in request.query:
        clean = request.query["to"].encode("ascii", "ignore").decode()
        return Answer([], 302, {"Location": "".join(letter for letter in clean if letter.isprintable())})
    if "next" in request.query:
        return Answer({"rows": [{"a": 1}], "next": request.query["next"]})
    return Answer([{"a": 1}])


def _configured(allowed: Site, url: str) -> SourceSpec:
    """The address is the source's own, its host is not allowed."""
    return allowed.spec(location=url)


def _named(allowed: Site, url: str) -> SourceSpec:
    """The host is allowed, but nobody said that it lives inside."""
    host = url.split("://", 1)[-1].split("/", 1)[0]
    spec = allowed.spec(location=url)
    return replace(
        spec,
        options={"timeout_seconds": 5},
        allowed_hosts=(*spec.allowed_hosts, host, host.rsplit(":", 1)[0].strip("[]"), *_NAMES),
    )


def _posted(allowed: Site, url: str) -> Iterator[str]:
    """A message to that address, from a channel that may reach another host, and from one to which the host is named: it must be refused.

    The door knows the address only when it posts: one that nothing seals would be refused before.
    """
    named = _named(allowed, url).allowed_hosts
    for spec in (
        ChannelSpec("gate", "", "", (f"localhost:{allowed.port}",), ("localhost",), {"timeout_seconds": 5}),
        ChannelSpec("gate", "", "", named, (), {"timeout_seconds": 5}),
    ):
        try:
            answer = Door(spec).post(url, b"{}", key="k", at=_NOW, headers={})
        except Exception as fault:  # noqa: BLE001 -- whatever comes instead of a refusal is what is sought
            yield f"{type(fault).__name__} instead of a refusal: {str(fault)[:80]}"
            continue
        if not isinstance(answer, Refused) or not in_chinese(answer.why):
            yield f"not refused: {answer}"


def _read(spec: SourceSpec) -> Iterator[str]:
    """A reading must end in a refusal told in Chinese, or in the rows of the allowed server alone."""
    source = HttpJsonSource(spec, JsonDoor(spec, pause=lambda _: None))
    try:
        rows = [dict(raw.values) for raw in source.read()]
    except SourceError as fault:
        if not in_chinese(fault.what):
            yield f"told unclearly: {fault}"
        return
    except Exception as fault:  # noqa: BLE001 -- whatever comes instead of a refusal is what is sought
        yield f"{type(fault).__name__} instead of a refusal: {str(fault)[:80]}"
        return
    if any(held != {"a": 1} for held in rows):
        yield f"read {rows[:2]}"


def _rebound(port: int, callers: list[str], gone: list[str]) -> list[str]:
    """A name that was public when it was checked: the connection goes to the address that was checked, not to the new one."""
    spec = SourceSpec("gate", "hotline_12345", frozenset(), "", "", {}, (f"rebind.example:{port}",))
    with net() as inner:
        place = Gate(spec.allowed_hosts).checked(f"https://rebind.example:{port}/")
        problems = list(_read(replace(spec, location=f"https://rebind.example:{port}/")))
    wrong = [] if set(place.addresses) == {_PUBLIC} else [f"pinned to {place.addresses}"]
    return [
        *wrong,
        *problems,
        *(f"rebinding: {one}" for one in callers),
        *(f"rebinding went to {one}" for one in inner if _PUBLIC not in one),
    ]
