"""Is a series one regular axial CT volume that covers enough? Pure rules, without I/O.

Each rule refuses with a reason and one sentence for a radiologist. The tables at the end hold
the order: what makes the rest meaningless comes first, and the first refusal is the answer.

A series is judged whole. Leaving out what does not fit (a localizer, a doubled slice) would
make "analysed" a statement about images that nobody chose.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Final

import numpy as np

from inference.geometry import Geometry, Stack, is_orthonormal, mean_orientation, slice_normal
from inference.limits import DEFAULT_LIMITS, FitnessLimits
from inference.types import NotAnalysed, ReasonCode, SliceHeader
from inference.wording import missing, mm, name, names

CT_STORAGE_CLASSES: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",  # CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT Image Storage
    }
)


def judge(
    headers: Sequence[SliceHeader], limits: FitnessLimits = DEFAULT_LIMITS
) -> Geometry | NotAnalysed:
    """The geometry of a fit series, or the most fundamental reason why it is not fit.

    The order of ``headers`` does not matter.
    """
    if not headers:
        return NotAnalysed(ReasonCode.TOO_FEW_SLICES, "The series holds no images.")
    ordered = sorted(headers, key=_canonical)
    for header_rule in HEADER_RULES:
        if refusal := header_rule(ordered, limits):
            return refusal
    stack = Stack.of(ordered, duplicate_distance_mm=limits.duplicate_distance_mm)
    for stack_rule in STACK_RULES:
        if refusal := stack_rule(stack, limits):
            return refusal
    return stack.geometry()


def _is_ct(headers: Sequence[SliceHeader], _: FitnessLimits) -> NotAnalysed | None:
    others = [each for each in headers if each.modality != "CT"]
    if others:
        return NotAnalysed(
            ReasonCode.UNSUPPORTED_MODALITY, f"The modality is not CT in {names(others, headers)}."
        )
    others = [each for each in headers if each.sop_class_uid not in CT_STORAGE_CLASSES]
    if others:
        return NotAnalysed(
            ReasonCode.UNSUPPORTED_MODALITY,
            f"Not stored as a CT image (another SOP class): {names(others, headers)}.",
        )
    return None


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


def _enough_slices(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    count = len(stack.slices)
    if count >= max(2, limits.min_slices):  # one slice has no spacing, whatever the limit
        return None
    return NotAnalysed(
        ReasonCode.TOO_FEW_SLICES,
        f"The series is too short: {count} of at least {limits.min_slices} slices.",
    )


def _no_tilt(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    # Over a stretch, so that rounded positions are no tilt; the median of many short stretches,
    # so that one stack shifted against another is none either.
    stretch = max(1, len(stack.slices) // 8)
    moves = stack.positions[stretch:] - stack.positions[:-stretch]
    along = moves @ stack.towards_feet
    apart = along > limits.duplicate_distance_mm
    if not apart.any():
        return None
    sideways = moves[apart] / along[apart, np.newaxis] - stack.towards_feet
    lean_deg = math.degrees(math.atan(float(np.linalg.norm(np.median(sideways, axis=0)))))
    if lean_deg <= limits.max_gantry_tilt_deg:
        return None
    return NotAnalysed(
        ReasonCode.GANTRY_TILT,
        f"The gantry was tilted by {lean_deg:.1f}°: the stack of slices leans, and the volume is "
        "not rectangular.",
    )


def _no_duplicates(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    doubles = np.flatnonzero(stack.gaps_mm <= limits.duplicate_distance_mm)
    if not doubles.size:
        return None
    first = int(doubles[0])
    more = f" (and {doubles.size - 1} more)" if doubles.size > 1 else ""
    return NotAnalysed(
        ReasonCode.DUPLICATE_POSITIONS,
        f"Two slices at the same position: {_pair(stack, first)}{more}.",
    )


def _no_hole(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    ratio = stack.gaps_mm / stack.usual_gap_mm
    multiple = np.abs(ratio - ratio.round()) <= 2 - limits.wide_gap_ratio
    wide = (ratio >= limits.wide_gap_ratio) & (multiple | (ratio >= limits.hole_ratio))
    count = int(wide.sum())
    if not count or count > limits.max_wide_gap_fraction * ratio.size:
        return None
    first = int(np.flatnonzero(wide)[0])
    more = f" ({count - 1} more such gaps)" if count > 1 else ""
    lost = missing(stack.slices[first], stack.slices[first + 1], round(float(ratio[first])) - 1)
    return NotAnalysed(
        ReasonCode.MISSING_SLICES,
        f"{lost}: a gap of {mm(stack.gaps_mm[first])} mm where {mm(stack.usual_gap_mm)} mm is "
        f"the rule{more}.",
    )


def _regular(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    origin, step = stack.fit()
    index = np.arange(len(stack.slices))[:, np.newaxis]
    error = stack.positions - (origin + index * step)
    off_mm = np.linalg.norm(error, axis=1)
    allowed_mm = max(
        limits.max_position_error_fraction * float(np.linalg.norm(step)),
        limits.position_rounding_mm,
    )
    worst = int(off_mm.argmax())
    if off_mm[worst] <= allowed_mm:
        return None
    along_mm = abs(float(error[worst] @ stack.towards_feet))
    if along_mm < off_mm[worst] / 2:
        sentence = (
            f"The slices do not form one straight stack: {name(stack.slices[worst])} lies "
            f"{mm(off_mm[worst])} mm to the side."
        )
    else:
        low, high = int(stack.gaps_mm.argmin()), int(stack.gaps_mm.argmax())
        sentence = (
            f"The distance between slices is not constant: {mm(stack.gaps_mm[low])} mm between "
            f"{_pair(stack, low)}, {mm(stack.gaps_mm[high])} mm between {_pair(stack, high)}."
        )
    return NotAnalysed(ReasonCode.IRREGULAR_SPACING, sentence)


def _close_enough(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    if round(stack.usual_gap_mm, 2) <= limits.max_spacing_mm:
        return None
    return NotAnalysed(
        ReasonCode.SLICES_TOO_FAR_APART,
        f"The slices are {mm(stack.usual_gap_mm)} mm apart; at most "
        f"{mm(limits.max_spacing_mm)} mm shows a fracture line.",
    )


def _covers_enough(stack: Stack, limits: FitnessLimits) -> NotAnalysed | None:
    coverage_mm = round(len(stack.slices) * stack.usual_gap_mm, 2)
    if coverage_mm >= limits.min_coverage_mm:
        return None
    return NotAnalysed(
        ReasonCode.INSUFFICIENT_COVERAGE,
        f"The series covers only {mm(coverage_mm)} mm from head to feet; at least "
        f"{mm(limits.min_coverage_mm)} mm, about two vertebrae, are needed.",
    )


def _canonical(header: SliceHeader) -> tuple[bool, int, int, str, str]:
    """An order that does not depend on how the files came."""
    return (
        header.instance_number is None,
        header.instance_number or 0,
        header.frame_number or 0,
        header.sop_instance_uid,
        header.path,
    )


def _departing(
    headers: Sequence[SliceHeader], key: Callable[[SliceHeader], Hashable]
) -> list[SliceHeader]:
    """The headers whose key is not the most common one."""
    usual = Counter(map(key, headers)).most_common(1)[0][0]
    return [each for each in headers if key(each) != usual]


def _pair(stack: Stack, index: int) -> str:
    return f"{name(stack.slices[index])} and {name(stack.slices[index + 1])}"


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

STACK_RULES: Final = (
    _no_tilt,
    _enough_slices,
    _no_duplicates,
    _no_hole,
    _regular,
    _close_enough,
    _covers_enough,
)
"""On parallel axial slices."""
