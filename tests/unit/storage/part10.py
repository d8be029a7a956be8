"""DICOM files as the tests need them, written by hand."""

from __future__ import annotations

import struct
from typing import Final

EXPLICIT_LE: Final = "1.2.840.10008.1.2.1"
JPEG_LOSSLESS: Final = "1.2.840.10008.1.2.4.70"


def file_meta(transfer_syntax_uid: str = EXPLICIT_LE, *, source_aet: str = "SCANNER") -> bytes:
    """Preamble, prefix and group 2 (PS3.10 7.1)."""
    version = struct.pack("<HH2sHI", 0x0002, 0x0001, b"OB", 0, 2) + b"\0\1"
    elements = (
        version
        + _element(0x0010, b"UI", transfer_syntax_uid.encode(), pad=b"\0")
        + _element(0x0016, b"AE", source_aet.encode(), pad=b" ")
    )
    length = struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, len(elements))
    return bytes(128) + b"DICM" + length + elements


def _element(element: int, vr: bytes, value: bytes, *, pad: bytes) -> bytes:
    value += pad * (len(value) % 2)
    return struct.pack("<HH2sH", 0x0002, element, vr, len(value)) + value
