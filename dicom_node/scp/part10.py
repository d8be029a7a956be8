"""The file meta information of received instances (PS3.10 7.1), written and read back."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from dicom_node.scp.elements import LONG_VRS, HeaderError
from dicom_node.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

PREAMBLE: Final = bytes(128) + b"DICM"

GROUP_LENGTH: Final = struct.Struct("<HH2sHL")
TRANSFER_SYNTAX_UID: Final = 0x00020010
SENDING_AE_TITLE: Final = 0x00020017
RECEIVING_AE_TITLE: Final = 0x00020018


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What the index wants back from a file: by whom and how its data set was sent.

    AE titles are empty if the file does not say.
    """

    transfer_syntax_uid: str
    sending_aet: str
    receiving_aet: str


def file_meta_bytes(
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    sending_aet: str,
    receiving_aet: str,
) -> bytes:
    """Preamble, prefix and group 2 of a received instance (PS3.10 Table 7.1-1)."""
    elements = b"".join(
        (
            struct.pack("<HH2sHL", 0x0002, 0x0001, b"OB", 0, 2) + b"\0\1",
            _element(0x0002, b"UI", sop_class_uid),
            _element(0x0003, b"UI", sop_instance_uid),
            _element(0x0010, b"UI", transfer_syntax_uid),
            _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
            _element(0x0017, b"AE", sending_aet),
            _element(0x0018, b"AE", receiving_aet),
        )
    )
    return PREAMBLE + GROUP_LENGTH.pack(0x0002, 0x0000, b"UL", 4, len(elements)) + elements


def _element(element: int, vr: bytes, text: str) -> bytes:
    value = text.encode("ascii")
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    return struct.pack("<HH2sH", 0x0002, element, vr, len(value)) + value


def read_file_meta(file: BinaryIO) -> FileMeta:
    """Read the file meta information at the start of ``file``, which is left at the data set.

    Raises:
        HeaderError: not a DICOM file, or no group length or transfer syntax in it.
    """
    start = file.read(len(PREAMBLE) + GROUP_LENGTH.size)
    if len(start) != len(PREAMBLE) + GROUP_LENGTH.size or start[128:132] != b"DICM":
        raise HeaderError("not a DICOM file")
    group, element, vr, size, length = GROUP_LENGTH.unpack(start[132:])
    if (group, element, vr, size) != (0x0002, 0x0000, b"UL", 4):
        raise HeaderError("the file meta information has no group length")
    values = dict(_elements(file.read(length), length))
    if TRANSFER_SYNTAX_UID not in values:
        raise HeaderError("the file meta information has no transfer syntax")
    return FileMeta(
        transfer_syntax_uid=values[TRANSFER_SYNTAX_UID],
        sending_aet=values.get(SENDING_AE_TITLE, ""),
        receiving_aet=values.get(RECEIVING_AE_TITLE, ""),
    )


def _elements(group: bytes, length: int) -> Iterator[tuple[int, str]]:
    """(tag, value as text) of the elements of group 2."""
    if len(group) != length:
        raise HeaderError("the file meta information is cut off")
    stream = io.BytesIO(group)
    try:
        while head := stream.read(8):
            number, element, vr, size = struct.unpack("<HH2sH", head)
            if vr in LONG_VRS:
                (size,) = struct.unpack("<L", stream.read(4))
            yield number << 16 | element, stream.read(size).decode("latin-1").rstrip("\0 ")
    except struct.error as error:
        raise HeaderError("the file meta information is damaged") from error
