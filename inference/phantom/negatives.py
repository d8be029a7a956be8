"""Volumes without a cervical spine: what a node must not read as one."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from scipy import ndimage

from inference.phantom import surroundings
from inference.phantom.posture import build_spine, draw_patient
from inference.phantom.scanner import Grid
from inference.phantom.solids import Array
from inference.phantom.surroundings import Painter
from inference.phantom.tissues import AIR


class NegativeKind(StrEnum):
    """Kinds of volumes without a cervical spine."""

    WATER = "water"
    AIR = "air"
    HEAD = "head"
    CHEST = "chest"
    BLOBS = "blobs"
    NECK = "neck"  # soft tissue of a neck whose vertebrae are missing


def paint_negative(grid: Grid, kind: NegativeKind, rng: np.random.Generator) -> Array:
    """(slices, rows, columns) float32 HU before the scanner's noise."""
    if kind is NegativeKind.NECK:
        patient = draw_patient(rng)
        return surroundings.paint(grid, build_spine(patient, rng), patient, rng)
    if kind is NegativeKind.BLOBS:
        return blobs(grid, rng)
    out = np.empty(grid.shape, np.float32)
    size = float(rng.uniform(0.85, 1.1))
    place = (float(rng.uniform(-10, 10)), float(rng.uniform(-10, 10)))
    span = np.linspace(-1, 1, len(grid.z))
    for index, t in enumerate(span):
        painter = Painter(grid)
        painter.ellipse(place[0], place[1] + 118, 190, 8, -150)
        painter.ellipse(place[0], place[1] + 118, 188, 6, -850)
        PAINTERS[kind](painter, place, size, float(t))
        out[index] = painter.hu
    return out


def water(painter: Painter, at: tuple[float, float], size: float, t: float) -> None:
    """A cylinder of water with an acrylic wall, its axis along the table."""
    del t
    painter.ellipse(*at, 82 * size, 82 * size, 120)
    painter.ellipse(*at, 77 * size, 77 * size, 0)


def air(painter: Painter, at: tuple[float, float], size: float, t: float) -> None:
    """Nothing on the table."""


def head(painter: Painter, at: tuple[float, float], size: float, t: float) -> None:
    """Skull, brain and ventricles above the skull base; ``t`` runs from the vertex down."""
    round_ = size * float(
        np.sqrt(1 - 0.8 * min(t, 0.15) ** 2 if t > -0.15 else 1 - (t + 0.15) ** 2)
    )
    x, y = at
    for a, b, hu in ((76, 94, 40), (72, 90, 950), (71, 89, 500), (69, 87, 1000), (66, 84, 35)):
        painter.ellipse(x, y, a * round_, b * round_, hu)
    for side in (-1, 1):
        painter.ellipse(x + side * 9 * size, y, 5 * size * round_, 22 * size * round_, 8)
    if t > 0.5:
        for side in (-1, 1):
            painter.ellipse(x + side * 30 * size, y - 66 * size, 16 * size, 15 * size, -60)
            painter.ellipse(x + side * 30 * size, y - 68 * size, 11 * size, 11 * size, 10)
        painter.ellipse(x, y - 66 * size, 10 * size, 16 * size, -900)


def chest(painter: Painter, at: tuple[float, float], size: float, t: float) -> None:
    """Lungs, heart, aorta, ribs and a thoracic vertebra."""
    x, y = at
    painter.ellipse(x, y, 185 * size, 112 * size, 20)
    painter.ellipse(x, y, 182 * size, 109 * size, -100)
    painter.ellipse(x, y, 165 * size, 97 * size, 50)
    for side in (-1, 1):
        painter.ellipse(x + side * 78 * size, y - 2, (56 + 14 * t) * size, 78 * size, -860)
        for k in range(5):
            angle = 0.5 + k * 0.55 + 0.35 * t
            rx, ry = 142 * np.sin(angle) * size, -90 * np.cos(angle) * size
            painter.ellipse(x + side * rx, y - ry * 0.95, 7 * size, 5 * size, 800)
            painter.ellipse(x + side * rx, y - ry * 0.95, 5 * size, 3 * size, 200)
    painter.ellipse(x + 20 * size, y - 28 * size, (45 + 12 * t) * size, 38 * size, 45)
    painter.ellipse(x + 22 * size, y + 32 * size, 12 * size, 12 * size, 50)
    beat = np.sin(9 * t)
    if beat > -0.6:
        painter.ellipse(x, y + 50 * size, 17 * size, 14 * size, 750)
        painter.ellipse(x, y + 50 * size, 15 * size, 12 * size, 190)
    painter.ellipse(x, y + 72 * size, 13 * size, 9 * size, 600)
    painter.ellipse(x, y + 71 * size, 8 * size, 6.5 * size, 20)


def blobs(grid: Grid, rng: np.random.Generator) -> Array:
    """Smooth random lumps of every density from air to bone."""
    coarse = rng.standard_normal((14, 26, 26), np.float32)
    coarse = ndimage.gaussian_filter(coarse, rng.uniform(0.7, 1.6))
    coarse /= coarse.std()
    zoom = [n / m for n, m in zip(grid.shape, coarse.shape, strict=True)]
    field = ndimage.zoom(coarse, zoom, order=1)
    levels = np.array([AIR, AIR, -100, 40, 60, 300, 1000], np.float32)
    knots = np.array([-3, -0.4, -0.2, 0.2, 1.0, 1.6, 2.4], np.float32)
    return np.interp(field, knots, levels).astype(np.float32)


PAINTERS: Final = {
    NegativeKind.WATER: water,
    NegativeKind.AIR: air,
    NegativeKind.HEAD: head,
    NegativeKind.CHEST: chest,
}
