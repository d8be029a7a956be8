"""C-STORE: check, write down durably, index, and only then answer (PS3.4 B.2, PS3.7 9.1.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from pydicom.dataset import Dataset

from dicom_node.bugs import log_bug
from dicom_node.monitoring.instruments import Instruments
from dicom_node.scp.answers import (
    INTERNAL_ERROR,
    INVALID_INSTANCE_UID,
    NO_DATA_SET,
    NO_SERIES_UID,
    NO_STUDY_UID,
    OTHER_CLASS_THAN_CONTEXT,
    OTHER_CLASS_THAN_DATA_SET,
    OTHER_INSTANCE,
    OWN_INSTANCE,
    OWN_RESULT,
    RESERVE_REACHED,
    SUCCESS,
    Answer,
    answer_of,
)
from dicom_node.scp.association import NodeAssociation
from dicom_node.scp.elements import HeaderError
from dicom_node.scp.header import Header, read_header
from dicom_node.scp.part10 import file_meta_bytes
from dicom_node.uids import MANUFACTURER, MODEL_NAME, UUID_ROOT
from storage.database import Database
from storage.errors import InvalidUidError, StorageError
from storage.files import DataDir, validated_uid
from storage.instances import is_result, record_conflict, record_instance
from storage.records import InstanceFacts, ReceiptOutcome

if TYPE_CHECKING:
    from pynetdicom.dimse_primitives import C_STORE
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)


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
    instruments: Instruments = field(default_factory=Instruments)

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
            answer = answer_of(error)
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
        answer = INTERNAL_ERROR
        try:
            answer = self._receive(request)
        except StorageError as error:
            answer = answer_of(error)
            raise
        finally:
            if answer is not SUCCESS:
                self.instruments.instance_refused(answer.reason)
        return answer

    def _receive(self, request: StoreRequest) -> Answer:
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
        kept = file.path.exists()
        if kept:
            self.instruments.instance_received(outcome, len(request.data_set))
        return kept


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
