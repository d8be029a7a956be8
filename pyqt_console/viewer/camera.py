"""How a plane lies on the screen: where it is looked at, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyqt_console.viewer.plane import PlaneGeometry
from pyqt_console.viewer.stack import Vector

MM_PER_PIXEL_MIN: Final = 0.002
MM_PER_PIXEL_MAX: Final = 100.0


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


def _scale(mm_per_pixel: float) -> float:
    return min(max(mm_per_pixel, MM_PER_PIXEL_MIN), MM_PER_PIXEL_MAX)
