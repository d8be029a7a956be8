"""One vertebra into the volume, and where its fracture can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom.fractures import GAP_HU, FractureType, Injury
from inference.phantom.posture import Vertebra
from inference.phantom.scanner import Grid
from inference.phantom.solids import Array, bone_hu, coverage
from inference.phantom.vertebrae import channels, marrow, shape
from inference.types import Level

VEIN_HU: Final = 70.0


@dataclass(frozen=True, slots=True)
class PlacedFracture:
    """A fracture that was made: its slices (inclusive) and a box (x, y, width, height) on each."""

    level: Level
    type: FractureType
    first_slice: int
    last_slice: int
    boxes: tuple[tuple[int, int, int, int], ...]


def block_of(v: Vertebra, grid: Grid) -> tuple[slice, slice, slice]:
    """The block of voxels that holds a vertebra, injured or not."""
    s = v.scale
    corners = [
        v.world((x, y, z))
        for x in (-46.0 * s, 46.0 * s)
        for y in (-16 * s, v.b + v.canal_depth + v.spinous + 10)
        for z in (-v.height / 2 - 10 - 0.6 * v.spinous, v.height / 2 + 20)
    ]
    return grid.block(np.min(corners, axis=0), np.max(corners, axis=0))


def carve(
    hu: Array, labels: NDArray[np.uint8], grid: Grid, v: Vertebra, injury: Injury, texture: Array
) -> tuple[tuple[slice, slice, slice], Array]:
    """Put one vertebra into the volume; returns its block and the share of crack in bone."""
    s = v.scale
    at = block_of(v, grid)
    p = v.local(*grid.coordinates(at))
    width = max(grid.pixel_mm, 0.45)
    distance = injury.callus(shape(v, injury.undo(v, p)), p)
    share = coverage(distance, width)
    fine = texture[
        (np.arange(at[0].start, at[0].stop) % 24)[:, None, None],
        (np.arange(at[1].start, at[1].stop) % 96)[None, :, None],
        (np.arange(at[2].start, at[2].stop) % 96)[None, None, :],
    ]
    inner = np.float32(v.trabecular_hu) * marrow(v, p) * (1 + 0.5 * fine)
    hard = v.trabecular_hu * 2.2 + 250
    bone = bone_hu(distance, inner, hard, 1.1 * s, width)
    vein = coverage(channels(v, p), width)
    bone += vein * (VEIN_HU - bone)
    injury.remodel(bone, p, width)
    gap = injury.gap(p, width) if injury.breaks else np.zeros_like(share)
    bone += gap * (GAP_HU - bone)
    block = hu[at]
    block += share * (bone - block)
    labels[at][share > 0.5] = v.number
    return at, gap * share


def locate(
    level: Level, kind: FractureType, at: tuple[slice, slice, slice], gap: Array, grid: Grid
) -> PlacedFracture:
    """Slices and boxes of the visible crack, with a margin of 3 mm."""
    strongest = float(gap.max(initial=0))
    if strongest < 0.1:
        raise ValueError(f"{level} {kind.value}: no slice meets the crack, use more slices")
    seen = gap > min(0.4, 0.8 * strongest)
    rows = np.flatnonzero(seen.any(axis=(1, 2)))
    first, last = int(rows[0]), int(rows[-1])
    margin = round(3 / grid.pixel_mm)
    boxes = []
    for plane in seen[first : last + 1]:
        found_rows, found_columns = np.nonzero(plane if plane.any() else seen.any(axis=0))
        y0, y1 = extent(found_rows, at[1].start, margin, grid.y.size)
        x0, x1 = extent(found_columns, at[2].start, margin, grid.x.size)
        boxes.append((x0, y0, x1 - x0, y1 - y0))
    start = int(at[0].start)
    return PlacedFracture(level, kind, start + first, start + last, tuple(boxes))


def extent(found: NDArray[np.intp], start: int, margin: int, size: int) -> tuple[int, int]:
    """First and one past the last index found, widened by a margin inside the image."""
    low, high = start + int(found.min()), start + int(found.max()) + 1
    return max(0, low - margin), min(size, high + margin)
