"""From an outcome to rows: all objects are built, checked and durable before anything is said."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_node.analysis.executor import Analysis, Outcome
from dicom_node.analysis.keep import keep, keep_nothing
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.origin import ReportingDevice
from dicom_node.reports.result import result_document
from dicom_node.reports.result_set import SetObject, build_result_set
from dicom_node.reports.set_gate import require_conformant_set
from dicom_node.routing.outcomes import outcomes_of
from dicom_node.routing.plan import plan_deliveries
from inference.types import NotAnalysed
from storage import deliveries, instances, queue, series
from storage.database import Database
from storage.files import DataDir
from storage.records import Claim, SeriesRecord

logger = logging.getLogger(__name__)


def _nobody() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes what the model said of a claimed series; a claim that was lost writes nothing."""

    database: Database
    data_dir: DataDir
    device: ReportingDevice
    asks_shadow: Callable[[], bool] = _nobody
    """Whether there is a shadow model, which is to read what was analysed."""

    def record(self, claim: Claim, outcome: Outcome) -> bool:
        """Write ``outcome``; False if the claim was fenced meanwhile (a late slice, a lost lease).

        What tells the PACS of a series that was not analysed is made from its row, see
        :mod:`dicom_node.analysis.notices`.

        Raises:
            NonConformantReportError: the set failed our own check; nothing was written.
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
        return self._record_analysis(claim, outcome)

    def _record_analysis(self, claim: Claim, analysis: Analysis) -> bool:
        objects = keep(self.data_dir, self._result_set(claim.series, analysis))
        result = result_document(claim.series.series_uid, analysis.prediction)
        missing = analysis.pictures.missing
        written = queue.finish_analysed(
            self.database,
            claim,
            result=result,
            objects=objects,
            deliveries=plan_deliveries(
                self.database, claim.series, objects, outcomes=outcomes_of(result)
            ),
            note=f"analysed, but without {', '.join(missing)}" if missing else "analysed",
            for_shadow=self.asks_shadow(),
            now=self.database.now(),
        )
        if not written:
            keep_nothing(objects)
        return written

    def _result_set(self, of: SeriesRecord, analysis: Analysis) -> tuple[SetObject, ...]:
        paths = [each.path for each in instances.instances_of(self.database, of.series_uid)]
        sources = read_sources(paths)
        predecessor = self._predecessor(of)
        built = build_result_set(
            analysis.prediction,
            analysis.pictures,
            sources,
            device=self.device,
            predecessor=predecessor,
        )
        require_conformant_set(
            built, sources, analysis.prediction, analysis.pictures, predecessor=predecessor
        )
        return built

    def _predecessor(self, of: SeriesRecord) -> Dataset | None:
        """The nearest earlier report on the same series, which the new one names."""
        for earlier in series.predecessors(self.database, of):
            report = deliveries.report_of(self.database, earlier.id)
            if report is not None:
                return dcmread(report.path)
        return None
