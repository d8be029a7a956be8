"""Fractures as data: where bone parts, how wide, and how far the fragment has gone.

A gap holds blood (at most 50 HU at the cortex); the marrow beside it loses half its density; a
fragment shifts 1–5 mm; compression takes 20–50 % of the height.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from inference.phantom.posture import Vertebra
from inference.phantom.solids import Array, Point, Points, smoothstep
from inference.types import Level

GAP_HU: Final = 35.0
CALLUS_MM: Final = 0.7


class FractureType(StrEnum):
    """Kinds of cervical fracture that the phantom can make."""

    BURST = "burst"
    RING = "ring"
    DENS_I = "dens-i"
    DENS_II = "dens-ii"
    DENS_III = "dens-iii"
    HANGMAN = "hangman"
    COMPRESSION = "compression"
    TEARDROP = "teardrop"
    FACET = "facet"
    LAMINA = "lamina"
    PEDICLE = "pedicle"
    TRANSVERSE_PROCESS = "transverse-process"
    SPINOUS_PROCESS = "spinous-process"


_SUBAXIAL: Final = (
    FractureType.COMPRESSION,
    FractureType.TEARDROP,
    FractureType.FACET,
    FractureType.LAMINA,
    FractureType.PEDICLE,
    FractureType.TRANSVERSE_PROCESS,
    FractureType.SPINOUS_PROCESS,
)
TYPES_OF_LEVEL: Final[dict[Level, tuple[FractureType, ...]]] = {
    "C1": (FractureType.BURST, FractureType.RING),
    "C2": (
        FractureType.DENS_I,
        FractureType.DENS_II,
        FractureType.DENS_III,
        FractureType.HANGMAN,
    ),
    "C3": _SUBAXIAL,
    "C4": _SUBAXIAL,
    "C5": _SUBAXIAL,
    "C6": _SUBAXIAL,
    "C7": _SUBAXIAL,
}


@dataclass(frozen=True, slots=True)
class Break:
    """A crack: a rough plane in a vertebra's frame, limited to a box; the far side is shifted."""

    point: Point
    normal: Point
    gap_mm: float
    low: Point
    high: Point
    shift: Point = (0.0, 0.0, 0.0)
    roughness_mm: float = 0.6
    phase: float = 0.0
    step_mm: float = 0.3  # half of the width over which the shift sets in

    def side(self, p: Points) -> Array:
        """Distance to the crack's surface, positive on the fragment's side."""
        n = np.asarray(self.normal) / np.linalg.norm(self.normal)
        d = sum(
            (q - c) * np.float32(m) for q, c, m in zip((p.x, p.y, p.z), self.point, n, strict=True)
        )
        rough = np.sin(0.9 * p.x + self.phase) + np.sin(1.1 * p.y + 0.7 * p.z + 2 * self.phase)
        return np.asarray(d + 0.5 * self.roughness_mm * rough, np.float32)

    def within(self, p: Points) -> Array:
        """1 inside the box, falling to 0 over 2 mm at its faces."""
        inside = None
        for q, low, high in zip((p.x, p.y, p.z), self.low, self.high, strict=True):
            near = np.minimum(smoothstep(q, low - 1, low + 1), smoothstep(-q, -high - 1, -high + 1))
            inside = near if inside is None else inside * near
        return np.asarray(inside, np.float32)


@dataclass(frozen=True, slots=True)
class Healed:
    """An old break: its line is filled with bone and lies between two sclerotic rims."""

    line: Break
    rim_mm: float
    rim_hu: float
    fill_hu: float

    def remodel(self, bone: Array, p: Points, width: float) -> None:
        """Put rims and line into the density of a bone, in place."""
        depth, near = np.abs(self.line.side(p)), self.line.within(p)
        half = self.line.gap_mm / 2
        rim = np.clip(0.5 - (depth - half - self.rim_mm) / np.float32(width), 0, 1) * near
        bone += rim * np.maximum(np.float32(self.rim_hu) - bone, 0)
        line = np.clip(0.5 - (depth - half) / np.float32(width), 0, 1) * near
        bone += line * (np.float32(self.fill_hu) - bone)


@dataclass(frozen=True, slots=True)
class Injury:
    """What happened to one vertebra: its breaks, the share of anterior height lost, old breaks."""

    breaks: tuple[Break, ...]
    compression: float = 0.0
    healed: tuple[Healed, ...] = ()

    def undo(self, v: Vertebra, p: Points) -> Points:
        """Where each point of the injured bone lay before."""
        x, y, z = p.x, p.y, p.z
        for each in (*self.breaks, *(old.line for old in self.healed)):
            if any(each.shift):
                moved = smoothstep(each.side(p), -each.step_mm, each.step_mm) * each.within(p)
                x, y, z = (
                    np.asarray(q - np.float32(m) * moved, np.float32)
                    for q, m in zip((x, y, z), each.shift, strict=True)
                )
        if self.compression:
            ahead = smoothstep(-y / v.b, -1.4, 0.8)
            loss = self.compression * ahead
            half = v.height / 2
            # The upper endplate sinks: all of the loss is above the lower endplate.
            z = np.where(z > -half, (z + half) / (1 - loss) - half, z)
        return Points(np.asarray(x), np.asarray(y), np.asarray(z, np.float32))

    def callus(self, distance: Array, p: Points) -> Array:
        """The surface, thickened over healed breaks."""
        for old in self.healed:
            swell = np.exp(-((old.line.side(p) / np.float32(2.2)) ** 2)) * old.line.within(p)
            distance = distance - np.float32(CALLUS_MM) * swell
        return distance

    def remodel(self, bone: Array, p: Points, width: float) -> None:
        """Put the healed breaks into the density of the bone, in place."""
        for old in self.healed:
            old.remodel(bone, p, width)

    def gap(self, p: Points, width: float) -> Array:
        """Share of each voxel that is crack."""
        total = np.zeros(np.broadcast_shapes(p.x.shape, p.y.shape, p.z.shape), np.float32)
        for each in self.breaks:
            edge = np.abs(each.side(p)) - each.gap_mm / 2
            open_ = np.clip(0.5 - edge / np.float32(width), 0, 1) * each.within(p)
            np.maximum(total, open_, out=total)
        return total
