"""Real receivers of messages on loopback, started and ended by the test: HTTP with or without TLS, and SMTP.

In: what they answer. Out: their ports, and what came. Not here: what is tested. Certificates are made when they are needed, by an authority of the
test's own.
"""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered; `pause` seconds first; `hang_up`: nothing at all; `drip`: a byte at a time."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0
    hang_up: bool = False
    drip: bool = False

    @property
    def data(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Receiver:
    """A running server."""

    port: int = 0
    scheme: str = "http"
    got: list[Posted] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://localhost:{self.port}/send?key=geheim"

    @property
    def keys(self) -> list[str]:
        """The idempotency keys that came, in order."""
        return [one.headers["Idempotency-Key"] for one in self.got]


OK = Reply()


@contextmanager
def receiver(answer: Callable[[Posted], Reply] = lambda _: OK, certificate: Path | None = None) -> Iterator[Receiver]:
    """A server that answers every POST with `answer`; with a certificate it speaks TLS."""
    found = Receiver(scheme="https" if certificate else "http")

    class Handler(BaseHTTPRequestHandler):
        """Answers without a log."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            posted = Posted(self.path, dict(self.headers), self.rfile.read(length))
            found.got.append(posted)
            _reply(self, answer(posted))

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = _Quiet(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        found.port = server.server_address[1]
        yield found


class _Quiet(ThreadingHTTPServer):
    """Says nothing of clients that hang up, as many of these tests want."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing is said."""


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _reply(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    time.sleep(reply.pause)
    handler.close_connection = True
    if reply.hang_up:
        return
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if not reply.drip:
        handler.send_header("Content-Length", str(len(reply.data)))
    handler.end_headers()
    for piece in [reply.data[n : n + 1] for n in range(len(reply.data))] if reply.drip else [reply.data]:
        handler.wfile.write(piece)
        handler.wfile.flush()
        time.sleep(0.3 if reply.drip else 0)


# --- SMTP -----------------------------------------------------------------------------------------------------------------------------


@dataclass
class Post:
    """A running mail server: what it offers and refuses, and the mails that came."""

    port: int = 0
    certificate: Path | None = None
    starttls: bool = True
    refuses: Mapping[str, str] = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def post_office(**offers: Any) -> Iterator[Post]:
    """An SMTP server; `refuses`: verb -> answer, `certificate` for STARTTLS, `sealed`: TLS from the start."""
    sealed = offers.pop("sealed", False)
    found = Post(**offers)
    context = None
    if found.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(found.certificate)

    class Handler(socketserver.StreamRequestHandler):
        """One client."""

        def handle(self) -> None:
            _serve_mail(self, found, context, sealed=sealed)

    class Server(socketserver.ThreadingTCPServer):
        """Says nothing of clients that hang up."""

        daemon_threads, block_on_close, allow_reuse_address = True, False, True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing is said."""

    server = Server(("127.0.0.1", 0), Handler)
    if sealed and context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        found.port = server.server_address[1]
        yield found


def _serve_mail(handler: Any, post: Post, context: ssl.SSLContext | None, *, sealed: bool) -> None:
    read, write = handler.rfile, handler.wfile

    def say(line: str) -> None:
        write.write(f"{line}\r\n".encode())
        write.flush()

    say(post.refuses.get("CONNECT", "220 localhost"))
    while line := read.readline().decode().strip():
        verb = line.split()[0].upper()
        post.said.append(line)
        if verb in post.refuses:
            if post.refuses[verb] == "hang up":
                return
            say(post.refuses[verb])
        elif verb == "EHLO":
            offered = ["localhost", "AUTH PLAIN", *(["STARTTLS"] if context and post.starttls and not sealed else [])]
            for number, one in enumerate(offered):
                say(f"250{' ' if number == len(offered) - 1 else '-'}{one}")
        elif verb == "STARTTLS" and context:
            say("220 go")
            held = context.wrap_socket(handler.connection, server_side=True)
            read, write, sealed = held.makefile("rb"), held.makefile("wb"), True
        elif verb == "AUTH":
            say("235 welcome")
        elif verb == "DATA":
            say("354 go on")
            body = []
            while (text := read.readline().decode()) != ".\r\n":
                body.append(text)
            post.mails.append("".join(body))
            say("250 taken")
        elif verb == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")


# --- certificates ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """An authority and what it vouches for: PEM files."""

    root: Path
    localhost: Path
    another_name: Path
    expired: Path
    unknown: Path


@cache
def authority() -> Authority:
    """Made once in a process."""
    folder = Path(mkdtemp(prefix="sanse-authority-"))
    root, stranger = _signer("Test Authority"), _signer("Somebody")
    (folder / "root.pem").write_bytes(root[1].public_bytes(serialization.Encoding.PEM))
    for name, host, by, days in (
        ("localhost", "localhost", root, 30),
        ("another_name", "elsewhere.example", root, 30),
        ("expired", "localhost", root, -1),
        ("unknown", "localhost", stranger, 30),
    ):
        (folder / f"{name}.pem").write_bytes(_vouched(host, by, days))
    return Authority(*(folder / f"{name}.pem" for name in ("root", "localhost", "another_name", "expired", "unknown")))


_Signer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _signer(name: str) -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = _built(own, own, key, 30).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return key, built.sign(key, hashes.SHA256())


def _vouched(host: str, by: _Signer, days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    built = _built(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), by[1].subject, key, days)
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    certificate = built.sign(by[0], hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _built(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=40))
        .not_valid_after(now + timedelta(days=days))
    )
