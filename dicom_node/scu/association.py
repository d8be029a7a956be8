"""Opening an association with a peer, and what can go wrong on the way, step by step."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pynetdicom import evt
from pynetdicom.presentation import PresentationContext

from dicom_node.errors import PeerFailedError, PeerRefusedError, PeerUnreachableError
from dicom_node.wire import MAXIMUM_PDU_BYTES, addresses_of, application_entity, tune_socket
from storage.records import Peer

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.events import Event


EventHandler: TypeAlias = tuple[Any, Callable[["Event"], Any]]
"""One of pynetdicom's events, and what is called when it happens."""


@dataclass(frozen=True, slots=True)
class ScuTimeouts:
    """How long to wait for a peer.

    Attributes:
        connection_s: for the TCP connection, per address.
        acse_s: for the answer to the association request, and to the release.
        dimse_s: for the response to one message; a peer may write it to slow storage first.
        stall_s: without a byte in the middle of a PDU, either way.
    """

    connection_s: float = 10
    acse_s: float = 30
    dimse_s: float = 120
    stall_s: float = 60


@dataclass(frozen=True, slots=True)
class ScuIdentity:
    """Who we are when we call, and how patiently we wait.

    Attributes:
        calling_aet: our AE title.
        tls: how we speak to peers with TLS; none: we do not.
    """

    calling_aet: str
    timeouts: ScuTimeouts = field(default_factory=ScuTimeouts)
    tls: ssl.SSLContext | None = None


class Step(StrEnum):
    """The steps to a peer, in the order in which they are taken."""

    NAME = "host name"
    CONNECTION = "TCP connection"
    ASSOCIATION = "association"
    CONTEXT = "presentation context"
    SERVICE = "service"


class StepFailedError(Exception):
    """A step to a peer failed; translated to a PeerFailedError where it leaves this package.

    ``retryable``: the same attempt may succeed later without a change of what is sent.
    """

    def __init__(self, step: Step, text: str, *, retryable: bool) -> None:
        super().__init__(text)
        self.step = step
        self.retryable = retryable

    def as_peer_error(self, peer: Peer) -> PeerFailedError:
        """The error of the drawn tree, naming the peer."""
        kind = PeerUnreachableError if self.retryable else PeerRefusedError
        return kind(f"{peer.name}: {self}")


@dataclass(frozen=True, slots=True)
class RejectionMeaning:
    """What an A-ASSOCIATE-RJ says, and whether a later attempt may succeed."""

    text: str
    retryable: bool


TRANSIENT: Final = 2

REJECTIONS: Final[Mapping[tuple[int, int], RejectionMeaning]] = {
    (1, 1): RejectionMeaning("it gives no reason", retryable=False),
    (1, 2): RejectionMeaning("it does not know DICOM's application context", retryable=False),
    # Permanent by the letter of PS3.8, but what is wrong is a list on their side or ours: once it
    # is mended the results shall flow without anybody's help.
    (1, 3): RejectionMeaning(
        "it does not know our AE title {calling} (calling AE title not recognised)",
        retryable=True,
    ),
    (1, 7): RejectionMeaning(
        "its own AE title is not {called} (called AE title not recognised)", retryable=True
    ),
    (2, 1): RejectionMeaning("it gives no reason", retryable=False),
    (2, 2): RejectionMeaning("it does not support our protocol version", retryable=False),
    (3, 1): RejectionMeaning("it is congested for now", retryable=True),
    (3, 2): RejectionMeaning("it has as many associations as it allows", retryable=True),
}
"""(source, reason) of PS3.8 Table 9-21. A result "rejected-transient" is retryable anyway."""


@contextmanager
def association(
    peer: Peer,
    contexts: Sequence[PresentationContext],
    identity: ScuIdentity,
    *,
    handlers: Sequence[EventHandler] = (),
) -> Iterator[Association]:
    """An established association with ``peer``, released at the end of the block.

    ``handlers`` are bound to what happens on it.

    Raises:
        StepFailedError: it could not be established; after the first step that failed.
    """
    assoc = _request(peer, contexts, identity, handlers)
    try:
        yield assoc
    finally:
        # Does nothing once the association is over; aborts a peer that does not answer.
        assoc.release()
        _close(assoc)


def _request(
    peer: Peer,
    contexts: Sequence[PresentationContext],
    identity: ScuIdentity,
    handlers: Sequence[EventHandler],
) -> Association:
    try:
        addresses = addresses_of(peer.host)
    except PeerUnreachableError as error:
        raise StepFailedError(Step.NAME, str(error), retryable=True) from error
    if peer.tls:
        raise StepFailedError(
            Step.CONNECTION,
            "the peer is configured for TLS, which this version does not speak; nothing was sent",
            retryable=False,
        )
    timeouts = identity.timeouts
    ae = application_entity(identity.calling_aet)
    ae.connection_timeout = timeouts.connection_s
    ae.acse_timeout = timeouts.acse_s
    ae.dimse_timeout = timeouts.dimse_s
    # The idle timer of an association on which we always wait for something else.
    ae.network_timeout = timeouts.dimse_s + timeouts.stall_s
    connected = threading.Event()

    def on_connected(event: Event) -> None:
        connected.set()
        wrapped = event.assoc.dul.socket
        if wrapped is not None and wrapped.socket is not None:
            tune_socket(wrapped.socket, stall_s=timeouts.stall_s)

    for address in addresses:
        try:
            assoc = ae.associate(
                address,
                peer.port,
                contexts=list(contexts),
                ae_title=peer.aet,
                max_pdu=MAXIMUM_PDU_BYTES,
                evt_handlers=[(evt.EVT_CONN_OPEN, on_connected), *handlers],
            )
        except OSError as error:  # no socket left, no address of that family
            raise StepFailedError(
                Step.CONNECTION, f"no socket for {address}: {error.strerror}", retryable=True
            ) from error
        if assoc.is_established:
            return assoc
        _close(assoc)
        if connected.is_set():
            raise _why_not(assoc, peer, calling_aet=identity.calling_aet)
    raise StepFailedError(
        Step.CONNECTION,
        f"no TCP connection to {peer.host} port {peer.port} ({', '.join(addresses)})",
        retryable=True,
    )


def _close(assoc: Association) -> None:
    """Close the connection, which pynetdicom leaves open after some of the peer's aborts."""
    if assoc.dul.socket is not None:
        assoc.dul.socket.close()


def _why_not(assoc: Association, peer: Peer, *, calling_aet: str) -> StepFailedError:
    """Why a connected peer gave no association."""
    answer: Any = assoc.acceptor.primitive
    if assoc.is_rejected:
        meaning = REJECTIONS.get((answer.result_source, answer.diagnostic))
        text = meaning.text if meaning else f"unknown reason {answer.diagnostic}"
        return StepFailedError(
            Step.ASSOCIATION,
            "the peer rejected the association: "
            + text.format(calling=calling_aet, called=peer.aet),
            retryable=answer.result == TRANSIENT or (meaning is not None and meaning.retryable),
        )
    if assoc.rejected_contexts:
        return StepFailedError(
            Step.CONTEXT,
            "the peer accepts none of the presentation contexts: "
            + ", ".join(sorted({_name(each) for each in assoc.rejected_contexts})),
            retryable=False,
        )
    return StepFailedError(
        Step.ASSOCIATION,
        "the peer closed the connection, or did not answer the association request",
        retryable=True,
    )


def _name(context: PresentationContext) -> str:
    assert context.abstract_syntax is not None
    return context.abstract_syntax.name
