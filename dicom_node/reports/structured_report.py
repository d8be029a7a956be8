"""A prediction as a DICOM Structured Report: Comprehensive 3D SR, PS3.16 TID 1500.

TID 1500 is what IHE's AI Results profile asks for; the CAD SR classes exist for breast, chest
and colon only. Unverified, research use only, and it says so in words.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from highdicom import ContentQualificationValues
from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    LanguageOfContentItemAndDescendants,
    MeasurementReport,
    ObservationContext,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.dataset import Dataset

from dicom_node.reports import codes, derived_object
from dicom_node.reports.evidence import UTF_8
from dicom_node.reports.image_library import image_library
from dicom_node.reports.measurement_groups import Group, measurement_groups, model_sentence
from dicom_node.reports.origin import (
    SERIES_DESCRIPTION,
    ReportingDevice,
    observer_of,
)
from dicom_node.reports.words import RESEARCH_ONLY
from inference.coverage import coverage_sentence
from inference.types import Prediction

SERIES_NUMBER: Final = 9100
"""Above what scanners use, so that the report sorts behind the images."""


def build_report(
    prediction: Prediction,
    sources: Sequence[Dataset],
    *,
    sop_instance_uid: str,
    series_instance_uid: str,
    content_datetime: datetime,
    device: ReportingDevice,
    predecessor: Dataset | None = None,
) -> Dataset:
    """The report on ``prediction``; the same arguments give the same report.

    Args:
        prediction: at least one assessed level.
        sources: headers of every instance of the series, from ``evidence.read_sources``.
        sop_instance_uid: of the report; it must be kept for every later sending.
        series_instance_uid: of the report's own series.
        content_datetime: aware.
        device: what made the report.
        predecessor: an earlier report on the same series, which this one supersedes.

    Raises:
        InternalError: the prediction contradicts itself or its sources.
    """
    at = derived_object.local_time(sources[0], content_datetime)
    with warnings.catch_warnings():
        # References repeat the sources' UIDs as they are, also those with a leading zero.
        warnings.filterwarnings("ignore", "Invalid value for VR UI", UserWarning)
        report = Comprehensive3DSR(
            evidence=[derived_object.without_patient(source) for source in sources],
            content=_content(prediction, sources, device),
            series_instance_uid=series_instance_uid,
            series_number=SERIES_NUMBER,
            sop_instance_uid=sop_instance_uid,
            instance_number=1,
            manufacturer=device.manufacturer,
            manufacturer_model_name=device.model_name,
            software_versions=device.software_version,
            series_description=SERIES_DESCRIPTION,
            content_qualification=ContentQualificationValues.RESEARCH,
            content_date=at.date(),
            content_time=at.time(),
            series_date=at.date(),
            series_time=at.time(),
            specific_character_set=UTF_8,
            is_complete=not (prediction.not_assessed or prediction.cut_off),
            is_final=False,
            is_verified=False,
            requested_procedures=derived_object.requested_procedures(sources[0]),
            previous_versions=None if predecessor is None else [predecessor],
        )
        derived_object.sign(report, sources[0], device, at)
        if incomplete := _incomplete(prediction):
            report.CompletionFlagDescription = incomplete
    return report


def _content(
    prediction: Prediction, sources: Sequence[Dataset], device: ReportingDevice
) -> Dataset:
    return report_tree(
        ObservationContext(observer_device_context=observer_of(device)),
        _remarks(prediction),
        measurement_groups(prediction, sources),
        sources,
    )


def report_tree(
    observers: ObservationContext,
    comments: Iterable[str],
    groups: list[Group],
    sources: Sequence[Dataset],
) -> Dataset:
    """The root content item of TID 1500: observers, words, image library, measurements."""
    tree = MeasurementReport(
        observation_context=observers,
        procedure_reported=codes.CT_CERVICAL_SPINE.code,
        imaging_measurements=groups,
        title=codes.REPORT_TITLE.code,
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(
            CodedConcept.from_code(codes.ENGLISH.code)
        ),
    )
    root: Dataset = tree[0]
    measurements = root.ContentSequence.pop()
    for text in comments:
        root.ContentSequence.append(_comment(text))
    root.ContentSequence.append(image_library(sources))
    root.ContentSequence.append(measurements)
    return root


def _comment(text: str) -> TextContentItem:
    return TextContentItem(
        codes.COMMENT.code, text, relationship_type=RelationshipTypeValues.CONTAINS
    )


def _remarks(prediction: Prediction) -> Iterable[str]:
    yield RESEARCH_ONLY
    yield model_sentence(prediction.model, prediction.operating_point)
    if _incomplete(prediction):
        yield coverage_sentence(prediction.levels)


def _incomplete(prediction: Prediction) -> str:
    """In the 64 characters of an LO; empty where every level was assessed whole."""
    said = (("Not assessed", prediction.not_assessed), ("In part", prediction.cut_off))
    return "; ".join(f"{what}: {', '.join(levels)}" for what, levels in said if levels)
