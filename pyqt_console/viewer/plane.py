"""Planes through the patient, and the letters at their edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import mark
from pyqt_console.viewer.stack import Stack, Vector

LETTER_LEAST: Final = 0.35
"""A direction's part along an axis below which its letter is left out (about 20°)."""
_LETTERS: Final = (("L", "R"), ("P", "A"), ("H", "F"))
"""For each axis: growing, falling (PS3.3 C.7.6.1.1.1, with head and feet as words)."""


class Orientation(StrEnum):
    """The three planes of a body."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"


NAMES: Final[Mapping[Orientation, str]] = {
    Orientation.AXIAL: mark("axial"),
    Orientation.SAGITTAL: mark("sagittal"),
    Orientation.CORONAL: mark("coronal"),
}
"""To be translated where they are shown."""


DIRECTIONS: Final[Mapping[Orientation, tuple[tuple[float, ...], tuple[float, ...]]]] = {
    Orientation.AXIAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    Orientation.SAGITTAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    Orientation.CORONAL: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
}
"""To the right and down on the screen: seen from the feet, from the left, from the front."""
NORMAL_AXIS: Final[Mapping[Orientation, int]] = {
    Orientation.SAGITTAL: 0,
    Orientation.CORONAL: 1,
    Orientation.AXIAL: 2,
}


@dataclass(frozen=True, slots=True, eq=False)
class PlaneGeometry:
    """A rectangle of pixels in the patient.

    On a plane, ``(u, v)`` are millimetres along ``right`` and ``down`` from the patient's origin,
    so that neighbouring planes lie on each other. ``w`` is along ``normal``.

    Attributes:
        origin_mm: centre of the upper left pixel.
        right, down: unit vectors at right angles.
        spacing_mm: between rows, between columns.
        shape: rows, columns.
    """

    origin_mm: Vector
    right: Vector
    down: Vector
    spacing_mm: tuple[float, float]
    shape: tuple[int, int]

    @property
    def normal(self) -> Vector:
        """Unit vector, away from the eye."""
        found: Vector = np.cross(self.right, self.down)
        return found

    @property
    def w_mm(self) -> float:
        """Where the plane lies along its normal."""
        return float(self.normal @ self.origin_mm)

    def uv(self, point_mm: Vector) -> tuple[float, float]:
        """A point's projection onto the plane."""
        return float(self.right @ point_mm), float(self.down @ point_mm)

    def distance_mm(self, point_mm: Vector) -> float:
        """From the plane to a point, along the normal."""
        return float(self.normal @ point_mm) - self.w_mm

    def point(self, u: float, v: float) -> Vector:
        """A place on the plane in patient coordinates."""
        inside: Vector = self.right * u + self.down * v + self.normal * self.w_mm
        return inside

    @property
    def rectangle_mm(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of all pixels, with their edges, as ``u`` and ``v``."""
        left, top = self.uv(self.origin_mm)
        rows, columns = self.shape
        down_mm, right_mm = self.spacing_mm
        return left - right_mm / 2, top - down_mm / 2, columns * right_mm, rows * down_mm

    def letters(self) -> tuple[str, str, str, str]:
        """At the left, top, right and lower edge."""
        return (
            letters(-self.right),
            letters(-self.down),
            letters(self.right),
            letters(self.down),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PlaneImage:
    """What lies on a plane: (rows, columns) HU, ``GAP`` where there is nothing."""

    geometry: PlaneGeometry
    hu: NDArray[np.int16]


def letters(direction: Vector) -> str:
    """``L``, ``PL``, …: where a direction points, the larger part first."""
    parts = sorted(range(3), key=lambda axis: -abs(direction[axis]))
    return "".join(
        _LETTERS[axis][0 if direction[axis] > 0 else 1]
        for axis in parts
        if abs(direction[axis]) >= LETTER_LEAST
    )


def native_orientation(stack: Stack) -> Orientation:
    """The plane of the body that the slices themselves are nearest to."""
    axis = int(np.abs(stack.normal).argmax())
    return next(each for each, normal in NORMAL_AXIS.items() if normal == axis)


def slice_geometry(stack: Stack, index: int) -> PlaneGeometry:
    """The plane of a slice itself."""
    _, rows, columns = stack.shape
    return PlaneGeometry(
        stack.origins_mm[index],
        stack.right,
        stack.down,
        (stack.row_spacing_mm, stack.column_spacing_mm),
        (rows, columns),
    )
