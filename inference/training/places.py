"""Where findings point, beside where the fractures are, and beside pointing at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.training.truth import Box, TrueBox, TrueStudy
from inference.types import LEVELS, Finding, Level

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """One finding.

    Attributes:
        level: as named by the model.
        on_fracture: its box overlaps a true one of its key slice; ``None`` where the study is
            fractured and nobody marked where.
        level_right: the fracture that it lies on is of the level that it names; ``None`` where it
            lies on none, or the level of the box is unknown.
    """

    level: Level
    on_fracture: bool | None
    level_right: bool | None


@dataclass(frozen=True, slots=True)
class FracturePlace:
    """One fractured level that is a finding, and whose place is known.

    Attributes:
        level: of both.
        fracture_type: empty where unknown.
        slice_shows_it: the key slice is one of those that show the fracture.
        slice_error_mm: from the key slice to the nearest of them.
        points_at_it: the slice shows it, and the map's peak lies in its box there.
        overlap: intersection over union of the boxes on the key slice; 0 if it does not show it.
        random_points_at_it: the chance that a random point of the vertebra does, on a random
            slice that shows the vertebra; NaN without a mask.
        random_slice_error_mm: expected of the random slice; NaN without a mask.
    """

    level: Level
    fracture_type: str
    slice_shows_it: bool
    slice_error_mm: float
    points_at_it: bool
    overlap: float
    random_points_at_it: float
    random_slice_error_mm: float


def place_findings(findings: Sequence[Finding], study: TrueStudy) -> tuple[FindingPlace, ...]:
    """Every finding beside the true boxes."""
    return tuple(_place_finding(each, study) for each in findings)


def place_fractures(
    findings: Sequence[Finding], peaks: Sequence[Point], study: TrueStudy
) -> tuple[FracturePlace, ...]:
    """The fractured levels that were found.

    Args:
        findings: of a prediction.
        peaks: of each, (column, row) on its key slice where its map is largest.
        study: what is true.
    """
    places = []
    for finding, peak in zip(findings, peaks, strict=True):
        boxes = [each for each in study.truth.boxes if each.level in {finding.level, None}]
        if finding.level in study.truth.levels and boxes:
            places.append(_place_fracture(finding, peak, boxes, study))
    return tuple(places)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two (x, y, width, height)."""
    (x, y, width, height), (ox, oy, owidth, oheight) = one, other
    across = min(x + width, ox + owidth) - max(x, ox)
    down = min(y + height, oy + oheight) - max(y, oy)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (width * height + owidth * oheight - both)


def holds(box: Box, point: Point) -> bool:
    """Whether the centre of a pixel (column, row) lies in a box, whose edges are pixels' edges."""
    x, y, width, height = box
    column, row = point
    return x - 0.5 <= column < x + width - 0.5 and y - 0.5 <= row < y + height - 0.5


def chance_of_hitting(
    mask: NDArray[np.uint8], level: Level, boxes: Sequence[TrueBox], spacing_mm: float
) -> tuple[float, float]:
    """What pointing at random reaches: (chance to hit, expected slice error in mm).

    A slice is drawn evenly of those that show the level, then a voxel evenly of the level's on it.
    Not drawn but counted: the mean over all that could be drawn. NaN if the mask shows no such
    level.

    Args:
        mask: (slices, rows, columns).
        level: of the fracture.
        boxes: of the fracture, at least one.
        spacing_mm: of the slices.
    """
    own = mask == LEVELS.index(level) + 1
    shown = np.flatnonzero(own.any(axis=(1, 2)))
    if not shown.size:
        return np.nan, np.nan
    inside = np.zeros(own.shape, np.bool_)
    for each in boxes:
        x, y, width, height = (round(edge) for edge in each.box)
        inside[each.slice_index, max(0, y) : y + height, max(0, x) : x + width] = True
    hits = (own & inside)[shown].sum(axis=(1, 2)) / own[shown].sum(axis=(1, 2))
    return float(hits.mean()), float(_slice_errors_mm(shown, boxes, spacing_mm).mean())


def _place_finding(finding: Finding, study: TrueStudy) -> FindingPlace:
    truth = study.truth
    if truth.levels and not truth.boxes:
        return FindingPlace(finding.level, None, None)
    on = [
        each.level
        for each in truth.boxes
        if each.slice_index == finding.key_slice_index and overlap(finding.box, each.box) > 0
    ]
    known = on and None not in on
    return FindingPlace(finding.level, bool(on), finding.level in on if known else None)


def _place_fracture(
    finding: Finding, peak: Point, boxes: list[TrueBox], study: TrueStudy
) -> FracturePlace:
    key, spacing_mm = finding.key_slice_index, study.volume.spacing_mm[0]
    here = [each.box for each in boxes if each.slice_index == key]
    chance, random_error = (np.nan, np.nan)
    if study.mask is not None:
        chance, random_error = chance_of_hitting(study.mask, finding.level, boxes, spacing_mm)
    return FracturePlace(
        level=finding.level,
        fracture_type=study.truth.types.get(finding.level, ""),
        slice_shows_it=bool(here),
        slice_error_mm=float(_slice_errors_mm(np.array([key]), boxes, spacing_mm)[0]),
        points_at_it=any(holds(each, peak) for each in here),
        overlap=max((overlap(finding.box, each) for each in here), default=0.0),
        random_points_at_it=chance,
        random_slice_error_mm=random_error,
    )


def _slice_errors_mm(
    slices: NDArray[np.integer], boxes: Sequence[TrueBox], spacing_mm: float
) -> NDArray[np.float64]:
    """(n,) distance of each slice to the nearest that has a box."""
    marked = np.array([each.slice_index for each in boxes])
    errors: NDArray[np.float64] = np.abs(slices[:, None] - marked[None, :]).min(axis=1) * spacing_mm
    return errors
