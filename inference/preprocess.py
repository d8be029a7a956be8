"""From a volume to what the network reads: a fixed physical field, then Hounsfield windows.

Pixel spacing, matrix size, flips and a turned table do not matter: every slice is resampled in
patient coordinates onto the same square around the body. Nor does the slice spacing: slices are
read at exact distances, so that a neighbour always lies as far away as in training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from inference.model.channels import Channel
from inference.model.record import InputContract
from inference.types import CtVolume

AIR_HU: Final = -1024.0
BODY_HU: Final = -300
"""Between fat and lung: at or above it a voxel belongs to the body."""
BODY_GRID_MM: Final = 4.0
TIE: Final = 1e-3
"""Slices: positions are rounded in the files, and their noise must not decide between two."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldSlices:
    """A volume on the model's field, at exact distances along the patient.

    Attributes:
        hu: (slices, size, size) float32, Hounsfield units; rows towards the back, columns
            towards the patient's left; slice 0 nearest the head.
        indices: of each slice, the nearest of the volume's own; one may serve several.
        to_pixels: (2, 3) float64, maps (field column, field row, 1) to (column, row) of the
            volume's own slices.
        spacing_mm: distance of neighbouring slices.
    """

    hu: Tensor
    indices: tuple[int, ...]
    to_pixels: NDArray[np.float64]
    spacing_mm: float


def grid_positions(volume: CtVolume, spacing_mm: float) -> NDArray[np.float64]:
    """Where slices are read, in the volume's own slice indices, from the head down.

    They lie ``spacing_mm`` apart and as far from the first own slice as from the last, so that
    they are the same seen from either end.
    """
    own_mm = volume.spacing_mm[0]
    extent_mm = (len(volume.hu) - 1) * own_mm
    steps = int(extent_mm / spacing_mm + TIE)
    margin_mm = (extent_mm - steps * spacing_mm) / 2
    return (margin_mm + np.arange(steps + 1, dtype=np.float64) * spacing_mm) / own_mm


def slice_weights(
    positions: NDArray[np.float64], own_slices: int, own_mm: float, slab_mm: float
) -> NDArray[np.float32]:
    """What each own slice adds to each slice that is read, (positions, own slices); rows sum to 1.

    Linear between own slices; where they are thinner than the slab, the mean over its thickness,
    so that thin slices do not bring more noise than thick ones. The ends repeat.
    """
    ticks = max(1, round(slab_mm / own_mm))
    offsets = ((np.arange(ticks) + 0.5) / ticks - 0.5) * slab_mm / own_mm
    places = (positions[:, None] + offsets).clip(0, own_slices - 1)
    lower = np.floor(places).astype(np.int64)
    upper = np.minimum(lower + 1, own_slices - 1)
    weights = np.zeros((len(positions), own_slices))
    rows = np.broadcast_to(np.arange(len(positions))[:, None], places.shape)
    np.add.at(weights, (rows, lower), (1 - (places - lower)) / ticks)
    np.add.at(weights, (rows, upper), (places - lower) / ticks)
    return weights.astype(np.float32)


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


def read_field(volume: CtVolume, contract: InputContract) -> FieldSlices:
    """Resample a volume onto the contract's field and grid."""
    positions = grid_positions(volume, contract.slice_spacing_mm)
    own = np.ceil(positions - 0.5 - TIE).astype(np.int64)  # of two, the one nearer the head
    to_pixels = field_to_pixels(volume, contract, body_centre_mm(volume, np.unique(own).tolist()))
    weights = slice_weights(positions, len(volume.hu), volume.spacing_mm[0], contract.slab_mm)
    return FieldSlices(
        resample(volume.hu, weights, to_pixels, contract.size_px),
        tuple(int(each) for each in own),
        to_pixels,
        contract.slice_spacing_mm,
    )


def read_each(volume: CtVolume, contract: InputContract) -> Iterator[tuple[Tensor, int]]:
    """Each own slice with what the channels want of its surroundings, at the exact distances.

    Yields:
        (slices, size, size) as in ``FieldSlices.hu``, and which of them is the slice itself.
    """
    reach = max(abs(channel.offset) for channel in contract.channels)
    own_mm = volume.spacing_mm[0]
    steps = np.arange(-reach, reach + 1, dtype=np.float64) * contract.slice_spacing_mm / own_mm
    indices = range(len(volume.hu))
    to_pixels = field_to_pixels(volume, contract, body_centre_mm(volume, indices))
    for index in indices:
        weights = slice_weights(index + steps, len(volume.hu), own_mm, contract.slab_mm)
        yield resample(volume.hu, weights, to_pixels, contract.size_px), reach


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


def resample(
    hu: NDArray[np.int16],
    weights: NDArray[np.float32],
    to_pixels: NDArray[np.float64],
    size_px: int,
) -> Tensor:
    """(own slices, rows, columns) → (slices, size_px, size_px) float32; air outside the image.

    Bilinear in the plane; where the image is finer than the field, the mean over a finer grid,
    so that a small pixel spacing does not bring more noise than a large one.

    Args:
        hu: the volume.
        weights: (slices, own slices), as from ``slice_weights``.
        to_pixels: as in ``FieldSlices``.
        size_px: edge of the field.
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
                torch.from_numpy(_planes(hu, part))[None], grid_of_all, align_corners=False
            ),
            fine,
        )[0]
        for part in np.array_split(weights, max(1, len(weights) // 8))
    ]
    return torch.cat(sampled) + AIR_HU


def _planes(hu: NDArray[np.int16], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted sums of own slices above air, (slices, rows, columns)."""
    out = np.empty((len(weights), *hu.shape[1:]), np.float32)
    for plane, weight in zip(out, weights, strict=True):
        used = np.flatnonzero(weight)
        plane[...] = np.tensordot(weight[used], hu[used].astype(np.float32), axes=1)
    return out - np.float32(AIR_HU)


def to_channels(
    hu: Tensor, channels: Sequence[Channel], rows: Sequence[int] | None = None
) -> Tensor:
    """Hounsfield units → what the network is fed, (len(rows), channels, h, w) in −1…1.

    Args:
        hu: (slices, h, w), neighbours side by side; beyond the ends the last slice repeats.
        channels: of the contract.
        rows: of which slices; all by default.
    """
    middle = torch.arange(len(hu)) if rows is None else torch.as_tensor(rows)
    shown = []
    for channel in channels:
        taken = hu[(middle + channel.offset).clamp(0, len(hu) - 1).to(hu.device)]
        window = channel.window
        shown.append(((taken - window.level) * (2.0 / window.width)).clamp(-1.0, 1.0))
    return torch.stack(shown, dim=1)
