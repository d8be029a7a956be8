"""Which vertebrae were seen and where, and the levels' noisy-or: pure functions on arrays.

``presence`` and ``fracture`` are always (slices, 7) in 0…1, slices from the head down, levels in
the order of ``LEVELS``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.types import LEVELS, Level

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeenRule:
    """When a vertebra, and when a cervical spine, counts as seen.

    Attributes:
        min_peak: the largest presence over the slices, at least.
        min_extent_mm: the sum of the presences times the slice spacing, at least.
        min_levels: vertebrae that must be seen.
        max_inversions: pairs of seen vertebrae that may lie in the wrong order along the slices.
        max_skipped: vertebrae between seen ones that may be missing.
    """

    min_peak: float
    min_extent_mm: float
    min_levels: int
    max_inversions: int
    max_skipped: int


def overall_probability(levels: Probabilities) -> float:
    """1 − Π(1 − level): the patient's probability, of the levels given (assessed ones only)."""
    return float(1.0 - np.prod(1.0 - levels))


def seen_levels(
    presence: Probabilities, slice_spacing_mm: float, rule: SeenRule
) -> NDArray[np.bool_]:
    """Which levels were seen well enough to be assessed, (7,)."""
    if len(presence) == 0:
        return np.zeros(len(LEVELS), dtype=np.bool_)
    extent_mm = presence.sum(axis=0) * slice_spacing_mm
    seen: NDArray[np.bool_] = (presence.max(axis=0) >= rule.min_peak) & (
        extent_mm >= rule.min_extent_mm
    )
    return seen


def why_no_cervical_spine(
    presence: Probabilities, seen: NDArray[np.bool_], rule: SeenRule
) -> str | None:
    """A sentence if what was seen is no cervical spine, else ``None``."""
    count = int(seen.sum())
    if count < rule.min_levels:
        found = ", ".join(level for level, each in zip(LEVELS, seen, strict=True) if each) or "none"
        return (
            f"No cervical spine was recognised: at least {rule.min_levels} of the vertebrae "
            f"C1 to C7 must be seen, and of these {found} was."
        )
    if inversions(presence, seen) > rule.max_inversions:
        return (
            "No cervical spine was recognised: what looks like cervical vertebrae does not follow "
            "in the order C1 to C7 from the head down."
        )
    skipped = skipped_levels(seen)
    if len(skipped) > rule.max_skipped:
        return (
            "No cervical spine was recognised: above and below "
            f"{', '.join(skipped)} something like cervical vertebrae is seen, but not there."
        )
    return None


def skipped_levels(seen: NDArray[np.bool_]) -> tuple[Level, ...]:
    """Levels that were not seen, between levels that were."""
    rows = np.flatnonzero(seen)
    if rows.size == 0:
        return ()
    return tuple(LEVELS[i] for i in range(rows[0], rows[-1]) if not seen[i])


def inversions(presence: Probabilities, seen: NDArray[np.bool_]) -> int:
    """Pairs of seen levels whose mean slice positions are in the wrong order."""
    positions = np.arange(len(presence)) @ presence[:, seen] / presence[:, seen].sum(axis=0)
    upper, lower = np.triu_indices(len(positions), k=1)
    return int((positions[upper] >= positions[lower]).sum())


def slice_range(presence: Probabilities, level_index: int, threshold: float) -> tuple[int, int]:
    """First and last slice on which a seen level is at least ``threshold``."""
    rows = np.flatnonzero(presence[:, level_index] >= threshold)
    return int(rows[0]), int(rows[-1])


def key_slice(presence: Probabilities, fracture: Probabilities, level_index: int) -> int:
    """The slice on which presence times fracture of the level is largest."""
    return int(np.argmax(presence[:, level_index] * fracture[:, level_index]))
