"""The camera: screen and patient are each other's inverse; nothing is ever stretched."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pyqt_console.viewer.camera import MM_PER_PIXEL_MAX, MM_PER_PIXEL_MIN, Camera
from pyqt_console.viewer.plane import Orientation, slice_geometry
from pyqt_console.viewer.reformat import plane_through
from tests.unit.viewer.series import stack

PLANES = [
    slice_geometry(stack(), 2),
    plane_through(stack(), Orientation.SAGITTAL, np.array([0.5, 0.0, 0.0])),
    plane_through(stack(), Orientation.CORONAL, np.array([0.0, 0.5, 0.0])),
]


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("viewport", [(800.0, 600.0), (300.0, 900.0), (1.0, 1.0)])
def test_fit_shows_all_of_the_plane_in_the_middle(
    plane: object, viewport: tuple[float, float]
) -> None:
    assert isinstance(plane, type(PLANES[0]))
    camera = Camera.fit(plane, viewport)
    left, top, width, height = plane.rectangle_mm
    x0, y0 = camera.to_screen(left, top)
    x1, y1 = camera.to_screen(left + width, top + height)
    assert min(x0, y0, viewport[0] - x1, viewport[1] - y1) == pytest.approx(0, abs=1e-9)
    assert (x0 + x1) / 2 == pytest.approx(viewport[0] / 2)
    assert (y0 + y1) / 2 == pytest.approx(viewport[1] / 2)


def test_screen_and_patient_are_inverse_after_any_move() -> None:
    for plane, pan, zoom in itertools.product(PLANES, [(0, 0), (13, -40)], [1.0, 3.5, 0.2]):
        camera = Camera.fit(plane, (640, 480)).panned(*pan).zoomed(zoom, (100, 50))
        point = camera.patient_mm(plane, 123, 321)
        assert camera.screen_px(plane, point) == pytest.approx((123, 321))
        assert plane.distance_mm(point) == pytest.approx(0)


def test_a_millimetre_is_a_millimetre_in_both_directions() -> None:
    for plane in PLANES:
        camera = Camera.fit(plane, (640, 480))
        here, right, down = (camera.patient_mm(plane, *at) for at in ((5, 5), (15, 5), (5, 15)))
        assert np.linalg.norm(right - here) == pytest.approx(10 * camera.mm_per_pixel)
        assert np.linalg.norm(down - here) == pytest.approx(10 * camera.mm_per_pixel)


def test_zoom_keeps_what_is_under_the_pointer() -> None:
    camera = Camera.fit(PLANES[0], (640, 480))
    zoomed = camera.zoomed(2.5, (600, 20))
    assert zoomed.to_plane(600, 20) == pytest.approx(camera.to_plane(600, 20))
    assert zoomed.mm_per_pixel == pytest.approx(camera.mm_per_pixel / 2.5)
    assert camera.zoomed(1e9, (0, 0)).mm_per_pixel == MM_PER_PIXEL_MIN
    assert camera.zoomed(1e-9, (0, 0)).mm_per_pixel == MM_PER_PIXEL_MAX


def test_pan_moves_the_picture_with_the_hand() -> None:
    camera = Camera.fit(PLANES[0], (640, 480))
    u, v = camera.to_plane(100, 100)
    assert camera.panned(7, -3).to_screen(u, v) == pytest.approx((107, 97))


def test_a_new_size_of_the_window_keeps_middle_and_content() -> None:
    camera = Camera.fit(PLANES[0], (400, 400)).zoomed(2, (50, 50))
    larger = camera.resized((800, 1000))
    assert larger.centre_uv_mm == camera.centre_uv_mm
    assert larger.mm_per_pixel == pytest.approx(camera.mm_per_pixel / 2)
    assert larger.looking_at(1, 2).centre_uv_mm == (1, 2)
