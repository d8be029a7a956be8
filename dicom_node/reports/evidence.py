"""Headers of the source images, made fit to build a report from.

Sources from the field lack Type 2 attributes, hold dates that are none, and use every character
set. A report must carry the same patient and study nevertheless, and be valid itself. So a fit
header is a new data set in ISO_IR 192: UIDs and identifying text are taken as they are, dates
and codes only where they are valid, and Type 2 attributes are empty where they were missing.

Values are decoded here rather than by pydicom, whose warnings and log lines quote them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from pydicom import config, dcmread
from pydicom.charset import decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import DA, TEXT_VR_DELIMS, PersonName

from dicom_node.errors import EnvironmentFailedError, InputError

UTF_8: Final = "ISO_IR 192"

PATIENT: Final = (  # PS3.3 C.7.1.1
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "PatientBirthDate",
    "PatientSex",
)
STUDY: Final = (  # PS3.3 C.7.2.1, C.7.2.2
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "StudyDescription",
    "PatientAge",
)
TYPE_2: Final = (  # of the Patient and General Study modules
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
)
EQUIPMENT: Final = (  # PS3.3 C.7.5.1
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "StationName",
    "InstitutionName",
)
_IMAGE: Final = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "TimezoneOffsetFromUTC",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "PixelSpacing",
    "SliceThickness",
    "RescaleSlope",
    "RescaleIntercept",
    "RequestAttributesSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
_CARRIED: Final = (*PATIENT, *STUDY, *EQUIPMENT, *_IMAGE)
_GROUPS: Final = ("PixelMeasuresSequence", "PixelValueTransformationSequence")
_ENTITY: Final = ("UniversalEntityID", "UniversalEntityIDType")
_NESTED: Final[Mapping[str, tuple[str, ...]]] = {
    "IssuerOfPatientIDQualifiersSequence": _ENTITY,
    "IssuerOfAccessionNumberSequence": ("LocalNamespaceEntityID", *_ENTITY),
    "RequestAttributesSequence": (
        "StudyInstanceUID",
        "AccessionNumber",
        "RequestedProcedureID",
        "RequestedProcedureDescription",
    ),
    "SharedFunctionalGroupsSequence": _GROUPS,
    "PerFrameFunctionalGroupsSequence": _GROUPS,
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
}
_DECIMAL: Final = r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"
_VALID: Final[Mapping[str, re.Pattern[str]]] = {
    "AS": re.compile(r"\d{3}[DWMY]"),
    "CS": re.compile(r"[A-Z0-9 _]{1,16}"),
    "DS": re.compile(rf"{_DECIMAL}(\\{_DECIMAL})*"),
    "IS": re.compile(r"[+-]?\d{1,12}"),
    "TM": re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?"),
}
_VALID_OF: Final[Mapping[str, re.Pattern[str]]] = {
    "PatientSex": re.compile(r"[MFO]"),
    "TimezoneOffsetFromUTC": re.compile(r"[+-](0\d|1[0-4])[0-5]\d"),
}


def read_sources(paths: Iterable[Path]) -> tuple[Dataset, ...]:
    """Fit headers of the instances at ``paths``, in that order, without their pixel data.

    Raises:
        EnvironmentFailedError: a file cannot be read.
        InputError: a file is not DICOM.
    """
    return tuple(fit_for_report(_read_header(path)) for path in paths)


def _read_header(path: Path) -> Dataset:
    try:
        with warnings.catch_warnings():
            # It falls back to the default character set, and so do we.
            warnings.filterwarnings("ignore", "Unknown encoding", UserWarning)
            return dcmread(
                path,
                stop_before_pixels=True,
                specific_tags=["SpecificCharacterSet", *_CARRIED],
            )
    except OSError as error:
        raise EnvironmentFailedError(f"{path}: {error.strerror}") from error
    except InvalidDicomError as error:
        raise InputError(f"{path}: not a DICOM file") from error


def fit_for_report(ds: Dataset) -> Dataset:
    """A new header with what a report needs of ``ds``; ``ds`` is left as it is."""
    fit = Dataset()
    fit.SpecificCharacterSet = UTF_8
    for element in _elements(ds, _CARRIED):
        fit.add(element)
    for keyword in TYPE_2:
        if keyword not in fit:
            setattr(fit, keyword, None)
    return fit


def identity_of(fit: Dataset) -> Iterator[DataElement]:
    """The elements by which a report belongs to the same patient and study as ``fit``."""
    return (fit[keyword] for keyword in (*PATIENT, *STUDY) if keyword in fit)


def _elements(ds: Dataset, keywords: Iterable[str]) -> Iterator[DataElement]:
    for keyword in keywords:
        if keyword not in ds:
            continue
        vr = dictionary_VR(keyword)
        value: Any
        if vr == "SQ":
            nested = _NESTED[keyword]
            items = (Dataset({e.tag: e for e in _elements(i, nested)}) for i in ds[keyword].value)
            # An empty item of a frame stays: the frames are counted.
            by_frame = keyword == "PerFrameFunctionalGroupsSequence"
            value = Sequence(item for item in items if by_frame or len(item))
        elif vr == "US":
            value = ds[keyword].value
        else:
            value = _valid_text(keyword, vr, _text(ds, keyword))
        if value:
            tag = tag_for_keyword(keyword)
            assert tag is not None
            yield DataElement(tag, vr, value, validation_mode=config.IGNORE)


def _text(ds: Dataset, keyword: str) -> str:
    r"""The value as it stands in the file, decoded; values of a multi-valued element by ``\``."""
    element = cast("DataElement | RawDataElement", ds.get_item(keyword))
    if isinstance(element, DataElement):
        value = element.value
        return "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value or "")
    raw = element.value or b""
    charset = ds.original_character_set
    encodings = [charset] if isinstance(charset, str) else list(charset)
    with warnings.catch_warnings():
        # Bytes that are not of the declared character set become replacement characters.
        warnings.filterwarnings("ignore", "Failed to decode|.*encoding", UserWarning)
        if dictionary_VR(keyword) == "PN":
            text = str(PersonName(raw, encodings, validation_mode=config.IGNORE))
        else:
            text = decode_bytes(raw, encodings, TEXT_VR_DELIMS)
    return text.strip(" \0")


def _valid_text(keyword: str, vr: str, text: str) -> str | None:
    if vr == "DA":
        return _date(text)
    pattern = _VALID_OF.get(keyword) or _VALID.get(vr)
    return text if pattern is None or pattern.fullmatch(text) else None


def _date(text: str) -> str | None:
    """A date of PS3.5 6.2, also from the form of ACR-NEMA (1997.07.01); None if it is none."""
    try:
        return f"{DA(text):%Y%m%d}" if text else None
    except ValueError:
        return None
