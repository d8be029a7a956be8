"""An instance in Explicit VR Little Endian (PS3.5 A.2), frame by frame.

What lies behind the pixel data (padding, digital signatures) is left out: it may be of the old
encoding.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Final

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from dicom_node.api.dicomweb.instance_file import OpenInstance
from dicom_node.api.dicomweb.problems import DicomwebError, no_pixels, unreadable
from inference.attributes import PARSE_ERRORS
from inference.decoders import DECODERS, NATIVE, PixelDataError, PixelFormat, Samples

NOT_DECODABLE: Final = "The stored pixels cannot be decoded here. Ask for them as they are stored."
WORD_BYTES: Final = {"OW": 2, "OL": 4, "OF": 4, "OV": 8, "OD": 8}
"""VRs whose bytes stand the other way round in Big Endian."""
LENGTH_MAX: Final = 0xFFFFFFFE


def can_be_decoded(transfer_syntax_uid: str | None) -> bool:
    """Whether the node can give what is stored like this in Explicit VR Little Endian."""
    return transfer_syntax_uid in DECODERS


def pixel_format(ds: Dataset) -> PixelFormat:
    """How the samples are stored.

    Raises:
        DicomwebError: not a single number of 8 or 16 bits for each pixel (406).
    """
    try:
        found = PixelFormat(
            rows=int(ds.Rows),
            columns=int(ds.Columns),
            bits_allocated=int(ds.BitsAllocated),
            bits_stored=int(ds.get("BitsStored", ds.BitsAllocated)),
            signed=bool(ds.get("PixelRepresentation", 0)),
            frames=max(int(ds.get("NumberOfFrames", 1) or 1), 1),
        )
        samples = int(ds.get("SamplesPerPixel", 1))
    except PARSE_ERRORS as error:
        raise unreadable() from error
    if samples != 1 or found.bits_allocated not in (8, 16):
        raise DicomwebError(406, NOT_DECODABLE)
    if not 1 <= found.bits_stored <= found.bits_allocated:
        raise unreadable()
    return found


def decoded_frames(instance: OpenInstance, numbers: Sequence[int]) -> Iterator[Samples]:
    """The stored values of frames, each (rows, columns).

    Raises:
        DicomwebError: they cannot be decoded (406), or there are none (404).
    """
    decode = DECODERS.get(instance.transfer_syntax_uid)
    if decode is None:
        raise DicomwebError(406, NOT_DECODABLE)
    if instance.pixels is None:
        raise no_pixels()
    form = pixel_format(instance.ds)
    for frame in instance.frames(numbers):
        try:
            samples = decode(frame, form)
        except PixelDataError as error:
            raise unreadable() from error
        if samples.shape != (form.rows, form.columns):
            raise unreadable()
        yield samples


def plain_frames(instance: OpenInstance, numbers: Sequence[int]) -> Iterator[bytes]:
    """Frames as Explicit VR Little Endian has them.

    Raises:
        DicomwebError: as :func:`decoded_frames`.
    """
    syntax = instance.transfer_syntax_uid
    if syntax in NATIVE and syntax != ExplicitVRBigEndian:
        yield from instance.frames(numbers)
        return
    form = pixel_format(instance.ds)
    cell = np.dtype(f"<{'i' if form.signed else 'u'}{form.bits_allocated // 8}")
    for samples in decoded_frames(instance, numbers):
        yield samples.astype(cell).tobytes()


def explicit_little_endian(instance: OpenInstance) -> Iterator[bytes]:
    """The whole file: the header first, then frame after frame.

    Raises:
        DicomwebError: at the first step if it cannot be done at all; later if a frame is damaged.
    """
    header = _header(instance)
    if instance.pixels is None:
        yield header
        return
    count = instance.frame_count
    length = instance.frame_bytes * count
    if length > LENGTH_MAX:
        raise DicomwebError(406, NOT_DECODABLE)
    vr = b"OB" if instance.ds.get("BitsAllocated", 16) == 8 else b"OW"
    element = struct.pack("<HH2sHL", 0x7FE0, 0x0010, vr, 0, length + length % 2)
    frames = plain_frames(instance, range(1, count + 1))
    yield header + element + next(frames)
    yield from frames
    if length % 2:
        yield b"\0"


def _header(instance: OpenInstance) -> bytes:
    ds = FileDataset("", deepcopy(instance.ds), file_meta=deepcopy(instance.ds.file_meta))
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in ds:
            del ds[keyword]
    buffer = io.BytesIO()
    try:
        if instance.transfer_syntax_uid == ExplicitVRBigEndian:
            _swap_words(ds)
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dcmwrite(buffer, ds, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except PARSE_ERRORS as error:
        raise unreadable() from error
    return buffer.getvalue()


def _swap_words(ds: Dataset) -> None:
    """Pydicom leaves the bytes of these VRs as they are."""
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                _swap_words(item)
        elif element.VR in WORD_BYTES and isinstance(element.value, bytes):
            size = WORD_BYTES[element.VR]
            element.value = np.frombuffer(element.value, f">u{size}").astype(f"<u{size}").tobytes()
