"""Planes that were never scanned: linear interpolation in true millimetres.

Where slices are missing (not yet here, damaged, or never made) a plane shows a gap: each slice
reaches half the usual distance to either side, and nothing is made up between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pyqt_console.viewer.decode import GAP
from pyqt_console.viewer.plane import (
    DIRECTIONS,
    NORMAL_AXIS,
    Orientation,
    PlaneGeometry,
    PlaneImage,
)
from pyqt_console.viewer.stack import Stack, Vector
from pyqt_console.viewer.volume import GrowingVolume

_Weights: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]
"""Lower and upper index and the upper one's weight; a negative lower index: nothing is there."""

PIXELS_MAX: Final = 4096
"""Along one axis of a plane."""
ALIGNED: Final = 1e-4
COARSE: Final = 2.0
"""A plane that takes fewer than one of so many voxels is not interpolated between neighbours."""
SPARSE: Final = 1.5
"""Where fewer than one of so many indices is needed, only those are fetched."""


def plane_through(stack: Stack, orientation: Orientation, point_mm: Vector) -> PlaneGeometry:
    """The plane of the body through a point, as large as the stack's hull, with square pixels."""
    right, down = (np.array(each) for each in DIRECTIONS[orientation])
    corners = stack.corners_mm()
    along, across = corners @ right, corners @ down
    step = min(stack.row_spacing_mm, stack.column_spacing_mm)
    longest = max(np.ptp(along), np.ptp(across))
    step = max(step, float(longest) / (PIXELS_MAX - 1))
    axis = NORMAL_AXIS[orientation]
    origin = right * along.min() + down * across.min()
    origin[axis] = point_mm[axis]
    shape = (int(np.ptp(across) / step + 1.5), int(np.ptp(along) / step + 1.5))
    return PlaneGeometry(origin, right, down, (step, step), shape)


def sample(volume: GrowingVolume, plane: PlaneGeometry) -> PlaneImage:
    """What of a volume lies on a plane."""
    stack = volume.stack
    if _is_upright(stack):
        found = _by_axes(volume, plane)
        if found is not None:
            return PlaneImage(plane, found)
    return PlaneImage(plane, _by_points(volume, plane))


def _is_upright(stack: Stack) -> bool:
    """Whether the slices stand squarely on each other (no gantry tilt)."""
    aside = stack.origins_mm - stack.origins_mm[0]
    lean = np.abs(aside @ np.stack([stack.right, stack.down], axis=1)).max()
    return bool(lean < 0.1 * min(stack.row_spacing_mm, stack.column_spacing_mm))


def _by_axes(volume: GrowingVolume, plane: PlaneGeometry) -> NDArray[np.int16] | None:
    """Where each axis of the plane is one of the volume: one axis after the other, fast."""
    stack = volume.stack
    axes = np.stack([stack.normal, stack.down, stack.right])  # slices, rows, columns
    steps = np.stack([plane.down * plane.spacing_mm[0], plane.right * plane.spacing_mm[1]], axis=1)
    moves = axes @ steps  # (3 axes of the volume, 2 axes of the plane) in mm
    moves[np.abs(moves) < ALIGNED * np.abs(steps).max()] = 0.0
    if (np.count_nonzero(moves, axis=0) != 1).any() or (np.count_nonzero(moves, axis=1) > 1).any():
        return None
    of_row, of_column = (int(np.flatnonzero(moves[:, axis])[0]) for axis in (0, 1))
    fixed = 3 - of_row - of_column
    first = axes @ (plane.origin_mm - stack.origins_mm[0])
    weights = {}
    for axis, count in ((of_row, plane.shape[0]), (of_column, plane.shape[1]), (fixed, 1)):
        move = 0.0 if axis == fixed else float(moves[axis, 0 if axis == of_row else 1])
        weights[axis] = _axis_weights(volume, axis, first[axis] + move * np.arange(count))
    if any((low < 0).all() for low, _, _ in weights.values()):
        return np.full(plane.shape, GAP, np.int16)
    voxel_mm = (stack.slice_spacing_mm, stack.row_spacing_mm, stack.column_spacing_mm)
    for axis, move in ((of_row, moves[of_row, 0]), (of_column, moves[of_column, 1])):
        if abs(float(move)) >= COARSE * voxel_mm[axis]:
            weights[axis] = _nearest(weights[axis])
    chosen = [_chosen(weights[axis]) for axis in range(3)]
    part = _part_of(volume.hu, [which for which, _ in chosen])
    section = _fixed(part, fixed, chosen[fixed][1])
    if of_row > of_column:
        section = section.T
    return _both(section, chosen[of_row][1], chosen[of_column][1])


def _nearest(weights: _Weights) -> _Weights:
    """The nearer neighbour alone."""
    low, high, weight = weights
    nearer = np.where((weight > 0.5) & (low >= 0), high, low)
    return nearer, nearer, np.zeros_like(weight)


def _chosen(weights: _Weights) -> tuple[NDArray[np.intp], _Weights]:
    """The indices along an axis that are needed, and the weights as they are among those alone.

    All between the first and the last, unless only a few of them are needed.
    """
    low, high, weight = weights
    seen = low >= 0
    which = np.union1d(low[seen], high[seen])
    if SPARSE * len(which) > which[-1] - which[0]:
        which = np.arange(which[0], which[-1] + 1)
    at_low, at_high = (np.where(seen, np.searchsorted(which, each), -1) for each in (low, high))
    return which, (at_low, at_high, weight)


def _part_of(hu: NDArray[np.int16], which: Sequence[NDArray[np.intp]]) -> NDArray[np.int16]:
    """These slices, rows and columns: a view where none between them is left out, else a copy."""
    if all(each[-1] - each[0] == len(each) - 1 for each in which):
        first, second, third = (slice(each[0], each[-1] + 1) for each in which)
        return hu[first, second, third]
    return hu[np.ix_(*which)]


def _axis_weights(volume: GrowingVolume, axis: int, at_mm: NDArray[np.float64]) -> _Weights:
    """Neighbours of places along an axis of the volume, in mm from its first slice or pixel."""
    stack = volume.stack
    if axis == 0:
        return _slice_weights(volume, at_mm + stack.offsets_mm[0])
    spacing = (stack.row_spacing_mm, stack.column_spacing_mm)[axis - 1]
    return _pixel_weights(at_mm / spacing, stack.shape[axis])


def _pixel_weights(at: NDArray[np.float64], count: int) -> _Weights:
    outside = (at < -0.5) | (at > count - 0.5)
    inside = np.clip(at, 0, count - 1)
    lower = np.minimum(inside.astype(np.intp), max(count - 2, 0))
    weight = (inside - lower).astype(np.float32)
    return np.where(outside, -1, lower), np.minimum(lower + 1, count - 1), weight


def _slice_weights(volume: GrowingVolume, offsets_mm: NDArray[np.float64]) -> _Weights:
    """Both neighbours if they are here and adjoin; else the nearest, if it reaches there."""
    stack, present = volume.stack, volume.present
    count, reach = len(stack.slices), stack.slice_spacing_mm / 2 + 1e-6
    lower = np.clip(np.searchsorted(stack.offsets_mm, offsets_mm, "right") - 1, 0, count - 1)
    upper = np.minimum(lower + 1, count - 1)
    from_lower = offsets_mm - stack.offsets_mm[lower]
    distance = np.where(upper > lower, stack.offsets_mm[upper] - stack.offsets_mm[lower], 1.0)
    adjoining = np.append(~stack.gaps(), False)
    both = present[lower] & present[upper] & adjoining[lower] & (from_lower >= 0)
    weight = np.clip(from_lower / distance, 0.0, 1.0)
    reached_low = present[lower] & (np.abs(from_lower) <= reach)
    reached_up = present[upper] & (np.abs(distance - from_lower) <= reach) & (upper > lower)
    chosen = np.where(both, weight, np.where(reached_low, 0.0, 1.0))
    somewhere = both | reached_low | reached_up
    return np.where(somewhere, lower, -1), upper, chosen.astype(np.float32)


def _fixed(hu: NDArray[np.int16], axis: int, weights: _Weights) -> NDArray[np.float32]:
    """The section of a volume across one axis."""
    low, high, weight = int(weights[0][0]), int(weights[1][0]), float(weights[2][0])
    # Both neighbours at once: they share cache lines, and fetching those is what takes the time.
    pair = hu[(slice(None),) * axis + (slice(low, high + 1),)].astype(np.float32)
    section: NDArray[np.float32] = np.take(pair, 0, axis)
    if weight > 0 and high > low:
        section = section + (np.take(pair, 1, axis) - section) * np.float32(weight)
    return section


def _both(section: NDArray[np.float32], rows: _Weights, columns: _Weights) -> NDArray[np.int16]:
    low, high, weight = rows
    seen = low >= 0
    found = section[low] * (1 - weight[:, None]) + section[high] * weight[:, None]
    at_low, at_high, across = columns
    found = found[:, at_low] * (1 - across) + found[:, at_high] * across
    shown = np.rint(found).astype(np.int16)
    shown[~seen] = GAP
    shown[:, at_low < 0] = GAP
    return shown


def _by_points(volume: GrowingVolume, plane: PlaneGeometry) -> NDArray[np.int16]:
    """Any plane through any stack, also a tilted one: each pixel on its own."""
    stack = volume.stack
    rows, columns = plane.shape
    down = np.arange(rows)[:, None, None] * (plane.down * plane.spacing_mm[0])
    along = np.arange(columns)[None, :, None] * (plane.right * plane.spacing_mm[1])
    points = plane.origin_mm + down + along
    low, high, weight = _slice_weights(volume, points @ stack.normal)
    seen = low >= 0
    origins = stack.origins_mm[low] + (stack.origins_mm[high] - stack.origins_mm[low]) * (
        weight[..., None].astype(np.float64)
    )
    beside = points - origins
    _, row_count, column_count = stack.shape
    row = _pixel_weights(beside @ stack.down / stack.row_spacing_mm, row_count)
    column = _pixel_weights(beside @ stack.right / stack.column_spacing_mm, column_count)
    seen &= (row[0] >= 0) & (column[0] >= 0)
    found = np.zeros(plane.shape, np.float32)
    for slices, slice_part in ((low, 1 - weight), (high, weight)):
        for at_row, row_part in ((row[0], 1 - row[2]), (row[1], row[2])):
            for at_column, part in ((column[0], 1 - column[2]), (column[1], column[2])):
                found += volume.hu[slices, at_row, at_column] * (slice_part * row_part * part)
    shown = np.rint(found).astype(np.int16)
    shown[~seen] = GAP
    return shown
