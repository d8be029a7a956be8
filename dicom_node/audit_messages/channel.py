"""The connection to a syslog receiver: TLS (RFC 5425), or plain TCP and UDP on loopback.

Syslog has no answer. What we can know is that the receiver's system took every byte and that the
receiver has not ended the connection meanwhile: that is what :meth:`Channel.confirm` waits for.
"""

from __future__ import annotations

import array
import fcntl
import select
import socket
import ssl
import termios
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self

from dicom_node.audit_messages.syslog import counted
from dicom_node.errors import PeerUnreachableError
from dicom_node.tls import hear_out, problem_of, shake_hands

CA_SETTING: Final = "audit.syslog_ca"
CHECK_S: Final = 0.01
GOOD_BYE_S: Final = 1
"""How long the receiver may take to end the TLS session, too."""
DATAGRAM_MAX: Final = 65_000


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go."""

    host: str
    port: int
    transport: Literal["tls", "tcp", "udp"]
    tls: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        """For the database, logs and commands."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}://{host}:{self.port}"


class Channel:
    """An open connection; a context manager.

    Every wait is bounded by ``timeout_s``.

    Raises:
        PeerUnreachableError: there is no connection, or it broke.
    """

    def __init__(self, receiver: Receiver, *, timeout_s: float) -> None:
        self._receiver, self._timeout_s = receiver, timeout_s
        try:
            self._socket = self._connected()
        except (OSError, UnicodeError) as error:
            text = error.strerror or str(error) if isinstance(error, OSError) else "no host name"
            raise PeerUnreachableError(f"{receiver.name}: {text}") from error
        if receiver.transport == "tls":
            self._socket = self._secured(self._socket)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, message: bytes) -> None:
        """Hand one message to the system."""
        datagram = self._receiver.transport == "udp"
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(message[:DATAGRAM_MAX] if datagram else counted(message))
        except OSError as error:
            raise self._broken(error) from error

    def confirm(self) -> None:
        """Wait until the receiver's system has everything; it must still be there then."""
        end = time.monotonic() + self._timeout_s
        try:
            while self._receiver.transport != "udp" and _unsent_bytes(self._socket):
                self._check_it_is_there()
                if time.monotonic() > end:
                    raise PeerUnreachableError(f"{self._receiver.name}: it takes nothing")
                time.sleep(CHECK_S)
            self._check_it_is_there()
        except OSError as error:
            raise self._broken(error) from error

    def close(self) -> None:
        """Say good-bye (close_notify) and close; safe to call twice."""
        with suppress(OSError, ValueError):
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.settimeout(GOOD_BYE_S)
                self._socket = self._socket.unwrap()
        self._socket.close()

    def _connected(self) -> socket.socket:
        receiver = self._receiver
        if receiver.transport == "udp":
            family, kind, protocol, _, address = socket.getaddrinfo(
                receiver.host, receiver.port, type=socket.SOCK_DGRAM
            )[0]
            made = socket.socket(family, kind, protocol)
            made.connect(address)
            return made
        return socket.create_connection((receiver.host, receiver.port), timeout=self._timeout_s)

    def _secured(self, connection: socket.socket) -> ssl.SSLSocket:
        assert self._receiver.tls is not None, "the configuration demands it"
        secured = None
        try:
            secured = self._receiver.tls.wrap_socket(
                connection,
                server_hostname=self._receiver.host.rstrip("."),
                do_handshake_on_connect=False,
            )
            shake_hands(secured, deadline_s=self._timeout_s)
            hear_out(secured)
        except OSError as error:
            (secured or connection).close()
            raise self._broken(error) from error
        except ValueError as error:
            (secured or connection).close()
            raise PeerUnreachableError(f"{self._receiver.name}: {error}") from error
        return secured

    def _check_it_is_there(self) -> None:
        """A receiver says nothing; what comes is its end, or why it turned us away."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if not poll.poll(0):
            return
        self._socket.setblocking(False)
        try:
            said = self._socket.recv(4096)
        except (ssl.SSLWantReadError, BlockingIOError):  # a session ticket
            return
        if not said and self._receiver.transport != "udp":
            raise ConnectionResetError("it ended the connection")

    def _broken(self, error: OSError) -> PeerUnreachableError:
        if self._receiver.transport == "tls" and isinstance(error, ssl.SSLError):
            words = problem_of(error, ca=CA_SETTING)
        else:
            words = error.strerror or str(error) or "the connection broke"
        return PeerUnreachableError(f"{self._receiver.name}: {words}")


def _unsent_bytes(connection: socket.socket) -> int:
    """What the other side's system has not acknowledged yet: SIOCOUTQ, which is TIOCOUTQ."""
    found = array.array("i", [0])
    fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, found)
    return found[0]
