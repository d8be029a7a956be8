"""Who gets alerts: a web server, and a mail server that speaks as much SMTP as is needed."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.certificates import Pem


@dataclass
class Hook:
    """What was posted; each answer is the next of ``statuses``, and 204 after the last."""

    statuses: list[int] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    tried: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def webhook(*statuses: int, tls: Pem | None = None) -> Iterator[Hook]:
    hook = Hook(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            document = json.loads(body)
            assert self.headers["Idempotency-Key"] == document["id"]
            status = hook.statuses.pop(0) if hook.statuses else 204
            hook.tried.append(document)
            if status < 300:
                hook.documents.append(document)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = _context(tls).wrap_socket(server.socket, server_side=True)
        hook.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/s3cr3t"
        with _served(server):
            yield hook


@dataclass
class Mailbox:
    """What was mailed, and as whom somebody signed in."""

    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[Sequence[str]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    port: int = 0


class _MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: Pem | None, *, at_once: bool, refuses: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.tls, self.at_once, self.refuses = tls, at_once, refuses
        self.box = Mailbox(port=self.server_address[1])

    def handle_error(self, *arguments: object) -> None:
        """A client that goes away in the handshake is what some tests want."""


class _MailHandler(socketserver.StreamRequestHandler):
    server: _MailServer
    secured = False

    def handle(self) -> None:
        if self.server.at_once:
            self._secure()
        self.receivers: list[str] = []
        self._say("220 ready")
        while line := self.rfile.readline().strip():
            word, _, rest = line.decode().partition(" ")
            answer = getattr(self, f"on_{word.lower()}", None)
            if answer is None:
                self._say("502 unknown")
            else:
                answer(rest)

    def _secure(self) -> None:
        assert self.server.tls is not None
        plain = self.request
        self.request = _context(self.server.tls).wrap_socket(
            plain, server_side=True, do_handshake_on_connect=False
        )
        self.setup()
        self.request.do_handshake()
        self.secured = True

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def on_ehlo(self, _: str) -> None:
        offers = ["250-here"]
        if self.server.tls is not None and not self.secured:
            offers.append("250-STARTTLS")
        self._say("\r\n".join([*offers, "250 AUTH PLAIN"]))

    def on_starttls(self, _: str) -> None:
        self._say("220 go ahead")
        self._secure()

    def on_auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.server.box.signed_in.append(f"{user}:{password}")
        self._say("235 welcome")

    def on_mail(self, _: str) -> None:
        self._say("250 ok")

    def on_rset(self, _: str) -> None:
        self._say("250 ok")

    def on_rcpt(self, rest: str) -> None:
        receiver = rest.partition("<")[2].partition(">")[0]
        if receiver in self.server.refuses:
            self._say("550 nobody")
            return
        self.receivers.append(receiver)
        self._say("250 ok")

    def on_data(self, _: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(mail, EmailMessage)
        box = self.server.box
        box.mails.append(mail)
        box.receivers.append(self.receivers)
        box.secured.append(self.secured)
        self._say("250 taken")

    def on_quit(self, _: str) -> None:
        self._say("221 bye")


@contextmanager
def mail_server(
    *, tls: Pem | None = None, at_once: bool = False, refuses: Sequence[str] = ()
) -> Iterator[Mailbox]:
    """``tls``: by STARTTLS, or from the start with ``at_once``; ``refuses``: these receivers."""
    with _MailServer(tls, at_once=at_once, refuses=refuses) as server, _served(server):
        yield server.box


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _context(pem: Pem) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.certificate, pem.key)
    return context
