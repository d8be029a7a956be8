"""The reports on storage commitment that peers send (N-EVENT-REPORT, PS3.4 J.3.3)."""

from __future__ import annotations

import logging
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, cast

from pydicom.dataset import Dataset
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from dicom_node.bugs import log_bug
from dicom_node.scp.association import NodeAssociation
from dicom_node.wire import ReportReply
from storage import commitments
from storage.database import Database
from storage.errors import InvalidUidError, StorageError
from storage.files import validated_uid

if TYPE_CHECKING:
    from pynetdicom.dimse_primitives import N_EVENT_REPORT
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)

UNRECOGNISED_OPERATION: Final = 0x0211
"""To an N-ACTION: nobody can ask us to commit to anything."""


class ReportStatus(IntEnum):
    """How a report is answered (PS3.7 10.1.1.1.8)."""

    SUCCESS = 0x0000
    PROCESSING_FAILURE = 0x0110
    NO_SUCH_INSTANCE = 0x0112
    NO_SUCH_EVENT_TYPE = 0x0113
    INVALID_ARGUMENT = 0x0115
    NO_SUCH_CLASS = 0x0118


class EventType(IntEnum):
    """PS3.4 Table J.3-3."""

    ALL_COMMITTED = 1
    FAILURES_EXIST = 2


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """What a peer commits to; ``failed`` has the Failure Reason of each other object."""

    transaction_uid: str
    committed: frozenset[str]
    failed: Mapping[str, int]


class MalformedReportError(Exception):
    """A report cannot be understood; answered with ``status``, never raised on the wire."""

    def __init__(self, status: ReportStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


def read_report(
    sop_class_uid: str, sop_instance_uid: str, event_type: int | None, information: Dataset
) -> CommitmentReport:
    """What the parameters of an N-EVENT-REPORT-RQ say.

    Event type 1 with failures in it, or 2 with commitments, is taken at its items' word.

    Raises:
        MalformedReportError: it is no report on storage commitment, or lacks what one must have.
    """
    if sop_class_uid != StorageCommitmentPushModel:
        raise MalformedReportError(ReportStatus.NO_SUCH_CLASS, "another SOP class")
    if sop_instance_uid != StorageCommitmentPushModelInstance:
        raise MalformedReportError(ReportStatus.NO_SUCH_INSTANCE, "another SOP instance")
    if event_type not in tuple(EventType):
        raise MalformedReportError(ReportStatus.NO_SUCH_EVENT_TYPE, f"event type {event_type}")
    try:
        transaction_uid = validated_uid(str(information.get("TransactionUID", "")))
        committed = frozenset(
            validated_uid(str(item.ReferencedSOPInstanceUID))
            for item in information.get("ReferencedSOPSequence") or ()
        )
        failed = {
            validated_uid(str(item.ReferencedSOPInstanceUID)): int(item.FailureReason)
            for item in information.get("FailedSOPSequence") or ()
        }
    except InvalidUidError:
        raise MalformedReportError(ReportStatus.INVALID_ARGUMENT, "a UID is none") from None
    except (AttributeError, TypeError, ValueError, KeyError, NotImplementedError, struct.error):
        # pydicom parses an element when it is first looked at.
        raise MalformedReportError(
            ReportStatus.INVALID_ARGUMENT, "an item lacks an attribute, or it cannot be parsed"
        ) from None
    if not committed and not failed:
        raise MalformedReportError(ReportStatus.INVALID_ARGUMENT, "it names no object")
    return CommitmentReport(transaction_uid, committed, failed)


@dataclass(frozen=True, slots=True)
class CommitmentReceiver:
    """Writes the reports of peers down."""

    database: Database

    def handle(self, event: Event) -> tuple[int, None]:
        """EVT_N_EVENT_REPORT on an association that a peer opened. Never raises."""
        assoc = cast("NodeAssociation", event.assoc)
        return self.receive(event, assoc.peer_names).status, None

    def receive(self, event: Event, peer_names: Collection[str]) -> ReportReply:
        """The reply to a report that came from a caller who is ``peer_names``. Never raises."""
        try:
            report = _report_of(event)
            return ReportReply(self._record(report, peer_names), report.transaction_uid)
        except MalformedReportError as error:
            logger.warning("refused a commitment report of %s: %s", _listed(peer_names), error)
            return ReportReply(error.status)
        except StorageError as error:
            logger.error("cannot write a commitment report down: %s", error)
        except Exception as error:  # noqa: BLE001 - the edge: a bug is answered, not an abort
            log_bug("in a commitment report", error)
        return ReportReply(ReportStatus.PROCESSING_FAILURE)

    def _record(self, report: CommitmentReport, peer_names: Collection[str]) -> ReportStatus:
        asked = commitments.peer_asked(self.database, report.transaction_uid)
        if asked not in peer_names:  # none at all, too
            logger.warning(
                "refused a commitment report of %s: transaction %s %s",
                _listed(peer_names),
                report.transaction_uid,
                "is not known" if asked is None else f"was a request to {asked}",
            )
            return ReportStatus.INVALID_ARGUMENT
        commitments.commitment_answered(
            self.database,
            report.transaction_uid,
            committed=report.committed,
            failed=report.failed,
            now=self.database.now(),
        )
        logger.info(
            "%s commits to %d objects and not to %d (transaction %s)",
            asked,
            len(report.committed - report.failed.keys()),
            len(report.failed),
            report.transaction_uid,
        )
        return ReportStatus.SUCCESS


def refuse_action(_: Event) -> tuple[int, None]:
    """EVT_N_ACTION."""
    return UNRECOGNISED_OPERATION, None


def _report_of(event: Event) -> CommitmentReport:
    request = cast("N_EVENT_REPORT", event.request)
    try:
        information = event.event_information
    except Exception:  # noqa: BLE001 - whatever pydicom makes of noise
        raise MalformedReportError(
            ReportStatus.PROCESSING_FAILURE, "its data set cannot be parsed"
        ) from None
    return read_report(
        str(request.AffectedSOPClassUID),
        str(request.AffectedSOPInstanceUID),
        request.EventTypeID,
        information,
    )


def _listed(peer_names: Collection[str]) -> str:
    return ", ".join(sorted(peer_names)) or "nobody"
