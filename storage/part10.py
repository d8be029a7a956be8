"""As much of the DICOM file format (PS3.10 7.1) as telling two files' contents apart needs."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Final

from storage.errors import StorageError

PREAMBLE_LENGTH: Final = 128
PREFIX: Final = b"DICM"
GROUP_LENGTH: Final = struct.Struct("<HH2sHI")
"""(0002,0000) UL, Explicit VR Little Endian: tag, VR, length 4, bytes of the group that follow."""
ELEMENT: Final = struct.Struct("<HH2sH")
LONG_LENGTH: Final = struct.Struct("<I")
LONG_VRS: Final = frozenset({b"OB", b"OW", b"UN", b"UT", b"UC", b"UR", b"SQ"})
META_LENGTH_MAX: Final = 1 << 20
TRANSFER_SYNTAX_UID: Final = (0x0002, 0x0010)
CHUNK_LENGTH: Final = 1 << 20


def content_digest(transfer_syntax_uid: str, data_set: bytes) -> str:
    """SHA-256, hexadecimal, of what an instance is: its transfer syntax and its data set."""
    digest = _begun(transfer_syntax_uid)
    digest.update(data_set)
    return digest.hexdigest()


def whole_digest(content: bytes) -> str:
    """SHA-256, hexadecimal, of all bytes of a file that this node wrote."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """:func:`content_digest` of a DICOM file, whoever wrote its meta information.

    Raises:
        OSError: it cannot be read.
        StorageError: it is no DICOM file.
    """
    with path.open("rb") as file:
        head = file.read(PREAMBLE_LENGTH + len(PREFIX) + GROUP_LENGTH.size)
        meta_length = _meta_length(head, path)
        meta = file.read(meta_length)
        if len(meta) < meta_length:
            raise StorageError(f"{path.name} ends within its meta information")
        digest = _begun(_transfer_syntax(meta, path))
        while chunk := file.read(CHUNK_LENGTH):
            digest.update(chunk)
    return digest.hexdigest()


def _begun(transfer_syntax_uid: str) -> hashlib._Hash:
    return hashlib.sha256(transfer_syntax_uid.encode("ascii", "replace") + b"\0")


def _meta_length(head: bytes, path: Path) -> int:
    """Bytes of group 2 after its group length."""
    at = PREAMBLE_LENGTH + len(PREFIX)
    if len(head) == at + GROUP_LENGTH.size and head[PREAMBLE_LENGTH:at] == PREFIX:
        group, element, vr, length, value = GROUP_LENGTH.unpack_from(head, at)
        known = (group, element, vr, length) == (0x0002, 0x0000, b"UL", 4)
        if known and value <= META_LENGTH_MAX:
            return int(value)
    raise StorageError(f"{path.name} is no DICOM file with a group length")


def _transfer_syntax(meta: bytes, path: Path) -> str:
    at = 0
    while at + ELEMENT.size <= len(meta):
        group, element, vr, length = ELEMENT.unpack_from(meta, at)
        at += ELEMENT.size
        if vr in LONG_VRS:  # two reserved bytes, then a longer length (PS3.5 7.1.2)
            if at + LONG_LENGTH.size > len(meta):
                break
            (length,) = LONG_LENGTH.unpack_from(meta, at)
            at += LONG_LENGTH.size
        if (group, element) == TRANSFER_SYNTAX_UID:
            return meta[at : at + length].rstrip(b"\0 ").decode("ascii", "replace")
        at += length
    raise StorageError(f"{path.name} has no TransferSyntaxUID")
