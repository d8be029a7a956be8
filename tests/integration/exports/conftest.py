"""A node's database with readings of every kind, whose result files are real."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_node.reports.evidence import read_sources
from dicom_node.reports.key_objects import build_key_objects
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.result import result_document
from inference.types import Level, Prediction
from storage import instances, queue, series, verdicts
from storage.database import Database, open_database
from storage.files import DataDir
from storage.records import InstanceFacts, NewObject, Piece, SeriesRecord, SeriesState, StoredFile
from tests.unit.reports.cases import (
    AT,
    DEVICE,
    FRACTURED,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
)

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@dataclass
class Node:
    """Database and files of a node that is not running."""

    database: Database
    data_dir: DataDir
    sources: tuple[Dataset, ...]

    @property
    def series_uid(self) -> str:
        return str(self.sources[0].SeriesInstanceUID)

    def receive(
        self,
        uid: str,
        *,
        patient_id: str = "PID-7",
        study_uid: str = "1.2.1",
        study_date: date | None = date(2026, 1, 31),
        number: int = 1,
    ) -> SeriesRecord:
        facts = InstanceFacts(
            sop_instance_uid=f"{uid}.{number}",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            study_uid=study_uid,
            series_uid=uid,
            patient_id=patient_id,
            patient_name="Müller^Änne",
            accession_number="A1023",
            study_description="CT HWS",
            series_description="Bone",
            study_date=study_date,
            modality="CT",
            source_aet="SCANNER",
            called_aet="CSPINE",
            source_host="127.0.0.1",
        )
        file = StoredFile(Path("/x"), "a" * 64, 1)
        now = self.database.now()
        instances.record_instance(self.database, facts, file, quiet_s=0, now=now)
        return series.get_series(self.database, uid)

    def analyse(
        self,
        probabilities: Mapping[Level, float | None] = FRACTURED,
        uid: str | None = None,
        **facts: Any,
    ) -> SeriesRecord:
        """A series that was analysed, with its report and key objects on disk."""
        prediction = prediction_of(sources_of(self.sources), probabilities)
        record = self.receive(uid or self.series_uid, **facts)
        now = self.database.now()
        assert series.mark_complete(self.database, record.id, fingerprint="f", now=now)
        assert series.enqueue(self.database, record.id, fingerprint="f", now=now)
        claim = queue.claim_next(self.database, owner="tests", lease_s=60, now=now)
        assert claim is not None
        assert queue.finish_analysed(
            self.database,
            claim,
            result=result_document(record.series_uid, prediction),
            objects=list(self._objects(prediction)),
            deliveries=[],
            now=now,
        )
        return series.get_series(self.database, record.series_uid)

    def receive_late(self, uid: str) -> None:
        """A slice that comes after the analysis: the reading is superseded."""
        self.receive(uid, number=2)

    def state_of(self, record: SeriesRecord) -> SeriesState:
        return series.get_series_by_id(self.database, record.id).state

    def refuse(self, uid: str, code: str = "localizer", **facts: Any) -> SeriesRecord:
        """A series that was not analysed."""
        record = self.receive(uid, **facts)
        now = self.database.now()
        assert series.mark_complete(self.database, record.id, fingerprint="f", now=now)
        text = "A localizer."
        assert series.refuse(self.database, record.id, code=code, text=text, now=now)
        return series.get_series(self.database, uid)

    def judge(self, of: SeriesRecord, document: Mapping[str, Any], ordinal: int = 0) -> NewObject:
        """A reader's verdict, with a report that a reader verified."""
        report = self._report(prediction_of(sources_of(self.sources), FRACTURED))
        report.VerificationFlag = "VERIFIED"
        observer = Dataset()
        observer.VerifyingObserverName = "Reader^Änne"
        observer.VerifyingOrganization = "Hospital"
        observer.VerificationDateTime = "20260301130000"
        report.VerifyingObserverSequence = [observer]
        written = self._store(Piece.VERDICT, ordinal, report)
        verdicts.add_verdict(
            self.database,
            of.id,
            reader="Reader^Änne",
            organization="Hospital",
            document=document,
            report=written,
            now=self.database.now(),
        )
        return written

    def _objects(self, prediction: Prediction) -> Iterator[NewObject]:
        yield self._store(Piece.REPORT, 0, self._report(prediction))
        if prediction.findings:
            selection = build_key_objects(
                prediction,
                self.sources,
                sop_instance_uid=generate_uid(),
                series_instance_uid=generate_uid(),
                content_datetime=AT,
                device=DEVICE,
            )
            yield self._store(Piece.KEY_OBJECTS, 0, selection)

    def _report(self, prediction: Prediction) -> Dataset:
        return report_on(self.sources, prediction)

    def _store(self, piece: Piece, ordinal: int, ds: Dataset) -> NewObject:
        uid = str(ds.SOPInstanceUID)
        path = self.data_dir.store_report(uid, as_part10(ds))
        return NewObject(piece, ordinal, uid, str(ds.SOPClassUID), path)


@pytest.fixture(scope="session")
def ct_sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, ...]:
    return read_sources(write_ct_series(tmp_path_factory.mktemp("ct")))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: faster than to migrate for every test."""
    path = tmp_path_factory.mktemp("template") / "cspine.sqlite3"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def node(tmp_path: Path, ct_sources: tuple[Dataset, ...], empty_database: Path) -> Iterator[Node]:
    data_dir = DataDir(tmp_path / "node")
    data_dir.prepare()
    shutil.copyfile(empty_database, data_dir.root / "cspine.sqlite3")
    database = open_database(data_dir.default_database_url)
    yield Node(database, data_dir, ct_sources)
    database.close()


@pytest.fixture
def run(node: Node, tmp_path: Path) -> Run:
    """``cspine-node`` with the configuration of this node."""
    config = tmp_path / "cspine-node.toml"
    config.write_text(f'[storage]\ndata_dir = "{node.data_dir.root}"\n')

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dicom_node", *arguments, "--config", str(config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    return run


def uid_in(path: Path) -> str:
    return str(dcmread(path).SOPInstanceUID)
