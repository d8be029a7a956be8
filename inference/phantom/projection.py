"""What goes wrong along the rays: beam hardening, photon starvation and metal, as real streaks.

Parallel beams through a slice give the path through the body for every ray. From it follows the
error of each ray's measurement; the errors alone are filtered and projected back, and added to the
slice. (A. C. Kak, M. Slaney, "Principles of Computerized Tomographic Imaging", 1988, chapters 3
and 4.) The shoulders lie outside the image: they are painted coarsely on a wider field.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy import sparse

from inference.phantom.scanner import Grid
from inference.phantom.solids import Array

ANGLES: Final = 90
SIZE_PX: Final = 128
BINS: Final = 183
"""Detector cells of one such pixel, enough for the diagonal."""
WIDE_MM: Final = 4.0
WIDE_COLUMNS: Final = 121
WIDE_ROWS: Final = 71
WIDE_BINS: Final = 143
WIDE_STEP_MM: Final = 6.0
"""Heights at which the wide field is projected; the body changes slowly."""
WATER_PER_MM: Final = 0.019
"""Attenuation of water at about 70 keV."""
METAL_PER_MM: Final = 0.22
METAL_HU: Final = 2500.0
BONE_HU: Final = 200.0
NECK_PATH: Final = 3.0
"""The attenuation of a ray across a neck, whose noise is the scanner's own."""
DARKEST_PATH: Final = 8.5
"""Beyond it the tube's current and the scanner's filters keep up."""
HARDENING: Final = 0.035
METAL_HARDENING: Final = 0.4
STARVATION: Final = 0.016
"""Noise of a ray across a neck, in units of its attenuation, after the scanner's smoothing."""


@cache
def rays(rows: int, columns: int, bins: int) -> sparse.csr_array:
    """(ANGLES * bins, rows * columns): how much of each pixel falls on each detector cell.

    Angle 0 looks along the rows' axis (front to back), angle ANGLES / 2 from side to side.
    """
    y, x = np.mgrid[:rows, :columns]
    x, y = x.ravel() - (columns - 1) / 2, y.ravel() - (rows - 1) / 2
    turn = np.arange(ANGLES) * (np.pi / ANGLES)
    place = np.outer(np.cos(turn), x) + np.outer(np.sin(turn), y) + (bins - 1) / 2
    low = np.floor(place).astype(np.int32)
    share = (place - low).astype(np.float32)
    row = low + (np.arange(ANGLES, dtype=np.int32) * bins)[:, None]
    column = np.broadcast_to(np.arange(rows * columns, dtype=np.int32), row.shape)
    return sparse.csr_array(
        (
            np.concatenate([1 - share.ravel(), share.ravel()]),
            (
                np.concatenate([row.ravel(), row.ravel() + 1]),
                np.concatenate([column.ravel(), column.ravel()]),
            ),
        ),
        shape=(ANGLES * bins, rows * columns),
    )


def wide_grid(grid: Grid) -> Grid:
    """The coarse field that holds the shoulders, around the middle of the image."""
    x, y = (float(axis[0] + axis[-1]) / 2 for axis in (grid.x, grid.y))
    count = max(2, round(float(grid.z[0] - grid.z[-1]) / WIDE_STEP_MM) + 1)
    columns = (np.arange(WIDE_COLUMNS) - (WIDE_COLUMNS - 1) / 2) * WIDE_MM
    rows = (np.arange(WIDE_ROWS) - (WIDE_ROWS - 1) / 2) * WIDE_MM
    z = np.linspace(grid.z[0], grid.z[-1], count)
    return Grid(
        (x + columns).astype(np.float32), (y + rows).astype(np.float32), z.astype(np.float32)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Beams:
    """The rays through one study.

    Attributes:
        image: (ANGLES * BINS, SIZE_PX²) of :func:`rays`; its transpose goes back to the image.
        heights: (wide slices,) in mm, falling.
        body: (wide slices, ANGLES, BINS) attenuation of all that is no metal.
        bone: the same of what is denser than soft tissue.
        pixel_mm: of the coarse image.
    """

    image: sparse.csr_array
    heights: Array
    body: Array
    bone: Array
    pixel_mm: float

    @classmethod
    def through(cls, grid: Grid, wide: Grid, scene: Array) -> Beams:
        """``scene``: (wide slices, WIDE_ROWS, WIDE_COLUMNS) HU on the ``wide`` grid."""
        pixel = grid.pixel_mm * grid.x.size / SIZE_PX
        forward = rays(WIDE_ROWS, WIDE_COLUMNS, WIDE_BINS)
        at = (np.arange(BINS) - (BINS - 1) / 2) * (pixel / WIDE_MM) + (WIDE_BINS - 1) / 2
        at = np.clip(at, 0, WIDE_BINS - 1.001)
        low = at.astype(np.intp)
        share = (at - low).astype(np.float32)

        def project(density: Array) -> Array:
            flat = density.reshape(len(density), -1).T * np.float32(WATER_PER_MM * WIDE_MM)
            sums = (forward @ flat).T.reshape(len(density), ANGLES, WIDE_BINS)
            return np.asarray(sums[..., low] * (1 - share) + sums[..., low + 1] * share)

        water = np.clip(scene / 1000 + 1, 0, None).astype(np.float32)
        dense = np.clip((scene - BONE_HU) / 1000, 0, None).astype(np.float32)
        back = rays(SIZE_PX, SIZE_PX, BINS)
        return cls(back, wide.z, project(water), project(dense), pixel)

    def burden(self, z: Array) -> Array:
        """(heights,) how much more than a neck the rays from side to side must cross, 0 … 1."""
        sideways = self.body[:, ANGLES // 2, BINS // 3 : -BINS // 3].mean(axis=1)
        share = np.clip((sideways - NECK_PATH) / (DARKEST_PATH - NECK_PATH), 0, 1)
        return np.asarray(np.interp(-z, -self.heights, share), np.float32)

    def streaks(
        self, hu: Array, z: float, strength: float, rng: np.random.Generator
    ) -> Array | None:
        """The error image of one slice in HU, or ``None`` where it is not worth the work.

        Args:
            hu: (rows, columns) the slice without noise, square.
            z: its height.
            strength: how badly this scanner copes with few photons (about 1).
            rng: of this slice.
        """
        body, bone = (self._at(each, z) for each in (self.body, self.bone))
        metal = self._metal(hu)
        path = body if metal is None else body + metal
        if metal is None and path.max() < NECK_PATH + 1.0:
            return None
        spread = np.exp(np.minimum(path, DARKEST_PATH) - np.float32(NECK_PATH)) - 1
        sd = np.float32(STARVATION * strength) * np.sqrt(np.maximum(spread, 0))
        error = rng.standard_normal(path.shape, np.float32) * sd
        error -= np.float32(HARDENING) * bone * body
        if metal is not None:
            k = np.float32(METAL_HARDENING)
            error -= metal - (1 - np.exp(-k * metal)) / k
        return enlarge(self._filtered_back(error), hu.shape[0])

    def _at(self, sinograms: Array, z: float) -> Array:
        """Linear between two heights."""
        at = float(np.interp(-z, -self.heights, np.arange(self.heights.size)))
        low = min(int(at), self.heights.size - 2)
        share = np.float32(at - low)
        return np.asarray(sinograms[low] * (1 - share) + sinograms[low + 1] * share)

    def _metal(self, hu: Array) -> Array | None:
        """(ANGLES, BINS) attenuation by metal."""
        rows, columns = np.nonzero(hu > METAL_HU)
        if rows.size == 0:
            return None
        zoom = SIZE_PX / hu.shape[0]
        place = (rows * zoom).astype(np.intp) * SIZE_PX + (columns * zoom).astype(np.intp)
        share = np.bincount(place, minlength=SIZE_PX**2).astype(np.float32) * zoom**2
        path = (self.image @ share).reshape(ANGLES, BINS)
        return np.asarray(path * (self.pixel_mm * METAL_PER_MM), np.float32)

    def _filtered_back(self, error: Array) -> Array:
        """(SIZE_PX, SIZE_PX) HU of an error (ANGLES, BINS) of the rays."""
        frequency = np.fft.rfftfreq(2 * BINS).astype(np.float32)
        ramp = frequency * np.cos(np.pi * frequency / 1.2) ** 2
        spectrum = np.fft.rfft(error, 2 * BINS, axis=1) * ramp
        filtered = np.fft.irfft(spectrum, 2 * BINS, axis=1)[:, :BINS].astype(np.float32)
        image = np.asarray(self.image.T @ filtered.ravel(), np.float32)
        scale = np.pi / ANGLES / self.pixel_mm / WATER_PER_MM * 1000
        return np.asarray(image.reshape(SIZE_PX, SIZE_PX) * np.float32(scale), np.float32)


def enlarge(image: Array, size: int) -> Array:
    """Bilinear to (size, size), pixel edges on pixel edges."""
    at = np.clip((np.arange(size) + 0.5) * (len(image) / size) - 0.5, 0, len(image) - 1.001)
    low = at.astype(np.intp)
    share = (at - low).astype(np.float32)
    by = np.zeros((size, len(image)), np.float32)
    by[np.arange(size), low] = 1 - share
    by[np.arange(size), low + 1] = share
    return np.asarray(by @ image @ by.T, np.float32)
