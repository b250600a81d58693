"""Mail against a real SMTP server: sealed, addressed, refused, broken off."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_string
from email.header import decode_header, make_header
from typing import Any

import pytest

from adapters.channels.mail import MailChannel
from engine.errors import ConfigError
from engine.model import ChannelSpec, Colour, Delivered, Line, Message, Refused
from tests.receivers import Post, authority, post_office

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
MESSAGE = Message(
    "k1", NOW, "三色通知", (Line("SS2025-000001", Colour.RED, "升级", None, "", "【红】SS2025-000001 升级"),)
)


def channel(post: Post, scheme: str = "smtp", **options: Any) -> MailChannel:
    hosts = (f"localhost:{post.port}",)
    held = {"from": "sanse@example.com", "to": ["a@example.com", "b@example.com"], "timeout_seconds": 1, **options}
    return MailChannel(ChannelSpec("邮件", f"{scheme}://localhost:{post.port}", "geheim", hosts, ("localhost",), held))


def test_a_mail_over_starttls_with_a_login() -> None:
    with post_office(certificate=authority().localhost) as post:
        made = channel(post, user="sanse", ca_file=str(authority().root))
        assert made.deliver(MESSAGE) == Delivered("已收下")
    (mail,) = map(message_from_string, post.mails)
    assert str(make_header(decode_header(mail["Subject"]))) == "三色通知（1）"
    assert (mail["X-Sanse-Key"], mail["Message-ID"]) == ("k1", "<k1@localhost>")
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().strip() == MESSAGE.text
    verbs = [line.split()[0].upper() for line in post.said]
    assert verbs.index("STARTTLS") < verbs.index("AUTH")
    assert verbs.count("RCPT") == 2


def test_sealed_from_the_start() -> None:
    with post_office(certificate=authority().localhost, sealed=True) as post:
        assert channel(post, "smtps", ca_file=str(authority().root)).deliver(MESSAGE) == Delivered("已收下")
    assert len(post.mails) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_wrong_certificate_ends_it_before_anything_is_said(scheme: str) -> None:
    with post_office(certificate=authority().unknown, sealed=scheme == "smtps") as post:
        made = channel(post, scheme, user="sanse", ca_file=str(authority().root))
        assert made.deliver(MESSAGE) == Refused("对方的证书不对，不能确认是它")
    assert not any(line.upper().startswith(("AUTH", "MAIL")) for line in post.said)


def test_no_secret_is_said_where_nothing_is_sealed_even_inside() -> None:
    with post_office() as post:
        refused = channel(post, user="sanse").deliver(MESSAGE)
        assert isinstance(refused, Refused)
        assert "STARTTLS" in refused.why
        assert not any(line.upper().startswith("AUTH") for line in post.said)
        assert channel(post).deliver(MESSAGE) == Delivered("已收下")


@pytest.mark.parametrize(
    ("refuses", "again", "said"),
    [
        ({"CONNECT": "421 busy"}, True, "421"),
        ({"MAIL": "451 later"}, True, "451"),
        ({"MAIL": "550 no"}, False, "550"),
        ({"RCPT": "550 unknown"}, False, "收件人没有被接受（550）"),
        ({"RCPT": "450 greylisted"}, True, "收件人没有被接受（450）"),
        ({"DATA": "554 spam"}, False, "554"),
        ({"AUTH": "535 wrong"}, True, "535"),
        ({"DATA": "hang up"}, True, "连接没有成功"),
    ],
)
def test_what_is_not_taken_is_told(refuses: dict[str, str], again: bool, said: str) -> None:
    with post_office(certificate=authority().localhost, refuses=refuses) as post:
        refused = channel(post, user="sanse", ca_file=str(authority().root)).deliver(MESSAGE)
    assert isinstance(refused, Refused)
    assert refused.again is again
    assert said in refused.why


def test_only_hosts_that_are_named() -> None:
    with post_office() as post:
        made = MailChannel(
            ChannelSpec(
                "邮件", f"smtp://localhost:{post.port}", options={"from": "a@example.com", "to": "b@example.com"}
            )
        )
        refused = made.deliver(MESSAGE)
    assert isinstance(refused, Refused)
    assert "不在 allowed_hosts" in refused.why
    assert post.said == []


@pytest.mark.parametrize(
    "options",
    [
        {"from": "nobody"},
        {"to": []},
        {"to": "a@example.com,b@example.com"},
        {"to": "a@example.com\nBcc: c@example.com"},
        {"subject": "x"},
    ],
)
def test_addresses_that_are_none_are_refused(options: dict[str, Any]) -> None:
    with post_office() as post, pytest.raises(ConfigError):
        channel(post, **options)
