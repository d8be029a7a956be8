"""Parallel slices with positions: their order, their distances, and the grid that fits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inference.types import SliceHeader, Vector3

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """A fit series.

    Attributes:
        slices: from head to feet.
        affine: (4, 4) float64, maps (column, row, slice, 1) to LPS millimetres
            (PS3.3 C.7.6.2.1.1, with the slice axis through the slices' positions).
        spacing_mm: between neighbouring (slices, rows, columns).
    """

    slices: tuple[SliceHeader, ...]
    affine: Floats
    spacing_mm: Vector3


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Parallel slices, sorted from head to feet.

    Attributes:
        positions: (n, 3) LPS mm.
        orientation: (6,) row and column cosines.
        towards_feet: (3,) unit normal of the slices.
        gaps_mm: (n - 1,) along the normal, ≥ 0.
        usual_gap_mm: median without duplicates; 0 where there is none.
    """

    slices: tuple[SliceHeader, ...]
    positions: Floats
    orientation: Floats
    towards_feet: Floats
    gaps_mm: Floats
    usual_gap_mm: float

    @classmethod
    def of(cls, headers: Sequence[SliceHeader], *, duplicate_distance_mm: float) -> Stack:
        """Sort axial slices of one orientation, all with position, orientation and spacing."""
        orientation = mean_orientation(headers)
        normal = slice_normal(orientation)
        towards_feet = -normal if normal[2] > 0 else normal
        positions = np.array([each.position_mm for each in headers], dtype=np.float64)
        order = np.argsort(positions @ towards_feet, kind="stable")
        positions = positions[order]
        gaps = np.diff(positions @ towards_feet)
        real = gaps[gaps > duplicate_distance_mm]
        return cls(
            slices=tuple(headers[index] for index in order),
            positions=positions,
            orientation=orientation,
            towards_feet=towards_feet,
            gaps_mm=gaps,
            usual_gap_mm=float(np.median(real)) if real.size else 0.0,
        )

    def fit(self) -> tuple[Floats, Floats]:
        """Position of slice 0 and step of the regular grid with the least squared error, in mm."""
        index = np.arange(len(self.slices), dtype=np.float64)
        centred = index - index.mean()
        step = centred @ self.positions / (centred @ centred)
        return self.positions.mean(axis=0) - index.mean() * step, step

    def geometry(self) -> Geometry:
        """The volume that the slices make, once the rules have passed them."""
        origin, step = self.fit()
        return self._geometry(self.slices, origin, step)

    def geometry_of_one(self, index: int) -> Geometry:
        """One slice as a volume of its own, as high as the slice is thick."""
        alone = self.slices[index]
        told_mm = alone.slice_thickness_mm or 0.0
        height_mm = told_mm if 0.05 <= told_mm <= 20.0 else 1.0  # anything else is a slip
        return self._geometry((alone,), self.positions[index], self.towards_feet * height_mm)

    def _geometry(self, slices: tuple[SliceHeader, ...], origin: Floats, step: Floats) -> Geometry:
        spacing_mm = slices[0].spacing_mm
        assert spacing_mm is not None
        row_mm, column_mm = spacing_mm
        affine = np.eye(4)
        affine[:3, 0] = self.orientation[:3] * column_mm
        affine[:3, 1] = self.orientation[3:] * row_mm
        affine[:3, 2] = step
        affine[:3, 3] = origin
        return Geometry(slices, affine, (float(np.linalg.norm(step)), row_mm, column_mm))


def is_orthonormal(orientation: Sequence[float], *, tolerance: float) -> bool:
    """Whether row and column cosines are unit vectors at a right angle (PS3.3 C.7.6.2.1.1)."""
    if max(map(abs, orientation)) > 1 + tolerance:
        return False
    row, column = np.reshape(orientation, (2, 3))
    errors = (row @ row - 1, column @ column - 1, row @ column)
    return all(abs(float(each)) <= 2 * tolerance for each in errors)


def mean_orientation(headers: Sequence[SliceHeader]) -> Floats:
    """(6,) row and column cosines of parallel slices, each of unit length."""
    cosines = np.array([each.orientation for each in headers], dtype=np.float64)
    middle = np.median(cosines, axis=0).reshape(2, 3)
    unit: Floats = (middle / np.linalg.norm(middle, axis=1, keepdims=True)).ravel()
    return unit


def slice_normal(orientation: Floats) -> Floats:
    """(3,) unit vector across the slices: row direction × column direction."""
    normal = np.cross(orientation[:3], orientation[3:])
    unit: Floats = normal / np.linalg.norm(normal)
    return unit
