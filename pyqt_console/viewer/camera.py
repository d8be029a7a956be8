"""How a plane lies on the screen: where it is looked at, and how large."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pyqt_console.viewer.plane import PlaneGeometry
from pyqt_console.viewer.stack import Vector

MM_PER_PIXEL_MIN: Final = 0.002
MM_PER_PIXEL_MAX: Final = 100.0
TILE_STEPS: Final = 64


@dataclass(frozen=True, slots=True)
class Camera:
    """A look at a plane.

    Attributes:
        centre_uv_mm: the place on the plane in the middle of the screen.
        mm_per_pixel: the same in both directions, so that nothing is stretched.
        viewport_px: width and height of the screen.
    """

    centre_uv_mm: tuple[float, float]
    mm_per_pixel: float
    viewport_px: tuple[float, float]

    @classmethod
    def fit(cls, plane: PlaneGeometry, viewport_px: tuple[float, float]) -> Camera:
        """All of the plane, as large as it goes."""
        left, top, width_mm, height_mm = plane.rectangle_mm
        width_px, height_px = (max(each, 1.0) for each in viewport_px)
        scale = max(width_mm / width_px, height_mm / height_px)
        return cls((left + width_mm / 2, top + height_mm / 2), _scale(scale), (width_px, height_px))

    def to_screen(self, u_mm: float, v_mm: float) -> tuple[float, float]:
        """Pixels from the upper left corner."""
        return (
            (u_mm - self.centre_uv_mm[0]) / self.mm_per_pixel + self.viewport_px[0] / 2,
            (v_mm - self.centre_uv_mm[1]) / self.mm_per_pixel + self.viewport_px[1] / 2,
        )

    def to_plane(self, x_px: float, y_px: float) -> tuple[float, float]:
        """``(u, v)`` on the plane in mm."""
        return (
            (x_px - self.viewport_px[0] / 2) * self.mm_per_pixel + self.centre_uv_mm[0],
            (y_px - self.viewport_px[1] / 2) * self.mm_per_pixel + self.centre_uv_mm[1],
        )

    def patient_mm(self, plane: PlaneGeometry, x_px: float, y_px: float) -> Vector:
        """The patient coordinates under a pixel of the screen."""
        return plane.point(*self.to_plane(x_px, y_px))

    def screen_px(self, plane: PlaneGeometry, point_mm: Vector) -> tuple[float, float]:
        """Where a point of the patient, or its projection, is on the screen."""
        return self.to_screen(*plane.uv(point_mm))

    def seen_of(self, plane: PlaneGeometry, pixels_per_px: float = 1.0) -> PlaneGeometry:
        """The part of a plane that is in the viewport, no finer than the screen shows it.

        It changes in steps, so that a small move sees the same part as before.

        Args:
            plane: the whole.
            pixels_per_px: of the screen, as on one of high density.
        """
        down_mm, right_mm = plane.spacing_mm
        coarse = max(int(self.mm_per_pixel / pixels_per_px / min(plane.spacing_mm)), 1)
        left, top, _, _ = plane.rectangle_mm
        (from_u, from_v), (to_u, to_v) = self.to_plane(0, 0), self.to_plane(*self.viewport_px)
        row, rows = _part(from_v - top, to_v - top, down_mm * coarse, -(-plane.shape[0] // coarse))
        column, columns = _part(
            from_u - left, to_u - left, right_mm * coarse, -(-plane.shape[1] // coarse)
        )
        middle = (coarse - 1) / 2
        origin = (
            plane.origin_mm
            + plane.down * ((row * coarse + middle) * down_mm)
            + plane.right * ((column * coarse + middle) * right_mm)
        )
        spacing = (down_mm * coarse, right_mm * coarse)
        return PlaneGeometry(origin, plane.right, plane.down, spacing, (rows, columns))

    def panned(self, right_px: float, down_px: float) -> Camera:
        """The picture moves by so much."""
        u, v = self.centre_uv_mm
        moved = (u - right_px * self.mm_per_pixel, v - down_px * self.mm_per_pixel)
        return Camera(moved, self.mm_per_pixel, self.viewport_px)

    def zoomed(self, factor: float, at_px: tuple[float, float]) -> Camera:
        """Larger by ``factor``; what is at ``at_px`` stays there."""
        scale = _scale(self.mm_per_pixel / factor)
        u, v = self.to_plane(*at_px)
        share = scale / self.mm_per_pixel
        centre = (
            u + (self.centre_uv_mm[0] - u) * share,
            v + (self.centre_uv_mm[1] - v) * share,
        )
        return Camera(centre, scale, self.viewport_px)

    def resized(self, viewport_px: tuple[float, float]) -> Camera:
        """The same middle; as much of the picture in the shorter direction as before."""
        width, height = (max(each, 1.0) for each in viewport_px)
        share = min(width, height) / min(self.viewport_px)
        return Camera(self.centre_uv_mm, _scale(self.mm_per_pixel / share), (width, height))

    def looking_at(self, u_mm: float, v_mm: float) -> Camera:
        """The same size around another place."""
        return Camera((u_mm, v_mm), self.mm_per_pixel, self.viewport_px)


def _part(begin_mm: float, end_mm: float, step_mm: float, count: int) -> tuple[int, int]:
    """First and number of the steps between two places, in whole tiles, at least one."""
    first = math.floor(begin_mm / step_mm / TILE_STEPS) * TILE_STEPS
    last = math.ceil(end_mm / step_mm / TILE_STEPS) * TILE_STEPS
    first = min(max(first, 0), count - 1)
    return first, max(min(last, count) - first, 1)


def _scale(mm_per_pixel: float) -> float:
    return min(max(mm_per_pixel, MM_PER_PIXEL_MIN), MM_PER_PIXEL_MAX)
