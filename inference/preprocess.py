"""From a volume to what the network reads: a fixed physical field, then Hounsfield windows.

Pixel spacing, matrix size, flips and a turned table do not matter: every slice is resampled in
patient coordinates onto the same square around the body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from inference.model.record import HuWindow, InputContract
from inference.types import CtVolume

AIR_HU: Final = -1024.0
BODY_HU: Final = -300
"""Between fat and lung: at or above it a voxel belongs to the body."""
BODY_GRID_MM: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class FieldSlices:
    """Slices on the model's field.

    Attributes:
        hu: (slices, size, size) float32, Hounsfield units; rows towards the back, columns
            towards the patient's left.
        indices: of each slice in the volume.
        to_pixels: (2, 3) float64, maps (field column, field row, 1) to (column, row) of the
            volume's own slices.
    """

    hu: Tensor
    indices: tuple[int, ...]
    to_pixels: NDArray[np.float64]


def choose_slices(volume: CtVolume, spacing_mm: float) -> tuple[int, ...]:
    """Slice indices about ``spacing_mm`` apart, from the head down; all if they are thicker."""
    own_mm = volume.spacing_mm[0]
    last = len(volume.hu) - 1
    steps = int(last * own_mm / spacing_mm + 1e-6)
    margin_mm = (last * own_mm - steps * spacing_mm) / 2  # the same slices, seen from either end
    wanted = (margin_mm + np.arange(steps + 1) * spacing_mm) / own_mm
    return tuple(int(each) for each in np.unique(np.rint(wanted)))


def body_centre_mm(volume: CtVolume, indices: Sequence[int]) -> tuple[float, float]:
    """LPS (x, y) of the middle of the body: the median over the slices of its centre of mass.

    The largest connected piece above ``BODY_HU`` counts as the body. A volume without one gives
    the middle of its slices.
    """
    _, row_mm, column_mm = volume.spacing_mm
    stride_r, stride_c = (max(1, round(BODY_GRID_MM / each)) for each in (row_mm, column_mm))
    centres = []
    for index in indices:
        mask = volume.hu[index, ::stride_r, ::stride_c] >= BODY_HU
        pieces, count = ndimage.label(mask)
        if count:
            largest = int(np.argmax(np.bincount(pieces.ravel())[1:])) + 1
            row, column = ndimage.center_of_mass(pieces == largest)
            centres.append((column * stride_c, row * stride_r))
    rows, columns = volume.hu.shape[1:]
    column, row = np.median(centres, axis=0) if centres else ((columns - 1) / 2, (rows - 1) / 2)
    x, y, _ = volume.position_mm(
        column=float(column), row=float(row), slice_index=(len(volume.hu) - 1) / 2
    )
    return x, y


def read_field(
    volume: CtVolume, contract: InputContract, indices: Sequence[int] | None = None
) -> FieldSlices:
    """Resample slices (by default those of ``choose_slices``) onto the contract's field."""
    chosen = tuple(indices or choose_slices(volume, contract.slice_spacing_mm))
    to_pixels = field_to_pixels(volume, contract, body_centre_mm(volume, chosen))
    return FieldSlices(
        resample(volume.hu[list(chosen)], to_pixels, contract.size_px), chosen, to_pixels
    )


def field_to_pixels(
    volume: CtVolume, contract: InputContract, centre_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """(2, 3) map of (field column, field row, 1) to (column, row) of the volume.

    The slices' planes are taken as axial; a tilt only shortens the in-plane axes by its cosine.
    """
    pixel_mm = contract.field_mm / contract.size_px
    middle = (contract.size_px - 1) / 2
    slice_index = (len(volume.hu) - 1) / 2
    in_plane = np.linalg.inv(volume.affine[:2, :2])
    origin = volume.affine[:2, 2] * slice_index + volume.affine[:2, 3]
    corner_mm = np.asarray(centre_mm) - middle * pixel_mm
    offset = in_plane @ (corner_mm - origin)
    return np.column_stack([in_plane * pixel_mm, offset])


def resample(hu: NDArray[np.int16], to_pixels: NDArray[np.float64], size_px: int) -> Tensor:
    """(slices, rows, columns) → (slices, size_px, size_px) float32; air outside the image.

    Bilinear; where the image is finer than the field, the mean over a finer grid, so that a
    small pixel spacing does not bring more noise than a large one.
    """
    rows, columns = hu.shape[1:]
    step = float(np.sqrt(abs(np.linalg.det(to_pixels[:, :2]))))
    fine = max(1, round(step))
    ticks = (np.arange(size_px * fine) + 0.5) / fine - 0.5
    field = np.stack(np.broadcast_arrays(ticks[None, :], ticks[:, None], 1.0))
    column, row = np.einsum("ij,jhw->ihw", to_pixels, field)
    grid = np.stack([(2 * column + 1) / columns - 1, (2 * row + 1) / rows - 1], axis=-1)
    grid_of_all = torch.from_numpy(grid.astype(np.float32))[None]
    sampled = [  # few slices at a time: a long series at full size would take gigabytes
        functional.avg_pool2d(
            functional.grid_sample(
                torch.from_numpy(part.astype(np.float32) - AIR_HU)[None],
                grid_of_all,
                align_corners=False,
            ),
            fine,
        )[0]
        for part in np.array_split(hu, max(1, len(hu) // 8))
    ]
    return torch.cat(sampled) + AIR_HU


def to_channels(hu: Tensor, windows: Sequence[HuWindow]) -> Tensor:
    """(slices, h, w) Hounsfield units → (slices, 3, h, w), each window clipped to −1…1."""
    channels = [((hu - window.level) * (2.0 / window.width)).clamp(-1.0, 1.0) for window in windows]
    return torch.stack(channels, dim=1)
