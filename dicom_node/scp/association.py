"""pynetdicom's server side with the gaps closed that a peer could fall, or push us, through.

Private parts of pynetdicom 3.0.4 used here: ``RequestHandler._create_association`` (its body is
repeated with our class), ``Association._server`` and ``Association._serve_request``. The version
is pinned and the tests cover each.
"""

from __future__ import annotations

import logging
import socketserver
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from pynetdicom import evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.transport import AssociationServer, RequestHandler

from dicom_node.addresses import canonical_address
from dicom_node.bugs import log_bug
from dicom_node.scp.crowd import Farewells
from dicom_node.scp.policy import Refusal
from dicom_node.tls import let_alert_arrive, problem_of, shake_hands
from dicom_node.wire import ClosingSocket, tune_socket

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.dimse_primitives import DimseServiceType
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)

ABORT_WAIT_S: Final = 1.0
"""How long an aborted peer may take to close its side (the ARTIM timer, PS3.8 9.1.5)."""


class AcceptedSocket(ClosingSocket):
    """A connection that was accepted: until who called has said so, its whole time is limited."""

    def patience_s(self) -> float:
        """Until the association request is whole: what is left of the time for that."""
        assoc = cast("NodeAssociation", self.assoc)
        usual_s = super().patience_s()
        if assoc.requestor.primitive is not None:
            return usual_s
        return min(usual_s, assoc.left_for_request_s())


class NodeAssociation(Association):
    """An accepted association that ends, whatever its peer sends.

    Attributes:
        admitted: the policy let it in, so it counts against the limit.
        answers: counts the C-STORE responses by status.
        host: the canonical address of the caller.
        peer_names: the peers that the caller is.
        secured: the caller showed a certificate that we could verify.
    """

    def __init__(self, ae: ApplicationEntity, host: str) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self.host = host
        self._usual_acse_timeout_s = ae.acse_timeout or 0.0
        self._request_until = time.monotonic() + self._usual_acse_timeout_s
        self.admitted = False
        self.answers: Counter[int] = Counter()
        self.peer_names: tuple[str, ...] = ()
        self.secured = False
        self.bind(evt.EVT_CONN_CLOSE, self._on_closed)

    def run_reactor(self) -> None:
        """The association's thread. A bug ends the association and is logged."""
        try:
            if self._is_ready_to_talk():
                self.acse_timeout = self.left_for_request_s()
                super().run_reactor()
        except Exception as error:  # noqa: BLE001 - the edge of this thread
            log_bug("in an association", error)
        finally:
            # Ends pynetdicom's second thread too, which an exception here would leave running.
            self.close_connection()
            self._log_end()

    def left_for_request_s(self) -> float:
        """What is left of the time from accepting the connection to the whole request."""
        return max(0.0, self._request_until - time.monotonic())

    def request_came(self) -> None:
        """Who calls has said so in time: from now on the usual times hold."""
        self.acse_timeout = self._usual_acse_timeout_s

    def _is_ready_to_talk(self) -> bool:
        """Do the TLS handshake, here and not where connections are accepted, if the port has TLS.

        What fails ends with one line in the log: nothing that the caller sent is in it.
        """
        server = cast("NodeServer", self._server)
        link = self.dul.socket
        if server.tls is None or link is None or link.socket is None:
            return True
        secured = None
        try:
            secured = server.tls.wrap_socket(
                link.socket, server_side=True, do_handshake_on_connect=False
            )
            link.socket = secured  # so that close_connection reaches it
            shake_hands(secured, deadline_s=self.left_for_request_s())
            tune_socket(secured, stall_s=server.stall_s)
        except OSError as error:
            logger.warning(
                "no TLS with a caller at %s: %s", self.requestor.address, problem_of(error)
            )
            if secured is not None:
                let_alert_arrive(secured)
            return False
        self.secured = True
        return True

    def _serve_request(self, msg: DimseServiceType, context_id: int) -> None:
        """Serve a request; abort if it lacks an element, where pynetdicom would not answer."""
        if msg.is_valid_request:
            super()._serve_request(msg, context_id)
            return
        logger.warning("aborted: an incomplete %s request", msg.msg_type)
        self.abort()

    def cut(self) -> None:
        """End it from outside: by an A-ABORT, if the peer has asked for an association. Blocks."""
        if self.requestor.primitive is None:
            self.close_connection()
        else:
            self.acse_timeout = ABORT_WAIT_S
            self.abort()

    def close_connection(self) -> None:
        """Close the socket, whatever is on its way through it."""
        if self.dul.socket is not None:
            self.dul.socket.close()

    @staticmethod
    def _on_closed(event: Event) -> None:
        """EVT_CONN_CLOSE: pynetdicom would wait on for a request that cannot come any more."""
        if event.assoc.requestor.primitive is None:
            event.assoc.dul.to_user_queue.put(None)

    def _log_end(self) -> None:
        if not self.admitted:
            return
        stored = self.answers[0x0000]
        logger.info(
            "association with %s at %s %s: %d instances stored, %d refused",
            self.requestor.ae_title.strip(" "),
            self.requestor.address,
            "released" if self.is_released else "aborted",
            stored,
            self.answers.total() - stored,
        )


class NodeRequestHandler(RequestHandler):
    """Makes a :class:`NodeAssociation` of a connection."""

    server: NodeServer

    def handle(self) -> None:
        """Bound the socket's waits, then let the association run in its own thread."""
        tune_socket(self.request, stall_s=self.server.stall_s)
        super().handle()

    def _create_association(self) -> Association:
        server, ae = self.server, self.ae
        assoc = NodeAssociation(ae, canonical_address(self.remote.address))
        assoc._server = server  # noqa: SLF001 (see above)
        # AssociationServer.active_associations looks for this name.
        assoc.name = f"AcceptorThread@{datetime.now(UTC):%Y%m%d%H%M%S}"
        assoc.set_socket(AcceptedSocket(assoc, client_socket=self.request))
        assoc.acceptor.maximum_length = ae.maximum_pdu_size
        assoc.acceptor.ae_title = server.ae_title
        assoc.acceptor.address_info = self.local
        assoc.acceptor.implementation_class_uid = ae.implementation_class_uid
        assoc.acceptor.implementation_version_name = ae.implementation_version_name
        # Shared, not copied (milliseconds an association): the negotiation only reads them.
        assoc.acceptor.supported_contexts = server.contexts
        assoc.requestor.address_info = self.remote
        for event in server.get_events():
            bound: Any = server.get_handlers(event)
            for handler, arguments in [bound] if event.is_intervention else bound:
                assoc.bind(event, handler, arguments)
        return assoc


class NodeServer(AssociationServer):
    """Accepts connections; its associations run in threads of their own."""

    request_queue_size = 1024  # the 5 of socketserver make a burst of senders wait a second
    stall_s: float = 60
    """A peer that is silent this long in the middle of a PDU is cut off."""
    tls: ssl.SSLContext | None = None
    """None: connections are not secured."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.is_crowd: Callable[[str], bool] = _never
        """Whether one more connection from a host, by its address, would be too many."""
        self._farewells = Farewells()
        super().__init__(*arguments, **named)

    @property
    def associations(self) -> list[NodeAssociation]:
        """The connections that are open, with or without an association yet."""
        return cast("list[NodeAssociation]", self.active_associations)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start an association, or say that there are too many, which starts nothing."""
        if not self.is_crowd(canonical_address(client_address[0])):
            super().process_request(request, client_address)
        elif self.tls is None:
            self._farewells.reject(request, Refusal.CROWD.value)
        else:
            request.close()  # nothing can be said there without a handshake

    def shutdown(self) -> None:
        """Stop accepting and close the listening socket. Associations go on."""
        socketserver.BaseServer.shutdown(self)
        self._farewells.end()
        self.server_close()

    def service_actions(self) -> None:
        """Often, where connections are accepted. pynetdicom would collect garbage here."""
        self._farewells.go_on()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log a connection that failed before its association began; the others go on."""
        error = sys.exception()
        assert error is not None
        log_bug(f"in a new connection from {client_address[0]}", error)


def _never(_: str) -> bool:
    return False
