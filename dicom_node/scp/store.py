"""C-STORE: check, write down durably, index, and only then answer (PS3.4 B.2, PS3.7 9.1.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from pydicom.dataset import Dataset

from dicom_node.bugs import log_bug
from dicom_node.scp import header as tags
from dicom_node.scp.association import NodeAssociation
from dicom_node.scp.elements import HeaderError
from dicom_node.scp.header import Header, read_header
from dicom_node.scp.part10 import file_meta_bytes
from dicom_node.uids import MANUFACTURER, MODEL_NAME, UUID_ROOT
from storage.database import Database
from storage.errors import DatabaseUnavailableError, DiskFullError, InvalidUidError, StorageError
from storage.files import DataDir, validated_uid
from storage.instances import is_result, record_conflict, record_instance
from storage.records import InstanceFacts, ReceiptOutcome

if TYPE_CHECKING:
    from pynetdicom.dimse_primitives import C_STORE
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, ErrorComment (PS3.7 C: at most 64 characters) and OffendingElement of a response."""

    status: int
    comment: str = ""
    offending_element: int | None = None

    def response(self) -> Dataset:
        """As pynetdicom takes it from a handler."""
        answer = Dataset()
        answer.Status = self.status
        if self.comment:
            answer.ErrorComment = self.comment
        if self.offending_element is not None:
            answer.OffendingElement = [self.offending_element]
        return answer


SUCCESS: Final = Answer(0x0000)

# PS3.7 C: what is wrong with the request itself.
INVALID_INSTANCE_UID: Final = Answer(0x0117, "the SOP Instance UID is not a UID")
OTHER_CLASS_THAN_CONTEXT: Final = Answer(0x0122, "SOP class is not that of the context")
# PS3.4 Table B.2-1: A9xx is for the SOP class only; whatever else a data set lacks is Cxxx,
# "cannot understand". The last digits are ours, so that a sender's log tells them apart.
OTHER_CLASS_THAN_DATA_SET: Final = Answer(
    0xA900, "data set has another SOP class", tags.SOP_CLASS_UID
)
NO_DATA_SET: Final = Answer(0xC000, "the data set cannot be parsed")
OTHER_INSTANCE: Final = Answer(
    0xC001, "data set has another SOP Instance UID", tags.SOP_INSTANCE_UID
)
NO_STUDY_UID: Final = Answer(
    0xC002, "no valid Study Instance UID in data set", tags.STUDY_INSTANCE_UID
)
NO_SERIES_UID: Final = Answer(
    0xC003, "no valid Series Instance UID in data set", tags.SERIES_INSTANCE_UID
)
# A loop: a result of this or another such node, under its own UID or converted to an image.
OWN_RESULT: Final = Answer(
    0xC004, "a result of a cspine-node, which takes no results", tags.MANUFACTURER
)
OWN_INSTANCE: Final = Answer(
    0xC005, "this node made the instance of this UID", tags.SOP_INSTANCE_UID
)
# PS3.4 Table B.2-1, A7xx: the sender may try again.
RESERVE_REACHED: Final = Answer(0xA700, "out of disk space")
# PS3.7 C.5, processing failure: the instance may be fine, so not Cxxx.
INTERNAL_ERROR: Final = Answer(0x0110, "internal error; see the log of this node")

ANSWER_OF_ERROR: Final[Mapping[type[StorageError], Answer]] = {
    InvalidUidError: INVALID_INSTANCE_UID,
    DiskFullError: RESERVE_REACHED,
    # The file may be durable without a row: it is indexed at the next start or retry.
    DatabaseUnavailableError: Answer(0xA700, "the index is not available"),
    StorageError: Answer(0xA700, "the storage is not available"),
}
"""The first class that fits, in this order."""


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """A C-STORE-RQ: its command set, its presentation context, who sent it, and the data set."""

    sop_class_uid: str
    sop_instance_uid: str
    context_class_uid: str
    transfer_syntax_uid: str
    calling_aet: str
    called_aet: str
    host: str
    data_set: bytes


def is_uid(text: str) -> bool:
    """Whether ``text`` is a UID, and so safe in a path."""
    try:
        validated_uid(text)
    except InvalidUidError:
        return False
    return True


OWN_DEVICE: Final = (MANUFACTURER, MODEL_NAME)

REQUEST_CHECKS: Final[tuple[tuple[Callable[[StoreRequest], bool], Answer], ...]] = (
    (lambda request: is_uid(request.sop_instance_uid), INVALID_INSTANCE_UID),
    (
        lambda request: request.sop_class_uid == request.context_class_uid,
        OTHER_CLASS_THAN_CONTEXT,
    ),
)
"""(what must hold, the answer if it does not), in this order."""

HEADER_CHECKS: Final[tuple[tuple[Callable[[StoreRequest, Header], bool], Answer], ...]] = (
    # Noise mostly parses as a data set of unknown elements.
    (lambda _, header: header.sop_class_uid != "", NO_DATA_SET),
    (
        lambda request, header: header.sop_class_uid == request.sop_class_uid,
        OTHER_CLASS_THAN_DATA_SET,
    ),
    (lambda request, header: header.sop_instance_uid == request.sop_instance_uid, OTHER_INSTANCE),
    (lambda _, header: is_uid(header.study_uid), NO_STUDY_UID),
    (lambda _, header: is_uid(header.series_uid), NO_SERIES_UID),
    (lambda _, header: (header.manufacturer, header.model_name) != OWN_DEVICE, OWN_RESULT),
)


def examine(request: StoreRequest) -> Header | Answer:
    """The data set's header, or the failure to answer with."""
    for holds, failure in REQUEST_CHECKS:
        if not holds(request):
            return failure
    try:
        header = read_header(request.data_set, request.transfer_syntax_uid)
    except HeaderError:
        return NO_DATA_SET
    for fits, failure in HEADER_CHECKS:
        if not fits(request, header):
            return failure
    return header


def instance_facts(
    header: Header, *, transfer_syntax_uid: str, source_aet: str, called_aet: str, source_host: str
) -> InstanceFacts:
    """The row of the index that a header makes."""
    return InstanceFacts(
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        transfer_syntax_uid=transfer_syntax_uid,
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        patient_id=header.patient_id,
        patient_name=header.patient_name,
        accession_number=header.accession_number,
        study_description=header.study_description,
        series_description=header.series_description,
        study_date=header.study_date,
        modality=header.modality,
        source_aet=source_aet,
        called_aet=called_aet,
        source_host=source_host,
        station_name=header.station_name,
        priority=header.priority,
    )


@dataclass(frozen=True, slots=True)
class Receiver:
    """Writes received instances down.

    Attributes:
        quiet_s: a series counts as complete this long after its last instance.
        reserve_bytes: below this much free disk space nothing is taken any more, so that what
            was acknowledged can still be analysed and reported.
    """

    database: Database
    data_dir: DataDir
    quiet_s: float
    reserve_bytes: int = 0

    def handle(self, event: Event) -> Dataset:
        """The response to an EVT_C_STORE. Never raises."""
        answer = self.answer(_request_of(event))
        if isinstance(event.assoc, NodeAssociation):
            event.assoc.answers[answer.status] += 1
        return answer.response()

    def answer(self, request: StoreRequest) -> Answer:
        """:meth:`receive`; a failure becomes the answer that fits, and a line in the log."""
        detail = ""
        try:
            answer = self.receive(request)
        except StorageError as error:
            answer = next(
                found for kind, found in ANSWER_OF_ERROR.items() if isinstance(error, kind)
            )
            detail = str(error)
        except Exception as error:  # noqa: BLE001 - the edge: a bug is answered, not an abort
            answer = INTERNAL_ERROR
            log_bug("while storing", error)
        if answer is not SUCCESS:
            logger.warning(
                "refused %s from %s at %s: 0x%04X, %s",
                _uid_for_log(request),
                request.calling_aet,
                request.host,
                answer.status,
                detail or answer.comment,
            )
        return answer

    def receive(self, request: StoreRequest) -> Answer:
        """Store one instance; SUCCESS once file and index are durable.

        Raises:
            StorageError: the file or its row could not be written.
        """
        header = examine(request)
        if isinstance(header, Answer):
            return header
        uid = header.sop_instance_uid
        # Scanners have roots of their own: for their images nothing is looked up.
        if uid.startswith(UUID_ROOT) and is_result(self.database, uid):
            return OWN_INSTANCE
        if self.data_dir.free_bytes() < self.reserve_bytes + len(request.data_set):
            return RESERVE_REACHED
        # Twice: where the series was deleted between file and row, its file has gone with it.
        if not any(self._stored(request, header) for _ in range(2)):
            raise StorageError("the series was deleted while an instance of it came")
        return SUCCESS

    def _stored(self, request: StoreRequest, header: Header) -> bool:
        """Write file and row; whether the file is still there after that."""
        file, outcome = self.data_dir.store_instance(
            study_uid=header.study_uid,
            series_uid=header.series_uid,
            sop_instance_uid=header.sop_instance_uid,
            transfer_syntax_uid=request.transfer_syntax_uid,
            file_meta=file_meta_bytes(
                sop_class_uid=request.sop_class_uid,
                sop_instance_uid=request.sop_instance_uid,
                transfer_syntax_uid=request.transfer_syntax_uid,
                sending_aet=request.calling_aet,
                receiving_aet=request.called_aet,
            ),
            data_set=request.data_set,
        )
        facts = instance_facts(
            header,
            transfer_syntax_uid=request.transfer_syntax_uid,
            source_aet=request.calling_aet,
            called_aet=request.called_aet,
            source_host=request.host,
        )
        now = self.database.now()
        if outcome is ReceiptOutcome.CONFLICT:
            record_conflict(self.database, facts, file, now=now)
        else:
            # A duplicate too: its first receipt may have failed between file and row.
            outcome = record_instance(self.database, facts, file, quiet_s=self.quiet_s, now=now)
        if outcome is ReceiptOutcome.CONFLICT:
            # 0x0000 nevertheless: it is durable, and a failure would make the sender try for ever.
            logger.warning(
                "instance %s came again with other content from %s at %s: kept aside",
                facts.sop_instance_uid,
                request.calling_aet,
                request.host,
            )
        logger.debug("instance %s: %s", facts.sop_instance_uid, outcome)
        return file.path.exists()


def _request_of(event: Event) -> StoreRequest:
    assoc, request = event.assoc, cast("C_STORE", event.request)
    assert request.DataSet is not None  # a request without one is no valid request
    return StoreRequest(
        sop_class_uid=str(request.AffectedSOPClassUID),
        sop_instance_uid=str(request.AffectedSOPInstanceUID),
        context_class_uid=str(event.context.abstract_syntax),
        transfer_syntax_uid=str(event.context.transfer_syntax),
        calling_aet=assoc.requestor.ae_title.strip(" "),
        called_aet=assoc.acceptor.ae_title.strip(" "),
        host=assoc.requestor.address,
        data_set=request.DataSet.getvalue(),
    )


def _uid_for_log(request: StoreRequest) -> str:
    """The instance; nothing that a peer wrote where a UID should be, which may be anything."""
    return request.sop_instance_uid if is_uid(request.sop_instance_uid) else "an invalid UID"
