"""What belongs to the vertebrae but is none: discs, spinal cord, the first ribs."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from inference.phantom.head import Density, put
from inference.phantom.posture import Patient, Vertebra
from inference.phantom.scanner import Grid
from inference.phantom.solids import Array, Point, Points, capsule, coverage, smooth_max, smooth_min

DISC_HU: Final = 95.0
CSF_HU: Final = 12.0
CORD_HU: Final = 42.0
RIBS: Final[dict[str, tuple[Point, ...]]] = {
    "T1": ((16, 5, 4), (33, 19, 1), (47, 13, -7), (53, -6, -14), (44, -28, -20), (26, -42, -24)),
    "T2": ((16, 6, 5), (35, 22, 0), (56, 18, -9), (70, -4, -18), (66, -36, -28)),
}


def paint_trunk(hu: Array, grid: Grid, spine: tuple[Vertebra, ...], patient: Patient) -> None:
    """Discs, the dural sac with the cord, and ribs, into ``hu`` in place."""
    width = max(grid.pixel_mm, 0.45)
    for upper, lower in pairwise(spine):
        paint_canal(hu, grid, upper, lower, width)
    for v in spine[1:]:
        paint_disc(hu, grid, v, width)
    for v in spine:
        if v.name in RIBS:
            paint_rib(hu, grid, v, width, patient.density)


def paint_disc(hu: Array, grid: Grid, v: Vertebra, width: float) -> None:
    """The disc below a vertebra; the bones are painted over its faces."""
    reach = v.a + 4
    at, p = frame(grid, v, (-reach, -v.b - 4, -v.height / 2 - v.disc - 5), (reach, v.b + 4, 0.0))
    round_ = np.hypot(p.x / (v.a + 1.0), p.y / (v.b + 0.8)) - 1
    side = np.asarray(round_ * v.b, np.float32)
    middle = -v.height / 2 - v.disc / 2
    flat = np.asarray(np.abs(p.z - middle) - v.disc / 2 - 2.0, np.float32)
    view = hu[at]
    view += coverage(smooth_max(side, flat, 1.0), width) * (DISC_HU - view)


def paint_canal(hu: Array, grid: Grid, v: Vertebra, below: Vertebra, width: float) -> None:
    """Epidural fat, dural sac and cord from one canal to the next."""
    place = (0.0, v.b + v.canal_depth / 2, 0.0)
    start = v.world((0.0, 8.0 * v.scale, 12.0) if v.name == "C1" else place)
    end = below.world((0.0, below.b + below.canal_depth / 2, 0.0))
    low, high = np.minimum(start, end) - 14, np.maximum(start, end) + 14
    # A little overlap: neighbouring pieces must leave no gap.
    low[2], high[2] = end[2] - 0.5, start[2] + 0.5
    at = grid.block(low, high)
    x, y, z = grid.coordinates(at)
    t = np.clip((z - np.float32(start[2])) / np.float32(end[2] - start[2]), 0, 1)
    dx = x - (np.float32(start[0]) + t * np.float32(end[0] - start[0]))
    dy = y - (np.float32(start[1]) + t * np.float32(end[1] - start[1]))
    view = hu[at]
    for a, b, value in (
        (v.canal_width / 2 - 0.5, v.canal_depth / 2 - 0.4, -20.0),
        (v.canal_width / 2 - 2.0, v.canal_depth / 2 - 1.3, CSF_HU),
        (6.6 * v.scale, 3.7 * v.scale, CORD_HU),
    ):
        distance = np.asarray((np.hypot(dx / a, dy / b) - 1) * b, np.float32)
        view += coverage(distance, width) * (value - view)


def paint_rib(hu: Array, grid: Grid, v: Vertebra, width: float, density: float) -> None:
    """Both ribs of a thoracic vertebra."""
    s = v.scale
    points = [(x * s, y * s, z * s) for x, y, z in RIBS[v.name]]
    at, p = frame(grid, v, (-80 * s, -50 * s, -36 * s), (80 * s, 32 * s, 12 * s))
    q = p.mirrored()
    distance: Array | None = None
    for a, b in pairwise(points):
        part = capsule(q, a, b, 3.6 * s, 3.6 * s)
        distance = part if distance is None else smooth_min(distance, part, 1.5)
    if distance is not None:
        put(hu[at], distance, width, Density(230 * density, 850, 1.2))


def frame(
    grid: Grid, v: Vertebra, low: Point, high: Point
) -> tuple[tuple[slice, slice, slice], Points]:
    """The block that holds a box of a vertebra's frame, and its local coordinates."""
    corners = [
        v.world((x, y, z))
        for x in (low[0], high[0])
        for y in (low[1], high[1])
        for z in (low[2], high[2])
    ]
    at = grid.block(np.min(corners, axis=0), np.max(corners, axis=0))
    return at, v.local(*grid.coordinates(at))
