from __future__ import annotations

import struct
from pathlib import Path

import pytest

from storage.errors import StorageError
from storage.part10 import content_digest, file_digest
from tests.unit.storage.part10 import EXPLICIT_LE, JPEG_LOSSLESS, file_meta

PREFIX = bytes(128) + b"DICM"
BODY = bytes(range(256)) * 9000  # longer than one chunk


def test_the_digest_of_a_file_is_that_of_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(file_meta(JPEG_LOSSLESS) + BODY)
    assert file_digest(path) == content_digest(JPEG_LOSSLESS, BODY)


def test_who_wrote_the_meta_information_makes_no_difference(tmp_path: Path) -> None:
    one, two = tmp_path / "1.dcm", tmp_path / "2.dcm"
    one.write_bytes(file_meta(source_aet="SCANNER") + BODY)
    two.write_bytes(file_meta(source_aet="ARCHIVE-12345678") + BODY)
    assert file_digest(one) == file_digest(two)


def test_transfer_syntax_and_data_set_both_count() -> None:
    digests = {
        content_digest(EXPLICIT_LE, b"12"),
        content_digest(JPEG_LOSSLESS, b"12"),
        content_digest(EXPLICIT_LE, b"13"),
        content_digest(EXPLICIT_LE + "12", b""),
    }
    assert len(digests) == 4


@pytest.mark.parametrize("uid", [EXPLICIT_LE, EXPLICIT_LE + "1"])
def test_padding_of_the_transfer_syntax_does_not_count(tmp_path: Path, uid: str) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(file_meta(uid) + b"x")
    assert file_digest(path) == content_digest(uid, b"x")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"DICM",
        PREFIX,
        bytes(128) + b"DIXM" + file_meta()[132:],
        PREFIX + struct.pack("<HH2sHI", 0x0002, 0x0010, b"UI", 4, 0),
        PREFIX + struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, 0xFFFFFFFF),
        PREFIX + struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, 0) + b"data set",
        PREFIX + struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, 8) + b"\2\0\1\0OB\0\0",
        file_meta()[:-30],
    ],
)
def test_what_is_no_dicom_file_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(StorageError):
        file_digest(path)
