"""A vertebra segmentation (NIfTI) → labels on the voxels of a DICOM volume.

Only the file's affine says how its axes lie. The RSNA 2022 files are stored by sagittal planes,
with rows and slices running against the DICOM order: without the affine a mask is turned, mirrored
or upside down, and upside down it still looks like a spine.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from inference.errors import DataError
from inference.rsna_layout import LAST_MASK_LABEL, LPS_TO_RAS

MAX_OFFSET_VOXELS: Final = 0.25
"""How far a mask's voxel may lie off the image's, in voxels of the mask. Rounded positions and the
affine's 32-bit numbers explain a few hundredths; from one half on it would be another voxel."""

MAX_STEP_ERROR: Final = 0.02
"""Of a step from one voxel to the next: more is another spacing or direction, no rounding."""

MAX_VOXELS: Final = 2**31
"""More is a forged header."""

_FAULTS: Final = (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class VoxelMap:
    """How indices of a volume become indices of a mask, one volume axis at a time.

    For the volume's axes (column, row, slice): the mask's axis, +1 or -1, and the first index.
    """

    axes: tuple[int, int, int]
    signs: tuple[int, int, int]
    starts: tuple[int, int, int]


def read_mask(
    path: Path, shape: tuple[int, int, int], affine: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Read a segmentation and bring it to the volume's voxels.

    Args:
        path: a NIfTI file whose affine leads to RAS mm.
        shape: (slices, rows, columns) of the volume.
        affine: (column, row, slice, 1) to LPS mm.

    Returns:
        ``shape`` uint8: 0 background, 1–7 C1–C7, 8–19 T1–T12.

    Raises:
        DataError: the file cannot be read, does not say how it lies, has no voxel for each voxel
            of the volume, or holds other values than labels.
    """
    try:
        image = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Image):
            raise DataError("the mask is no NIfTI file")
        if not (int(image.header["sform_code"]) or int(image.header["qform_code"])):
            raise DataError("the mask does not say how it lies in space (no sform, no qform)")
        if len(image.shape) != 3:
            raise DataError(f"the mask has {len(image.shape)} dimensions instead of 3")
        if math.prod(image.shape) > MAX_VOXELS:
            raise DataError(f"the mask is too large: {math.prod(image.shape)} voxels")
        mask_affine = np.asarray(image.affine, np.float64)
        where = voxel_map(shape, affine, image.shape, mask_affine)
        stored = _labels(image)
    except _FAULTS as error:
        raise DataError("the mask cannot be read: it is damaged") from error
    return place(stored, shape, where)


def voxel_map(
    shape: tuple[int, int, int],
    affine: NDArray[np.float64],
    mask_shape: tuple[int, ...],
    mask_affine: NDArray[np.float64],
) -> VoxelMap:
    """The axes, directions and starts that make both grids the same in space.

    Args:
        shape: (slices, rows, columns) of the volume.
        affine: (column, row, slice, 1) to LPS mm.
        mask_shape: of the stored array (i, j, k).
        mask_affine: (i, j, k, 1) to RAS mm.

    Raises:
        DataError: the grids differ in direction, spacing or place, or the mask is smaller.
    """
    to_lps = np.diag(LPS_TO_RAS) @ mask_affine
    if not np.isfinite(to_lps).all() or abs(float(np.linalg.det(to_lps))) < 1e-9:
        raise DataError("the mask's affine is no usable one")
    to_mask = np.linalg.inv(to_lps) @ affine
    turn = np.rint(to_mask[:3, :3])
    one_to_one = all((np.abs(turn).sum(axis=axis) == 1).all() for axis in (0, 1))
    if not one_to_one or np.abs(to_mask[:3, :3] - turn).max() > MAX_STEP_ERROR:
        raise DataError("the mask's voxels have another size or direction than the image's")
    counts = np.array(shape[::-1])
    corners = np.array(np.meshgrid(*[(0, each - 1) for each in counts])).reshape(3, -1)
    exact = to_mask[:3, :3] @ corners + to_mask[:3, 3:]
    start = np.rint((exact - turn @ corners).mean(axis=1, keepdims=True))
    reached = turn @ corners + start
    off = float(np.abs(exact - reached).max())
    if off > MAX_OFFSET_VOXELS:
        raise DataError(f"the mask lies {off:.2f} of its voxels off the image")
    if (reached.min(axis=1) < 0).any() or (reached.max(axis=1) >= mask_shape).any():
        raise DataError(
            f"the mask of {' by '.join(map(str, mask_shape))} voxels does not cover the image"
        )
    axes = np.abs(turn).argmax(axis=0)
    return VoxelMap(
        axes=_three(axes),
        signs=_three(turn.sum(axis=0)),
        starts=_three(start[axes, 0]),
    )


def place(
    stored: NDArray[np.uint8], shape: tuple[int, int, int], where: VoxelMap
) -> NDArray[np.uint8]:
    """The stored array's voxels as (slices, rows, columns)."""
    picked: list[slice] = [slice(None)] * 3
    for axis, sign, start, count in zip(
        where.axes, where.signs, where.starts, shape[::-1], strict=True
    ):
        end = start + sign * count
        picked[axis] = slice(start, end if end >= 0 else None, sign)
    return np.ascontiguousarray(stored[tuple(picked)].transpose(where.axes[::-1]))


def _labels(image: nibabel.Nifti1Image) -> NDArray[np.uint8]:
    """The stored values as labels; plane by plane, since some files hold eight bytes a voxel."""
    dtype: np.dtype[np.generic] = image.get_data_dtype()  # type: ignore[no-untyped-call]
    if dtype.kind not in "biuf":
        raise DataError("the mask holds no numbers")
    labels = np.empty(image.shape, np.uint8)
    for index in range(image.shape[2]):
        plane = np.asarray(image.dataobj[..., index])
        if not np.isin(plane, range(LAST_MASK_LABEL + 1)).all():
            raise DataError(f"the mask holds other values than 0 to {LAST_MASK_LABEL}")
        labels[..., index] = plane
    return labels


def _three(values: NDArray[np.generic]) -> tuple[int, int, int]:
    first, second, third = (int(each) for each in values)
    return first, second, third
