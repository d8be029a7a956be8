"""Where a prepared study shows which level and which fracture: from segmentations and boxes.

What a slice says of a level's fracture (``fracture_labels``):

==================  ======================  ==================================================
the level is        the slice               label
==================  ======================  ==================================================
intact              any                     0
fractured           does not show it        0
fractured, boxed    has a box on it         1
fractured, boxed    near any box            unknown
fractured, boxed    far from every box      0
fractured, unboxed  shows it, or may        by ``FractureRule``; unknown without a segmentation
==================  ======================  ==================================================

A study with boxes counts as marked completely: a place far from its boxes shows no fracture of a
boxed level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.training.study_slices import FRACTURE_MARK, FRACTURE_UNKNOWN_MARK, UNKNOWN_MARK
from inference.types import LEVELS

BONE_HU: Final = 150
"""Inside a box, where no segmentation says what is bone."""
BONE_SHARE: Final = 0.25
"""Of a cell's pixels that must be bone."""
NEAR_BOX_MM: Final = 6.0
"""Along the patient. Boxes were drawn by hand: just above and below the last one nobody knows."""
MARGIN_CELLS: Final = 2
"""In the slice, around a box and around a fractured vertebra: nobody knows."""


class FractureRule(StrEnum):
    """What a slice says of a fractured level that no box marks, by the level's share of it.

    ``unknown``: nothing; the study's label teaches it alone. ``share``: the share itself, as the
    best public solutions of the RSNA 2022 competition did. ``vertebra``: 1 on every slice of it,
    as the baseline was designed; most of these slices show no crack.
    """

    UNKNOWN = "unknown"
    SHARE = "share"
    VERTEBRA = "vertebra"


_RULES: Final[Mapping[FractureRule, Callable[[NDArray[np.float32]], NDArray[np.float32]]]] = {
    FractureRule.UNKNOWN: lambda shares: np.full_like(shares, np.nan),
    FractureRule.SHARE: lambda shares: shares,
    FractureRule.VERTEBRA: lambda shares: np.where(np.isnan(shares), shares, 1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class CellBox:
    """A box on a slice of the grid.

    Attributes:
        row: of the slice.
        inside: (h, w) the cells whose middle lies in the box.
        level: index of the level it lies on, ``None`` where that cannot be told.
    """

    row: int
    inside: NDArray[np.bool_]
    level: int | None


def level_of_box(
    inside: NDArray[np.bool_], cells: NDArray[np.uint8], fractured: Sequence[int]
) -> int | None:
    """Which fractured level a box lies on: the one with most cells in it; else the only one.

    Args:
        inside: (h, w) the box.
        cells: (h, w) 0–7 the level, 255 unknown.
        fractured: indices of the study's fractured levels.
    """
    if len(fractured) == 1:
        return fractured[0]
    counts = np.bincount(cells[inside], minlength=UNKNOWN_MARK + 1)
    best = max(fractured, key=lambda level: int(counts[level + 1]), default=None)
    return best if best is not None and counts[best + 1] else None


def fracture_labels(
    shares: NDArray[np.float32],
    fractured: Sequence[int],
    boxes: Sequence[CellBox],
    spacing_mm: float,
    rule: FractureRule,
) -> NDArray[np.float32]:
    """(T, 7) what each slice says of each level's fracture; see the table above.

    Args:
        shares: (T, 7) of the levels, NaN unknown.
        fractured: indices of the fractured levels.
        boxes: of the study.
        spacing_mm: of the slices.
        rule: for a fractured level without a box.
    """
    rows = np.arange(len(shares))
    boxed_rows = np.unique([each.row for each in boxes]).astype(np.int64)
    near = np.zeros(len(shares), np.bool_)
    if boxed_rows.size:
        near = np.abs(rows[:, None] - boxed_rows).min(axis=1) * spacing_mm <= NEAR_BOX_MM
    out = np.zeros((len(shares), len(LEVELS)), np.float32)
    for level in fractured:
        of_level = [each.row for each in boxes if each.level == level]
        share = shares[:, level]
        if of_level:
            label = np.where(near, np.nan, 0.0)
        elif any(each.level is None for each in boxes):
            label = np.full(len(shares), np.nan)  # one of these boxes may mark it
        else:
            label = _RULES[rule](share)
        label = np.where(share == 0, 0.0, label)
        label[of_level] = 1.0
        out[:, level] = label
    return out


def study_marks(
    cells: NDArray[np.uint8],
    labels: NDArray[np.float32],
    boxes: Sequence[CellBox],
    bone: NDArray[np.bool_],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Marks (T, h, w) and ``boxed`` (T,) as in ``StudySlices``.

    A slice is ``boxed`` where only its fracture marks are known: where no segmentation tells the
    levels, or where it does not tell them of each cell in a box.

    Args:
        cells: (T, h, w) 0–7 the level, 255 unknown.
        labels: (T, 7) of :func:`fracture_labels`.
        boxes: of the study.
        bone: (T, h, w).
    """
    marks = np.empty_like(cells)
    boxed = np.zeros(len(cells), np.bool_)
    for row, of_row in enumerate(cells):
        here = [each for each in boxes if each.row == row]
        state = _fracture_state(of_row, labels[row], here, bone[row])
        known = of_row != UNKNOWN_MARK
        boxed[row] = not known.any() or (bool(here) and not known.all())
        level = np.where(known, of_row, 0)
        unknown = state == _UNKNOWN
        with_fracture = level + FRACTURE_MARK * (state == _FRACTURED)
        if boxed[row]:
            marks[row] = np.where(unknown, UNKNOWN_MARK, with_fracture)
        else:
            marks[row] = np.where(known, with_fracture + FRACTURE_UNKNOWN_MARK * unknown, of_row)
    return marks, boxed


_INTACT: Final = 0
_FRACTURED: Final = 1
_UNKNOWN: Final = 2


def _fracture_state(
    cells: NDArray[np.uint8],
    labels: NDArray[np.float32],
    boxes: Sequence[CellBox],
    bone: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """(h, w) what is known of a fracture in each cell of one slice."""
    state = np.full(cells.shape, _INTACT, np.uint8)
    marked = {each.level for each in boxes}
    # The label is not 0, but no box says where.
    somewhere = [level for level in np.flatnonzero(labels != 0) if level not in marked]
    if somewhere:
        of_levels = np.isin(cells, [level + 1 for level in somewhere])
        nowhere_known = not (cells != UNKNOWN_MARK).any()
        state[_grown(of_levels) | (cells == UNKNOWN_MARK) | nowhere_known] = _UNKNOWN
    for box in boxes:
        state[_grown(box.inside)] = _UNKNOWN
    for box in boxes:
        of_level = bone if box.level is None else cells == box.level + 1
        state[box.inside & (of_level | ((cells == UNKNOWN_MARK) & bone))] = _FRACTURED
    return state


def _grown(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if not region.any():
        return region
    grown: NDArray[np.bool_] = ndimage.binary_dilation(region, iterations=MARGIN_CELLS)
    return grown
