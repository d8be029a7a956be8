"""What the tests of verdicts start from: a small series, what the machine said of it, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_node.reports.part10 import as_part10
from dicom_node.reports.result import result_document
from dicom_node.reports.verified_conformance import Signed
from dicom_node.reports.verified_groups import VerdictReading
from dicom_node.reports.verified_report import Reader, build_verified_report
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.reading import read_levels
from dicom_node.verdicts.validation import require_fitting
from inference.slices import read_headers
from inference.types import ModelIdentity, SliceHeader, SliceSource
from tests.unit.reports.cases import AT, DEVICE, PARTIAL, prediction_of, sources_of

READER: Final = Reader("Weiß^Gregor", "Klinikum Nord")


def result_on(sources: Sequence[Dataset]) -> dict[str, Any]:
    """C2 and C5 found; C1 and C7 not assessed, C6 cut off, C3 and C4 negative."""
    prediction = prediction_of(
        sources_of(tuple(sources)), PARTIAL, outside=("C7",), cut_off=("C6",)
    )
    return result_document(str(sources[0].SeriesInstanceUID), prediction)


def slices_of(paths: Sequence[Path]) -> Mapping[SliceSource, SliceHeader]:
    return {SliceSource(h.sop_instance_uid, h.frame_number): h for h in read_headers(paths)}


def mixed_verdict(sources: Sequence[Dataset]) -> Verdict:
    """Every choice at once: C2 accepted, C5 moved to C4, C7 added, C1 read and intact."""
    return Verdict.model_validate(
        {
            "findings": [
                {"level": "C2", "verdict": "accept", "comment": "Dens, Typ II"},
                {"level": "C5", "verdict": "accept", "changed_level": "C4"},
            ],
            "added": [
                {
                    "level": "C7",
                    "key_slice_sop_uid": sources[9].SOPInstanceUID,
                    "box": [30, 31, 10, 11],
                    "first_slice": {"sop_uid": sources[8].SOPInstanceUID},
                    "last_slice": {"sop_uid": sources[11].SOPInstanceUID},
                }
            ],
            "absent_levels": ["C1"],
            "comment": "Größe unverändert",
        }
    )


def reading_of(
    verdict: Verdict,
    result: Mapping[str, Any] | None,
    slices: Mapping[SliceSource, SliceHeader],
) -> VerdictReading:
    require_fitting(verdict, result, slices)
    return VerdictReading(
        levels=read_levels(verdict, result, slices),
        no_finding=verdict.no_finding,
        comment=verdict.comment,
        model=None if result is None else ModelIdentity(**result["model"]),
        operating_point=None if result is None else result["operating_point"],
    )


def verified_report(
    reading: VerdictReading, sources: Sequence[Dataset], predecessor: Dataset | None
) -> tuple[Dataset, Signed]:
    """A report as it is read back from its file, and what it must say."""
    built = build_verified_report(
        reading,
        sources,
        sop_instance_uid=generate_uid(),
        series_instance_uid=generate_uid(),
        content_datetime=AT,
        device=DEVICE,
        reader=READER,
        predecessor=predecessor,
    )
    uid = None if predecessor is None else str(predecessor.SOPInstanceUID)
    return dcmread(BytesIO(as_part10(built))), Signed(reading, READER, uid)
