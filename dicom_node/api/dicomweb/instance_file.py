"""A stored file opened for reading: its header, and where its pixel data lies."""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from dicom_node.api.dicomweb.problems import DicomwebError, no_frame, no_pixels, unreadable
from dicom_node.scp.elements import LONG_VRS, UNDEFINED_LENGTH, HeaderError
from dicom_node.scp.part10 import file_meta_bytes, read_file_meta
from inference.attributes import PARSE_ERRORS

logger = logging.getLogger(__name__)

PIXEL_DATA: Final = 0x7FE00010
INFLATED_BYTES_MAX: Final = 1 << 29
"""What a deflated data set may grow to; more is a decompression bomb."""
INFLATED_HEADER_MAX: Final = 1 << 24
FRAMES_MAX: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the value of Pixel Data lies in the stream; ``length`` None: encapsulated."""

    vr: str
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class OpenInstance:
    """A file whose header is read.

    Attributes:
        ds: everything before the pixel data.
        transfer_syntax_uid: as stored.
        stream: the file; a deflated one inflated, so that offsets are those of ``pixels``.
    """

    ds: FileDataset
    transfer_syntax_uid: str
    stream: BinaryIO
    pixels: PixelElement | None

    @property
    def frame_count(self) -> int:
        """NumberOfFrames; 1 where the header does not say.

        Raises:
            DicomwebError: so many that it is forged, or that the node would choke on them (406).
        """
        try:
            count = max(int(self.ds.get("NumberOfFrames", 1) or 1), 1)
        except PARSE_ERRORS:
            return 1
        if count > FRAMES_MAX:
            raise DicomwebError(406, "The instance has more frames than the node can give.")
        return count

    @property
    def frame_bytes(self) -> int:
        """Length of one frame that is not compressed.

        Raises:
            DicomwebError: the header does not say, or frames do not begin on whole bytes.
        """
        try:
            bits = (
                int(self.ds.Rows)
                * int(self.ds.Columns)
                * int(self.ds.get("SamplesPerPixel", 1))
                * int(self.ds.BitsAllocated)
            )
        except PARSE_ERRORS as error:
            raise unreadable() from error
        if not bits or bits % 8:
            raise DicomwebError(406, "frames of single bits are not supported")
        return bits // 8

    def frames(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """The frames of these numbers (from 1 upwards, ascending), as they are stored.

        Raises:
            DicomwebError: there is no such frame, or no pixel data.
        """
        if self.pixels is None:
            raise no_pixels()
        if numbers[0] < 1 or numbers[-1] > self.frame_count:
            raise no_frame()
        if self.pixels.length is None:
            yield from self._fragments(numbers)
            return
        size = self.frame_bytes
        if numbers[-1] * size > self.pixels.length:
            raise no_frame()
        for number in numbers:
            self.stream.seek(self.pixels.offset + (number - 1) * size)
            frame = self.stream.read(size)
            if len(frame) < size:
                raise unreadable()
            yield frame

    def _fragments(self, numbers: Sequence[int]) -> Iterator[bytes]:
        assert self.pixels is not None
        self.stream.seek(self.pixels.offset)
        offsets = self.ds.get("ExtendedOffsetTable"), self.ds.get("ExtendedOffsetTableLengths")
        wanted, found = set(numbers), 0
        try:
            frames = generate_frames(
                self.stream,
                number_of_frames=self.frame_count,
                extended_offsets=offsets if all(offsets) else None,
            )
            for number, frame in enumerate(frames, start=1):
                if number in wanted:
                    found += 1
                    yield frame
                if found == len(numbers):
                    return
        except PARSE_ERRORS as error:
            raise unreadable() from error
        raise no_frame()


@contextmanager
def opened(path: Path, *, header_only: bool = False) -> Iterator[OpenInstance]:
    """Open a file of the node; ``header_only`` spares inflating what lies behind the header.

    Raises:
        DicomwebError: it is gone or damaged.
    """
    try:
        with path.open("rb") as file:
            yield _read(file, INFLATED_HEADER_MAX if header_only else INFLATED_BYTES_MAX)
    except (OSError, HeaderError) as error:
        raise unreadable() from error


def header_of(path: Path) -> Dataset:
    """Everything before the pixel data; empty if the file is gone or damaged."""
    try:
        with opened(path, header_only=True) as instance:
            return instance.ds
    except DicomwebError:
        logger.error("the file %s cannot be read", path.name)
        return Dataset()


def _read(file: BinaryIO, most_bytes: int) -> OpenInstance:
    meta = read_file_meta(file)
    stream = file
    if meta.transfer_syntax_uid == DeflatedExplicitVRLittleEndian:
        stream = _inflated(file.read(), most_bytes)
    stream.seek(0)
    try:
        ds = dcmread(stream, stop_before_pixels=True)
        pixels = _pixel_element(stream, implicit=ds.original_encoding[0] is True)
    except PARSE_ERRORS as error:
        raise unreadable() from error
    return OpenInstance(ds, meta.transfer_syntax_uid, stream, pixels)


def _inflated(data_set: bytes, most_bytes: int) -> BinaryIO:
    """The same data set, not deflated, as a file."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(data_set, most_bytes)
    except zlib.error as error:
        raise unreadable() from error
    if inflater.unconsumed_tail and most_bytes > INFLATED_HEADER_MAX:
        raise unreadable()
    meta = file_meta_bytes(
        sop_class_uid="",
        sop_instance_uid="",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        sending_aet="",
        receiving_aet="",
    )
    return io.BytesIO(meta + plain)


def _pixel_element(stream: BinaryIO, *, implicit: bool) -> PixelElement | None:
    """The element at which reading stopped, which is Pixel Data or something rarer, or the end."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    order: Literal["little", "big"] = "little"
    tag = int.from_bytes(head[:2], "little") << 16 | int.from_bytes(head[2:4], "little")
    if tag != PIXEL_DATA:
        order = "big"
        tag = int.from_bytes(head[:2], "big") << 16 | int.from_bytes(head[2:4], "big")
    if tag != PIXEL_DATA:
        return None
    if implicit:
        vr, length = "OW", int.from_bytes(head[4:8], order)
    else:
        vr = head[4:6].decode("latin-1")
        long = head[4:6] in LONG_VRS
        length = int.from_bytes(stream.read(4) if long else head[6:8], order)
    return PixelElement(vr, stream.tell(), None if length == UNDEFINED_LENGTH else length)
