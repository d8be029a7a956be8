"""C-FIND as SCU: studies and series of a peer (PS3.4 C.4.1, Study Root)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.presentation import build_context

from dicom_node.errors import PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, association
from dicom_node.scu.cancellation import MEDIUM, MESSAGE_ID, Cancellation, cancellable
from dicom_node.scu.query import (
    STUDY_ROOT_FIND,
    FoundSeries,
    FoundStudy,
    Query,
    QueryLevel,
    identifier_of,
    series_in,
    study_in,
)
from dicom_node.scu.query_statuses import (
    FIND_STATUSES,
    Meaning,
    QueryStatus,
    peer_error,
    status_in,
)
from dicom_node.scu.steps import StepFailedError
from inference.attributes import PARSE_ERRORS
from storage.errors import InvalidUidError
from storage.records import Peer

if TYPE_CHECKING:
    from pynetdicom.association import Association

ANSWERS_MAX: Final = 1000
NOT_EVERY_KEY: Final = 0xFF01


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a query may take, and how long a peer may go on after the C-CANCEL then."""

    deadline_s: float = 60.0
    cancel_grace_s: float = 10.0


PATIENCE: Final = Patience()


@dataclass(frozen=True, slots=True)
class FindResult:
    """What came.

    Attributes:
        is_whole: the peer said that there is no more.
        remarks: sentences about what was not as asked.
    """

    studies: tuple[FoundStudy, ...] = ()
    series: tuple[FoundSeries, ...] = ()
    is_whole: bool = True
    remarks: tuple[str, ...] = ()


def find(
    peer: Peer,
    query: Query,
    identity: ScuIdentity,
    *,
    limit: int,
    patience: Patience = PATIENCE,
    cancellation: Cancellation | None = None,
) -> FindResult:
    """Ask ``peer``; after ``limit`` answers, too long a time or a cancellation it is told to stop.

    Raises:
        PeerUnreachableError: no answer now.
        PeerRefusedError: it does not answer such queries.
    """
    context = build_context(
        STUDY_ROOT_FIND,
        [ExplicitVRLittleEndian, ImplicitVRLittleEndian],
    )
    answers = _Answers(query.level, limit)
    try:
        with association(peer, [context], identity) as assoc:
            enough = Cancellation()
            with (cancellation or Cancellation()).calls(enough.request):
                _ask(peer, assoc, query, answers, patience, enough)
    except StepFailedError as error:
        raise error.as_peer_error(peer) from error
    return answers.result()


def _ask(
    peer: Peer,
    assoc: Association,
    query: Query,
    answers: _Answers,
    patience: Patience,
    enough: Cancellation,
) -> None:
    late = threading.Timer(patience.deadline_s, enough.request)
    late.daemon = True
    model = STUDY_ROOT_FIND
    try:
        responses = assoc.send_c_find(
            identifier_of(query), model, msg_id=MESSAGE_ID, priority=MEDIUM
        )
    except RuntimeError as error:
        raise PeerUnreachableError(
            f"{peer.name}: the association ended before the query was sent"
        ) from error
    except ValueError as error:
        raise PeerRefusedError(f"{peer.name}: the query cannot be encoded for it") from error
    late.start()
    try:
        with cancellable(assoc, model, enough, grace_s=patience.cancel_grace_s):
            _hear(peer, responses, answers, enough)
    finally:
        late.cancel()


def _hear(
    peer: Peer,
    responses: Iterator[tuple[Dataset, Dataset | None]],
    answers: _Answers,
    enough: Cancellation,
) -> None:
    for response, identifier in responses:
        if "Status" not in response:
            if not enough.is_requested or answers.is_empty:
                raise PeerUnreachableError(f"{peer.name}: no response to the query")
            break
        status = int(response.Status)
        found = status_in(FIND_STATUSES, status)
        if found.meaning is not Meaning.PENDING:
            _end(peer, answers, found, status)
            break
        if not enough.is_requested:
            if status == NOT_EVERY_KEY:
                answers.remark(f"{peer.name} did not use every key: look at the answers.")
            if not answers.take(identifier):
                enough.request()
    if enough.is_requested and not answers.is_full:
        answers.remark(f"{peer.name} took too long.")


def _end(peer: Peer, answers: _Answers, found: QueryStatus, status: int) -> None:
    """The last response."""
    if found.meaning in (Meaning.RETRY, Meaning.REFUSED):
        raise peer_error(peer, found, status)
    if found.meaning is Meaning.DONE_IN_PART:
        answers.remark(f"{peer.name} answered: {found.text} (0x{status:04X}).")
    answers.is_whole = found.meaning is not Meaning.CANCELLED and not answers.is_full


@dataclass(slots=True)
class _Answers:
    """The answers of one query, as they come."""

    level: QueryLevel
    limit: int
    studies: dict[str, FoundStudy] = field(default_factory=dict)
    series: dict[str, FoundSeries] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    is_full: bool = False
    is_whole: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether none came."""
        return not self.studies and not self.series

    def take(self, identifier: Dataset | None) -> bool:
        """Keep an answer; ``False``: there is no room for it, nor for any other."""
        if len(self.studies) + len(self.series) >= self.limit:
            self.is_full = True
            return False
        try:
            if identifier is None:
                raise ValueError("not a data set")
            if self.level is QueryLevel.STUDY:
                study = study_in(identifier)
                self.studies.setdefault(study.study_uid, study)
            else:
                series = series_in(identifier)
                self.series.setdefault(series.series_uid, series)
        except (*PARSE_ERRORS, InvalidUidError):
            self.remark("An answer that cannot be read was left out.")
        return True

    def remark(self, sentence: str) -> None:
        """Once, however often it is said."""
        self.remarks[sentence] = None

    def result(self) -> FindResult:
        """What there is."""
        return FindResult(
            tuple(self.studies.values()),
            tuple(self.series.values()),
            self.is_whole,
            tuple(self.remarks),
        )
