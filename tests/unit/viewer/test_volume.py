"""Slices arrive in any order; reformats are exact; what is missing is a gap."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from pyqt_console.viewer.decode import GAP, decode
from pyqt_console.viewer.errors import DamagedImageError
from pyqt_console.viewer.headers import PixelFormat
from pyqt_console.viewer.plane import Orientation, PlaneGeometry
from pyqt_console.viewer.reformat import plane_through, sample
from pyqt_console.viewer.stack import Stack, stack_of
from pyqt_console.viewer.volume import GrowingVolume, VolumeCache
from tests.unit.viewer.series import AXIAL, CORONAL, SAGITTAL, filled, image, ramp, stack


def places_of(plane: PlaneGeometry) -> NDArray[np.float64]:
    """(rows, columns, 3) patient coordinates of a plane's pixels."""
    rows, columns = np.mgrid[: plane.shape[0], : plane.shape[1]]
    down, right = plane.spacing_mm
    places: NDArray[np.float64] = (
        plane.origin_mm
        + rows[..., None] * down * plane.down
        + columns[..., None] * right * plane.right
    )
    return places


def middle(found: Stack) -> NDArray[np.float64]:
    places: NDArray[np.float64] = found.corners_mm().mean(axis=0)
    return places


def test_slices_come_in_any_order() -> None:
    volume = GrowingVolume(stack())
    order = list(range(5))
    random.Random(2).shuffle(order)
    for count, index in enumerate(order):
        assert volume.settled == count
        assert not volume.complete
        assert (volume.slice_hu(index) == GAP).all()
        volume.put(index, np.full((4, 6), index, np.int16))
        assert volume.has(index)
        assert (volume.slice_hu(index) == index).all()
    assert volume.complete
    assert volume.version == 5


def test_a_damaged_slice_has_its_sentence_until_a_good_one_comes() -> None:
    volume = GrowingVolume(stack())
    volume.put_damaged(1, "This image is damaged.")
    assert volume.damaged == {1: "This image is damaged."}
    assert volume.is_settled(1)
    assert not volume.has(1)
    volume.put(1, np.zeros((4, 6), np.int16))
    volume.put_damaged(1, "too late")
    assert volume.damaged == {}
    with pytest.raises(DamagedImageError):
        volume.put(2, np.zeros((6, 4), np.int16))


def test_the_value_under_a_place() -> None:
    volume = filled(stack(), ramp, without=[3])
    assert volume.hu_at(1, 2.2, 0.9) == ramp(volume.stack.point(1, 2, 1))
    assert volume.hu_at(1, 4, 0) is None
    assert volume.hu_at(1, 0, -0.6) is None
    assert volume.hu_at(3, 0, 0) is None


def along(axis: int, count: int, cosines: tuple[float, ...], step: float = 3.0) -> Stack:
    images = []
    for number in range(count):
        position = [7.0, -11.0, 13.0]
        position[axis] += step * number
        images.append(
            image(number, position, ImageOrientationPatient=list(cosines), Rows=9, Columns=11)
        )
    return stack_of(images)


TILT = (1.0, 0.0, 0.0, 0.0, float(np.cos(0.3)), float(-np.sin(0.3)))
TURNED = (float(np.cos(0.2)), float(np.sin(0.2)), 0.0, float(-np.sin(0.2)), float(np.cos(0.2)), 0.0)


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize(
    "found",
    [
        pytest.param(along(2, 7, AXIAL), id="axial"),
        pytest.param(along(2, 7, (-1, 0, 0, 0, -1, 0)), id="prone"),
        pytest.param(along(0, 7, SAGITTAL), id="sagittal"),
        pytest.param(along(1, 7, CORONAL), id="coronal"),
        pytest.param(along(2, 7, TILT), id="tilted gantry"),
        pytest.param(along(2, 7, TURNED), id="turned head"),
        pytest.param(stack([20, 18.5, 16, 13.2, 10.8, 9]), id="uneven"),
    ],
)
def test_a_linear_field_comes_back_exactly_in_every_plane(
    found: Stack, orientation: Orientation
) -> None:
    """Values that grow linearly in the patient are what linear interpolation must reproduce."""
    volume = filled(found, ramp)
    plane = plane_through(found, orientation, middle(found))
    shown = sample(volume, plane)
    assert shown.hu.shape == plane.shape
    places = places_of(plane)
    compared = shown.hu != GAP
    compared &= _well_inside(found, places)
    assert compared.sum() >= 12
    assert np.abs(shown.hu - ramp(places))[compared].max() <= 1.01


def _well_inside(found: Stack, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Between the outermost pixel centres of the slices beside it."""
    normal = places @ found.normal
    inside: NDArray[np.bool_] = (normal >= found.offsets_mm[0] - 1e-6) & (
        normal <= found.offsets_mm[-1] + 1e-6
    )
    for at in np.argwhere(inside):
        index = found.nearest(places[tuple(at)])
        row, column = found.pixel(index, places[tuple(at)])
        _, rows, columns = found.shape
        inside[tuple(at)] = 1 <= row <= rows - 2 and 1 <= column <= columns - 2
    return inside


def test_millimetres_are_true_whatever_the_spacing() -> None:
    """A reformat's height is the way from the first to the last slice, its width the slice's."""
    found = stack([30, 27, 24, 21])
    coronal = plane_through(found, Orientation.CORONAL, middle(found))
    left, top, width, height = coronal.rectangle_mm
    assert coronal.spacing_mm == pytest.approx((1, 1))
    assert width == pytest.approx(6)
    assert height == pytest.approx(9 + 1)
    assert (left, top) == pytest.approx((-2.5, -30.5))
    assert coronal.letters() == ("R", "H", "L", "F")
    assert plane_through(found, Orientation.SAGITTAL, middle(found)).letters() == (
        "A",
        "H",
        "P",
        "F",
    )


def test_missing_slices_are_gaps_and_nothing_is_made_up() -> None:
    """Of five slices 3 mm apart the third is not here: a gap of 3 mm, from half to half."""
    found = stack()
    volume = filled(found, lambda places: places[..., 2], without=[2])
    shown = sample(volume, plane_through(found, Orientation.SAGITTAL, middle(found)))
    zs = 20 - np.arange(13)
    column = shown.hu[:, 2]
    expected_gap = np.abs(zs - 14) < 1.5
    assert (column[expected_gap] == GAP).all()
    assert set(column[~expected_gap]) <= {20, 19, 18, 17, 11, 10, 9, 8}
    volume.put(2, np.full((4, 6), 14, np.int16))
    shown = sample(volume, plane_through(found, Orientation.SAGITTAL, middle(found)))
    assert shown.hu[:, 2].tolist() == zs.tolist()


def test_slices_that_were_never_made_are_a_gap() -> None:
    found = stack([20, 17, 14, 5, 2])
    volume = filled(found, lambda places: places[..., 2])
    shown = sample(volume, plane_through(found, Orientation.CORONAL, middle(found)))
    zs = 20 - np.arange(19)
    assert ((shown.hu[:, 3] == GAP) == ((zs < 12.5) & (zs > 6.5))).all()


def test_beside_the_volume_there_is_nothing() -> None:
    found = stack()
    volume = filled(found, ramp)
    for orientation, axis in ((Orientation.SAGITTAL, 0), (Orientation.CORONAL, 1)):
        place = middle(found)
        place[axis] += 100
        assert (sample(volume, plane_through(found, orientation, place)).hu == GAP).all()


def test_one_slice_has_thin_reformats() -> None:
    volume = filled(stack([7]), ramp)
    plane = plane_through(volume.stack, Orientation.SAGITTAL, middle(volume.stack))
    assert plane.shape == (1, 7)
    assert (sample(volume, plane).hu != GAP).all()


def test_a_huge_field_has_a_bounded_plane() -> None:
    found = stack(list(range(0, -40_000, -20)))
    plane = plane_through(found, Orientation.SAGITTAL, middle(found))
    assert max(plane.shape) <= 4097


def test_the_cache_forgets_the_oldest_and_keeps_the_newest() -> None:
    one = GrowingVolume(stack())
    cache = VolumeCache(max_bytes=2 * one.nbytes)
    for name in ("a", "b"):
        cache.get(name, lambda: GrowingVolume(stack()))
    kept = cache.get("a", lambda: pytest.fail("it is here"))
    cache.get("c", lambda: GrowingVolume(stack()))
    assert "b" not in cache
    assert cache.get("a", lambda: pytest.fail("it is here")) is kept
    assert cache.nbytes == 2 * one.nbytes
    large = cache.get("large", lambda: GrowingVolume(stack(list(range(100, 0, -1)))))
    assert large.nbytes > 2 * one.nbytes
    assert len(cache) == 1
    cache.forget("large")
    assert len(cache) == 0


PIXELS = PixelFormat(rows=2, columns=3)


@pytest.mark.parametrize(
    ("stored", "pixels", "expected"),
    [
        (np.arange(6, dtype="<u2"), PIXELS, [0, 1, 2, 3, 4, 5]),
        (np.arange(-3, 3, dtype="<i2"), PixelFormat(2, 3, signed=True), [-3, -2, -1, 0, 1, 2]),
        (np.arange(6, dtype="<u2"), PixelFormat(2, 3, intercept=-1024), range(-1024, -1018)),
        (np.arange(6, dtype="<u2"), PixelFormat(2, 3, slope=0.5), [0, 0, 1, 2, 2, 2]),
        (
            np.arange(6, dtype="<u2"),
            PixelFormat(2, 3, slope=2, intercept=-0.4),
            [0, 2, 4, 6, 8, 10],
        ),
        (np.arange(6, dtype="u1"), PixelFormat(2, 3, 8, 8), [0, 1, 2, 3, 4, 5]),
        (np.full(6, 65535, "<u2"), PIXELS, [32767] * 6),
        (np.full(6, -32768, "<i2"), PixelFormat(2, 3, signed=True), [-32767] * 6),
        (np.full(6, 0xF801, "<u2"), PixelFormat(2, 3, 16, 12, signed=False), [0x801] * 6),
        (np.full(6, 0x0801, "<i2"), PixelFormat(2, 3, 16, 12, signed=True), [-2047] * 6),
        (np.linspace(0, 1, 6, dtype="<f4"), PixelFormat(2, 3, 32, 32), range(0, 1001, 200)),
        (np.full(6, np.nan, "<f4"), PixelFormat(2, 3, 32, 32), [0] * 6),
    ],
)
def test_stored_values_become_hounsfield_units(
    stored: NDArray[np.generic], pixels: PixelFormat, expected: list[int]
) -> None:
    found = decode(stored.tobytes(), pixels)
    assert found.shape == (2, 3)
    assert found.ravel().tolist() == list(expected)


@pytest.mark.parametrize("size", [0, 11, 13, 24])
def test_a_frame_of_another_size_is_damaged(size: int) -> None:
    with pytest.raises(DamagedImageError, match=f"it has {size} bytes where its header says 12"):
        decode(bytes(size), PIXELS)


def test_a_frame_of_an_odd_size_is_padded() -> None:
    assert decode(bytes(10), PixelFormat(3, 3, 8, 8)).shape == (3, 3)
