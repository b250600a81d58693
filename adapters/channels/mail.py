"""Mail over SMTP: a plain text to some addresses, on a sealed connection.

In: a message. Out: `Delivered` when every receiver was taken. Not here: which hosts may be reached (`adapters.addresses`).
`smtps://host` is sealed from the start, `smtp://host` by STARTTLS before anything is said; only a host that is named as private may go without.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from adapters.addresses import MAIL, Gate, Place
from adapters.channels.options import SHARED, needed, only, seconds, text, texts, wrong
from adapters.channels.tls import trusted
from adapters.deadline import Deadline
from engine.errors import DeliveryError
from engine.model import ChannelSpec, Delivered, Limits, Message, Refused

_OPTIONS = ("from", "to", "user", *SHARED)
_TIMEOUT = 10


class _Plain(smtplib.SMTP):
    """SMTP to the address that was checked, whatever the name means by now."""

    def __init__(self, place: Place, timeout: int, deadline: Deadline) -> None:
        self._place, self._deadline = place, deadline
        super().__init__(place.host, place.port, local_hostname="localhost", timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = socket.create_connection((self._place.addresses[0], port), timeout)
        self._deadline.hold(found)
        return found


class _Sealed(_Plain):
    """The same, sealed from the start."""

    def __init__(self, place: Place, timeout: int, deadline: Deadline, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(place, timeout, deadline)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = self._context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)
        self._deadline.hold(found)
        return found


class MailChannel:
    """Sends mail."""

    limits = Limits(per_minute=20, most_bytes=60_000)

    def __init__(self, spec: ChannelSpec) -> None:
        needed(spec)
        only(spec, _OPTIONS)
        self._from, self._to, self._user = text(spec, "from"), texts(spec, "to"), text(spec, "user")
        for name, held in (("from", (self._from,)), ("to", self._to)):
            if not held or not all("@" in one and one.isprintable() and "," not in one for one in held):
                raise wrong(spec, name, "要写成邮箱地址")
        self._timeout = seconds(spec, "timeout_seconds", _TIMEOUT)
        self._gate = Gate(spec.allowed_hosts, spec.private_hosts, refusal=DeliveryError, schemes=MAIL)
        self.spec, self._tls = spec, trusted(spec)

    def deliver(self, message: Message) -> Delivered | Refused:
        """One mail to all receivers."""
        try:
            place = self._gate.checked(self.spec.address)
            with Deadline(6 * self._timeout) as deadline, self._opened(place, deadline) as smtp:
                if self._user:
                    smtp.login(self._user, self.spec.secret)
                refused = smtp.send_message(self._mail(message, place.host), self._from, list(self._to))
        except DeliveryError as fault:
            return Refused(fault.what)
        except ssl.SSLError:
            return Refused("对方的证书不对，不能确认是它")
        except smtplib.SMTPResponseException as fault:
            return Refused(f"邮件服务器没有收下（{fault.smtp_code}）", again=not _final(fault))
        except smtplib.SMTPRecipientsRefused as fault:
            codes = sorted({str(code) for code, _ in fault.recipients.values()})
            return Refused(f"收件人没有被接受（{'、'.join(codes)}）", again=any(code < "5" for code in codes))
        except (smtplib.SMTPException, OSError) as fault:
            return Refused(f"连接没有成功（{type(fault).__name__}）")
        return Delivered("已收下" if not refused else f"{len(refused)} 个收件人没有被接受")

    def _opened(self, place: Place, deadline: Deadline) -> smtplib.SMTP:
        """A connection on which a secret may be said."""
        if place.parts.scheme == "smtps":
            return _Sealed(place, self._timeout, deadline, self._tls)
        smtp = _Plain(place, self._timeout, deadline)
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._tls)
            assert smtp.sock is not None
            deadline.hold(smtp.sock)
        elif not place.private or self._user:
            smtp.close()
            raise DeliveryError("邮件服务器不提供加密（STARTTLS）", where=place.host, hint="改用 smtps:// 或请对方启用")
        return smtp

    def _mail(self, message: Message, host: str) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = f"{message.title}（{len(message.lines)}）"
        mail["From"], mail["To"] = self._from, ", ".join(self._to)
        mail["Date"], mail["Message-ID"] = format_datetime(message.at), f"<{message.key}@{host}>"
        mail["X-Sanse-Key"] = message.key
        mail.set_content(message.text, cte="base64")
        return mail


def _final(fault: smtplib.SMTPResponseException) -> bool:
    """Refusals for good are 5xx; a login that is refused may be mended without sending the message anew."""
    return fault.smtp_code >= 500 and not isinstance(fault, smtplib.SMTPAuthenticationError)
