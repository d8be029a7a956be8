"""Do parallel axial slices form one regular stack that covers enough? Pure rules on positions.

Each rule refuses with a reason and one sentence for a radiologist.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from inference.geometry import Stack
from inference.limits import FitnessLimits
from inference.types import NotAnalysed, ReasonCode
from inference.wording import missing, mm, name


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


def _pair(stack: Stack, index: int) -> str:
    return f"{name(stack.slices[index])} and {name(stack.slices[index + 1])}"


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

GRID_RULES: Final = (_no_tilt, _no_duplicates, _no_hole, _regular, _close_enough)
"""Without these a slice has no neighbour at a known distance."""
