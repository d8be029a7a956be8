"""From a network's maps of a series to one map of where it saw fractures, in the patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.preprocess import FieldSlices, grid_positions
from inference.types import CtVolume, HeatMap


def heat_map(
    volume: CtVolume,
    field: FieldSlices,
    maps: NDArray[np.float32],
    slice_evidence: NDArray[np.float64],
    assessed: NDArray[np.bool_],
) -> HeatMap:
    """The maps of the assessed levels on one scale; nothing is computed anew by the network.

    Only places of one level and slice compare in ``maps``. So each is measured from its median on
    the slice (0) to its peak there (1), as the box is (``localise.activation_box``), and weighted
    with the probability that the slice shows the level, fractured, by which the key slice is
    chosen (``combine.key_slice``). A level's highest place therefore lies in its box on its key
    slice, and what half reaches its slice's peak is what the box holds.

    Args:
        volume: that was read.
        field: as it was read.
        maps: (slices, 7, cells, cells), over the whole field.
        slice_evidence: (slices, 7) in 0…1, presence times fracture.
        assessed: (7,), the levels that have a probability; of others nothing may be shown.
    """
    median = np.median(maps, axis=(2, 3), keepdims=True)
    reach = maps.max(axis=(2, 3), keepdims=True) - median
    height = np.divide(maps - median, reach, out=np.zeros_like(maps), where=reach > 0)
    weight = np.where(assessed, slice_evidence, 0.0)[:, :, None, None]
    evidence = (height.clip(0.0, 1.0) * weight).max(axis=1)
    return HeatMap(evidence.astype(np.float32), _affine(volume, field, maps.shape[-1]))


def _affine(volume: CtVolume, field: FieldSlices, cells: int) -> NDArray[np.float64]:
    """(4, 4), from (column, row, slice, 1) of the cells to LPS millimetres."""
    size_px = field.hu.shape[-1]
    zoom = size_px / cells
    positions = grid_positions(volume, field.spacing_mm)
    to_voxels = np.eye(4)
    to_voxels[:2, :2] = field.to_pixels[:, :2] * zoom
    to_voxels[:2, 3] = field.to_pixels @ np.array([(zoom - 1) / 2, (zoom - 1) / 2, 1.0])
    to_voxels[2, 2:] = field.spacing_mm / volume.spacing_mm[0], positions[0]
    affine: NDArray[np.float64] = volume.affine @ to_voxels
    return affine
