"""Lengths and angles in the patient's millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.stack import Vector


class Tool(StrEnum):
    """What dragging with the left button does."""

    POINT = "point"
    RULER = "ruler"
    ANGLE = "angle"
    BOX = "box"


def length_mm(start_mm: Vector, end_mm: Vector) -> float:
    """The straight way."""
    return float(np.linalg.norm(end_mm - start_mm))


def angle_degrees(first_mm: Vector, vertex_mm: Vector, second_mm: Vector) -> float | None:
    """At the vertex, 0…180; None where two points fall together."""
    one, other = first_mm - vertex_mm, second_mm - vertex_mm
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    if min(lengths) < 1e-9:
        return None
    # atan2 is exact where an arc cosine is not: near 0° and 180°.
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other)))


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A ruler (two points) or an angle (three; the second is the vertex) on one plane."""

    tool: Tool
    orientation: Orientation
    points_mm: tuple[Vector, ...]

    @property
    def finished(self) -> bool:
        """Whether all its points are set."""
        return len(self.points_mm) == (3 if self.tool is Tool.ANGLE else 2)

    def with_last(self, point_mm: Vector) -> Measurement:
        """The last point elsewhere."""
        return replace(self, points_mm=(*self.points_mm[:-1], point_mm))

    def with_next(self, point_mm: Vector) -> Measurement:
        """One point more."""
        return replace(self, points_mm=(*self.points_mm, point_mm))

    def text(self) -> str:
        """``12.3 mm``, ``47.0°``; empty where there is nothing to say yet."""
        if self.tool is Tool.ANGLE:
            if len(self.points_mm) < 3:
                return ""
            found = angle_degrees(*self.points_mm)
            return "" if found is None else f"{found:.1f}°"
        if len(self.points_mm) < 2:
            return ""
        return f"{length_mm(*self.points_mm):.1f} mm"
