"""A reader's verdict as a DICOM Structured Report: Comprehensive 3D SR, PS3.16 TID 1500, verified.

It follows the machine's report, or an earlier verdict, and names it as its predecessor; that one
stays as it is. Verified by a person, and still for research only: it says so in words.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from highdicom import ContentQualificationValues
from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
)
from pydicom.dataset import Dataset

from dicom_node.reports import codes
from dicom_node.reports.derived_object import (
    local_time,
    requested_procedures,
    sign,
    without_patient,
)
from dicom_node.reports.evidence import UTF_8
from dicom_node.reports.origin import ReportingDevice, observer_of
from dicom_node.reports.structured_report import report_tree
from dicom_node.reports.verified_groups import VerdictReading, is_unread, verified_groups
from dicom_node.reports.words import RESEARCH_ONLY

READER_ONLY: Final = "A reader's verdict on an AI result. It replaces no report of the study."
VERDICT_SERIES_DESCRIPTION: Final = "Reader's verdict on AI C-spine RESEARCH ONLY"
VERDICT_SERIES_NUMBER: Final = 9110
"""Behind what the machine made."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who signs. ``name`` is a person name (PS3.5 6.2.1) with at least one caret."""

    name: str
    organization: str


def build_verified_report(
    reading: VerdictReading,
    sources: Sequence[Dataset],
    *,
    sop_instance_uid: str,
    series_instance_uid: str,
    content_datetime: datetime,
    device: ReportingDevice,
    reader: Reader,
    predecessor: Dataset | None,
) -> Dataset:
    """The report on ``reading``; the same arguments give the same report.

    Args:
        reading: C1…C7 after the reader.
        sources: headers of every instance of the series, from ``evidence.read_sources``.
        sop_instance_uid: of the report; it must be kept for every later sending.
        series_instance_uid: of the report's own series.
        content_datetime: aware; when the reader signed.
        device: what made the report.
        reader: who signed.
        predecessor: the report that this one follows; None where the machine made none.

    Raises:
        InternalError: the reading contradicts its sources.
    """
    at = local_time(sources[0], content_datetime)
    unread = [each.level for each in reading.levels if is_unread(each)]
    with warnings.catch_warnings():
        # References repeat the sources' UIDs as they are, also those with a leading zero.
        warnings.filterwarnings("ignore", "Invalid value for VR UI", UserWarning)
        report = Comprehensive3DSR(
            evidence=[without_patient(source) for source in sources],
            content=_content(reading, sources, device, reader),
            series_instance_uid=series_instance_uid,
            series_number=VERDICT_SERIES_NUMBER,
            sop_instance_uid=sop_instance_uid,
            instance_number=1,
            manufacturer=device.manufacturer,
            manufacturer_model_name=device.model_name,
            software_versions=device.software_version,
            series_description=VERDICT_SERIES_DESCRIPTION,
            content_qualification=ContentQualificationValues.RESEARCH,
            content_date=at.date(),
            content_time=at.time(),
            specific_character_set=UTF_8,
            # Only a complete document may be verified (PS3.3 C.17.2): the reader has signed all
            # that it says; what it leaves open is said in words and by its groups.
            is_complete=True,
            is_final=True,
            is_verified=True,
            verifying_observer_name=reader.name,
            verifying_organization=reader.organization,
            requested_procedures=requested_procedures(sources[0]),
            previous_versions=None if predecessor is None else [predecessor],
        )
        sign(report, sources[0], device, at)
    report.VerifyingObserverSequence[0].VerificationDateTime = f"{at:%Y%m%d%H%M%S.%f%z}"
    if unread:
        report.CompletionFlagDescription = unread_levels(unread)
    return report


def _content(
    reading: VerdictReading, sources: Sequence[Dataset], device: ReportingDevice, reader: Reader
) -> Dataset:
    person = ObserverContext(
        observer_type=CodedConcept.from_code(codes.PERSON.code),
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(
            name=reader.name, organization_name=reader.organization
        ),
    )
    observers = ObservationContext(
        observer_person_context=person, observer_device_context=observer_of(device)
    )
    groups = verified_groups(reading, sources)
    return report_tree(observers, document_comments(reading), groups, sources)


def unread_levels(levels: Sequence[str]) -> str:
    """In the 64 characters of an LO, what nobody judged whole."""
    return f"Not judged whole: {', '.join(levels)}"


def document_comments(reading: VerdictReading) -> Iterator[str]:
    """What the document says in words, the most important first."""
    yield RESEARCH_ONLY
    yield READER_ONLY
    if reading.model is None:
        yield "The AI did not analyse this series."
