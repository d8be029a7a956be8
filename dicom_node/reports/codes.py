"""Every code that our reports write, and the context group or template that it comes from.

PS3.16: a fracture has no pre-coordinated code for each cervical level (SCT 207938004, which looks
like one, is a thoracic fracture), so the finding is coded and its site beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydicom.sr.coding import Code

from inference.types import Level


@dataclass(frozen=True, slots=True)
class Term:
    """A code, and where PS3.16 says to use it: a context group's number or a template row."""

    code: Code
    origin: str


def _dcm(value: str, meaning: str, origin: str) -> Term:
    return Term(Code(value, "DCM", meaning), origin)


def _sct(value: str, meaning: str, origin: str) -> Term:
    return Term(Code(value, "SCT", meaning), origin)


REPORT_TITLE: Final = _dcm("126000", "Imaging Measurement Report", "CID 7021")
LANGUAGE: Final = _dcm("121049", "Language of Content Item and Descendants", "TID 1204")
ENGLISH: Final = Term(Code("en-US", "RFC5646", "English (United States)"), "CID 5000")
PROCEDURE_REPORTED: Final = _dcm("121058", "Procedure reported", "TID 1500")
CT_CERVICAL_SPINE: Final = Term(
    Code("24932-6", "LN", "CT Cervical spine"), "LOINC; CID 100 has no CT of the cervical spine"
)
OBSERVER_TYPE: Final = _dcm("121005", "Observer Type", "TID 1002")
DEVICE: Final = _dcm("121007", "Device", "CID 270")
PERSON: Final = _dcm("121006", "Person", "CID 270")
PERSON_OBSERVER_NAME: Final = _dcm("121008", "Person Observer Name", "TID 1003")
PERSON_OBSERVER_ORGANIZATION: Final = _dcm(
    "121009", "Person Observer's Organization Name", "TID 1003"
)
DEVICE_OBSERVER_UID: Final = _dcm("121012", "Device Observer UID", "TID 1004")
DEVICE_OBSERVER_NAME: Final = _dcm("121013", "Device Observer Name", "TID 1004")

IMAGE_LIBRARY: Final = _dcm("111028", "Image Library", "TID 1600")
IMAGE_LIBRARY_GROUP: Final = _dcm("126200", "Image Library Group", "TID 1600")
MODALITY: Final = _dcm("121139", "Modality", "TID 1602")
CT: Final = _dcm("CT", "Computed Tomography", "CID 29")
TARGET_REGION: Final = _dcm("123014", "Target Region", "TID 1602")
SERIES_INSTANCE_UID: Final = _dcm("112002", "Series Instance UID", "TID 1602")
FRAME_OF_REFERENCE_UID: Final = _dcm("112227", "Frame of Reference UID", "TID 1602")
PIXEL_DATA_ROWS: Final = _dcm("110910", "Pixel Data Rows", "TID 1602")
PIXEL_DATA_COLUMNS: Final = _dcm("110911", "Pixel Data Columns", "TID 1602")
HORIZONTAL_PIXEL_SPACING: Final = _dcm("111026", "Horizontal Pixel Spacing", "TID 1604")
VERTICAL_PIXEL_SPACING: Final = _dcm("111066", "Vertical Pixel Spacing", "TID 1604")
SLICE_THICKNESS: Final = _dcm("112225", "Slice Thickness", "TID 1604")
SOURCE: Final = _sct("260753009", "Source", "TID 1601")

IMAGING_MEASUREMENTS: Final = _dcm("126010", "Imaging Measurements", "TID 1500")
MEASUREMENT_GROUP: Final = _dcm("125007", "Measurement Group", "TID 1501")
TRACKING_IDENTIFIER: Final = _dcm("112039", "Tracking Identifier", "TID 4108")
TRACKING_UID: Final = _dcm("112040", "Tracking Unique Identifier", "TID 4108")
FINDING_CATEGORY: Final = _sct("276214006", "Finding category", "TID 1501")
ABNORMAL_STRUCTURE: Final = _sct("49755003", "Morphologically Abnormal Structure", "CID 7150")
FINDING: Final = _dcm("121071", "Finding", "TID 1501")
FRACTURE: Final = _sct("72704001", "Fracture", "SNOMED CT morphology, not in a context group")
FINDING_SITE: Final = _sct("363698007", "Finding Site", "TID 1501")
CERVICAL_SPINE: Final = _sct("122494005", "Cervical spine", "CID 4031")
VERTEBRA: Final[Mapping[Level, Term]] = {
    "C1": _sct("14806007", "C1 vertebra", "CID 7603"),
    "C2": _sct("39976000", "C2 vertebra", "CID 7603"),
    "C3": _sct("113205007", "C3 vertebra", "CID 7603"),
    "C4": _sct("5329002", "C4 vertebra", "CID 7603"),
    "C5": _sct("36978003", "C5 vertebra", "CID 7603"),
    "C6": _sct("36054005", "C6 vertebra", "CID 7603"),
    "C7": _sct("87391001", "C7 vertebra", "CID 7603"),
}
PRESENT: Final = _sct("52101004", "Present", "CID 240")
ABSENT: Final = _sct("272519000", "Absent", "CID 240")
UNDETERMINED: Final = _sct("373068000", "Undetermined", "CID 240")
PROBABILITY: Final = _dcm("122157", "Probability", "PS3.16 Annex D; measurement of TID 300")
IMAGE_REGION: Final = _dcm("111030", "Image Region", "TID 1410")
OUTLINE: Final = _dcm("111041", "Outline", "CID 219")
COMMENT: Final = _dcm("121106", "Comment", "PS3.16 Annex D; TID 1500 and 1501 are extensible")

ALGORITHM_NAME: Final = _dcm("111001", "Algorithm Name", "TID 4019")
ALGORITHM_VERSION: Final = _dcm("111003", "Algorithm Version", "TID 4019")
ALGORITHM_PARAMETERS: Final = _dcm("111002", "Algorithm Parameters", "TID 4019")
ALGORITHM_FAMILY: Final = _dcm("111000", "Algorithm Family", "TID 4019")
ALGORITHM_MANUFACTURER: Final = _dcm("122405", "Algorithm Manufacturer", "TID 4019")
ARTIFICIAL_INTELLIGENCE: Final = _dcm("123110", "Artificial Intelligence", "CID 7162")

MILLIMETRE: Final = Term(Code("mm", "UCUM", "mm"), "CID 7460")
PIXELS: Final = Term(Code("{pixels}", "UCUM", "Pixels"), "TID 1602")
NO_UNITS: Final = Term(Code("1", "UCUM", "no units"), "CID 7181")
