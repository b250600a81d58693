"""Which addresses a source may reach; every form that an address can be written in."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from adapters.addresses import MAIL, Gate, never, public, shown
from engine.errors import DeliveryError, SourceError

PUBLIC = "93.184.216.34"


def gate(*hosts: str, private_hosts: tuple[str, ...] | list[str] = ()) -> Gate:
    return Gate(hosts, private_hosts)


def refusal(checked: Gate, url: str) -> SourceError:
    with pytest.raises(SourceError) as refused:
        checked.checked(url)
    assert refused.value.hint
    return refused.value


def test_a_public_address_that_is_named_is_reached() -> None:
    place = gate(PUBLIC).checked(f"https://{PUBLIC}/a/b?c=1#d")
    assert place.pinned(0) == f"https://{PUBLIC}:443/a/b?c=1"
    assert (place.host, place.netloc) == (PUBLIC, PUBLIC)


def test_hosts_are_compared_without_case() -> None:
    checked = gate("LocalHost", private_hosts=["LOCALHOST"])
    assert checked.checked("http://LOCALHOST/").host == "localhost"


def test_a_private_host_may_be_named_with_its_port() -> None:
    checked = gate("localhost:81", private_hosts=["localhost:81"])
    assert checked.checked("http://localhost:81/").private
    with pytest.raises(SourceError, match="https"):
        gate("localhost", private_hosts=["localhost:81"]).checked("http://localhost/")


def test_another_address_at_each_attempt() -> None:
    place = gate("localhost", private_hosts=["localhost"]).checked("http://localhost/")
    assert {place.pinned(n) for n in range(4)} == {
        f"http://{a if ':' not in a else f'[{a}]'}:80/" for a in place.addresses
    }


def test_an_address_of_version_six_stands_in_brackets() -> None:
    place = gate("::1", private_hosts=["::1"]).checked("http://[::1]:8080/x")
    assert place.pinned(0) == "http://[::1]:8080/x"


# Forms of addresses inside, of hosts that nobody named, and of what only looks like a named host.
FORBIDDEN = [
    *(
        f"{scheme}://{host}/latest/meta-data"
        for scheme in ("http", "https")
        for host in (
            "127.0.0.1",
            "127.1",
            "0",
            "0.0.0.0",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::1]",
            "[fe80::1]",
            "[fd00::1]",
            "[ff02::1]",
            "224.0.0.1",
            "255.255.255.255",
            "metadata.google.internal",
            "127.0.0.1.nip.io",
            "gateway.example.evil.test",
            "evil.test",
        )
    ),
    "https://gateway.example@evil.test/",
    "https://gateway.example:pass@evil.test/",
    "https://@gateway.example/",
    "https://evil.test#@gateway.example/",
    "https://evil.test?@gateway.example/",
    "https://evil.test\\@gateway.example/",
    "https://gateway.example\\@evil.test/",
    "https://gateway.example%2eevil.test/",
    "https://gateway。example/",
    "https://ｇateway.example/",
    "https://gateway.example:22/",
    "https://gateway.example:99999/",
    "https://gateway.example:-1/",
    "https://[gateway.example/",
    "http://gateway.example/",
    "ftp://gateway.example/",
    "file:///etc/passwd",
    "gopher://gateway.example/",
    "javascript:alert(1)",
    "//gateway.example/",
    "gateway.example",
    "/etc/passwd",
    "https:///x",
    "https://",
    "",
    "https://gateway.example/" + "a" * 9_000,
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_forbidden(url: str) -> None:
    assert "不允许访问" in refusal(gate("gateway.example"), url).what


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "2002:7f00:1::1", "100.64.0.1"])
def test_an_inner_address_must_be_named_as_private_too(host: str) -> None:
    url = f"https://{f'[{host}]' if ':' in host else host}/"
    assert "指向内网地址" in refusal(gate(host), url).what
    assert gate(host, private_hosts=[host]).checked(url).addresses == (str(ipaddress.ip_address(host)),)


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "::ffff:169.254.169.254", "::"])
def test_some_addresses_are_never_reached(host: str) -> None:
    url = f"https://{f'[{host}]' if ':' in host else host}/"
    assert "本机管理地址" in refusal(gate(host, private_hosts=[host]), url).what


def test_a_name_that_turns_inside_after_it_was_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], [PUBLIC, "169.254.169.254"], [PUBLIC, "10.0.0.1"]])

    def rebinding(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    checked = gate("gateway.example")
    assert checked.checked("https://gateway.example/").pinned(0) == f"https://{PUBLIC}:443/"
    for told in ("内网地址", "本机管理地址", "内网地址"):
        assert told in refusal(checked, "https://gateway.example/").what


@pytest.mark.parametrize("host", ["nosuch.invalid", "a" * 64 + ".example"])
def test_a_name_that_cannot_be_resolved(host: str) -> None:
    fault = refusal(gate(host), f"https://{host}/?token=geheim")
    assert "域名解析失败" in fault.what
    assert "geheim" not in str(fault)


def test_ports_beside_the_usual_ones_are_named_with_the_host() -> None:
    assert "端口 9000" in refusal(gate(PUBLIC), f"https://{PUBLIC}:9000/").what
    assert gate(f"{PUBLIC}:9000").checked(f"https://{PUBLIC}:9000/").pinned(1) == f"https://{PUBLIC}:9000/"
    assert "不在 allowed_hosts" in refusal(gate(f"{PUBLIC}:9000"), f"https://{PUBLIC}/").what


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.test/x?token=1", "https://a.test/x"),
        ("https://user:geheim@a.test/x", "https://a.test/x"),
        ("a.test", "a.test"),
        ("https://a.test/" + "x" * 500, "https://a.test/" + "x" * 185),
    ],
)
def test_secrets_of_an_address_are_not_shown(url: str, kept: str) -> None:
    assert shown(url) == kept


def test_kinds_of_addresses() -> None:
    inside = ["127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::ffff:192.168.0.1", "fc00::1"]
    assert not any(public(ipaddress.ip_address(a)) for a in inside)
    assert public(ipaddress.ip_address(PUBLIC))
    assert public(ipaddress.ip_address("2606:2800:220:1::1"))
    assert not never(ipaddress.ip_address("127.0.0.1"))


def test_a_channel_is_refused_with_its_own_error_and_mail_has_its_own_schemes_and_ports() -> None:
    channel = Gate(("mail.example.com",), refusal=DeliveryError, schemes=MAIL)
    for url, told in (("https://mail.example.com/", "smtp(s)"), ("smtps://other.example.com", "不在 allowed_hosts")):
        with pytest.raises(DeliveryError, match="不允许访问") as refused:
            channel.checked(url)
        assert told in refused.value.what
    inside = Gate(("localhost",), ("localhost",), schemes=MAIL).checked("smtp://localhost")
    assert (inside.port, inside.private) == (587, True)
    with pytest.raises(SourceError, match="端口 8443 没有列入"):
        Gate(("localhost",), ("localhost",), schemes=MAIL).checked("smtps://localhost:8443")
