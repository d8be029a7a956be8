"""What a compressed frame says of itself, read before it is decoded.

Only the frame header is parsed: JPEG and JPEG-LS (ISO/IEC 10918-1 B.2.2, 14495-1 C.2.2) and
JPEG 2000 and High-Throughput JPEG 2000 (ISO/IEC 15444-1 A.5.1). It keeps a forged size from
being allocated, and tells the sign and width of the samples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_START_OF_FRAME: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""SOF0…SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS."""

_JPEG2000_START: Final = b"\xff\x4f\xff\x51"
_SEARCHED_BYTES: Final = 4096
"""A codestream may be wrapped into JP2 boxes, against PS3.5 A.4.4; they are short."""

_END_MARKER: Final = b"\xff\xd9"
_TAIL_BYTES: Final = 16
"""The end marker may be followed by padding to an even length (PS3.5 A.4), or a little more."""


class CodestreamError(ValueError):
    """The frame header is missing or damaged."""


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """Size and sample format of a compressed frame."""

    rows: int
    columns: int
    components: int
    precision_bits: int
    signed: bool


def jpeg_header(frame: bytes) -> FrameHeader:
    """Read the first start-of-frame segment of a JPEG or JPEG-LS stream.

    Raises:
        CodestreamError: there is none.
    """
    if frame[:2] != b"\xff\xd8":
        raise CodestreamError("no JPEG start marker")
    at = 2
    while at + 10 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        length = int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker in _START_OF_FRAME:
            precision_bits, rows, columns, components = struct.unpack_from(">BHHB", frame, at + 4)
            return FrameHeader(rows, columns, components, precision_bits, signed=False)
        at += 2 + length
    raise CodestreamError("no JPEG frame header")


def jpeg2000_header(frame: bytes) -> FrameHeader:
    """Read the image-and-tile-size segment (SIZ) of a JPEG 2000 codestream.

    Raises:
        CodestreamError: there is none.
    """
    start = frame.find(_JPEG2000_START, 0, _SEARCHED_BYTES)
    segment = frame[start + 4 : start + 43]
    if start < 0 or len(segment) < 39:
        raise CodestreamError("no JPEG 2000 image size")
    right, bottom, left, top = struct.unpack_from(">4I", segment, 4)
    components, depth = struct.unpack_from(">HB", segment, 36)
    return FrameHeader(
        rows=bottom - top,
        columns=right - left,
        components=components,
        precision_bits=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
    )


def check_rle_segments(frame: bytes, count: int) -> None:
    """Check an RLE header (PS3.5 G.3): ``count`` segments, one after another, inside the frame.

    Raises:
        CodestreamError: they are not; a decoder that trusts them reads foreign memory.
    """
    if len(frame) < 64:
        raise CodestreamError("no RLE header")
    found, *offsets = struct.unpack_from(f"<{1 + count}I", frame)
    ends = [*offsets[1:], len(frame)]
    if (
        found != count
        or offsets[0] != 64
        or any(a >= b for a, b in zip(offsets, ends, strict=True))
    ):
        raise CodestreamError("impossible RLE segments")


def is_complete(frame: bytes) -> bool:
    """Whether the stream reaches its end marker; decoders fill up what is missing, silently."""
    return _END_MARKER in frame[-_TAIL_BYTES:]
