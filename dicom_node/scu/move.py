"""C-MOVE as SCU: a peer sends a study, or some of its series, to us (PS3.4 C.4.2, Study Root)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelMove,
)

from dicom_node.errors import PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, association
from dicom_node.scu.cancellation import MEDIUM, MESSAGE_ID, Cancellation, cancellable
from dicom_node.scu.query_statuses import MOVE_STATUSES, Meaning, peer_error, status_in
from dicom_node.scu.steps import StepFailedError
from storage.records import Peer

if TYPE_CHECKING:
    from pynetdicom.association import Association

CANCEL_GRACE_S: Final = 30.0
"""How long a peer may go on after a C-CANCEL."""


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """What shall come: a study, or these of its series."""

    study_uid: str
    series_uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of sub-operations, each the sending of an instance; ``None``: not said."""

    remaining: int | None = None
    completed: int | None = None
    failed: int | None = None
    warning: int | None = None
    """Sent, and taken with a warning."""


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """How it ended, other than by an error.

    Attributes:
        is_cancelled: it ended because it was asked to.
        warning: what the peer had to say against it, in words.
    """

    progress: Progress
    is_cancelled: bool = False
    warning: str | None = None


def move(
    peer: Peer,
    request: MoveRequest,
    identity: ScuIdentity,
    *,
    on_progress: Callable[[Progress], None],
    cancellation: Cancellation,
    cancel_grace_s: float = CANCEL_GRACE_S,
) -> MoveOutcome:
    """Have ``peer`` send ``request`` to our AE title; returns at the end of it.

    ``on_progress`` is called, in this thread, whenever the peer says how far it is.

    Raises:
        PeerUnreachableError: it was not done, or not to its end; it may be asked again.
        PeerRefusedError: it will not do it, however often it is asked.
    """
    context = build_context(
        StudyRootQueryRetrieveInformationModelMove,
        [ExplicitVRLittleEndian, ImplicitVRLittleEndian],
    )
    patient = replace(identity.timeouts, dimse_s=identity.timeouts.move_s)
    try:
        with association(peer, [context], replace(identity, timeouts=patient)) as assoc:
            if cancellation.is_requested:
                return MoveOutcome(Progress(), is_cancelled=True)
            call = _Move(peer, on_progress, cancellation)
            responses = _asked(peer, assoc, request, identity.calling_aet)
            model = StudyRootQueryRetrieveInformationModelMove
            with cancellable(assoc, model, cancellation, grace_s=cancel_grace_s):
                return call.hear(responses)
    except StepFailedError as error:
        raise error.as_peer_error(peer) from error


def identifier_of(request: MoveRequest) -> Dataset:
    """The identifier of the request (PS3.4 C.4.2.1.4)."""
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "SERIES" if request.series_uids else "STUDY"
    identifier.StudyInstanceUID = request.study_uid
    if request.series_uids:
        identifier.SeriesInstanceUID = list(request.series_uids)
    return identifier


def _asked(
    peer: Peer, assoc: Association, request: MoveRequest, destination: str
) -> Iterator[tuple[Dataset, Dataset | None]]:
    try:
        responses: Iterator[tuple[Dataset, Dataset | None]] = assoc.send_c_move(
            identifier_of(request),
            destination,
            StudyRootQueryRetrieveInformationModelMove,
            msg_id=MESSAGE_ID,
            priority=MEDIUM,
        )
    except RuntimeError as error:
        raise PeerUnreachableError(
            f"{peer.name}: the association ended before the request was sent"
        ) from error
    except ValueError as error:
        raise PeerRefusedError(f"{peer.name}: the request cannot be encoded for it") from error
    return responses


class _Move:
    """One C-MOVE, while its responses come."""

    def __init__(
        self, peer: Peer, on_progress: Callable[[Progress], None], cancellation: Cancellation
    ) -> None:
        self._peer = peer
        self._on_progress = on_progress
        self._cancellation = cancellation
        self._progress = Progress()

    def hear(self, responses: Iterator[tuple[Dataset, Dataset | None]]) -> MoveOutcome:
        """Until the last one."""
        for response, _ in responses:
            if "Status" not in response:
                if self._cancellation.is_requested:
                    return MoveOutcome(self._progress, is_cancelled=True)
                raise PeerUnreachableError(
                    f"{self._peer.name}: it began, and then there was no more response"
                    if self._progress != Progress()
                    else f"{self._peer.name}: no response to the request"
                )
            self._note(response)
            status = int(response.Status)
            found = status_in(MOVE_STATUSES, status)
            if found.meaning is Meaning.PENDING:
                continue
            if found.meaning in (Meaning.RETRY, Meaning.REFUSED):
                raise peer_error(self._peer, found, status)
            if found.meaning is Meaning.CANCELLED:
                return MoveOutcome(self._progress, is_cancelled=True)
            progress = replace(self._progress, remaining=0)  # a last response does not say it
            in_part = found.meaning is Meaning.DONE_IN_PART
            return MoveOutcome(
                progress, warning=f"{found.text} (0x{status:04X})" if in_part else None
            )
        raise PeerUnreachableError(f"{self._peer.name}: the responses ended without an end")

    def _note(self, response: Dataset) -> None:
        """What a response says of the numbers; what it does not say stays (PS3.4 C.4.2.1.6)."""
        old = self._progress
        self._progress = Progress(
            remaining=_number(response, "Remaining", old.remaining),
            completed=_number(response, "Completed", old.completed),
            failed=_number(response, "Failed", old.failed),
            warning=_number(response, "Warning", old.warning),
        )
        if self._progress != old:
            self._on_progress(self._progress)


def _number(response: Dataset, kind: str, old: int | None) -> int | None:
    said = response.get(f"NumberOf{kind}Suboperations")
    return old if said is None else int(said)
