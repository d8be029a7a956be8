"""A prediction as a DICOM Structured Report: Comprehensive 3D SR, PS3.16 TID 1500.

TID 1500 is what IHE's AI Results profile asks for; the CAD SR classes exist for breast, chest
and colon only. Unverified, research use only, and it says so in words.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from highdicom import ContentQualificationValues
from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    LanguageOfContentItemAndDescendants,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_node.reports import codes
from dicom_node.reports.evidence import EQUIPMENT, TYPE_2, UTF_8, identity_of
from dicom_node.reports.image_library import image_library
from dicom_node.reports.measurement_groups import derived_uid, measurement_groups
from inference.coverage import coverage_sentence
from inference.types import Prediction

RESEARCH_ONLY: Final = "AI result – research use only – not for diagnosis"
SERIES_DESCRIPTION: Final = "AI C-spine fracture RESEARCH ONLY"
SERIES_NUMBER: Final = 9100
"""Above what scanners use, so that the report sorts behind the images."""


@dataclass(frozen=True, slots=True)
class ReportingDevice:
    """The installation that a report comes from. ``station_name`` has at most 16 characters."""

    ae_title: str
    station_name: str
    software_version: str
    manufacturer: str = "cspine-node"
    model_name: str = "cspine-node"


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
    at = content_datetime.astimezone(_zone_of(sources[0]))
    with warnings.catch_warnings():
        # References repeat the sources' UIDs as they are, also those with a leading zero.
        warnings.filterwarnings("ignore", "Invalid value for VR UI", UserWarning)
        report = Comprehensive3DSR(
            evidence=[_without_patient(source) for source in sources],
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
            requested_procedures=_requested_procedures(sources[0]),
            previous_versions=None if predecessor is None else [predecessor],
        )
        _finish(report, prediction, sources[0], device, at)
    return report


def _finish(
    report: Dataset, prediction: Prediction, source: Dataset, device: ReportingDevice, at: datetime
) -> None:
    """What highdicom does not write, or not from our arguments."""
    for element in identity_of(source):
        report.add(element)
    report.StationName = device.station_name
    report.InstanceCreationDate = report.ContentDate
    report.InstanceCreationTime = report.ContentTime
    report.TimezoneOffsetFromUTC = f"{at:%z}"
    for equipment in report.ContributingEquipmentSequence:
        if "ContributionDateTime" in equipment:  # of highdicom: by its own clock
            equipment.ContributionDateTime = f"{at:%Y%m%d%H%M%S.%f%z}"
    if incomplete := _incomplete(prediction):
        report.CompletionFlagDescription = incomplete


def _without_patient(source: Dataset) -> Dataset:
    """What highdicom may see of a source: it warns with the patient's name in the text."""
    bare = Dataset()
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        value = source[keyword].value
        bare.add(DataElement(Tag(keyword), "UI", value, validation_mode=config.IGNORE))
    for keyword in TYPE_2:
        setattr(bare, keyword, None)
    for keyword in EQUIPMENT:
        if keyword in source:
            bare.add(source[keyword])
    return bare


def _content(
    prediction: Prediction, sources: Sequence[Dataset], device: ReportingDevice
) -> Dataset:
    observer = ObserverContext(
        observer_type=CodedConcept.from_code(codes.DEVICE.code),
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=derived_uid("device", device.ae_title, device.station_name),
            name=device.ae_title,
            manufacturer_name=device.manufacturer,
            model_name=device.model_name,
            physical_location=device.station_name,
        ),
    )
    tree = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=codes.CT_CERVICAL_SPINE.code,
        imaging_measurements=measurement_groups(prediction, sources),
        title=codes.REPORT_TITLE.code,
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(
            CodedConcept.from_code(codes.ENGLISH.code)
        ),
    )
    root: Dataset = tree[0]
    measurements = root.ContentSequence.pop()
    for text in _remarks(prediction):
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
    if _incomplete(prediction):
        yield coverage_sentence(prediction.levels)


def _incomplete(prediction: Prediction) -> str:
    """In the 64 characters of an LO; empty where every level was assessed whole."""
    said = (("Not assessed", prediction.not_assessed), ("In part", prediction.cut_off))
    return "; ".join(f"{what}: {', '.join(levels)}" for what, levels in said if levels)


def _requested_procedures(source: Dataset) -> list[Dataset] | None:
    """Items of ReferencedRequestSequence (PS3.3 C.17.2) from the source's RequestAttributes."""
    requests = [
        r for r in source.get("RequestAttributesSequence", ()) if "RequestedProcedureID" in r
    ]
    return [_request(each, source) for each in requests] or None


def _request(attributes: Dataset, source: Dataset) -> Dataset:
    item = Dataset()
    item.StudyInstanceUID = attributes.get("StudyInstanceUID") or source.StudyInstanceUID
    item.ReferencedStudySequence = []
    item.AccessionNumber = attributes.get("AccessionNumber") or source.AccessionNumber
    item.PlacerOrderNumberImagingServiceRequest = None
    item.FillerOrderNumberImagingServiceRequest = None
    item.RequestedProcedureID = attributes.RequestedProcedureID
    item.RequestedProcedureDescription = attributes.get("RequestedProcedureDescription")
    item.RequestedProcedureCodeSequence = []
    return item


def _zone_of(source: Dataset) -> tzinfo | None:
    """The source's time zone; None, the local one, where it does not say.

    TimezoneOffsetFromUTC applies to every time of a data set, also to StudyTime, which we copy.
    """
    text = source.get("TimezoneOffsetFromUTC")
    if not text:
        return None
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))
