"""The shapes of the vertebrae, each as one implicit solid in its own frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from inference.phantom.posture import Vertebra
from inference.phantom.solids import (
    Array,
    Points,
    capsule,
    ellipsoid,
    plate,
    smooth_max,
    smooth_min,
    smoothstep,
)

FACET_SLOPE: Final = 0.84  # 40° below the axial plane, falling backwards
FACET_NORM: Final = math.hypot(1, FACET_SLOPE)
JOINT_GAP_MM: Final = 1.8


def shape(v: Vertebra, p: Points) -> Array:
    """Signed distance to the surface of a vertebra, in mm."""
    return SHAPES.get(v.name, typical)(v, p)


def body(v: Vertebra, p: Points, uncinate: float) -> Array:
    """Vertebral body: waisted, flat behind, its upper corners raised by ``uncinate`` mm."""
    half = v.height / 2
    waist = 1 - 0.07 * (1 - np.minimum((p.z / half) ** 2, 1))
    qx, qy = (p.x / (v.a * waist)) ** 2, (p.y / (v.b * waist)) ** 2
    norm = 0.5 * (np.sqrt(np.sqrt(qx * qx + qy * qy)) + np.sqrt(qx + qy))
    side = np.asarray((norm - 0.97) * min(v.a, v.b), np.float32)
    if v.osteophyte_mm > 0:
        # Spurs of the rims, larger in front and beside the uncinate processes.
        rim = np.exp(-(((np.abs(p.z) - half) / 2.2) ** 2)) * smoothstep(-p.y / v.b, -0.6, 0.8)
        side = side - np.float32(v.osteophyte_mm) * rim
    side = smooth_max(side, np.asarray(p.y - 0.92 * v.b, np.float32), 2.0)
    corner = smoothstep(np.asarray(np.abs(p.x) / v.a, np.float32), 0.62, 0.95)
    front = smoothstep(-p.y / v.b, 0.3, 1.0)
    bowl = 0.7 * (1 - np.minimum(norm, 1)) / 1.0
    top = p.z - (half + uncinate * corner - 0.6 * front - bowl)
    bottom = -p.z - (half - 0.6 * uncinate * corner + 0.7 * front - bowl)
    ends = smooth_max(np.asarray(top, np.float32), np.asarray(bottom, np.float32), 1.0)
    return smooth_max(side, ends, 1.6)


def channels(v: Vertebra, p: Points) -> Array:
    """Vessel channels: smooth and round, where a crack is rough and long."""
    r = v.vessel.radius_mm * v.scale
    x = v.vessel.offset
    if v.name == "C1":
        return np.full(np.broadcast_shapes(p.x.shape, p.y.shape, p.z.shape), 9, np.float32)
    vein = capsule(p, (x, v.b + 1, 0.5), (x, 0.1 * v.b, 0), r, 1.3 * r)
    fork = capsule(p, (x, 0.1 * v.b, 0), (x + 2.5, -0.5 * v.b, 0), 0.8 * r, 0.4 * r)
    px, py = v.pillar_at
    side = 1 if v.vessel.lamina > 0 else -1
    lx = side * px * (0.5 + 0.5 * abs(v.vessel.lamina))
    nutrient = capsule(p, (lx, py + 2, -1), (lx * 0.92, py + 9, -3), 0.55, 0.55)
    return np.minimum(np.minimum(vein, fork), nutrient)


def marrow(v: Vertebra, p: Points) -> Array | float:
    """Density relative to the vertebra's own: C2 is dense in the dens, poor at its base."""
    if v.name != "C2":
        return 1.0
    half = v.height / 2
    dens = smoothstep(p.z, half + 1, half + 6) * 0.25
    base = np.exp(-(((p.z - half + 1.0) / 3.0) ** 2)) * 0.4
    return np.asarray(1 + dens - base, np.float32)


def pillar(
    v: Vertebra, q: Points, centre: tuple[float, float], radii: tuple[float, float]
) -> Array:
    """Articular pillar: an oval column cut by the oblique joints above and below."""
    x, y = (q.x - centre[0]) / radii[0], (q.y - centre[1]) / radii[1]
    side = np.asarray((np.sqrt(x * x + y * y) - 1) * min(radii), np.float32)
    below, above = v.pillar_half
    height = q.z + FACET_SLOPE * (q.y - centre[1])
    slack = JOINT_GAP_MM / 2 * FACET_NORM
    ends = np.maximum(height - (above - slack), -height - (below - slack)) / np.hypot(
        1, FACET_SLOPE
    )
    return smooth_max(side, np.asarray(ends, np.float32), 1.0)


def canal(v: Vertebra, p: Points) -> Array:
    """The spinal canal, which nothing may enter."""
    x = p.x / (v.canal_width / 2)
    y = (p.y - v.b - v.canal_depth / 2) / (v.canal_depth / 2)
    # Narrower behind: the triangle of a cervical canal.
    x = x * (1 + 0.25 * np.clip(y, 0, 1))
    return np.asarray((np.sqrt(x * x + y * y) - 1) * v.canal_depth / 2, np.float32)


def typical(v: Vertebra, p: Points) -> Array:
    """C3 … T2."""
    q, s, a, b = p.mirrored(v.asymmetry), v.scale, v.a, v.b
    thoracic = v.name.startswith("T")
    d = body(v, p, 0.8 if thoracic else 2.8 * s)
    px, py = v.pillar_at
    d = smooth_min(d, capsule(q, (a * 0.8, b * 0.65, 1.0), (px, py, 1.0), 3.0 * s, 3.4 * s), 1.5)
    d = smooth_min(d, pillar(v, q, (px, py), (6.2 * s, 6.6 * s)), 1.2)
    back = b + v.canal_depth + 2.2 * s
    h = 0.43 * v.height
    d = smooth_min(
        d, plate(q, (px - 1, py + 3), (0.0, back), 2.1 * s, (-h - 2.5, h - 1.5), 0.25), 1.5
    )
    d = smooth_min(d, spinous(v, q, back), 2.0)
    d = smooth_min(d, transverse(v, q, thoracic=thoracic), 1.2)
    return smooth_max(d, -canal(v, p), 1.0)


def spinous(v: Vertebra, q: Points, back: float) -> Array:
    """Spinous process: bifid down to C6, long and single from C7."""
    s = v.scale
    drop = {"C2": -0.25, "C3": -0.3, "C4": -0.35, "C5": -0.4, "C6": -0.35, "C7": -0.4}.get(
        v.name, -0.55
    )
    end = back + v.spinous
    if v.number >= 7:
        return capsule(q, (0, back, -2), (0, end, -2 + drop * v.spinous), 3.4 * s, 3.6 * s)
    fork = back + 0.5 * v.spinous
    stem = capsule(q, (0, back, -1.5), (0, fork, -1.5 + drop * 0.5 * v.spinous), 3.0 * s, 2.8 * s)
    tip = capsule(
        q,
        (0.8, fork, -1.5 + drop * 0.5 * v.spinous),
        (5.0 * s, end, -2 + drop * v.spinous),
        2.5 * s,
        2.4 * s,
    )
    return smooth_min(stem, tip, 1.2)


def transverse(v: Vertebra, q: Points, *, thoracic: bool) -> Array:
    """Transverse process: two bars around the foramen, or (C7, T1, T2) one long bar."""
    s, a, b = v.scale, v.a, v.b
    px, py = v.pillar_at
    if thoracic or v.name == "C7":
        reach = 34.0 * s
        end = (reach, py + (6 if thoracic else -1), 3)
        return capsule(q, (px, py, 1), end, 4.2 * s, 4.0 * s)
    fx, fy = a + 3.9 * s, 0.3 * b  # centre of the foramen
    front = plate(
        q, (a * 0.85, fy - 3 * s), (fx + 4.6 * s, fy - 5.2 * s), 1.5 * s, (-3.4 * s, 2.4 * s)
    )
    behind = plate(q, (px, py - 4), (fx + 7.4 * s, fy + 3.8 * s), 1.9 * s, (-4.0 * s, 2.4 * s))
    bridge = plate(
        q, (fx + 4.8 * s, fy - 4.6 * s), (fx + 6.6 * s, fy + 3.2 * s), 1.3 * s, (-3.6 * s, 0.6 * s)
    )
    d = smooth_min(smooth_min(front, behind, 1.0), bridge, 1.0)
    hole = np.hypot(q.x - fx, q.y - fy) - 3.1 * s
    return smooth_max(d, np.asarray(-hole, np.float32), 0.8)


def atlas(v: Vertebra, p: Points) -> Array:
    """C1: a ring without a body. The origin lies on the axis of the dens."""
    q, s = p.mirrored(v.asymmetry), v.scale
    mass = ellipsoid(q, (17.0 * s, 0.5 * s, 0), (8.0 * s, 10.0 * s, 9.5 * s))
    upper = q.z - (5.5 * s + 0.45 * (q.x - 17 * s))
    lower = -q.z - (6.0 * s + 0.35 * (q.x - 17 * s))
    ends = np.maximum(upper, lower)
    d = smooth_max(mass, np.asarray(ends, np.float32), 1.2)
    front = plate(q, (0.0, -10.6 * s), (12.5 * s, -5.5 * s), 2.6 * s, (-5.0 * s, 5.0 * s))
    d = smooth_min(d, front, 1.5)
    d = smooth_min(d, ellipsoid(q, (0, -12.4 * s, -1), (3.2 * s, 2.6 * s, 4 * s)), 1.5)
    for start, end in (((17, 8), (13.5, 19)), ((13.5, 19), (0, 26.5))):
        arch = plate(
            q,
            (start[0] * s, start[1] * s),
            (end[0] * s, end[1] * s),
            2.6 * s,
            (-4.0 * s, 3.6 * s),
        )
        d = smooth_min(d, arch, 1.5)
    d = smooth_min(d, capsule(q, (20 * s, 2, -2), (37 * s, 5, -3), 4.2 * s, 3.6 * s), 1.5)
    hole = np.hypot(q.x - 27.5 * s, q.y - 2.5) - 3.2 * s
    return smooth_max(d, np.asarray(-hole, np.float32), 0.8)


def axis(v: Vertebra, p: Points) -> Array:
    """C2: body, dens, sloping upper facets, large bifid spinous process."""
    q, s, a, b = p.mirrored(v.asymmetry), v.scale, v.a, v.b
    half = v.height / 2
    d = body(v, p, 0.0)
    dens = capsule(p, (0, -0.5, half - 3), (0, 0.6 * s, half + 14.5 * s), 5.2 * s, 4.9 * s)
    d = smooth_min(d, dens, 2.5)
    facet = ellipsoid(q, (14.0 * s, 1.5, half - 4.5 * s), (9.0 * s, 8.5 * s, 8.0 * s))
    slope = q.z - (half + 2.0 * s - 0.35 * (q.x - 14 * s))
    d = smooth_min(d, smooth_max(facet, np.asarray(slope, np.float32), 1.0), 1.5)
    px, py = v.pillar_at
    d = smooth_min(d, capsule(q, (14 * s, 3, half - 8), (px, py, -3), 4.6 * s, 4.6 * s), 1.5)
    low = pillar(v, q, (px, py), (6.2 * s, 6.6 * s))
    d = smooth_min(d, smooth_max(low, np.asarray(q.z - 4, np.float32), 1.0), 1.2)
    back = b + v.canal_depth + 2.6 * s
    d = smooth_min(d, plate(q, (px - 1, py + 3), (0.0, back), 2.7 * s, (-8.0, 4.0), 0.25), 1.5)
    d = smooth_min(d, spinous(v, q, back), 2.5)
    d = smooth_min(d, capsule(q, (a, 2, 0), (a + 11 * s, 5, -3), 3.6 * s, 2.6 * s), 1.2)
    hole = np.hypot(q.x - (a + 6.5 * s), q.y - 2.5) - 3.0 * s
    d = smooth_max(d, np.asarray(-hole, np.float32), 0.8)
    return smooth_max(d, -canal(v, p), 1.0)


SHAPES: Final[dict[str, Callable[[Vertebra, Points], Array]]] = {"C1": atlas, "C2": axis}
