"""A PACS that is asked for storage commitment and answers as it is told, and who asks it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from dicom_node.delivery.commitment import CommitmentRunner, CommitmentSettings
from dicom_node.scp.commitment import CommitmentReceiver
from dicom_node.scp.listener import DicomListener
from dicom_node.scp.settings import ListenerSettings
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from storage import peers
from storage.records import NewObject, Peer
from tests.integration.delivery.outbox import CALLING_AET, LOOPBACK, SOP_CLASSES, Outbox, uid_of
from tests.support import wait_until


@dataclass(frozen=True, slots=True)
class Request:
    """What one N-ACTION asked for."""

    transaction_uid: str
    objects: tuple[str, ...]


class CommittingPacs:
    """Takes everything; ``answer`` gives the failures to report on the request's association.

    ``answer`` ``None``: it does not report. ``holds``: it does not respond to the N-ACTION either.
    ``breaks_off``: so many requests end the association instead of being responded to.
    """

    def __init__(
        self,
        answer: Callable[[Request], dict[str, int]] | None = None,
        *,
        status: int = 0x0000,
        holds: bool = False,
        breaks_off: int = 0,
    ) -> None:
        self.stored: list[str] = []
        self.requests: list[Request] = []
        self.statuses: list[int | None] = []
        self._answer, self._status, self._holds = answer, status, holds
        self._breaks_off = breaks_off
        self.let_go = threading.Event()
        ae = AE(ae_title="PACS")
        for sop_class in (*SOP_CLASSES, StorageCommitmentPushModel):
            ae.add_supported_context(sop_class)
        server = ae.start_server(
            (LOOPBACK, 0),
            block=False,
            evt_handlers=[(evt.EVT_C_STORE, self._on_store), (evt.EVT_N_ACTION, self._on_action)],
        )
        assert server is not None, "it does not block"
        self._server = server
        self.port = int(server.server_address[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()

    def _on_store(self, event: evt.Event) -> int:
        self.stored.append(uid_of(event))
        return 0x0000

    def _on_action(self, event: evt.Event) -> tuple[int, None]:
        asked = event.action_information
        objects = tuple(str(each.ReferencedSOPInstanceUID) for each in asked.ReferencedSOPSequence)
        request = Request(str(asked.TransactionUID), objects)
        self.requests.append(request)
        if len(self.requests) <= self._breaks_off:
            event.assoc.abort()
        if self._holds:
            self.let_go.wait(60)
        if self._answer is not None:
            self._report_after_response(event.assoc, request, self._answer(request))
        return self._status, None

    def _report_after_response(
        self, assoc: Association, request: Request, failed: dict[str, int]
    ) -> None:
        responded = threading.Event()

        def on_sent(event: evt.Event) -> None:
            if isinstance(event.pdu, P_DATA_TF):
                responded.set()

        def report() -> None:
            responded.wait(60)
            self.statuses.append(send_report(assoc, request, failed))

        assoc.bind(evt.EVT_PDU_SENT, on_sent)
        threading.Thread(target=report, daemon=True).start()


def send_report(assoc: Association, request: Request, failed: dict[str, int]) -> int | None:
    """The status that the report was answered with."""
    information = Dataset()
    information.TransactionUID = request.transaction_uid
    information.ReferencedSOPSequence = [_item(uid) for uid in request.objects if uid not in failed]
    if failed:
        information.FailedSOPSequence = [_item(uid) for uid in failed]
        for item in information.FailedSOPSequence:
            item.FailureReason = failed[item.ReferencedSOPInstanceUID]
    status, _ = assoc.send_n_event_report(
        information,
        2 if failed else 1,
        StorageCommitmentPushModel,
        StorageCommitmentPushModelInstance,
    )
    return int(status.Status) if "Status" in status else None


def _item(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = SOP_CLASSES[0], uid
    return item


def report_by_calling(
    port: int, request: Request, failed: dict[str, int] | None = None, *, aet: str = "PACS"
) -> int | None:
    """Report on an association of the peer's own; ``None``: it was not let in."""
    with calling(port, StorageCommitmentPushModel, aet=aet) as assoc:
        return send_report(assoc, request, failed or {}) if assoc.is_established else None


@contextmanager
def calling(port: int, sop_class: str, *, aet: str = "PACS") -> Iterator[Association]:
    ae = AE(ae_title=aet)
    ae.add_requested_context(sop_class)
    roles: list[Any] = []
    if sop_class == StorageCommitmentPushModel:
        roles.append(build_role(sop_class, scp_role=True))
    assoc = ae.associate(LOOPBACK, port, ae_title=CALLING_AET, ext_neg=roles)
    try:
        yield assoc
    finally:
        if assoc.is_established:
            assoc.release()


def is_let_store(port: int, *, aet: str = "PACS") -> bool:
    with calling(port, CTImageStorage, aet=aet) as assoc:
        return assoc.is_established


@dataclass
class Asking:
    """A node that sends and asks for commitment; it can be started again, and listen."""

    outbox: Outbox
    runners: list[CommitmentRunner] = field(default_factory=list)
    listeners: list[DicomListener] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Anew, with nothing but what the database knows."""
        self.delivery = self.outbox.runner()
        patience: dict[str, Any] = {
            "gather_s": 0,
            "wait_s": 0.5,
            "first_retry_s": 0.05,
            "longest_retry_s": 0.1,
            "identity": ScuIdentity(
                CALLING_AET, ScuTimeouts(connection_s=5, acse_s=10, dimse_s=60, stall_s=30)
            ),
        }
        self.commitment = CommitmentRunner(
            self.outbox.database,
            CommitmentSettings(**patience | self.settings),
            on_report=CommitmentReceiver(self.outbox.database).receive,
        )
        self.runners.append(self.commitment)

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        self.delivery.stop()
        self.commitment.stop()
        while self.listeners:
            self.listeners.pop().stop(0)

    def listen(self, port: int = 0) -> int:
        settings = ListenerSettings(ae_title=CALLING_AET, bind=LOOPBACK, port=port, quiet_s=60)
        listener = DicomListener(
            settings, database=self.outbox.database, data_dir=self.outbox.data_dir
        )
        listener.start()
        self.listeners.append(listener)
        return listener.port

    def add_peer(self, name: str, port: int, aet: str = "PACS") -> None:
        """One that commits, and may not send."""
        peer = Peer(name, aet, LOOPBACK, port, gets_results=True, commitment=True)
        peers.add_peer(self.outbox.database, peer, now=self.outbox.database.now())

    def drive(self, condition: Callable[[], bool], what: str) -> None:
        def ticked() -> bool:
            self.delivery.tick()
            self.commitment.tick()
            return condition()

        wait_until(ticked, what=what)

    def state(self, report: NewObject, peer: str = "pacs") -> str:
        return str(self.outbox.deliveries(report)[peer].state)

    def is_(self, state: str, *reports: NewObject, peer: str = "pacs") -> Callable[[], bool]:
        return lambda: all(self.state(each, peer) == state for each in reports)

    def error(self, report: NewObject) -> str:
        return self.outbox.deliveries(report)["pacs"].last_error or ""

    def notes(self, report: NewObject) -> Sequence[str]:
        return self.outbox.notes(report)
