"""Opening an association with a peer, and what can go wrong on the way, step by step."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pynetdicom import evt
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.presentation import PresentationContext

from dicom_node.scu.connection import connect
from dicom_node.scu.steps import Step, StepFailedError
from dicom_node.tls import problem_of
from dicom_node.wire import MAXIMUM_PDU_BYTES, ClosingSocket, application_entity, tune_socket
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
        connection_s: for the TCP connection, per address; and for the TLS handshake.
        acse_s: for the answer to the association request, and to the release.
        dimse_s: for the response to one message; a peer may write it to slow storage first.
        move_s: for the next response to a C-MOVE; some peers say nothing until all is sent.
        stall_s: without a byte in the middle of a PDU, either way.
    """

    connection_s: float = 10
    acse_s: float = 30
    dimse_s: float = 120
    move_s: float = 900
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


@dataclass(frozen=True, slots=True)
class RejectionMeaning:
    """What an A-ASSOCIATE-RJ says, and whether a later attempt may succeed."""

    text: str
    retryable: bool
    code: str = ""


TRANSIENT: Final = 2

REJECTIONS: Final[Mapping[tuple[int, int], RejectionMeaning]] = {
    (1, 1): RejectionMeaning("it gives no reason", retryable=False),
    (1, 2): RejectionMeaning("it does not know DICOM's application context", retryable=False),
    # Permanent by the letter of PS3.8, but what is wrong is a list on their side or ours: once it
    # is mended the results shall flow without anybody's help.
    (1, 3): RejectionMeaning(
        "it does not know our AE title {calling} (calling AE title not recognised)",
        retryable=True,
        code="calling_aet",
    ),
    (1, 7): RejectionMeaning(
        "its own AE title is not {called} (called AE title not recognised)",
        retryable=True,
        code="called_aet",
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
    timeouts = identity.timeouts
    connection = connect(peer, identity.tls, connection_s=timeouts.connection_s)
    tune_socket(connection, stall_s=timeouts.stall_s)
    ae = application_entity(identity.calling_aet)
    ae.acse_timeout = timeouts.acse_s
    ae.dimse_timeout = timeouts.dimse_s
    # The idle timer of an association on which we always wait for something else.
    ae.network_timeout = timeouts.dimse_s + timeouts.stall_s
    ae.connection = connection
    rejection = _Rejection()
    try:
        assoc = ae.associate(
            connection.getpeername()[0],
            peer.port,
            contexts=list(contexts),
            ae_title=peer.aet,
            max_pdu=MAXIMUM_PDU_BYTES,
            evt_handlers=[(evt.EVT_PDU_RECV, rejection.on_pdu), *handlers],
        )
    except OSError as error:  # the peer is gone already
        connection.close()
        raise _unanswered(peer) from error
    except BaseException:
        connection.close()
        raise
    if assoc.is_established:
        return assoc
    link = assoc.dul.socket
    _close(assoc)
    tls_error = link.tls_error if isinstance(link, ClosingSocket) else None
    if rejection.pdu is not None:
        raise _rejected(rejection.pdu, peer, calling_aet=identity.calling_aet)
    raise _why_not(assoc, peer, tls_error=tls_error)


def _close(assoc: Association) -> None:
    """Close the connection, which pynetdicom leaves open after some of the peer's aborts."""
    if assoc.dul.socket is not None:
        assoc.dul.socket.close()


class _Rejection:
    """The A-ASSOCIATE-RJ that came.

    pynetdicom forgets one if the connection is over before it has looked whether there is one.
    """

    pdu: A_ASSOCIATE_RJ | None = None

    def on_pdu(self, event: Event) -> None:
        """EVT_PDU_RECV."""
        if isinstance(event.pdu, A_ASSOCIATE_RJ):
            self.pdu = event.pdu


def _rejected(pdu: A_ASSOCIATE_RJ, peer: Peer, *, calling_aet: str) -> StepFailedError:
    meaning = REJECTIONS.get((pdu.source or 0, pdu.reason_diagnostic or 0))
    text = meaning.text if meaning else f"unknown reason {pdu.reason_diagnostic}"
    return StepFailedError(
        Step.ASSOCIATION,
        "the peer rejected the association: " + text.format(calling=calling_aet, called=peer.aet),
        retryable=pdu.result == TRANSIENT or (meaning is not None and meaning.retryable),
        code=meaning.code if meaning else "",
    )


def _why_not(assoc: Association, peer: Peer, *, tls_error: OSError | None) -> StepFailedError:
    """Why a connected peer that did not reject it gave no association."""
    if assoc.rejected_contexts:
        return StepFailedError(
            Step.CONTEXT,
            "the peer accepts none of the presentation contexts: "
            + ", ".join(sorted({_name(each) for each in assoc.rejected_contexts})),
            retryable=False,
        )
    # In TLS 1.3 a peer verifies our certificate when our side of the handshake is over.
    if isinstance(tls_error, ssl.SSLError):
        return StepFailedError(Step.TLS, f"the peer: {problem_of(tls_error)}", retryable=True)
    return _unanswered(peer)


def _unanswered(peer: Peer) -> StepFailedError:
    text = "the peer closed the connection, or did not answer the association request"
    if peer.tls:
        text += "; it may not take our certificate"
    return StepFailedError(Step.ASSOCIATION, text, retryable=True)


def _name(context: PresentationContext) -> str:
    assert context.abstract_syntax is not None
    return context.abstract_syntax.name
