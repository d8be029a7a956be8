"""Storage commitment as SCU: the request that a peer keeps what it took (PS3.4 annex J)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from dicom_node.errors import PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, association
from dicom_node.scu.steps import StepFailedError
from dicom_node.wire import ReportReply
from storage.records import Peer

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.events import Event

REQUEST_STORAGE_COMMITMENT: Final = 1
"""The Action Type ID of PS3.4 Table J.3-1."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a failure status of an N-ACTION response says, and whether to ask again."""

    text: str
    retryable: bool


REFUSALS: Final[Mapping[int, Refusal]] = {
    0x0110: Refusal("processing failure", retryable=True),
    0x0112: Refusal("it does not know storage commitment's instance", retryable=False),
    0x0114: Refusal("no such argument", retryable=False),
    0x0115: Refusal("invalid argument value", retryable=False),
    0x0117: Refusal("invalid object instance", retryable=False),
    0x0118: Refusal("it does not know storage commitment", retryable=False),
    0x0119: Refusal("class and instance conflict", retryable=False),
    0x0122: Refusal("it does not support storage commitment", retryable=False),
    0x0123: Refusal("it does not know the action", retryable=False),
    # A list on their side: it can be mended.
    0x0124: Refusal("not authorised", retryable=True),
    0x0131: Refusal("it has seen the transaction before", retryable=True),
    0x0210: Refusal("duplicate invocation", retryable=True),
    0x0211: Refusal("operation not recognised", retryable=False),
    0x0212: Refusal("mistyped argument", retryable=False),
    0x0213: Refusal("resource limitation", retryable=True),
}
"""PS3.7 10.1.4.1.10 and annex C. Nothing is decided by a status that is not here."""
UNKNOWN_REFUSAL: Final = Refusal("a status that N-ACTION does not have", retryable=True)


def is_taken(status: int) -> bool:
    """Whether the peer took the request: success, or a warning (PS3.7 C.4)."""
    return status in (0x0000, 0x0001, 0x0107, 0x0116) or status >> 12 == 0xB


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that the peer shall commit to."""

    sop_class_uid: str
    sop_instance_uid: str


def request_commitment(
    peer: Peer,
    transaction_uid: str,
    references: Collection[Reference],
    identity: ScuIdentity,
    *,
    on_report: Callable[[Event], ReportReply],
    answer_wait_s: float,
) -> bool:
    """Ask ``peer`` to commit to ``references``, and wait a little for its report.

    The report may come on this association within ``answer_wait_s``; most peers send it on one of
    their own. ``on_report`` is called for each one that comes here; it never raises.

    Returns:
        ``False``: the peer did not respond, so that it may or may not have taken the request.

    Raises:
        PeerUnreachableError: the request was not made; it may be made again.
        PeerRefusedError: the peer will not take it, however often it is asked.
    """
    context = build_context(
        StorageCommitmentPushModel, [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
    )
    awaited = _AwaitedReport(transaction_uid, on_report)
    handlers = [
        (evt.EVT_N_EVENT_REPORT, awaited.on_report),
        (evt.EVT_PDU_SENT, awaited.on_pdu_sent),
    ]
    try:
        with association(peer, [context], identity, handlers=handlers) as assoc:
            try:
                response, _ = assoc.send_n_action(
                    _action_information(transaction_uid, references),
                    REQUEST_STORAGE_COMMITMENT,
                    StorageCommitmentPushModel,
                    StorageCommitmentPushModelInstance,
                )
            except RuntimeError as error:
                raise PeerUnreachableError(
                    f"{peer.name}: the association ended before the request was made"
                ) from error
            if "Status" not in response:
                return False
            _raise_if_refused(peer, int(response.Status))
            awaited.wait(assoc, answer_wait_s)
            return True
    except StepFailedError as error:
        raise error.as_peer_error(peer) from error


class _AwaitedReport:
    """The report of one transaction, which may come on the association of its request."""

    def __init__(self, transaction_uid: str, on_report: Callable[[Event], ReportReply]) -> None:
        self._transaction_uid = transaction_uid
        self._on_report = on_report
        self._came = False
        self._is_replied = threading.Event()

    def on_report(self, event: Event) -> tuple[int, None]:
        """EVT_N_EVENT_REPORT."""
        reply = self._on_report(event)
        self._came = self._came or reply.transaction_uid == self._transaction_uid
        return reply.status, None

    def on_pdu_sent(self, event: Event) -> None:
        """EVT_PDU_SENT: a release before our response is out would cut it off."""
        if self._came and isinstance(event.pdu, P_DATA_TF):
            self._is_replied.set()

    def wait(self, assoc: Association, limit_s: float) -> None:
        """Return once it came and is replied to, the association is over, or ``limit_s`` is."""
        end = time.monotonic() + limit_s
        while assoc.is_established and (left_s := end - time.monotonic()) > 0:
            if self._is_replied.wait(min(left_s, 0.05)):
                return


def _action_information(transaction_uid: str, references: Collection[Reference]) -> Dataset:
    """PS3.4 Table J.3-2."""
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = []
    for each in references:
        item = Dataset()
        item.ReferencedSOPClassUID = each.sop_class_uid
        item.ReferencedSOPInstanceUID = each.sop_instance_uid
        information.ReferencedSOPSequence.append(item)
    return information


def _raise_if_refused(peer: Peer, status: int) -> None:
    if is_taken(status):
        return
    refusal = REFUSALS.get(status, UNKNOWN_REFUSAL)
    kind = PeerUnreachableError if refusal.retryable else PeerRefusedError
    raise kind(f"{peer.name} refused to be asked for commitment: {refusal.text} (0x{status:04X})")
