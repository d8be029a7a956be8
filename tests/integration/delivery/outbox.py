"""A node's outbox with real reports in it, and peers that answer as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage, generate_uid
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE

from dicom_node.delivery.runner import DeliveryRunner
from dicom_node.delivery.settings import DeliverySettings
from dicom_node.reports.part10 import as_part10
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from storage import deliveries, instances, peers, queue, series
from storage.database import Database
from storage.files import DataDir
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


class ScriptedPacs:
    """A Storage SCP of pynetdicom: gives the scripted statuses in turn, then success."""

    def __init__(self, *statuses: int, holds: bool = False) -> None:
        self.received: list[str] = []
        self.most_at_once = 0
        self._statuses = list(statuses)
        self._at_once = 0
        self._lock = threading.Lock()
        self.let_go = threading.Event()
        if not holds:
            self.let_go.set()
        ae = AE(ae_title="PACS")
        ae.add_supported_context(Comprehensive3DSRStorage)
        server = ae.start_server(
            (LOOPBACK, 0), block=False, evt_handlers=[(evt.EVT_C_STORE, self._on_store)]
        )
        assert server is not None, "it does not block"
        self._server = server
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()

    def _on_store(self, event: evt.Event) -> int:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            request = cast("C_STORE", event.request)
            self.received.append(str(request.AffectedSOPInstanceUID))
            status = self._statuses.pop(0) if self._statuses else 0x0000
        self.let_go.wait(60)
        with self._lock:
            self._at_once -= 1
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
        made = DeliveryRunner(self.database, DeliverySettings(**patience | settings), clock=clock)
        self.runners.append(made)
        return made

    def add_peer(self, name: str, port: int, aet: str = "PACS") -> Peer:
        peer = Peer(name, aet, LOOPBACK, port, gets_results=True)
        peers.add_peer(self.database, peer, now=self.database.now())
        return peer

    def add_report(self, *destinations: str) -> NewObject:
        """A series that was analysed, and its report on disk, due to every destination."""
        self._made += 1
        report = self._write_report()
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
            objects=[report],
            deliveries=[NewDelivery(report.sop_instance_uid, name) for name in destinations],
            now=now,
        )
        return report

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

    def _write_report(self) -> NewObject:
        self.report.SOPInstanceUID = generate_uid()
        self.report.file_meta.MediaStorageSOPInstanceUID = self.report.SOPInstanceUID
        uid = str(self.report.SOPInstanceUID)
        path = self.data_dir.store_report(uid, as_part10(self.report))
        return NewObject(Piece.REPORT, 0, uid, str(self.report.SOPClassUID), path)


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
