"""Metadata → slices in order, in the patient's millimetres."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pyqt_console.viewer.errors import NoImagesError
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.plane import Orientation, letters, native_orientation, slice_geometry
from pyqt_console.viewer.stack import stack_of
from tests.unit.viewer.series import CORONAL, SAGITTAL, dataset, image, stack


def test_slices_are_ordered_from_head_to_feet_whatever_order_they_come_in() -> None:
    images = [image(number, 3.0 * number) for number in range(1, 30)]
    random.Random(5).shuffle(images)
    found = stack_of(images)
    assert [each.number for each in found.slices] == list(range(29, 0, -1))
    assert found.slice_spacing_mm == pytest.approx(3)
    assert np.diff(found.offsets_mm) == pytest.approx(3)
    assert found.left_out == ()
    assert found.in_patient_space


@pytest.mark.parametrize(
    ("cosines", "axis", "sign", "orientation"),
    [
        ((1, 0, 0, 0, 1, 0), 2, -1, Orientation.AXIAL),
        ((1, 0, 0, 0, -1, 0), 2, -1, Orientation.AXIAL),
        (SAGITTAL, 0, 1, Orientation.SAGITTAL),
        (CORONAL, 1, 1, Orientation.CORONAL),
    ],
)
def test_the_counting_direction_of_each_orientation(
    cosines: tuple[float, ...], axis: int, sign: float, orientation: Orientation
) -> None:
    images = []
    for number in range(4):
        position = [0.0, 0.0, 0.0]
        position[axis] = 2.0 * number
        images.append(image(number, position, ImageOrientationPatient=list(cosines)))
    found = stack_of(images)
    assert found.normal[axis] == sign
    assert np.diff(found.origins_mm[:, axis]) * sign == pytest.approx(2)
    assert native_orientation(found) is orientation


def test_pixel_and_point_are_inverse_and_exact() -> None:
    found = stack()
    point = found.point(2, row=1.5, column=3)
    assert point == pytest.approx((-2 + 3, -3 + 3, 14))
    assert found.pixel(2, point) == pytest.approx((1.5, 3))
    assert found.nearest(point) == 2
    assert found.nearest(point + np.array([0, 0, 1.4])) == 2
    assert found.nearest(point + np.array([0, 0, 1.6])) == 1
    assert found.nearest(np.array([0, 0, 1e6])) == 0
    assert found.nearest(np.array([0, 0, -1e6])) == 4


def test_a_tilted_gantry_leans_and_is_placed_exactly() -> None:
    """Rows of the table's frame: the origins move along z, the slices lie aslant."""
    tilt = np.radians(20)
    cosines = [1, 0, 0, 0, float(np.cos(tilt)), float(-np.sin(tilt))]
    found = stack_of(
        [image(n, [0, 0, -3.0 * n], ImageOrientationPatient=cosines) for n in range(5)]
    )
    assert found.slice_spacing_mm == pytest.approx(3 * np.cos(tilt))
    assert found.point(1, 0, 0) == pytest.approx((0, 0, -3))
    assert found.point(0, 1, 0) == pytest.approx((0, 2 * np.cos(tilt), -2 * np.sin(tilt)))


def test_a_localizer_and_doubles_are_left_out_and_said() -> None:
    localizer = image(90, [0, 0, 0], ImageOrientationPatient=list(SAGITTAL))
    found = stack_of([localizer, *(image(n, 3.0 * n) for n in (1, 2, 3)), image(4, 3.0)])
    assert [each.number for each in found.slices] == [3, 2, 1]
    assert found.left_out == (
        "1 image of another size or orientation is not shown here.",
        "1 image at the place of another is not shown here.",
    )


def test_missing_slices_are_gaps() -> None:
    found = stack([20, 17, 14, 5, 2])
    assert found.gaps().tolist() == [False, False, True, False]


def test_one_slice_is_a_stack() -> None:
    found = stack([7])
    assert found.shape == (1, 4, 6)
    assert found.slice_spacing_mm == 1
    assert found.nearest(np.zeros(3)) == 0


def test_images_without_a_place_are_shown_by_number_and_not_in_millimetres() -> None:
    images = [image(n, 0) for n in (3, 1, 2)]
    for each in images:
        del each["00200032"]
    found = stack_of(images)
    assert [each.number for each in found.slices] == [1, 2, 3]
    assert not found.in_patient_space
    assert "no millimetres" in found.left_out[0]


def test_an_enhanced_image_has_its_places_in_functional_groups() -> None:
    frames = [
        dataset(
            PlanePositionSequence=[dataset(ImagePositionPatient=[0.0, 0.0, float(z)])],
            PixelValueTransformationSequence=[dataset(RescaleSlope=2, RescaleIntercept=-z)],
        )
        for z in (0, 5, 10)
    ]
    shared = dataset(
        PlaneOrientationSequence=[dataset(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[dataset(PixelSpacing=[0.5, 0.25])],
    )
    enhanced = dataset(
        SOPInstanceUID="1.2.3",
        Rows=4,
        Columns=6,
        BitsAllocated=16,
        NumberOfFrames=3,
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=frames,
    )
    found = stack_of([enhanced])
    assert [each.frame for each in found.slices] == [FrameRef("1.2.3", n) for n in (3, 2, 1)]
    assert found.slices[0].pixels.intercept == -10
    assert found.slices[0].pixels.slope == 2
    assert (found.row_spacing_mm, found.column_spacing_mm) == (0.5, 0.25)
    assert found.index_of("1.2.3", 3) == 0
    assert found.index_of("1.2.3", 4) is None
    assert found.index_of("9") is None


@pytest.mark.parametrize(
    "broken",
    [
        {"Rows": 0},
        {"Rows": "many"},
        {"Columns": 10**9},
        {"BitsAllocated": 1},
        {"SamplesPerPixel": 3},
        {"SOPInstanceUID": [None]},
    ],
)
def test_what_is_no_grey_image_is_not_shown(broken: dict[str, object]) -> None:
    with pytest.raises(NoImagesError):
        stack_of([image(1, 0, **broken)])


@pytest.mark.parametrize(
    "broken",
    [
        {"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]},
        {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]},
        {"ImageOrientationPatient": [1, 0, 0]},
        {"ImagePositionPatient": [1, 2, float("nan")]},
        {"ImagePositionPatient": ["a", "b", "c"]},
        {"PixelSpacing": [0, 1]},
    ],
)
def test_a_broken_geometry_is_no_geometry(broken: dict[str, object]) -> None:
    assert not stack_of([image(1, 0, **broken)]).in_patient_space


def test_a_forged_number_of_frames_is_bounded() -> None:
    assert len(stack_of([image(1, 0, NumberOfFrames=10**8)]).slices) == 1  # all at one place


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "H"),
        ((0, 0, -1), "F"),
        ((0, 0.8, -0.6), "PF"),
        ((0.9962, 0.0872, 0), "L"),
    ],
)
def test_letters_say_where_a_direction_points(direction: tuple[float, ...], expected: str) -> None:
    assert letters(np.array(direction, dtype=np.float64)) == expected


def test_an_axial_slice_is_seen_from_the_feet() -> None:
    assert slice_geometry(stack(), 0).letters() == ("R", "A", "L", "P")
