"""File meta information that other programs can read."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from dicom_node.scp.elements import HeaderError
from dicom_node.scp.part10 import FileMeta, file_meta_bytes, read_file_meta
from dicom_node.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

META = file_meta_bytes(
    sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
    sop_instance_uid="1.2.3",
    transfer_syntax_uid=ExplicitVRLittleEndian,
    sending_aet="PACS1",
    receiving_aet="CSPINE",
)


def test_pydicom_reads_it() -> None:
    meta = dcmread(io.BytesIO(META)).file_meta

    assert meta.FileMetaInformationVersion == b"\0\1"
    assert meta.FileMetaInformationGroupLength == len(META) - 144
    assert meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.ImplementationVersionName == IMPLEMENTATION_VERSION_NAME
    assert meta.SendingApplicationEntityTitle == "PACS1"
    assert meta.ReceivingApplicationEntityTitle == "CSPINE"


def test_we_read_it_back() -> None:
    file = io.BytesIO(META + b"data set")

    assert read_file_meta(file) == FileMeta(ExplicitVRLittleEndian, "PACS1", "CSPINE")
    assert file.read() == b"data set"


def test_every_cut_is_noticed() -> None:
    for end in range(len(META)):
        with pytest.raises(HeaderError):
            read_file_meta(io.BytesIO(META[:end]))


def test_noise_raises_nothing_else() -> None:
    noise = random.Random(7)
    for _ in range(5000):
        damaged = bytearray(META)
        for _ in range(noise.randint(1, 4)):
            damaged[noise.randrange(128, len(META))] = noise.randrange(256)
        with suppress(HeaderError):
            read_file_meta(io.BytesIO(damaged))


def test_lengths_of_our_names() -> None:
    """PS3.5 6.2 (UI, SH)."""
    assert len(IMPLEMENTATION_CLASS_UID) <= 64
    assert 1 <= len(IMPLEMENTATION_VERSION_NAME) <= 16
    component = IMPLEMENTATION_CLASS_UID.removeprefix("2.25.")
    assert component.isdigit()
    assert not component.startswith("0")
    assert int(component) < 2**128
