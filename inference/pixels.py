"""One instance's pixel data → Hounsfield units, frame by frame.

Nothing is ever padded or guessed: what is too short or cannot be understood is an error.
MONOCHROME1 changes how values are shown, never what they mean, so it inverts nothing here
(PS3.3 C.7.6.3.1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom import FileDataset
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from inference.attributes import (
    PARSE_ERRORS,
    decimal,
    integer,
    is_uid,
    items,
    open_instance,
    raw_value,
    text,
    unsigned,
)
from inference.decoders import DECODERS, NATIVE, Decoder, PixelDataError, PixelFormat, Samples

PADDING_HU: Final = -1024
"""What stands where the scanner measured nothing (Pixel Padding Value, PS3.3 C.7.5.1.1.2)."""

_TISSUE_HU: Final = (-200, 2000)
"""A padding value in here is a slip (0 is seen): obeying it would tear holes into the patient."""

_HOUNSFIELD_TYPES: Final = frozenset({"", "HU", "HU_MOD", "US"})
"""Rescale Type (C.11.1.1.2): absent means HU in a CT image; US is "unspecified"."""

_KEYWORDS: Final = (
    "NumberOfFrames",
    "SamplesPerPixel",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "PixelData",
)


class NotHounsfieldError(PixelDataError):
    """The values are of another quantity (an effective atomic number, a density)."""


@dataclass(frozen=True, slots=True)
class Rescale:
    """HU = stored value × slope + intercept (PS3.3 C.11.1)."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True)
class InstancePixels:
    """The undecoded pixel data of one instance."""

    format: PixelFormat
    frames: Sequence[bytes]
    decode: Decoder
    rescales: Sequence[Rescale]
    """One per frame."""
    padding: tuple[int, int] | None
    """Lowest and highest stored value that mean nothing was measured."""

    def hu(self, frame_number: int | None = None) -> NDArray[np.int16]:
        """Decode one frame, 1-based, to (rows, columns) Hounsfield units. Safe to call in threads.

        ``None`` is the only frame of an instance that has just one.

        Raises:
            PixelDataError: the frame does not exist or cannot be decoded.
        """
        if frame_number is None and len(self.frames) > 1:
            raise PixelDataError("the file holds several frames without a place of their own")
        index = 0 if frame_number is None else frame_number - 1
        if not 0 <= index < min(len(self.frames), len(self.rescales)):
            raise PixelDataError("the file holds fewer frames than it describes")
        samples = self.decode(self.frames[index], self.format)
        if samples.shape != (self.format.rows, self.format.columns):
            raise PixelDataError("the image has another size than the header says")
        return to_hu(samples, self.rescales[index], self.padding)


def open_pixels(path: Path) -> InstancePixels:
    """Read one file up to and with its pixel data, without decoding any.

    To be called under :func:`inference.attributes.quiet_pydicom`.

    Raises:
        PixelDataError: there is no pixel data, it is too short, or cannot be understood.
        UnreadableInstanceError: the file cannot be parsed.
    """
    ds = open_instance(path, _KEYWORDS, pixels=True)
    try:
        pixel_format = _format(ds)
        syntax = str(ds.file_meta.get("TransferSyntaxUID", ""))
        decode = DECODERS.get(syntax)
        if decode is None:
            shown = f"the transfer syntax {syntax}" if is_uid(syntax) else "its transfer syntax"
            raise PixelDataError(f"{shown} is not supported")
        frames = _split(ds, pixel_format, encapsulated=syntax not in NATIVE)
        rescales = _rescales(ds, pixel_format.frames)
    except PARSE_ERRORS as error:
        raise PixelDataError("the pixel data is damaged") from error
    return InstancePixels(
        pixel_format, frames, decode, rescales, _padding(ds, signed=pixel_format.signed)
    )


def to_hu(
    samples: Samples, rescale: Rescale, padding: tuple[int, int] | None = None
) -> NDArray[np.int16]:
    """Stored values → Hounsfield units, rounded and clipped to int16; padding → PADDING_HU."""
    limits = np.iinfo(np.int16)
    scaled: NDArray[np.int32] | NDArray[np.float64]
    if rescale.slope == 1 and rescale.intercept.is_integer():
        scaled = samples.astype(np.int32) + int(rescale.intercept)
    else:
        scaled = np.rint(samples * rescale.slope + rescale.intercept)
    hu = np.clip(scaled, limits.min, limits.max).astype(np.int16)
    if padding is not None:
        ends = sorted(each * rescale.slope + rescale.intercept for each in padding)
        if ends[1] < _TISSUE_HU[0] or ends[0] > _TISSUE_HU[1]:
            hu[(samples >= padding[0]) & (samples <= padding[1])] = PADDING_HU
    return hu


def _format(ds: FileDataset) -> PixelFormat:
    numbers = {
        keyword: unsigned(ds, keyword)
        for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored", "PixelRepresentation")
    }
    rows, columns, allocated, stored, representation = numbers.values()
    if not rows or not columns or allocated not in (8, 16) or stored is None:
        raise PixelDataError("size or bit depth of the pixels is missing or unusual")
    if not 1 <= stored <= allocated or unsigned(ds, "HighBit") not in (None, stored - 1):
        raise PixelDataError("the bits stored do not fit into the bits allocated")
    if representation not in (0, 1) or unsigned(ds, "SamplesPerPixel") not in (None, 1):
        raise PixelDataError("the pixels are not single numbers of a known sign")
    frames = integer(ds, "NumberOfFrames")
    return PixelFormat(
        rows, columns, allocated, stored, signed=bool(representation), frames=frames or 1
    )


def _split(ds: FileDataset, pixel_format: PixelFormat, *, encapsulated: bool) -> Sequence[bytes]:
    """One byte string per frame, still encoded."""
    data = raw_value(ds, "PixelData")
    if not data:
        raise PixelDataError("pixel data is missing or cut off")
    count, size = pixel_format.frames, pixel_format.frame_bytes
    if not encapsulated:
        if len(data) < count * size:
            raise PixelDataError(f"{len(data)} bytes of pixel data where {count * size} belong")
        return [data[at : at + size] for at in range(0, count * size, size)]
    offsets = raw_value(ds, "ExtendedOffsetTable"), raw_value(ds, "ExtendedOffsetTableLengths")
    frames = list(
        generate_frames(
            data, number_of_frames=count, extended_offsets=offsets if all(offsets) else None
        )
    )
    if len(frames) != count:
        raise PixelDataError(f"{len(frames)} compressed frames where {count} belong")
    return frames


def _rescales(ds: FileDataset, count: int) -> list[Rescale]:
    shared = items(ds, "SharedFunctionalGroupsSequence")
    frames = items(ds, "PerFrameFunctionalGroupsSequence")
    if not shared and not frames:
        return [_rescale(ds)] * count
    by_frame = [(frame, *shared) for frame in frames] or [tuple(shared)] * count
    return [_rescale(_transformation(groups)) for groups in by_frame]


def _transformation(groups: Sequence[Dataset]) -> Dataset:
    for group in groups:
        for item in items(group, "PixelValueTransformationSequence"):
            return item
    return Dataset()


def _rescale(ds: Dataset) -> Rescale:
    """The rescale of one frame; absent means the stored values themselves, to be judged later."""
    if text(ds, "RescaleType").upper() not in _HOUNSFIELD_TYPES:
        raise NotHounsfieldError("the values are not Hounsfield units (Rescale Type)")
    values = []
    for keyword, absent in (("RescaleSlope", 1.0), ("RescaleIntercept", 0.0)):
        value = decimal(ds, keyword) if text(ds, keyword) else absent
        if value is None or abs(value) > 1e6:
            raise PixelDataError("rescale slope or intercept is no usable number")
        values.append(value)
    return Rescale(*values)


def _padding(ds: FileDataset, *, signed: bool) -> tuple[int, int] | None:
    ends = [
        value - 0x10000 if signed and value >= 0x8000 else value
        for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")
        if (value := unsigned(ds, keyword)) is not None
    ]
    return (min(ends), max(ends)) if ends else None
