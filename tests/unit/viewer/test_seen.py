"""Reformats are made of what is on the screen, and no finer than it shows."""

from __future__ import annotations

import numpy as np
import pytest

from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.decode import GAP
from pyqt_console.viewer.plane import Orientation, PlaneGeometry
from pyqt_console.viewer.reformat import plane_through, sample
from pyqt_console.viewer.stack import stack_of
from pyqt_console.viewer.volume import GrowingVolume
from tests.unit.viewer.series import image, ramp


@pytest.fixture(scope="module")
def volume() -> GrowingVolume:
    """400 slices 0.5 mm apart of 160 × 160 pixels of 0.5 mm: values grow evenly with the place."""
    size = {"Rows": 160, "Columns": 160, "PixelSpacing": [0.5, 0.5]}
    found = stack_of([image(each, [-40, -40, -0.5 * each], **size) for each in range(400)])
    made = GrowingVolume(found)
    rows, columns = np.mgrid[:160, :160]
    aside = rows[..., None] * 0.5 * found.down + columns[..., None] * 0.5 * found.right
    for index in range(400):
        made.put(index, np.rint(ramp(aside + found.origins_mm[index])).astype(np.int16))
    return made


def sagittal(volume: GrowingVolume) -> PlaneGeometry:
    return plane_through(volume.stack, Orientation.SAGITTAL, np.array([3.3, 0.0, -90.0]))


def test_a_fitted_plane_is_as_coarse_as_the_screen(volume: GrowingVolume) -> None:
    plane = sagittal(volume)
    camera = Camera.fit(plane, (100, 100))
    assert plane.shape == (400, 160)
    assert camera.mm_per_pixel == pytest.approx(2.0)
    seen = camera.seen_of(plane)
    assert seen.shape == (100, 40)
    assert seen.rectangle_mm == pytest.approx(plane.rectangle_mm)
    assert camera.seen_of(plane, 2.0).shape == (200, 80)  # a screen of high density
    found = sample(volume, seen).hu
    assert not (found == GAP).any()
    for row, column in ((0, 0), (50, 20), (99, 39)):
        left, top, _, _ = seen.rectangle_mm
        place = seen.point(left + (column + 0.5) * 2.0, top + (row + 0.5) * 2.0)
        # The nearest voxel is at most half a voxel away.
        assert found[row, column] == pytest.approx(float(ramp(place)), abs=30)


def test_of_an_enlarged_plane_only_what_is_in_sight_is_made(volume: GrowingVolume) -> None:
    plane = sagittal(volume)
    camera = Camera.fit(plane, (400, 400)).zoomed(8, (200, 100))
    seen = camera.seen_of(plane)
    assert seen.spacing_mm == plane.spacing_mm
    assert seen.shape < plane.shape
    whole, part = sample(volume, plane).hu, sample(volume, seen).hu
    left, top = plane.uv(plane.origin_mm)
    seen_left, seen_top = seen.uv(seen.origin_mm)
    row, column = round((seen_top - top) / 0.5), round((seen_left - left) / 0.5)
    rows, columns = part.shape
    assert (whole[row : row + rows, column : column + columns] == part).all()
    for corner in ((0.0, 0.0), (400.0, 400.0)):
        u, v = camera.to_plane(*corner)
        x, y, width, height = seen.rectangle_mm
        assert x <= max(u, plane.rectangle_mm[0])
        assert y <= max(v, plane.rectangle_mm[1])
        assert min(u, sum(plane.rectangle_mm[::2])) <= x + width + 1e-6
        assert min(v, sum(plane.rectangle_mm[1::2])) <= y + height + 1e-6


def test_a_small_move_sees_the_same_part(volume: GrowingVolume) -> None:
    plane = sagittal(volume)
    camera = Camera.fit(plane, (400, 400)).zoomed(4, (200, 100))
    before, after = camera.seen_of(plane), camera.panned(3, -2).seen_of(plane)
    assert before.shape == after.shape
    assert (before.origin_mm == after.origin_mm).all()


def test_far_aside_there_is_still_a_plane(volume: GrowingVolume) -> None:
    plane = sagittal(volume)
    for right, down in ((10_000, 0), (-10_000, 10_000)):
        seen = Camera.fit(plane, (300, 300)).panned(right, down).seen_of(plane)
        assert min(seen.shape) >= 1
        sample(volume, seen)


def test_missing_slices_stay_a_gap_also_when_coarse(volume: GrowingVolume) -> None:
    half = GrowingVolume(volume.stack)
    for index in range(200):
        half.put(index, volume.slice_hu(index))
    plane = sagittal(half)
    found = sample(half, Camera.fit(plane, (100, 100)).seen_of(plane)).hu
    assert not (found[:49] == GAP).any()
    assert (found[51:] == GAP).all()
