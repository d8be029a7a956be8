"""One encoded frame → stored values. How a transfer syntax is decoded is a table.

Decoders fill up what a damaged stream lacks, silently, so it is checked before and after: its
size against the header's, its end, its segments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from inference.codestream import (
    CodestreamError,
    FrameHeader,
    check_rle_segments,
    is_complete,
    jpeg2000_header,
    jpeg_header,
)
from inference.errors import InferenceError

Samples: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int8] | NDArray[np.int16]


class PixelDataError(InferenceError):
    """Pixel data is missing, truncated or undecodable; ``str`` is a clause that says how."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How samples are stored (PS3.3 C.7.6.3, PS3.5 8)."""

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    frames: int

    @property
    def frame_bytes(self) -> int:
        """Length of an uncompressed frame."""
        return self.rows * self.columns * self.bits_allocated // 8


Decoder: TypeAlias = Callable[[bytes, PixelFormat], Samples]


def _stored_values(
    cells: NDArray[np.uint8] | NDArray[np.uint16], bits: int, *, signed: bool
) -> Samples:
    """Keep the low ``bits`` of each cell (overlays may lie above), with their sign."""
    wide = cells.astype(np.uint16, copy=False)
    unused = 16 - bits
    if not unused:
        return wide.view(np.int16) if signed else wide
    shifted = wide << unused
    return shifted.view(np.int16) >> unused if signed else shifted >> unused


def _native(byte_order: str) -> Decoder:
    def decode(frame: bytes, pixel_format: PixelFormat) -> Samples:
        cells = np.frombuffer(frame, f"{byte_order}u{pixel_format.bits_allocated // 8}")
        cells = cells.reshape(pixel_format.rows, pixel_format.columns)
        native = cells.astype(cells.dtype.newbyteorder("="), copy=False)
        return _stored_values(native, pixel_format.bits_stored, signed=pixel_format.signed)

    return decode


def _rle(frame: bytes, pixel_format: PixelFormat) -> Samples:
    """RLE Lossless (PS3.5 Annex G)."""
    cell_bytes = pixel_format.bits_allocated // 8
    try:
        check_rle_segments(frame, cell_bytes)
        cells = imagecodecs.dicomrle_decode(frame, f"<u{cell_bytes}")
    except (RuntimeError, ValueError) as error:
        raise PixelDataError("the RLE stream is damaged") from error
    if len(cells) != pixel_format.frame_bytes:
        raise PixelDataError("the RLE stream ends too early or too late")
    return _native("<")(bytes(cells), pixel_format)


@dataclass(frozen=True, slots=True)
class _Codec:
    """A compressed transfer syntax as a :data:`Decoder`."""

    name: str
    header: Callable[[bytes], FrameHeader]
    decode: Callable[..., NDArray[np.generic]]
    sign_from_codestream: bool = True
    """Whether the sign bit of unsigned samples is the codestream's highest, not Bits Stored's."""

    def __call__(self, frame: bytes, pixel_format: PixelFormat) -> Samples:
        try:
            header = self.header(frame)
        except CodestreamError as error:
            raise PixelDataError(f"the {self.name} stream is damaged ({error})") from error
        if (header.rows, header.columns) != (pixel_format.rows, pixel_format.columns):
            raise PixelDataError(f"the {self.name} stream has another size than the header says")
        if header.components != 1 or header.precision_bits > 16:
            raise PixelDataError(f"the {self.name} stream does not hold single 16-bit numbers")
        if not is_complete(frame):
            raise PixelDataError(f"the {self.name} stream ends too early")
        kind = "i" if header.signed else "u"
        out = np.empty((header.rows, header.columns), f"{kind}{1 + (header.precision_bits > 8)}")
        try:
            self.decode(frame, out=out)
        except (RuntimeError, ValueError) as error:
            raise PixelDataError(f"the {self.name} stream is damaged") from error
        if header.signed == pixel_format.signed:
            return out
        bits = pixel_format.bits_stored
        if self.sign_from_codestream:
            bits = min(bits, header.precision_bits)
        cells = out.view(f"u{out.itemsize}")
        return _stored_values(cells, bits, signed=pixel_format.signed)


_JPEG: Final = _Codec("JPEG", jpeg_header, imagecodecs.jpeg8_decode, sign_from_codestream=False)
_JPEG_LS: Final = _Codec("JPEG-LS", jpeg_header, imagecodecs.jpegls_decode)
# OpenJPEG decodes High-Throughput JPEG 2000 too; imagecodecs.htj2k_decode would swallow the
# errors of OpenJPH and leave what was not decoded as it is.
_JPEG_2000: Final = _Codec("JPEG 2000", jpeg2000_header, imagecodecs.jpeg2k_decode)

NATIVE: Final[Mapping[str, Decoder]] = {
    ImplicitVRLittleEndian: _native("<"),
    ExplicitVRLittleEndian: _native("<"),
    DeflatedExplicitVRLittleEndian: _native("<"),
    ExplicitVRBigEndian: _native(">"),
}
"""Transfer syntaxes (PS3.5 A) whose pixel data is not encapsulated."""

DECODERS: Final[Mapping[str, Decoder]] = {
    **NATIVE,
    RLELossless: _rle,
    JPEGBaseline8Bit: _JPEG,
    JPEGExtended12Bit: _JPEG,
    JPEGLossless: _JPEG,
    JPEGLosslessSV1: _JPEG,
    JPEGLSLossless: _JPEG_LS,
    JPEGLSNearLossless: _JPEG_LS,
    JPEG2000Lossless: _JPEG_2000,
    JPEG2000: _JPEG_2000,
    HTJ2KLossless: _JPEG_2000,
    HTJ2KLosslessRPCL: _JPEG_2000,
    HTJ2K: _JPEG_2000,
}
"""Transfer Syntax UID → how one frame is decoded."""
