"""From a map of fracture evidence to a box in the pixels of the slice it belongs to."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BOX_LEVEL: Final = 0.5
"""The box holds what reaches this share of the way from the map's median to its peak."""

Box = tuple[int, int, int, int]


def activation_box(
    activation: NDArray[np.floating],
    to_pixels: NDArray[np.float64],
    *,
    size_px: int,
    rows: int,
    columns: int,
) -> Box:
    """Box (x, y, width, height) around the peak's connected region, clipped to the image.

    Args:
        activation: (cells, cells), over the whole field.
        to_pixels: (2, 3), maps (field column, field row, 1) to (column, row) of the slice.
        size_px: edge of the field in its own pixels.
        rows: of the slice.
        columns: of the slice.
    """
    zoom = size_px // len(activation)
    fine = ndimage.zoom(
        activation.astype(np.float64), zoom, order=1, mode="nearest", grid_mode=True
    )
    limit = np.median(fine) + BOX_LEVEL * (fine.max() - np.median(fine))
    regions, _ = ndimage.label(fine >= limit)
    peak = np.unravel_index(int(np.argmax(fine)), fine.shape)
    ys, xs = np.nonzero(regions == regions[peak])
    corners = np.array(
        [
            (x, y, 1.0)
            for x in (xs.min() - 0.5, xs.max() + 0.5)
            for y in (ys.min() - 0.5, ys.max() + 0.5)
        ]
    )
    pixels = corners @ to_pixels.T
    limits = np.array([columns, rows]) - 1
    low = np.clip(np.floor(pixels.min(axis=0) + 0.5), 0, limits).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0) - 0.5), low, limits).astype(int)
    width, height = high - low + 1
    return int(low[0]), int(low[1]), int(width), int(height)
