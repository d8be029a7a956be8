"""Slices of a thickness: where the scene is sampled, and how samples make one slice.

A scanner's slice shows the mean of what lies within its thickness. The scene is therefore painted
on thinner sub-slices, at most ``STEP_MM`` apart, and these are averaged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom.scanner import Grid
from inference.phantom.solids import Array

STEP_MM: Final = 1.25
"""Sub-slices lie no further apart: the narrowest crack is 1.4 mm wide."""
THINNEST_MM: Final = 0.5
THICKEST_MM: Final = 3.0
PROTOCOLS_MM: Final = (
    (0.625, 0.625),
    (0.75, 0.5),
    (1.0, 0.8),
    (1.0, 1.0),
    (1.25, 0.625),
    (1.25, 1.25),
    (2.0, 1.0),
    (2.0, 2.0),
    (2.5, 2.5),
    (3.0, 3.0),
)
"""(thickness, distance) of reconstructions in use for the cervical spine."""
OVERLAPS: Final = (1.0, 1.0, 1.0, 1.25, 1.5, 2.0)
"""Thickness over distance, where the number of slices is given."""


def draw_protocol(rng: np.random.Generator) -> tuple[float, float]:
    """(thickness, distance) in mm."""
    return PROTOCOLS_MM[int(rng.integers(len(PROTOCOLS_MM)))]


def draw_thickness(rng: np.random.Generator, spacing_mm: float) -> float:
    """A thickness for slices at this distance; further apart than 3 mm they leave gaps."""
    ratio = OVERLAPS[int(rng.integers(len(OVERLAPS)))]
    return float(np.clip(spacing_mm * ratio, THINNEST_MM, THICKEST_MM))


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """The samples of a stack of slices.

    Attributes:
        fine: the grid that is painted; its heights fall.
        own: (fine,) the slice that each sample lies nearest to.
        first: (slices,) the first sample of each slice.
        weights: what the samples from there on count; their sum is 1.
    """

    fine: Grid
    own: NDArray[np.intp]
    first: NDArray[np.intp]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, grid: Grid, thickness_mm: float) -> Sampling:
        """The samples of slices at the heights of ``grid``, evenly spaced."""
        spacing, count = grid.slice_mm, grid.z.size
        if thickness_mm <= spacing:
            parts = math.ceil(thickness_mm / STEP_MM - 1e-3)
            offsets = (np.arange(parts) - (parts - 1) / 2) * (thickness_mm / parts)
            weights = np.full(parts, 1 / parts)
            places = np.arange(count)[:, None] * spacing + offsets
            first = np.arange(count) * parts
        else:
            steps = math.ceil(spacing / STEP_MM - 1e-3)
            step = spacing / steps
            reach = math.ceil(thickness_mm / step)
            cells = (np.arange(-reach, steps + reach) - (steps - 1) / 2) * step
            half = (thickness_mm + step) / 2
            overlap = np.clip(half - np.abs(cells), 0, min(step, thickness_mm)) / thickness_mm
            used = overlap > 1e-3
            weights = overlap[used] / overlap[used].sum()
            places = cells[used][0] + np.arange((count - 1) * steps + weights.size) * step
            first = np.arange(count) * steps
        down = places.ravel()
        own = np.clip(np.rint(down / spacing), 0, count - 1).astype(np.intp)
        fine = Grid(grid.x, grid.y, (grid.z[0] - down).astype(np.float32))
        return cls(fine, own, first.astype(np.intp), tuple(float(w) for w in weights))

    def part(self, start: int, stop: int) -> Sampling:
        """The samples of some of the slices; ``own`` still counts from the first of all."""
        low, high = int(self.first[start]), int(self.first[stop - 1]) + len(self.weights)
        fine = Grid(self.fine.x, self.fine.y, self.fine.z[low:high])
        return Sampling(fine, self.own[low:high], self.first[start:stop] - low, self.weights)

    def within(self, start: int, stop: int) -> Sampling:
        """The samples of some of the slices as of a stack of its own."""
        part = self.part(start, stop)
        return replace(part, own=np.clip(part.own, start, stop - 1) - start)

    def mean(self, samples: Array, index: int) -> Array:
        """One slice of (fine, rows, columns) samples, float32; may be a view of them."""
        start = int(self.first[index])
        if len(self.weights) == 1:
            return np.asarray(samples[start], np.float32)
        stack = samples[start : start + len(self.weights)]
        return np.asarray(
            np.tensordot(np.array(self.weights, np.float32), stack, axes=1), np.float32
        )

    def vote(self, labels: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
        """The label that holds most of a voxel, if labels hold at least half of it."""
        start = int(self.first[index])
        stack = labels[start : start + len(self.weights)]
        out = np.zeros(labels.shape[1:], np.uint8)
        if len(self.weights) == 1 or not stack.any():
            out[...] = stack[0]
            return out
        rows, columns = (np.flatnonzero(stack.any(axis=axes)) for axes in ((0, 2), (0, 1)))
        at = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        stack = stack[:, *at]
        best = np.zeros(stack.shape[1:], np.float32)
        total = np.zeros_like(best)
        weights = np.array(self.weights, np.float32)
        for number in np.flatnonzero(np.bincount(stack.ravel())):
            if number == 0:
                continue
            share = np.tensordot(weights, (stack == number).astype(np.float32), axes=1)
            total += share
            out[at][share > best] = number
            np.maximum(best, share, out=best)
        out[at][total < np.float32(0.499)] = 0
        return out
