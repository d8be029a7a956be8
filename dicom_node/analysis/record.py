"""From an outcome to rows: the report is built, checked and durable before anything is said."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_node.analysis.executor import Outcome
from dicom_node.reports.conformance import require_conformant
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.origin import ReportingDevice
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.result import result_document
from dicom_node.reports.structured_report import build_report
from dicom_node.routing.outcomes import outcomes_of
from dicom_node.routing.plan import plan_deliveries
from dicom_node.uids import new_uid
from inference.types import NotAnalysed, Prediction
from storage import deliveries, instances, queue, series
from storage.database import Database
from storage.files import DataDir
from storage.records import Claim, NewObject, Piece, SeriesRecord

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes what the model said of a claimed series; a claim that was lost writes nothing."""

    database: Database
    data_dir: DataDir
    device: ReportingDevice

    def record(self, claim: Claim, outcome: Outcome) -> bool:
        """Write ``outcome``; False if the claim was fenced meanwhile (a late slice, a lost lease).

        Raises:
            NonConformantReportError: the report failed our own check; nothing was written.
            StorageError: the disk or the database failed; nothing was recorded.
        """
        if isinstance(outcome, NotAnalysed):
            return queue.finish_not_analysed(
                self.database,
                claim,
                code=outcome.code,
                text=outcome.text,
                now=self.database.now(),
            )
        return self._record_prediction(claim, outcome)

    def _record_prediction(self, claim: Claim, prediction: Prediction) -> bool:
        report = self._store_report(claim.series, prediction)
        result = result_document(claim.series.series_uid, prediction)
        written = queue.finish_analysed(
            self.database,
            claim,
            result=result,
            objects=[report],
            deliveries=plan_deliveries(
                self.database, claim.series, [report], outcomes=outcomes_of(result)
            ),
            now=self.database.now(),
        )
        if not written:
            report.path.unlink(missing_ok=True)
        return written

    def _store_report(self, of: SeriesRecord, prediction: Prediction) -> NewObject:
        paths = [each.path for each in instances.instances_of(self.database, of.series_uid)]
        sources = read_sources(paths)
        dataset = build_report(
            prediction,
            sources,
            sop_instance_uid=new_uid(),
            series_instance_uid=new_uid(),
            content_datetime=self.database.now(),
            device=self.device,
            predecessor=self._predecessor(of),
        )
        require_conformant(dataset, sources)
        return NewObject(
            piece=Piece.REPORT,
            ordinal=0,
            sop_instance_uid=dataset.SOPInstanceUID,
            sop_class_uid=dataset.SOPClassUID,
            path=self.data_dir.store_report(dataset.SOPInstanceUID, as_part10(dataset)),
        )

    def _predecessor(self, of: SeriesRecord) -> Dataset | None:
        """The nearest earlier report on the same series, which the new one names."""
        for earlier in series.predecessors(self.database, of):
            report = deliveries.report_of(self.database, earlier.id)
            if report is not None:
                return dcmread(report.path)
        return None
