"""Subgroups of studies: into which band a number falls, and how noisy a volume is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

AGE_YEARS: Final = (40, 65)
SLICE_DISTANCE_MM: Final = (1.5, 2.25)
NOISE_HU: Final = (15, 30)
SOFT_TISSUE_HU: Final = (-20, 120)

_SLICES: Final = 9
_MAD_TO_SD: Final = 1.4826


def age_band(years: int) -> str:
    """As for :func:`band`."""
    return band(years, AGE_YEARS, "years")


def slice_distance_band(distance_mm: float) -> str:
    """As for :func:`band`."""
    return band(distance_mm, SLICE_DISTANCE_MM, "mm")


def noise_band(standard_deviation_hu: float) -> str:
    """As for :func:`band`."""
    return band(standard_deviation_hu, NOISE_HU, "HU")


def band(value: float, borders: tuple[float, float], unit: str) -> str:
    """Below the first border, from it to below the second, or from the second on."""
    low, high = borders
    if value < low:
        return f"below {low:g} {unit}"
    return f"{low:g} to {high:g} {unit}" if value < high else f"{high:g} {unit} and more"


def noise_hu(hu: NDArray[np.int16]) -> float:
    """Standard deviation of the noise in soft tissue, HU; 0 where there is none.

    The median difference of a pixel to the mean of its neighbours in the row, on some slices,
    where the surroundings are soft tissue: edges and bone hardly change it.

    Args:
        hu: (slices, rows, columns).
    """
    rows = np.unique(np.linspace(0, len(hu) - 1, _SLICES).astype(int))
    differences = []
    for plane in hu[rows].astype(np.float32):
        smooth = ndimage.uniform_filter(plane, 5)
        soft = (smooth > SOFT_TISSUE_HU[0]) & (smooth < SOFT_TISSUE_HU[1])
        to_neighbours = plane[:, 1:-1] - (plane[:, :-2] + plane[:, 2:]) / 2
        differences.append(np.abs(to_neighbours[soft[:, 1:-1]]))
    every = np.concatenate(differences)
    # The variance of x − (a + b) / 2 is 3 / 2 of the noise's.
    return float(np.median(every)) * _MAD_TO_SD / np.sqrt(1.5) if every.size else 0.0
