"""Planes of a CT volume as grey pictures at one scale in both directions, with their letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.types import CtVolume

BONE_CENTRE_HU: Final = 400.0
BONE_WIDTH_HU: Final = 1800.0
BONE_THRESHOLD_HU: Final = 250
SLAB_MM: Final = 2.0
"""A sagittal reformat is the mean over this thickness, against noise."""

_LETTERS: Final = (("R", "L"), ("A", "P"), ("F", "H"))
"""PatientOrientation (PS3.3 C.7.6.1.1.1) at the negative and positive end of LPS x, y, z."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane of a volume in Hounsfield units.

    ``hu`` is (vertical, horizontal); ``spacing_mm`` and ``letters`` are of the same directions,
    the letters being those at the top, bottom, left and right edge.
    """

    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float]
    letters: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class View:
    """A picture of a plane. Plane coordinates count voxels; voxel 0 reaches from 0 to 1."""

    image: Image.Image
    px_per_mm: float
    _px_per_voxel: tuple[float, float]
    _offset_px: tuple[float, float]

    def x(self, horizontal: float) -> float:
        """Pixel column of a horizontal plane coordinate."""
        return horizontal * self._px_per_voxel[1] + self._offset_px[1]

    def y(self, vertical: float) -> float:
        """Pixel row of a vertical plane coordinate."""
        return vertical * self._px_per_voxel[0] + self._offset_px[0]


def axial(volume: CtVolume, slice_index: int) -> Plane:
    """One slice as it was acquired."""
    _, rows_mm, columns_mm = volume.spacing_mm
    top, bottom = _letters(volume, axis=1)
    left, right = _letters(volume, axis=0)
    letters = (top, bottom, left, right)
    return Plane(volume.hu[slice_index], (rows_mm, columns_mm), letters)


def sagittal(volume: CtVolume, column: float) -> Plane:
    """Slices downwards, rows to the right, around one column."""
    slices_mm, rows_mm, columns_mm = volume.spacing_mm
    half = SLAB_MM / 2 / columns_mm
    last = volume.hu.shape[2] - 1
    first, stop = int(np.clip(column - half, 0, last)), int(np.clip(column + half, 0, last)) + 1
    slab = volume.hu[:, :, first:stop].mean(axis=2, dtype=np.float32)
    top, bottom = _letters(volume, axis=2)
    left, right = _letters(volume, axis=1)
    letters = (top, bottom, left, right)
    return Plane(slab.astype(np.int16), (slices_mm, rows_mm), letters)


def middle_column(volume: CtVolume) -> int:
    """The column with as much bone on either side: near the midline of a symmetric skeleton."""
    return _middle_of_bone(volume, (0, 1))


def middle_row(volume: CtVolume) -> int:
    """The row with as much bone before as behind it: in or near the spine."""
    return _middle_of_bone(volume, (0, 2))


def _middle_of_bone(volume: CtVolume, across: tuple[int, int]) -> int:
    """The index that halves the bone along the axis that is not in ``across``."""
    bone: NDArray[np.int64] = (volume.hu > BONE_THRESHOLD_HU).sum(axis=across).cumsum()
    if not bone[-1]:
        return len(bone) // 2
    return int(np.searchsorted(bone, bone[-1] / 2))


def render(
    plane: Plane,
    size: tuple[int, int],
    *,
    centre: tuple[float, float],
    field_mm: tuple[float, float],
) -> View:
    """Show ``plane`` in the bone window.

    Args:
        plane: what to show.
        size: (width, height) of the picture in pixels.
        centre: plane coordinates (vertical, horizontal) to be in the middle, where there is
            plane enough on all sides.
        field_mm: (vertical, horizontal) at most so much is fitted into the picture.
    """
    voxels = plane.hu.shape
    extent = [count * spacing for count, spacing in zip(voxels, plane.spacing_mm, strict=True)]
    wanted = [min(a, b) for a, b in zip(extent, field_mm, strict=True)]
    px_per_mm = min(size[1] / wanted[0], size[0] / wanted[1])
    scale = [px_per_mm * spacing for spacing in plane.spacing_mm]
    vertical = _fit(voxels[0], scale[0], size[1], centre[0])
    horizontal = _fit(voxels[1], scale[1], size[0], centre[1])
    source = Image.fromarray(_windowed(plane.hu))
    box = (horizontal.first, vertical.first, horizontal.stop, vertical.stop)
    shown = source.resize((horizontal.px, vertical.px), Image.Resampling.BICUBIC, box)
    image = Image.new("L", size, 0)
    image.paste(shown, (horizontal.at_px, vertical.at_px))
    offset = (
        vertical.at_px - vertical.first * scale[0],
        horizontal.at_px - horizontal.first * scale[1],
    )
    return View(image, px_per_mm, (scale[0], scale[1]), offset)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Voxels ``first`` to ``stop`` take ``px`` pixels from ``at_px`` on."""

    first: float
    stop: float
    px: int
    at_px: int


def _fit(voxels: int, px_per_voxel: float, size_px: int, centre: float) -> _Fit:
    shown = size_px / px_per_voxel
    if shown >= voxels:
        px = max(1, min(size_px, round(voxels * px_per_voxel)))
        return _Fit(0, voxels, px, (size_px - px) // 2)
    first = float(np.clip(centre - shown / 2, 0, voxels - shown))
    return _Fit(first, first + shown, size_px, 0)


def _windowed(hu: NDArray[np.int16]) -> NDArray[np.uint8]:
    low = BONE_CENTRE_HU - BONE_WIDTH_HU / 2
    grey = (hu.astype(np.float32) - low) * np.float32(255 / BONE_WIDTH_HU)
    shown: NDArray[np.uint8] = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return shown


def _letters(volume: CtVolume, axis: int) -> tuple[str, str]:
    """At the low and high end of an axis of the affine (0 columns, 1 rows, 2 slices)."""
    direction = volume.affine[:3, axis]
    main = int(np.abs(direction).argmax())
    negative, positive = _LETTERS[main]
    return (negative, positive) if direction[main] > 0 else (positive, negative)
