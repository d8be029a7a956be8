"""A syslog receiver for tests: TLS or plain TCP, octet counting (RFC 5425 4.3), nothing more."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from xml.etree import ElementTree

HEADER: Final = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<program>\S+) (?P<process>\S+)"
    rb" (?P<message_id>\S+) (?P<data>\S+) \xef\xbb\xbf(?P<body>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Received:
    """One message, taken apart."""

    priority: int
    host: str
    program: str
    message_id: str
    body: bytes

    @classmethod
    def of(cls, message: bytes) -> Received:
        found = HEADER.fullmatch(message)
        assert found is not None, message
        assert found["data"] == b"-"
        return cls(
            int(found["priority"]),
            found["host"].decode(),
            found["program"].decode(),
            found["message_id"].decode(),
            found["body"],
        )

    @property
    def entry(self) -> int:
        """The number of the audit entry."""
        found = re.search(r"audit entry (\d+)<", self.body.decode())
        assert found is not None
        return int(found[1])

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)


class SyslogReceiver:
    """Listens on a free port of loopback.

    ``end_after``: the connection is ended, without a word, after so many messages of its; once.
    ``mute``: it takes connections, and does nothing with them.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        port: int = 0,
        end_after: int | None = None,
        mute: bool = False,
    ) -> None:
        self._tls, self._end_after, self._mute = tls, end_after, mute
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._messages: list[Received] = []
        self._open: list[socket.socket] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)

    @property
    def messages(self) -> list[Received]:
        with self._lock:
            return list(self._messages)

    @property
    def entries(self) -> list[int]:
        """The numbers of the entries, as they came."""
        return [each.entry for each in self.messages]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.connections += 1
            if not self._mute:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                count = 0
                while (length := _number(stream.read(1), stream)) is not None:
                    message = Received.of(stream.read(length))
                    if self._end_after == count:
                        self._end_after = None
                        return
                    count += 1
                    with self._lock:
                        self._messages.append(message)


def _number(first: bytes, stream: object) -> int | None:
    digits = b""
    while first not in {b"", b" "}:
        digits += first
        first = stream.read(1)  # type: ignore[attr-defined]
    return int(digits) if digits else None


def server_context(
    certificate: Path, key: Path, *, client_authority: Path | None = None
) -> ssl.SSLContext:
    """TLS for the receiver; with ``client_authority`` the sender must show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    return context
