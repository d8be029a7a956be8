"""What both sides of the wire share: the DICOM libraries' set-up, addresses, sockets.

Private parts of pynetdicom 3.0.4 used here: ``AssociationSocket._shutdown_socket``,
``._create_socket``, ``._is_connected`` and ``._ready``, and ``AE._create_socket``. The version is
pinned and the tests cover each.
"""

from __future__ import annotations

import errno
import logging
import math
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pydicom.config
import pynetdicom
from pynetdicom import _config, evt
from pynetdicom.transport import T_CONNECT, AddressInformation, AssociationSocket

from dicom_node.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

if TYPE_CHECKING:
    from pynetdicom.association import Association

MAXIMUM_PDU_BYTES: Final = 131_072
"""What we offer to receive in one P-DATA PDU. DCMTK's upper limit; larger ones gain nothing."""
LONGEST_PDU_BYTES: Final = 2**20
"""A longer PDU is not read. Requests may be longer than data: 128 contexts with long lists."""
READ_BYTES: Final = 65_536
"""At most so much is taken from a socket at once; pynetdicom's 4096 are many calls an image."""


@dataclass(frozen=True, slots=True)
class ReportReply:
    """How an N-EVENT-REPORT is answered, and the transaction that it was about, if it said so.

    Storage commitment's report comes on whichever association the peer likes.
    """

    status: int
    transaction_uid: str | None = None


def prepare_libraries() -> None:
    """Make pydicom and pynetdicom keep values to themselves and leave UIDs to us. Idempotent.

    By default both write what a peer sent into logs and warnings: identifiers, and any value
    that breaks its VR's rules, which may be a patient's name.
    """
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    # A UID of more than 64 characters would abort the association before a handler could answer
    # with a status; the handler checks every UID itself.
    _config.VALIDATORS["UI"] = _any_uid
    # Repeats AE titles and UIDs of the peer, unescaped and of any length.
    logging.getLogger("pynetdicom.utils").setLevel(logging.CRITICAL + 1)
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def _any_uid(_: Any) -> tuple[bool, str]:
    return True, ""


def tune_socket(connection: socket.socket, *, stall_s: float) -> None:
    """Bound every wait on ``connection``, and send small PDUs at once.

    pynetdicom leaves both out: a peer that stops in the middle of a PDU then blocks a thread for
    ever, and Nagle's algorithm costs about 45 ms an instance with DCMTK's peers.
    """
    connection.settimeout(stall_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class ClosingSocket(AssociationSocket):
    """pynetdicom's, which leaves the descriptor open where the peer was gone first.

    Attributes:
        tls_error: how TLS ended the connection, if it did.
    """

    tls_error: OSError | None = None
    _ahead: bytes = b""

    @property
    def ready(self) -> bool:
        """Whether there is something to read, or the end of it."""
        if self._ahead:
            return True
        connection = self.socket
        if connection is None or not self._is_connected or not self._is_readable(connection):
            return False
        return self._has_data(connection) if isinstance(connection, ssl.SSLSocket) else True

    def _is_readable(self, connection: socket.socket) -> bool:
        """Whether bytes, or the end, are there.

        Not by select, as pynetdicom does: that takes no descriptor beyond 1023.
        """
        if isinstance(connection, ssl.SSLSocket) and connection.pending():
            return True
        try:
            poll = select.poll()
            poll.register(connection, select.POLLIN)
            return bool(poll.poll(0))
        except (OSError, ValueError):  # closed by another thread of ours
            self.event_queue.put("Evt17")  # transport connection closed
            return False

    def _has_data(self, connection: ssl.SSLSocket) -> bool:
        """Whether what came is meant for us.

        TLS sends for itself too, as session tickets after a handshake. pynetdicom would wait for
        the peer's data behind them, while the peer waits for ours.
        """
        if connection.pending():
            return True
        try:
            patience_s = connection.gettimeout()
            connection.settimeout(0)
            try:
                self._ahead = connection.recv(1)
            finally:
                connection.settimeout(patience_s)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            self.tls_error = error
            self.event_queue.put("Evt17")  # transport connection closed
            return False
        return True

    def patience_s(self) -> float:
        """How long the bytes of a header, or of the PDU behind it, may take to come, in all."""
        assert self.socket is not None
        return self.socket.gettimeout() or math.inf

    def recv(self, nr_bytes: int) -> bytearray:
        """``nr_bytes`` bytes; fewer where the connection ends.

        pynetdicom reads on as long as bytes come, however slowly, and however many the peer says.

        Raises:
            OSError: it is too long to be a PDU; TimeoutError: it did not come in time.
        """
        if nr_bytes > LONGEST_PDU_BYTES:
            self.event_queue.put("Evt19")  # an invalid PDU: pynetdicom answers by an A-ABORT
            raise OSError(errno.EMSGSIZE, f"a PDU of {nr_bytes} bytes")
        connection = self.socket
        if connection is None:  # closed by another thread of ours
            return bytearray()
        received = bytearray(self._ahead[:nr_bytes])
        self._ahead = self._ahead[nr_bytes:]
        usual_s = connection.gettimeout()
        end = time.monotonic() + self.patience_s()
        try:
            while len(received) < nr_bytes:
                left_s = end - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError("a PDU did not come in time")
                connection.settimeout(None if left_s == math.inf else left_s)
                chunk = connection.recv(min(nr_bytes - len(received), READ_BYTES))
                if not chunk:
                    break
                received += chunk
        finally:
            connection.settimeout(usual_s)
        return received

    def _shutdown_socket(self) -> None:
        connection = self.socket
        # OpenSSL's objects are for one thread at a time: where another one cuts the connection,
        # the peer is not told in TLS.
        if isinstance(connection, ssl.SSLSocket) and threading.current_thread() is self.assoc.dul:
            _end_tls(connection)
        super()._shutdown_socket()
        if connection is not None:
            connection.close()


def _end_tls(connection: ssl.SSLSocket) -> None:
    """Send TLS's own end (close_notify), and wait for nothing."""
    try:
        connection.settimeout(0)
        connection.unwrap()
    except (OSError, ValueError):
        pass


class CallingSocket(ClosingSocket):
    """A connection that stands already, with TLS or without."""

    def __init__(self, assoc: Association, connection: socket.socket) -> None:
        self._connection = connection
        super().__init__(assoc, address=AddressInformation.from_tuple(connection.getsockname()))

    def _create_socket(self, address: AddressInformation) -> socket.socket:  # noqa: ARG002
        return self._connection

    def connect(self, primitive: T_CONNECT) -> None:
        """Say that it is connected (Evt2 of PS3.8 9.2)."""
        self.assoc.requestor.address_info = AddressInformation.from_tuple(
            self._connection.getsockname()
        )
        self._is_connected = True
        evt.trigger(self.assoc, evt.EVT_CONN_OPEN, {"address": primitive.address_info.as_tuple})
        primitive.result = "Evt2"
        self.provider_queue.put(primitive)
        self._ready.set()


class NodeEntity(pynetdicom.AE):
    """An application entity whose outgoing connections are :class:`ClosingSocket`.

    Attributes:
        connection: the next association goes over this one; none: pynetdicom connects.
    """

    connection: socket.socket | None = None

    def _create_socket(
        self,
        assoc: Association,
        address: AddressInformation,
        tls_args: tuple[ssl.SSLContext, str] | None,
    ) -> AssociationSocket:
        if self.connection is not None:
            return CallingSocket(assoc, self.connection)
        connection = ClosingSocket(assoc, address=address)
        connection.tls_args = tls_args
        return connection


def application_entity(ae_title: str) -> NodeEntity:
    """An application entity that says who we are, with :func:`prepare_libraries` done."""
    prepare_libraries()
    ae = NodeEntity(ae_title=ae_title)
    ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    ae.maximum_pdu_size = MAXIMUM_PDU_BYTES
    return ae
