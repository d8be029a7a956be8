"""The connection to a peer, before an association: host name, TCP, TLS."""

from __future__ import annotations

import socket
import ssl

from dicom_node.addresses import addresses_of
from dicom_node.errors import PeerUnreachableError
from dicom_node.scu.steps import Step, StepFailedError
from dicom_node.tls import hear_out, problem_of, shake_hands
from storage.records import Peer


def connect(peer: Peer, tls: ssl.SSLContext | None, *, connection_s: float) -> socket.socket:
    """A connection to ``peer``, secured if the peer is configured so.

    Waits ``connection_s`` for the TCP connection, per address, and for the whole TLS handshake.

    Raises:
        StepFailedError: after the first step that failed. Nothing of DICOM was sent.
    """
    connection = _connected(peer, connection_s)
    if not peer.tls:
        return connection
    if tls is None:
        connection.close()
        raise StepFailedError(
            Step.TLS,
            "the peer is configured for TLS, but dicom.tls_ca is not set; nothing was sent",
            retryable=False,
        )
    return _secured(connection, peer, tls, deadline_s=connection_s)


def _connected(peer: Peer, timeout_s: float) -> socket.socket:
    try:
        addresses = addresses_of(peer.host)
    except PeerUnreachableError as error:
        raise StepFailedError(Step.NAME, str(error), retryable=True) from error
    reason = ""
    for address in addresses:
        try:
            return socket.create_connection((address, peer.port), timeout=timeout_s)
        except OSError as error:
            reason = error.strerror or str(error)
    raise StepFailedError(
        Step.CONNECTION,
        f"no TCP connection to {peer.host} port {peer.port} ({', '.join(addresses)}): {reason}",
        retryable=True,
    )


def _secured(
    connection: socket.socket, peer: Peer, tls: ssl.SSLContext, *, deadline_s: float
) -> ssl.SSLSocket:
    """With the handshake done, and the peer's certificate found to be of the peer's host."""
    secured = None
    try:
        secured = tls.wrap_socket(
            connection, server_hostname=peer.host.rstrip("."), do_handshake_on_connect=False
        )
        shake_hands(secured, deadline_s=deadline_s)
        hear_out(secured)
    except (OSError, ValueError) as error:
        (secured or connection).close()
        words = problem_of(error) if isinstance(error, OSError) else f"{peer.host}: {error}"
        # Certificates are renewed and lists of authorities mended: then the results shall flow
        # without anybody's help.
        raise StepFailedError(Step.TLS, f"the peer: {words}", retryable=True) from error
    return secured
