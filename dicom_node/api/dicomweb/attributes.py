"""Which attributes a search returns, as tables (PS3.18 10.6.3.3), and which it knows at all."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydicom.datadict import dictionary_VR, keyword_dict
from pydicom.tag import Tag
from pydicom.uid import (
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    EnhancedSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
    SecondaryCaptureImageStorage,
)


class Level(StrEnum):
    """What a search finds."""

    STUDIES = "studies"
    SERIES = "series"
    INSTANCES = "instances"


def tag_of(keyword: str) -> str:
    """Eight hexadecimal digits, upper case."""
    return f"{Tag(keyword):08X}"


def _tags(*keywords: str) -> tuple[str, ...]:
    return tuple(tag_of(each) for each in keywords)


OF_STUDY: Final = _tags(
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "TimezoneOffsetFromUTC",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
)
"""Taken from the header of one instance of the study; empty where it does not say."""

OF_STUDY_ON_REQUEST: Final = _tags(
    "IssuerOfPatientID",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "EthnicGroup",
    "PatientComments",
    "AdditionalPatientHistory",
    "NameOfPhysiciansReadingStudy",
    "ProcedureCodeSequence",
    "InstitutionName",
)

OF_SERIES: Final = _tags(
    "Modality",
    "SeriesDescription",
    "SeriesNumber",
    "SeriesDate",
    "SeriesTime",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "RequestAttributesSequence",
)

OF_SERIES_ON_REQUEST: Final = _tags(
    "BodyPartExamined",
    "FrameOfReferenceUID",
    "Laterality",
    "Manufacturer",
    "ManufacturerModelName",
    "OperatorsName",
    "PatientPosition",
    "ProtocolName",
    "SoftwareVersions",
    "StationName",
)

OF_INSTANCE: Final = _tags(
    "SOPClassUID",
    "SOPInstanceUID",
    "InstanceNumber",
    "Rows",
    "Columns",
    "BitsAllocated",
    "NumberOfFrames",
)
"""Only those that the instance has: an SR has no rows."""

COMPUTED: Final = frozenset(
    _tags(
        "SpecificCharacterSet",
        "InstanceAvailability",
        "ModalitiesInStudy",
        "RetrieveURL",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
        "NumberOfSeriesRelatedInstances",
    )
)
"""Always returned at their level, and in no header as such."""

ON_REQUEST: Final[Mapping[Level, tuple[str, ...] | None]] = {
    Level.STUDIES: OF_STUDY_ON_REQUEST,
    Level.SERIES: (*OF_STUDY, *OF_STUDY_ON_REQUEST, *OF_SERIES_ON_REQUEST),
    Level.INSTANCES: None,
}
"""What ``includefield`` may add, and ``includefield=all`` adds; None: whatever the header has."""

MODALITY_OF_RESULT: Final[Mapping[str, str]] = {
    ComprehensiveSRStorage: "SR",
    Comprehensive3DSRStorage: "SR",
    EnhancedSRStorage: "SR",
    KeyObjectSelectionDocumentStorage: "KO",
    GrayscaleSoftcopyPresentationStateStorage: "PR",
    SecondaryCaptureImageStorage: "OT",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage: "OT",
    MultiFrameTrueColorSecondaryCaptureImageStorage: "OT",
    ParametricMapStorage: "OT",
}
"""SOP class of an object that the node makes → its Modality."""


def attribute_path(name: str) -> tuple[str, ...] | None:
    """The tags that a query names by keyword or number, ``.`` between levels; None: unknown.

    ``PatientID``, ``00100020`` and ``RequestAttributesSequence.ScheduledProcedureStepID``.
    """
    parts = name.split(".")
    path = tuple(_known_tag(each) for each in parts)
    if not all(path):
        return None
    if any(vr_of(each) != "SQ" for each in path[:-1]):
        return None
    return path


def vr_of(tag: str) -> str:
    """VR by the dictionary; the first of several."""
    return dictionary_VR(Tag(tag)).split(" or ")[0]


def _known_tag(text: str) -> str:
    """Empty if the dictionary does not know it."""
    if text in keyword_dict:
        return f"{keyword_dict[text]:08X}"
    if len(text) == 8 and text.isascii() and all(each in "0123456789abcdefABCDEF" for each in text):
        try:
            vr_of(text)
        except KeyError:
            return ""
        return text.upper()
    return ""
