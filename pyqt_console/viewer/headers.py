"""Metadata of an instance → its slices: one, or one a frame of an Enhanced CT (PS3.3 A.38)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pyqt_console.viewer.dicom_json import (
    JsonDataset,
    decimal,
    decimals,
    integer,
    items,
    text,
    values,
)

PIXELS_MAX: Final = 8192 * 8192
"""Of one image; more is a forged header."""
FRAMES_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class FrameRef:
    """One frame at the server; ``frame_number`` counts from 1."""

    sop_instance_uid: str
    frame_number: int = 1


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the bytes of a frame are to be understood, and what the numbers mean."""

    rows: int
    columns: int
    bits_allocated: int = 16
    bits_stored: int = 16
    signed: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    inverted: bool = False
    """MONOCHROME1."""

    @property
    def frame_bytes(self) -> int:
        """Of one uncompressed frame."""
        return self.rows * self.columns * self.bits_allocated // 8


@dataclass(frozen=True, slots=True)
class SliceInfo:
    """One slice: where it is and how to read it."""

    frame: FrameRef
    pixels: PixelFormat
    position_mm: tuple[float, ...]
    """Of the centre of the upper left pixel."""
    cosines: tuple[float, ...]
    """Along a row, then along a column (Image Orientation (Patient))."""
    spacing_mm: tuple[float, ...]
    """Between rows, between columns."""
    number: int
    in_frames: bool = False
    """It is a frame of a multi-frame image, which is named with its number."""


def slices_in(ds: JsonDataset) -> Iterator[SliceInfo]:
    """The slices of an instance; none where it is no grey image."""
    uid, pixels = text(ds, "SOPInstanceUID"), _pixel_format(ds)
    if uid is None or pixels is None:
        return
    shared = items(ds, "SharedFunctionalGroupsSequence")
    per_frame = items(ds, "PerFrameFunctionalGroupsSequence")
    number = integer(ds, "InstanceNumber") or 0
    count = min(max(integer(ds, "NumberOfFrames") or 1, 1), FRAMES_MAX)
    for index in range(count):
        groups = [*per_frame[index : index + 1], *shared]
        position = _found(ds, groups, "PlanePositionSequence", "ImagePositionPatient", 3)
        cosines = _found(ds, groups, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
        spacing = _found(ds, groups, "PixelMeasuresSequence", "PixelSpacing", 2)
        if spacing is None or min(spacing) <= 0:
            position, spacing = None, (1.0, 1.0)
        placed = position is not None and cosines is not None and _is_frame(cosines)
        yield SliceInfo(
            frame=FrameRef(uid, index + 1),
            pixels=_rescaled(pixels, groups),
            position_mm=position if placed and position else (),
            cosines=cosines if placed and cosines else (),
            spacing_mm=spacing,
            number=number + index,
            in_frames=bool(per_frame or shared),
        )


def _is_frame(cosines: Sequence[float]) -> bool:
    right, down = np.reshape(cosines, (2, 3))
    lengths = np.linalg.norm(right), np.linalg.norm(down)
    return all(abs(length - 1) < 0.05 for length in lengths) and abs(float(right @ down)) < 0.05


def _found(
    ds: JsonDataset, groups: Sequence[JsonDataset], sequence: str, keyword: str, count: int
) -> tuple[float, ...] | None:
    """Of a functional group, else of the data set itself."""
    for group in groups:
        for item in items(group, sequence):
            found = decimals(item, keyword, count)
            if found is not None:
                return found
    return decimals(ds, keyword, count)


def _pixel_format(ds: JsonDataset) -> PixelFormat | None:
    """``None``: no single-channel image of 8, 16 or 32 bits."""
    rows, columns = integer(ds, "Rows") or 0, integer(ds, "Columns") or 0
    bits = integer(ds, "BitsAllocated") or 0
    if rows < 1 or columns < 1 or rows * columns > PIXELS_MAX or bits not in (8, 16, 32):
        return None
    if (integer(ds, "SamplesPerPixel") or 1) != 1:
        return None
    slope = decimal(ds, "RescaleSlope")
    return PixelFormat(
        rows=rows,
        columns=columns,
        bits_allocated=bits,
        bits_stored=min(max(integer(ds, "BitsStored") or bits, 1), bits),
        signed=bool(integer(ds, "PixelRepresentation") or 0),
        slope=slope or 1.0,
        intercept=decimal(ds, "RescaleIntercept") or 0.0,
        inverted=values(ds, "PhotometricInterpretation") == ["MONOCHROME1"],
    )


def _rescaled(pixels: PixelFormat, groups: Sequence[JsonDataset]) -> PixelFormat:
    for group in groups:
        for item in items(group, "PixelValueTransformationSequence"):
            slope, intercept = decimal(item, "RescaleSlope"), decimal(item, "RescaleIntercept")
            if slope and intercept is not None:
                return replace(pixels, slope=slope, intercept=intercept)
    return pixels
