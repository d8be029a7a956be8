"""The scanner: the voxel grid, partial volume in time and space, noise, streaks, quantisation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy import ndimage

from inference.phantom.solids import Array


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Voxel centres in LPS mm: ``x`` along columns, ``y`` along rows, ``z`` falling per slice."""

    x: Array
    y: Array
    z: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return self.z.size, self.y.size, self.x.size

    @property
    def pixel_mm(self) -> float:
        """In-plane distance of neighbouring voxels."""
        return float(self.x[-1] - self.x[0]) / (self.x.size - 1)

    @property
    def slice_mm(self) -> float:
        """Distance of neighbouring slices."""
        return float(self.z[0] - self.z[-1]) / (self.z.size - 1)

    @property
    def affine(self) -> NDArray[np.float64]:
        """As in :class:`inference.types.CtVolume`."""
        out = np.diag([self.pixel_mm, self.pixel_mm, -self.slice_mm, 1.0])
        out[:3, 3] = self.x[0], self.y[0], self.z[0]
        return out

    def block(
        self, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> tuple[slice, slice, slice]:
        """Indices (slices, rows, columns) of the voxels in a box of LPS millimetres."""
        x0, x1 = np.searchsorted(self.x, [low[0], high[0]])
        y0, y1 = np.searchsorted(self.y, [low[1], high[1]])
        z0, z1 = np.searchsorted(-self.z, [-high[2], -low[2]])
        return slice(int(z0), int(z1)), slice(int(y0), int(y1)), slice(int(x0), int(x1))

    def coordinates(self, at: tuple[slice, slice, slice]) -> tuple[Array, Array, Array]:
        """Open mesh (x, y, z) of a block, to be broadcast to (slices, rows, columns)."""
        return (
            self.x[at[2]][None, None, :],
            self.y[at[1]][None, :, None],
            self.z[at[0]][:, None, None],
        )


@dataclass(frozen=True, slots=True)
class Scanner:
    """One scan protocol."""

    field_of_view_mm: float
    sharp: bool
    noise_hu: float  # standard deviation in the middle of the neck
    streak: float  # how much worse at the shoulders
    kvp: int

    def at_thickness(self, thickness_mm: float) -> Scanner:
        """The noise of slices this thick; the drawn one is of 1.25 mm."""
        share = min(max((1.25 / thickness_mm) ** 0.5, 0.65), 1.3)
        return replace(self, noise_hu=self.noise_hu * share)


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """Field of view, kernel and dose."""
    sharp = bool(rng.random() < 0.7)
    return Scanner(
        field_of_view_mm=float(rng.uniform(160, 215)),
        sharp=sharp,
        noise_hu=float(rng.uniform(22, 45)) if sharp else float(rng.uniform(9, 18)),
        streak=float(rng.uniform(0.4, 1.6)),
        kvp=int(rng.choice([100, 120, 120, 120, 140])),
    )


class Noise:
    """Noise of slices in HU, ramp-filtered, and streaked sideways where the body is wide."""

    def __init__(self, grid: Grid, scanner: Scanner) -> None:
        self._shape = grid.y.size, grid.x.size
        self._extra = np.float32(scanner.streak)
        fy = np.abs(np.fft.fftfreq(grid.y.size, grid.pixel_mm)).astype(np.float32)[:, None]
        fx = np.fft.rfftfreq(grid.x.size, grid.pixel_mm).astype(np.float32)[None, :]
        f = np.hypot(fx, fy)
        cutoff = np.float32(0.75 if scanner.sharp else 0.42)  # line pairs per mm
        ramp = np.sqrt(f) * np.exp(-((f / cutoff) ** 2)) + np.float32(0.02)
        sideways = ramp * (0.15 + np.exp(-((fx / np.float32(0.02)) ** 2)))
        # Coarser pixels average the noise of the detector.
        sd = np.float32(scanner.noise_hu * min(1.0, 0.4 / grid.pixel_mm) ** 0.7)
        self._even, self._sideways = (sd * each / _rms(each) for each in (ramp, sideways))

    def field(self, rng: np.random.Generator, burden: float) -> Array:
        """(rows, columns) of one slice; ``burden`` (0 … 1): how much shoulder the rays cross."""
        white = scipy.fft.rfft2(rng.standard_normal(self._shape, np.float32))
        extra = self._extra * np.float32(burden)
        white *= self._even * (1 + extra) + self._sideways * (extra * np.float32(1.2))
        return np.asarray(scipy.fft.irfft2(white, s=self._shape), np.float32)


def _rms(values: Array) -> np.float32:
    return np.float32(np.sqrt(np.mean(values**2)))


def scan(image: Array, grid: Grid, scanner: Scanner, noise: Array) -> NDArray[np.int16]:
    """One slice (rows, columns) as stored: the kernel's blur, noise, whole HU of 12 bits."""
    blur = (0.25 if scanner.sharp else 0.55) / grid.pixel_mm
    out = ndimage.gaussian_filter(image, blur) + noise
    stored: NDArray[np.int16] = np.clip(np.rint(out), -1024, 3071).astype(np.int16)
    return stored
