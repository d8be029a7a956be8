"""The bones of the head that a cervical study shows: skull base, occiput, mandible, teeth.

Everything is placed in the frame of C1 turned upright; the origin lies on the axis of the dens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from inference.phantom.posture import Vertebra
from inference.phantom.scanner import Grid
from inference.phantom.solids import (
    Array,
    Point,
    Points,
    bone_hu,
    capsule,
    coverage,
    ellipsoid,
    smooth_max,
    smooth_min,
)

BRAIN_HU: Final = 33.0
MANDIBLE: Final[tuple[Point, ...]] = ((45, -40, -20), (33, -66, -28), (17, -83, -31), (0, -88, -31))


@dataclass(frozen=True, slots=True)
class Density:
    """Inside and shell of a bone."""

    inner_hu: float
    hard_hu: float
    shell_mm: float


def paint_head(hu: Array, grid: Grid, atlas: Vertebra) -> None:
    """Put the bones of the head into ``hu`` (slices, rows, columns), in place."""
    width = max(grid.pixel_mm, 0.45)
    at, p = upright(grid, atlas, (-66, -20, 12), (66, 92, 104))
    view = hu[at]
    view += coverage(brain(p), width) * (BRAIN_HU - view)
    for bone in BONES:
        at, p = upright(grid, atlas, bone.low, bone.high)
        put(hu[at], bone.solid(p.mirrored()), width, bone.density)
    at, p = upright(grid, atlas, (-66, -10, 0), (66, 22, 50))
    view = hu[at]
    view += air_cells(p, width) * (-650 - view)


def upright(
    grid: Grid, atlas: Vertebra, low: Point, high: Point
) -> tuple[tuple[slice, slice, slice], Points]:
    """The block that holds a box of the head's frame, and its coordinates there."""
    s, c, turn = np.float32(atlas.scale), atlas.centre, atlas.axes[:, 0]
    margin = np.array([14.0, 14.0, 0.0])  # the head may be turned in the block
    at = grid.block(c + (np.array(low) - margin) * s, c + (np.array(high) + margin) * s)
    x, y, z = grid.coordinates(at)
    dx, dy = (x - np.float32(c[0])) / s, (y - np.float32(c[1])) / s
    cos, sin = np.float32(turn[0]), np.float32(turn[1])
    return at, Points(dx * cos + dy * sin, dy * cos - dx * sin, (z - np.float32(c[2])) / s)


def brain(p: Points) -> Array:
    """What fills the posterior fossa."""
    behind = np.asarray(-p.y - 14, np.float32)
    return smooth_max(ellipsoid(p, (0, 22, 58), (62, 64, 42)), behind, 4.0)


def air_cells(p: Points, width: float) -> Array:
    """Share of air in the mastoid process."""
    cells = np.sin(1.1 * p.x + 0.4 * p.z) * np.sin(0.9 * p.y) + 0.5 * np.sin(0.8 * p.z + p.y)
    inside = coverage(capsule(p.mirrored(), (51, 6, 34), (50, 3, 10), 9, 4), width)
    return np.asarray(inside * np.where(cells > 0, np.float32(0.9), np.float32(0.0)), np.float32)


def occiput(q: Points) -> Array:
    """Shell of the posterior fossa, condyles and clivus."""
    outer = ellipsoid(q, (0, 22, 58), (66, 69, 46))
    inner = ellipsoid(q, (0, 22, 59), (61, 63, 42))
    shell = np.maximum(outer, -inner)
    shell = np.maximum(shell, np.asarray(-q.y - 8 + 0 * q.x, np.float32))
    hole = np.hypot(q.x / 14.5, (q.y - 9) / 17.5) - 1
    shell = np.maximum(shell, np.asarray(-hole * 14, np.float32))
    condyle = ellipsoid(q, (16.5, -1, 12.0), (6.8, 11.5, 8.0))
    joint = np.asarray(7.0 + 0.45 * (q.x - 17) - q.z + 0 * q.y, np.float32)
    d = smooth_min(np.asarray(shell, np.float32), smooth_max(condyle, joint, 1.0), 3.0)
    flat = Points(np.asarray(q.x / 1.9, np.float32), q.y, q.z)
    return smooth_min(d, capsule(flat, (0, -12, 20), (0, -32, 52), 4.0, 6.5), 2.5)


def temporal(q: Points) -> Array:
    """Petrous pyramid, mastoid, styloid, and the pterygoid plate."""
    d = capsule(q, (14, -22, 34), (54, 2, 36), 7.0, 14.0)
    d = smooth_min(d, capsule(q, (52, 7, 34), (50, 3, 6), 13.0, 6.0), 3.0)
    d = smooth_min(d, capsule(q, (38, -7, 22), (33, -20, -14), 2.4, 1.5), 1.5)
    thin = Points(q.x, np.asarray((q.y + 45) / 3, np.float32), q.z)
    return smooth_min(d, capsule(thin, (17, 0, 40), (15, 0, 2), 2.6, 1.8), 1.0)


def mandible(q: Points) -> Array:
    """Ramus, angle and body of the lower jaw."""
    deep = Points(q.x, np.asarray(q.y / 3, np.float32), q.z)
    ramus = capsule(deep, (50, -9, 22), (45, -12.5, -18), 3.6, 4.6)
    tall = Points(q.x, q.y, np.asarray(q.z / 2.2, np.float32))
    d = ramus
    for a, b in pairwise(MANDIBLE):
        part = capsule(tall, (a[0], a[1], a[2] / 2.2), (b[0], b[1], b[2] / 2.2), 5.6, 5.6)
        d = smooth_min(d, part, 2.0)
    return d


def teeth(q: Points) -> Array:
    """Both dental arches, each tooth a lump on a parabola."""
    around = np.arctan2(q.x, -(q.y + 58))
    arch = np.abs(np.hypot(q.x / 23, (q.y + 58) / 29) - 1) * 24 - 3.6
    gaps = 0.9 * np.abs(np.sin(around * 9)) - 0.7
    behind = (q.y + 50) * 1.0
    height = np.abs(q.z + 10)  # from the plane where the arches meet
    arch = arch + 0.3 * np.maximum(height - 5, 0)  # roots are thinner than crowns
    ends = np.abs(height - 5.9) - 5.1
    return np.asarray(np.maximum(np.maximum(arch - gaps, behind), ends), np.float32)


@dataclass(frozen=True, slots=True)
class Bone:
    """A solid of the head, the box (mm, in the head's frame) that holds it, and its density."""

    solid: Callable[[Points], Array]
    low: Point
    high: Point
    density: Density


BONES: Final[tuple[Bone, ...]] = (
    Bone(occiput, (-68, -42, 2), (68, 93, 104), Density(450, 1150, 1.6)),
    Bone(temporal, (-70, -56, -18), (70, 22, 60), Density(420, 1250, 1.4)),
    Bone(mandible, (-58, -98, -50), (58, -10, 32), Density(420, 1350, 2.2)),
    Bone(teeth, (-30, -92, -22), (30, -46, 2), Density(1500, 2300, 1.2)),
)


def put(view: Array, distance: Array, width: float, density: Density) -> None:
    """Blend a bone into the slices, in place."""
    bone = bone_hu(distance, density.inner_hu, density.hard_hu, density.shell_mm, width)
    view += coverage(distance, width) * (bone - view)
