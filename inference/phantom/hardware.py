"""Implants of the cervical spine: anterior plate and cage, lateral mass screws, dens screw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np

from inference.phantom.posture import NAMES, Vertebra
from inference.phantom.scanner import Grid
from inference.phantom.solids import Array, Point, Points, capsule, coverage
from inference.types import Level

HARDWARE_SHARE: Final = 0.06  # of all studies
METAL_HU: Final = 9000.0  # the scanner clips it
GRAFT_HU: Final = 420.0
PEEK_HU: Final = 150.0


class Construct(StrEnum):
    """What was implanted."""

    PLATE = "anterior-plate"
    RODS = "lateral-mass-screws"
    DENS_SCREW = "dens-screw"


Run: TypeAlias = tuple[Level, ...]
_PAIRS: Final[tuple[Run, ...]] = (("C3", "C4"), ("C4", "C5"), ("C5", "C6"), ("C6", "C7"))
_TRIPLES: Final[tuple[Run, ...]] = (("C3", "C4", "C5"), ("C4", "C5", "C6"), ("C5", "C6", "C7"))
RUNS: Final[dict[Construct, tuple[Run, ...]]] = {
    Construct.PLATE: (*_PAIRS, *_TRIPLES),
    Construct.RODS: (*_PAIRS, *_TRIPLES),
    Construct.DENS_SCREW: (("C2",),),
}
_SHARES: Final = (0.6, 0.3, 0.1)


@dataclass(frozen=True, slots=True)
class Hardware:
    """An implant to be made."""

    construct: Construct
    levels: Run


@dataclass(frozen=True, slots=True)
class Part:
    """A round cone in LPS mm."""

    start: Point
    end: Point
    radius: float
    hu: float = METAL_HU


def draw_hardware(taken: frozenset[str], rng: np.random.Generator) -> Hardware | None:
    """An implant at levels none of which is ``taken``, or none.

    Nothing may cover a fresh crack. A taken level only skips to the next construct in the drawn
    order: it changes no other draw.
    """
    present = rng.random() < HARDWARE_SHARE
    constructs = tuple(Construct)
    order = rng.choice(len(constructs), len(constructs), replace=False, p=_SHARES)
    runs = [rng.permutation(len(RUNS[each])) for each in constructs]
    for index in order:
        construct = constructs[int(index)]
        for run in runs[int(index)]:
            levels = RUNS[construct][int(run)]
            if present and taken.isdisjoint(levels):
                return Hardware(construct, levels)
    return None


def paint_hardware(hu: Array, grid: Grid, spine: tuple[Vertebra, ...], hardware: Hardware) -> None:
    """Put an implant into ``hu`` (slices, rows, columns), in place, without its streaks."""
    fixed = [spine[NAMES.index(level)] for level in hardware.levels]
    width = max(grid.pixel_mm, 0.45)
    for part in PARTS[hardware.construct](fixed):
        ends = np.array([part.start, part.end])
        at = grid.block(ends.min(axis=0) - part.radius - 1, ends.max(axis=0) + part.radius + 1)
        points = Points(*grid.coordinates(at))
        distance = capsule(points, part.start, part.end, part.radius, part.radius)
        view = hu[at]
        view += coverage(distance, width) * (part.hu - view)


def place(v: Vertebra, x: float, y: float, z: float) -> Point:
    """A point of a vertebra's frame in LPS mm."""
    px, py, pz = (float(each) for each in v.world((x, y, z)))
    return px, py, pz


def plate_and_cage(fixed: list[Vertebra]) -> list[Part]:
    """A plate on the front of the bodies, two screws in each, a cage in each disc between."""
    parts = []
    for v in fixed:
        s, front = v.scale, -v.b - 1.6
        for side in (-1, 1):
            head = place(v, side * 4.6 * s, front - 0.4, 0)
            parts.append(Part(head, place(v, side * 3.6 * s, 0.45 * v.b, 1.2), 1.8))
            parts.append(Part(head, place(v, side * 4.5 * s, front + 0.6, 0), 2.6))
        parts += [
            Part(place(v, -6.5 * s, front, z), place(v, 6.5 * s, front, z), 1.2)
            for z in np.linspace(-3.2, 3.2, 5).tolist()
        ]
    for upper, lower in pairwise(fixed):
        parts += cage(upper)
        for x in (-6.8, -5.2, 5.2, 6.8):
            start = place(upper, x * upper.scale, -upper.b - 1.6, -2.5)
            end = place(lower, x * lower.scale, -lower.b - 1.6, 2.5)
            parts.append(Part(start, end, 1.2))
    return parts


def cage(v: Vertebra) -> list[Part]:
    """A plastic frame full of bone graft below a vertebra, with three pins to be seen by."""
    middle, radius = -v.height / 2 - v.disc / 2, max(v.disc / 2 + 0.3, 1.4)
    front, back = -0.65 * v.b, 0.45 * v.b
    parts = [
        Part(place(v, x, front, middle), place(v, x, back, middle), radius, hu)
        for x, hu in (
            (-6.5, PEEK_HU),
            (6.5, PEEK_HU),
            (-3.6, GRAFT_HU),
            (-1.2, GRAFT_HU),
            (1.2, GRAFT_HU),
            (3.6, GRAFT_HU),
        )
    ]
    for x, y in ((-6.5, back), (6.5, back), (0.0, front - 0.5)):
        ends = (place(v, x, y, middle - 1.8), place(v, x, y, middle + 1.8))
        parts.append(Part(*ends, 0.6))
    return parts


def screws_and_rods(fixed: list[Vertebra]) -> list[Part]:
    """A screw up and out into each lateral mass, joined by a rod on either side."""
    parts = []
    for side in (-1, 1):
        heads = []
        for v in fixed:
            (px, py), s = v.pillar_at, v.scale
            entry = place(v, side * (px - 1.0 * s), py + 6.2 * s, -1.0)
            tip = place(v, side * (px + 3.8 * s), py - 4.5 * s, 4.5)
            head = place(v, side * (px - 1.6 * s), py + 9.5 * s, -3.0)
            parts += [Part(entry, tip, 1.75), Part(entry, head, 3.2)]
            heads.append(place(v, side * (px - 1.6 * s), py + 10.5 * s, -3.5))
        parts += [Part(start, end, 1.7) for start, end in pairwise(heads)]
    return parts


def dens_screw(fixed: list[Vertebra]) -> list[Part]:
    """One screw from the lower front edge of C2 into the tip of the dens."""
    (v,) = fixed
    half = v.height / 2
    start = place(v, 0.0, -0.78 * v.b, -half + 0.5)
    tip = place(v, 0.0, 0.4, half + 11.5 * v.scale)
    return [Part(start, tip, 1.9), Part(place(v, 0.0, -0.9 * v.b, -half - 1.5), start, 2.7)]


PARTS: Final = {
    Construct.PLATE: plate_and_cage,
    Construct.RODS: screws_and_rods,
    Construct.DENS_SCREW: dens_screw,
}
