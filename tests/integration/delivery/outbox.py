"""A node's outbox with real reports in it, and peers that answer as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    ExplicitVRLittleEndian,
    KeyObjectSelectionDocumentStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from sqlalchemy import text

from dicom_node.delivery.runner import DeliveryRunner
from dicom_node.delivery.settings import DeliverySettings
from dicom_node.reports.part10 import as_part10
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from storage import deliveries, destinations, instances, peers, queue, series
from storage.database import Database
from storage.files import DataDir
from storage.part10 import whole_digest
from storage.records import (
    Delivery,
    InstanceFacts,
    NewDelivery,
    NewObject,
    Peer,
    Piece,
    SeriesRecord,
    StoredFile,
)
from tests.support import wait_until

LOOPBACK = "127.0.0.1"
CALLING_AET = "CSPINE"
SOP_CLASSES = (
    Comprehensive3DSRStorage,
    SecondaryCaptureImageStorage,
    KeyObjectSelectionDocumentStorage,
)


class ScriptedPacs:
    """A Storage SCP of pynetdicom: gives the scripted statuses in turn, then success.

    ``on_store`` may do what it likes with the event, and decide the status by another than None.
    """

    def __init__(
        self,
        *statuses: int,
        holds: bool = False,
        port: int = 0,
        on_store: Callable[[evt.Event], int | None] | None = None,
    ) -> None:
        self.received: list[str] = []
        self.stored: list[str] = []
        self.associations = 0
        self._on_store_too = on_store
        self.most_at_once = 0
        self._statuses = list(statuses)
        self._at_once = 0
        self._lock = threading.Lock()
        self.let_go = threading.Event()
        if not holds:
            self.let_go.set()
        ae = AE(ae_title="PACS")
        for sop_class in SOP_CLASSES:
            ae.add_supported_context(sop_class)
        server = ae.start_server(
            (LOOPBACK, port),
            block=False,
            evt_handlers=[
                (evt.EVT_C_STORE, self._on_store),
                (evt.EVT_ACCEPTED, self._on_accepted),
            ],
        )
        assert server is not None, "it does not block"
        self._server = server
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()

    def _on_accepted(self, _: evt.Event) -> None:
        self.associations += 1

    def _on_store(self, event: evt.Event) -> int:
        uid = uid_of(event)
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.received.append(uid)
            status = self._statuses.pop(0) if self._statuses else 0x0000
        self.let_go.wait(60)
        decided = self._on_store_too(event) if self._on_store_too else None
        status = status if decided is None else decided
        with self._lock:
            self._at_once -= 1
            if status == 0x0000:
                self.stored.append(uid)
        return status


@dataclass
class Outbox:
    """Database, files and runner of a node that has nothing to do but send."""

    database: Database
    data_dir: DataDir
    report: Dataset
    runners: list[DeliveryRunner] = field(default_factory=list)
    _made: int = 0

    def runner(self, **settings: Any) -> DeliveryRunner:
        """A runner whose back-off a test can wait for."""
        clock = settings.pop("clock", None)
        patience: dict[str, Any] = {
            "owner": "node",
            "first_retry_s": 0.05,
            "longest_retry_s": 0.1,
            "stop_grace_s": 30,
            "identity": ScuIdentity(
                CALLING_AET, ScuTimeouts(connection_s=5, acse_s=10, dimse_s=60, stall_s=30)
            ),
        }
        instruments = settings.pop("instruments", None)
        made = DeliveryRunner(
            self.database,
            DeliverySettings(**patience | settings),
            clock=clock,
            instruments=instruments,
        )
        self.runners.append(made)
        return made

    def add_peer(self, name: str, port: int, aet: str = "PACS") -> Peer:
        peer = Peer(name, aet, LOOPBACK, port, gets_results=True)
        peers.add_peer(self.database, peer, now=self.database.now())
        return peer

    def add_report(self, *destinations: str) -> NewObject:
        """A series that was analysed, and its report on disk, due to every destination."""
        report = self._write_report()
        self.finish([report], destinations)
        return report

    def finish(self, objects: Sequence[NewObject], peer_names: Sequence[str]) -> None:
        self._made += 1
        now = self.database.now()
        uid = f"1.2.{self._made}"
        instances.record_instance(
            self.database, _facts(uid), StoredFile(Path("/x"), "a" * 64, 1), quiet_s=0, now=now
        )
        record = series.get_series(self.database, uid)
        assert series.mark_complete(self.database, record.id, fingerprint="f", now=now)
        assert series.enqueue(self.database, record.id, fingerprint="f", now=now)
        claim = queue.claim_next(self.database, owner="tests", lease_s=60, now=now)
        assert claim is not None
        assert queue.finish_analysed(
            self.database,
            claim,
            result={},
            objects=objects,
            deliveries=[
                NewDelivery(each.sop_instance_uid, name) for name in peer_names for each in objects
            ],
            now=now,
        )

    def add_reading(self, *destinations: str, objects: int = 3) -> list[str]:
        """A series that was analysed, with so many small objects; their UIDs, in their order."""
        made = [self._write_small(number) for number in range(objects)]
        self.finish(made, destinations)
        return [each.sop_instance_uid for each in made]

    def add_many(self, destination: str, count: int) -> list[str]:
        """So many small objects that need not wait for each other."""
        uids = self.add_reading(destination, objects=count)
        with self.database.transaction() as session:
            session.execute(text("UPDATE deliveries SET position = 0"))
        return uids

    def states(self, peer_name: str = "pacs") -> dict[str, Delivery]:
        """All deliveries to a peer, by SOP Instance UID."""
        found = destinations.list_deliveries(self.database, peer_name=peer_name, limit=100_000)
        return {each.sop_instance_uid: each for each in found}

    def series(self, report: NewObject) -> SeriesRecord:
        return next(
            each
            for each in series.list_series(self.database)
            if (known := deliveries.report_of(self.database, each.id)) is not None
            and known.sop_instance_uid == report.sop_instance_uid
        )

    def deliveries(self, report: NewObject) -> dict[str, Delivery]:
        """By destination."""
        of = deliveries.deliveries_of(self.database, self.series(report).id)
        return {each.peer_name: each for each in of}

    def notes(self, report: NewObject) -> Sequence[str]:
        timeline = series.timeline(self.database, self.series(report).id)
        return [entry.note for entry in timeline]

    def _write_small(self, number: int) -> NewObject:
        ds = Dataset()
        ds.SOPClassUID = SOP_CLASSES[number % len(SOP_CLASSES)]
        ds.SOPInstanceUID = generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.1", "1.2.1.1"
        ds.PatientName, ds.PatientID = "Doe^Jane", "P1"
        path = self.data_dir.root / f"{ds.SOPInstanceUID}.dcm"
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dcmwrite(path, ds, enforce_file_format=True)
        uid = str(ds.SOPInstanceUID)
        return NewObject(Piece.KEY_IMAGE, number, uid, str(ds.SOPClassUID), path)

    def _write_report(self) -> NewObject:
        self.report.SOPInstanceUID = generate_uid()
        self.report.file_meta.MediaStorageSOPInstanceUID = self.report.SOPInstanceUID
        uid = str(self.report.SOPInstanceUID)
        content = as_part10(self.report)
        path = self.data_dir.store_report(uid, content)
        digest = whole_digest(content)
        return NewObject(Piece.REPORT, 0, uid, str(self.report.SOPClassUID), path, digest)


def uid_of(event: evt.Event) -> str:
    """Which object a peer is asked to store."""
    return str(cast("C_STORE", event.request).AffectedSOPInstanceUID)


def tick_to_the_end(runner: DeliveryRunner) -> None:
    """One tick, and everything that it began."""
    runner.tick()
    wait_until(lambda: is_idle(runner), what="nothing is under way")


def is_idle(runner: DeliveryRunner) -> bool:
    return not runner._workers


def drive(runner: DeliveryRunner, condition: Callable[[], bool], what: str) -> None:
    """Tick, as the scheduler does, until ``condition`` holds."""

    def ticked() -> bool:
        runner.tick()
        return condition()

    wait_until(ticked, what=what)


def _facts(series_uid: str) -> InstanceFacts:
    return InstanceFacts(
        sop_instance_uid=f"{series_uid}.1",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        study_uid="1.2.1",
        series_uid=series_uid,
        patient_id="P1",
        patient_name="Doe^Jane",
        accession_number="A1",
        study_description="Neck",
        series_description="Bone",
        study_date=None,
        modality="CT",
        source_aet="SCANNER",
        called_aet="CSPINE",
        source_host=LOOPBACK,
    )
