"""Is every slice an axial CT image of one series, on one grid? Pure rules on headers.

Each rule refuses with a reason and one sentence for a radiologist.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import numpy as np
from pydicom.uid import UID

from inference.attributes import is_uid
from inference.geometry import is_orthonormal, mean_orientation, slice_normal
from inference.limits import FitnessLimits
from inference.types import NotAnalysed, ReasonCode, SliceHeader
from inference.wording import mm, names

CT_STORAGE_CLASSES: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",  # CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT Image Storage
    }
)


_MODALITIES: Final[Mapping[str, str]] = {
    "CR": "computed radiography",
    "DX": "digital radiography",
    "MR": "magnetic resonance",
    "NM": "nuclear medicine",
    "OT": "other",
    "PT": "positron emission tomography",
    "PR": "presentation state",
    "RF": "fluoroscopy",
    "RTDOSE": "radiotherapy dose",
    "RTSTRUCT": "radiotherapy structures",
    "SC": "secondary capture",
    "SEG": "segmentation",
    "SR": "structured report",
    "US": "ultrasound",
    "XA": "angiography",
    "XC": "photograph",
}
"""What may be quoted (PS3.3 C.7.3.1.1.1): any other text of a file may be a patient's."""


def known_modality(code: str) -> str | None:
    """The code, if it is one that may be shown."""
    return code if code == "CT" or code in _MODALITIES else None


def _is_ct(headers: Sequence[SliceHeader], _: FitnessLimits) -> NotAnalysed | None:
    others = [each for each in headers if each.modality != "CT"]
    if others:
        return NotAnalysed(
            ReasonCode.UNSUPPORTED_MODALITY,
            f"The modality is {_modality(others)} in {names(others, headers)}.",
        )
    others = [each for each in headers if each.sop_class_uid not in CT_STORAGE_CLASSES]
    if others:
        return NotAnalysed(
            ReasonCode.UNSUPPORTED_MODALITY,
            f"Not stored as a CT image ({_sop_class(others)}): {names(others, headers)}.",
        )
    return None


def _modality(others: Sequence[SliceHeader]) -> str:
    codes = {each.modality for each in others}
    code = codes.pop()
    if codes or code not in _MODALITIES:
        return "not CT"
    return f"{code} ({_MODALITIES[code]}), not CT,"


def _sop_class(others: Sequence[SliceHeader]) -> str:
    uids = {each.sop_class_uid for each in others}
    uid = uids.pop()
    if uids or not is_uid(uid) or UID(uid).type != "SOP Class":
        return "another SOP class"
    return UID(uid).name


def _one_series(headers: Sequence[SliceHeader], _: FitnessLimits) -> NotAnalysed | None:
    keys: tuple[tuple[str, bool, Callable[[SliceHeader], str]], ...] = (
        ("Patient ID", False, lambda each: each.patient_id),  # may be empty (Type 2)
        ("Study Instance UID", True, lambda each: each.study_uid),
        ("Series Instance UID", True, lambda each: each.series_uid),
    )
    for attribute, required, key in keys:
        if odd := _departing(headers, key):
            sentence = f"another {attribute} in {names(odd, headers)}"
        elif required and not key(headers[0]):
            sentence = f"no {attribute}"
        else:
            continue
        return NotAnalysed(
            ReasonCode.INCONSISTENT_IDENTITY, f"The images do not belong together: {sentence}."
        )
    return None


def _no_localizer(headers: Sequence[SliceHeader], _: FitnessLimits) -> NotAnalysed | None:
    localizers = [each for each in headers if "LOCALIZER" in each.image_type[2:]]
    if not localizers:
        return None
    if len(localizers) == len(headers):
        sentence = "The series holds only localizer images (scouts), no slices."
    else:
        sentence = f"A localizer (scout) lies among the slices: {names(localizers, headers)}."
    return NotAnalysed(ReasonCode.LOCALIZER, sentence)


def _has_geometry(headers: Sequence[SliceHeader], limits: FitnessLimits) -> NotAnalysed | None:
    needs: tuple[tuple[str, Callable[[SliceHeader], bool]], ...] = (
        ("Rows and Columns", lambda each: bool(each.rows and each.columns)),
        ("Pixel Spacing", lambda each: _within(each.spacing_mm, limits.pixel_spacing_range_mm)),
        (
            "Image Position (Patient)",
            lambda each: _within(each.position_mm, limits.position_range_mm),
        ),
        ("Image Orientation (Patient)", lambda each: _has_orientation(each, limits)),
    )
    for attribute, holds in needs:
        without = [each for each in headers if not holds(each)]
        if without:
            return NotAnalysed(
                ReasonCode.MISSING_GEOMETRY,
                f"No usable {attribute} in {names(without, headers)}: "
                "sizes and places cannot be measured.",
            )
    return None


def _one_frame_of_reference(headers: Sequence[SliceHeader], _: FitnessLimits) -> NotAnalysed | None:
    if odd := _departing(headers, lambda each: each.frame_of_reference_uid):
        return NotAnalysed(
            ReasonCode.INCONSISTENT_IDENTITY,
            "The positions cannot be compared: another Frame of Reference UID in "
            f"{names(odd, headers)}.",
        )
    return None


def _one_grid(headers: Sequence[SliceHeader], limits: FitnessLimits) -> NotAnalysed | None:
    if odd := _departing(headers, lambda each: (each.rows, each.columns)):
        return NotAnalysed(
            ReasonCode.INCONSISTENT_GRID,
            f"The slices differ in size: another number of pixels in {names(odd, headers)}.",
        )
    spacings = np.array([each.spacing_mm for each in headers], dtype=np.float64)
    usual = np.median(spacings, axis=0)
    off = np.abs(spacings / usual - 1).max(axis=1) > limits.pixel_spacing_tolerance
    if off.any():
        odd = [headers[index] for index in np.flatnonzero(off).tolist()]
        return NotAnalysed(
            ReasonCode.INCONSISTENT_GRID,
            f"The slices differ in pixel size: {mm(usual[0])} mm is usual, another in "
            f"{names(odd, headers)}.",
        )
    return None


def _one_orientation(headers: Sequence[SliceHeader], limits: FitnessLimits) -> NotAnalysed | None:
    orientations = np.array([each.orientation for each in headers], dtype=np.float64)
    rounded = Counter(map(tuple, orientations.round(2) + 0.0))
    usual = np.array(rounded.most_common(1)[0][0])
    alike = np.abs(orientations - usual).max(axis=1) <= 0.01
    centre = np.median(orientations[alike], axis=0)
    off = np.abs(orientations - centre).max(axis=1) > limits.cosine_tolerance
    if off.any():
        odd = [headers[index] for index in np.flatnonzero(off).tolist()]
        return NotAnalysed(
            ReasonCode.MIXED_ORIENTATION,
            f"The slices are not parallel: another orientation in {names(odd, headers)}.",
        )
    return None


def _is_axial(headers: Sequence[SliceHeader], limits: FitnessLimits) -> NotAnalysed | None:
    normal = slice_normal(mean_orientation(headers))
    deviation_deg = math.degrees(math.acos(min(1.0, abs(float(normal[2])))))
    if deviation_deg <= limits.max_axial_deviation_deg:
        return None
    return NotAnalysed(
        ReasonCode.NOT_AXIAL,
        f"The slices are not axial: they are turned by {deviation_deg:.0f}° from the axial plane.",
    )


def _departing(
    headers: Sequence[SliceHeader], key: Callable[[SliceHeader], Hashable]
) -> list[SliceHeader]:
    """The headers whose key is not the most common one."""
    usual = Counter(map(key, headers)).most_common(1)[0][0]
    return [each for each in headers if key(each) != usual]


def _within(values: Sequence[float] | None, bounds: tuple[float, float]) -> bool:
    return values is not None and all(bounds[0] <= each <= bounds[1] for each in values)


def _has_orientation(header: SliceHeader, limits: FitnessLimits) -> bool:
    return header.orientation is not None and is_orthonormal(
        header.orientation, tolerance=limits.cosine_tolerance
    )


HEADER_RULES: Final = (
    _is_ct,
    _one_series,
    _no_localizer,
    _has_geometry,
    _one_frame_of_reference,
    _one_grid,
    _one_orientation,
    _is_axial,
)
"""Each needs what the ones before it have made sure of."""
