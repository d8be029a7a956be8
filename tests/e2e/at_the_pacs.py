"""What has come to the PACS, by what it is."""

from __future__ import annotations

from collections import Counter

from pydicom.dataset import Dataset

from dicom_node.reports.result_set import NOT_ANALYSED
from storage import deliveries, series
from storage.records import Piece
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc


def reports_at(orthanc: Orthanc) -> list[str]:
    """Orthanc's identifiers of the reports that it has."""
    found = orthanc.instances()
    return [each for each in found if orthanc.dicom_tags(each)["Modality"] == "SR"]


def whole_set_at(orthanc: Orthanc, node: NodeProcess, uid: str) -> dict[str, Dataset]:
    """The objects at the PACS by their UID, which are those that the node recorded of a series.

    Every piece that the reading asks for is among them.
    """
    with node.database() as database:
        of = series.get_series(database, uid)
        recorded = deliveries.objects_of(database, of.id)
    assert of.result is not None
    findings = len(of.result["findings"])
    assert Counter(each.piece for each in recorded) == Counter(
        {
            Piece.REPORT: 1,
            Piece.KEY_IMAGE: findings,
            Piece.SUMMARY: 1,
            Piece.KEY_OBJECTS: min(findings, 1),
            Piece.PRESENTATION: min(findings, 1),
            Piece.HEAT_MAP: 1,
        }
    )
    there = {str(ds.SOPInstanceUID): ds for ds in map(orthanc.dataset, orthanc.instances())}
    assert set(there) == {each.sop_instance_uid for each in recorded}
    return there


def pages_at(orthanc: Orthanc, uid: str) -> list[Dataset]:
    """What tells the PACS that a series was not analysed."""
    there = map(orthanc.dataset, orthanc.instances())
    return [
        ds
        for ds in there
        if str(ds.get("DerivationDescription")).startswith(NOT_ANALYSED)
        and ds.ReferencedSeriesSequence[0].SeriesInstanceUID == uid
    ]
