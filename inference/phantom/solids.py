"""Implicit solids: distances in millimetres, negative inside, on broadcastable float32 arrays.

Distances are exact for capsules and good near the surface for the rest, which is all that an
anti-aliased edge needs (J. C. Hart, "Sphere tracing", 1996; I. Quilez, "Distance functions").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
Point: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Positions in a local frame: x left, y posterior, z head, in mm; the arrays broadcast."""

    x: Array
    y: Array
    z: Array

    def mirrored(self, asymmetry: float = 0.0) -> Points:
        """Both sides folded onto the left one, so that a paired solid is evaluated once.

        ``asymmetry`` makes the left side narrower by that share, and the right one wider.
        """
        x = np.abs(self.x)
        if asymmetry:
            x = x + np.float32(asymmetry) * self.x
        return Points(x, self.y, self.z)


def capsule(p: Points, start: Point, end: Point, radius: float, end_radius: float) -> Array:
    """A round cone from ``start`` to ``end``."""
    ax, ay, az = (e - s for s, e in zip(start, end, strict=True))
    px, py, pz = p.x - start[0], p.y - start[1], p.z - start[2]
    t = np.clip((px * ax + py * ay + pz * az) / (ax * ax + ay * ay + az * az), 0, 1)
    px, py, pz = px - t * ax, py - t * ay, pz - t * az
    distance = np.sqrt(px * px + py * py + pz * pz)
    return np.asarray(distance - (radius + t * (end_radius - radius)), np.float32)


def ellipsoid(p: Points, centre: Point, radii: Point) -> Array:
    """An ellipsoid; the distance is scaled by the smallest radius."""
    x, y, z = ((q - c) / r for q, c, r in zip((p.x, p.y, p.z), centre, radii, strict=True))
    return np.asarray((np.sqrt(x * x + y * y + z * z) - 1) * min(radii), np.float32)


def plate(
    p: Points,
    start: tuple[float, float],
    end: tuple[float, float],
    radius: float,
    z_range: tuple[float, float],
    slope: float = 0.0,
) -> Array:
    """A wall that follows a segment in the axial plane, between two heights.

    ``slope`` lowers it by so many mm for each mm posterior of ``start``.
    """
    ax, ay = end[0] - start[0], end[1] - start[1]
    px, py = p.x - start[0], p.y - start[1]
    t = np.clip((px * ax + py * ay) / (ax * ax + ay * ay), 0, 1)
    across = np.hypot(px - t * ax, py - t * ay) - radius
    middle, half = (z_range[0] + z_range[1]) / 2, (z_range[1] - z_range[0]) / 2
    along = np.abs(p.z - middle + slope * py) - half
    return smooth_max(np.asarray(across, np.float32), np.asarray(along, np.float32), 1.5)


def smooth_min(a: Array, b: Array, blend: float) -> Array:
    """Union whose crease is rounded over ``blend`` mm."""
    h = np.maximum(blend - np.abs(a - b), 0)
    return np.asarray(np.minimum(a, b) - h * h * (0.25 / blend), np.float32)


def smooth_max(a: Array, b: Array, blend: float) -> Array:
    """Intersection whose edge is rounded over ``blend`` mm."""
    return np.asarray(-smooth_min(-a, -b, blend), np.float32)


def coverage(distance: Array, width: float) -> Array:
    """Share of a voxel inside the solid: the partial volume effect as a ramp ``width`` mm wide."""
    return np.asarray(np.clip(0.5 - distance / np.float32(width), 0, 1), np.float32)


def smoothstep(value: Array, low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def bone_hu(
    distance: Array, inner: Array | float, hard: float, shell_mm: float, width: float
) -> Array:
    """Density inside a bone: a cortical shell around a softer inside."""
    shell = np.clip((np.float32(shell_mm) + distance) / np.float32(width) + 0.5, 0, 1)
    return np.asarray(inner + shell * (np.float32(hard) - inner), np.float32)
