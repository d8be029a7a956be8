"""Masks of any orientation, and masks that must be refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, inv_ornt_aff
from numpy.typing import NDArray

from inference.errors import DataError
from inference.phantom.rsna import sagittal_mask
from inference.training.nifti import read_mask

SHAPE = (5, 6, 7)
"""Slices, rows, columns."""

AFFINE = np.array(
    [
        [0.41, 0.0, 0.0, -52.3],
        [0.0, 0.41, 0.0, -27.7],
        [0.0, 0.0, -0.62, 83.1],
        [0.0, 0.0, 0.0, 1.0],
    ]
)

ORIENTATIONS = [
    np.array(list(zip(axes, flips, strict=True)), np.float64)
    for axes in itertools.permutations(range(3))
    for flips in itertools.product((1, -1), repeat=3)
]


@pytest.fixture
def labels() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 20, SHAPE).astype(np.uint8)


def write(path: Path, stored: NDArray[np.generic], affine: NDArray[np.float64]) -> Path:
    image = nibabel.Nifti1Image(stored, affine)  # type: ignore[no-untyped-call]
    image.header["sform_code"] = image.header["qform_code"] = 1
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_orientation_gives_the_same_labels(
    labels: NDArray[np.uint8], orientation: NDArray[np.float64], tmp_path: Path
) -> None:
    stored, affine = sagittal_mask(labels, AFFINE)
    turned = apply_orientation(stored, orientation)  # type: ignore[no-untyped-call]
    turned_affine = affine @ inv_ornt_aff(orientation, stored.shape)  # type: ignore[no-untyped-call]
    path = write(tmp_path / "mask.nii", turned, turned_affine)
    np.testing.assert_array_equal(read_mask(path, SHAPE, AFFINE), labels)


@pytest.mark.parametrize("flips", list(itertools.product((1, -1), repeat=3)))
def test_a_loader_that_ignores_the_affine_fails(
    labels: NDArray[np.uint8], flips: tuple[int, int, int], tmp_path: Path
) -> None:
    """What such a loader gives for files flipped in each way; only one of them comes out right."""
    stored, affine = sagittal_mask(labels, AFFINE)
    flip = np.array(list(zip(range(3), flips, strict=True)), np.float64)
    turned = apply_orientation(stored, flip)  # type: ignore[no-untyped-call]
    turned_affine = affine @ inv_ornt_aff(flip, stored.shape)  # type: ignore[no-untyped-call]
    path = write(tmp_path / "mask.nii", turned, turned_affine)
    ignoring = np.asarray(nibabel.Nifti1Image.from_filename(path).dataobj).transpose(2, 1, 0)
    in_dicom_order = flips == (1, -1, -1)
    assert np.array_equal(ignoring, labels) == in_dicom_order
    np.testing.assert_array_equal(read_mask(path, SHAPE, AFFINE), labels)


def test_oblique_series_are_aligned_too(labels: NDArray[np.uint8], tmp_path: Path) -> None:
    angle = np.deg2rad(20)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    path = write(tmp_path / "mask.nii", *sagittal_mask(labels, turn @ AFFINE))
    np.testing.assert_array_equal(read_mask(path, SHAPE, turn @ AFFINE), labels)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_labels_of_any_number_type(
    labels: NDArray[np.uint8], dtype: type[np.generic], tmp_path: Path
) -> None:
    stored, affine = sagittal_mask(labels, AFFINE)
    path = write(tmp_path / "mask.nii", stored.astype(dtype), affine)
    np.testing.assert_array_equal(read_mask(path, SHAPE, AFFINE), labels)


def test_a_mask_may_reach_farther_than_the_image(labels: NDArray[np.uint8], tmp_path: Path) -> None:
    path = write(tmp_path / "mask.nii", *sagittal_mask(labels, AFFINE))
    part = AFFINE.copy()
    part[:3, 3] = (AFFINE @ [1, 2, 1, 1])[:3]
    np.testing.assert_array_equal(read_mask(path, (3, 3, 5), part), labels[1:4, 2:5, 1:6])


def test_positions_may_be_rounded(labels: NDArray[np.uint8], tmp_path: Path) -> None:
    stored, affine = sagittal_mask(labels, AFFINE)
    affine[:3, 3] += 0.05
    path = write(tmp_path / "mask.nii", stored, affine)
    np.testing.assert_array_equal(read_mask(path, SHAPE, AFFINE), labels)


def shifted(mm: float, axis: int) -> NDArray[np.float64]:
    affine = AFFINE.copy()
    affine[axis, 3] += mm
    return affine


def scaled(*factors: float) -> NDArray[np.float64]:
    return np.asarray(AFFINE @ np.diag([*factors, 1.0]), np.float64)


@pytest.mark.parametrize(
    ("affine", "says"),
    [
        (shifted(0.2, 0), "lies 0.49 of its voxels off"),
        (shifted(0.31, 2), "lies 0.50 of its voxels off"),
        (shifted(41, 1), "does not cover"),
        (shifted(-0.62, 2), "does not cover"),
        (scaled(1, 1, 1.1), "another size or direction"),
        (scaled(2, 2, 1), "another size or direction"),
        (scaled(1, 1, 0), "no usable"),
        (np.full((4, 4), np.nan), "no usable"),
    ],
)
def test_a_mask_that_lies_elsewhere_is_refused(
    labels: NDArray[np.uint8], affine: NDArray[np.float64], says: str, tmp_path: Path
) -> None:
    _, mask_affine = sagittal_mask(labels, affine)
    path = write(tmp_path / "mask.nii", *sagittal_mask(labels, AFFINE))
    # srow_x, srow_y and srow_z (nifti1.h); nibabel would not write an unusable affine.
    raw = bytearray(path.read_bytes())
    raw[280:328] = mask_affine[:3].astype("<f4").tobytes()
    path.write_bytes(raw)
    with pytest.raises(DataError, match=says):
        read_mask(path, SHAPE, AFFINE)


@pytest.mark.parametrize("value", [20, 255, -1, 1.5, np.nan])
def test_other_values_than_labels_are_refused(
    labels: NDArray[np.uint8], value: float, tmp_path: Path
) -> None:
    stored, affine = sagittal_mask(labels, AFFINE)
    values = stored.astype(np.float32)
    values[3, 3, 3] = value
    with pytest.raises(DataError, match="other values than 0 to 19"):
        read_mask(write(tmp_path / "mask.nii", values, affine), SHAPE, AFFINE)


def test_a_mask_without_orientation_is_refused(labels: NDArray[np.uint8], tmp_path: Path) -> None:
    path = write(tmp_path / "mask.nii", *sagittal_mask(labels, AFFINE))
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)  # qform_code and sform_code
    path.write_bytes(raw)
    with pytest.raises(DataError, match="does not say how it lies"):
        read_mask(path, SHAPE, AFFINE)


def test_four_dimensions_are_refused(labels: NDArray[np.uint8], tmp_path: Path) -> None:
    stored, affine = sagittal_mask(labels, AFFINE)
    path = write(tmp_path / "mask.nii", stored[..., np.newaxis].repeat(2, axis=-1), affine)
    with pytest.raises(DataError, match="4 dimensions"):
        read_mask(path, SHAPE, AFFINE)


@pytest.mark.parametrize("keep", [0, 100, 360, -5])
def test_a_damaged_file_is_refused(labels: NDArray[np.uint8], keep: int, tmp_path: Path) -> None:
    path = write(tmp_path / "mask.nii", *sagittal_mask(labels, AFFINE))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="damaged"):
        read_mask(path, SHAPE, AFFINE)


def test_a_forged_size_costs_nothing(labels: NDArray[np.uint8], tmp_path: Path) -> None:
    path = write(tmp_path / "mask.nii", *sagittal_mask(labels, AFFINE))
    raw = bytearray(path.read_bytes())
    raw[42:48] = np.array([30000] * 3, "<i2").tobytes()
    path.write_bytes(raw)
    with pytest.raises(DataError, match="too large"):
        read_mask(path, SHAPE, AFFINE)


def test_no_nifti_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mask.nii"
    path.write_text("StudyInstanceUID\n" * 100)
    with pytest.raises(DataError, match="damaged"):
        read_mask(path, SHAPE, AFFINE)
