"""Reading the DICOM JSON model (PS3.18 annex F). What is absent or malformed is ``None``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

JsonDataset: TypeAlias = Mapping[str, Any]

TAG: Final[Mapping[str, str]] = {
    "SOPClassUID": "00080016",
    "SOPInstanceUID": "00080018",
    "ImageType": "00080008",
    "SeriesInstanceUID": "0020000E",
    "ContentDate": "00080023",
    "ContentTime": "00080033",
    "ReferencedSeriesSequence": "00081115",
    "SeriesDescription": "0008103E",
    "InstanceNumber": "00200013",
    "ImagePositionPatient": "00200032",
    "ImageOrientationPatient": "00200037",
    "SamplesPerPixel": "00280002",
    "PhotometricInterpretation": "00280004",
    "NumberOfFrames": "00280008",
    "Rows": "00280010",
    "Columns": "00280011",
    "PixelSpacing": "00280030",
    "BitsAllocated": "00280100",
    "BitsStored": "00280101",
    "PixelRepresentation": "00280103",
    "RescaleIntercept": "00281052",
    "RescaleSlope": "00281053",
    "SharedFunctionalGroupsSequence": "52009229",
    "PerFrameFunctionalGroupsSequence": "52009230",
    "PlanePositionSequence": "00209113",
    "PlaneOrientationSequence": "00209116",
    "PixelMeasuresSequence": "00289110",
    "PixelValueTransformationSequence": "00289145",
}


def values(ds: JsonDataset, keyword: str) -> Sequence[Any]:
    """``Value`` of an attribute; empty where there is none."""
    element = ds.get(TAG[keyword])
    found = element.get("Value") if isinstance(element, Mapping) else None
    return found if isinstance(found, list) else ()


def text(ds: JsonDataset, keyword: str) -> str | None:
    """The first value as text."""
    found = values(ds, keyword)
    return str(found[0]) if found and found[0] is not None else None


def decimals(ds: JsonDataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly ``count`` finite numbers."""
    found = values(ds, keyword)
    if len(found) != count:
        return None
    try:
        numbers = tuple(float(each) for each in found)
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def decimal(ds: JsonDataset, keyword: str) -> float | None:
    """One finite number."""
    found = decimals(ds, keyword, 1)
    return found[0] if found else None


def integer(ds: JsonDataset, keyword: str) -> int | None:
    """One whole number."""
    found = decimal(ds, keyword)
    return int(found) if found is not None and found == int(found) else None


def items(ds: JsonDataset, keyword: str) -> Sequence[JsonDataset]:
    """The items of a sequence."""
    return [each for each in values(ds, keyword) if isinstance(each, Mapping)]
