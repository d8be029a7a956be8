"""A multipart/related body taken apart while it comes (RFC 2046 5.1, RFC 2387)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from dicom_node.api.dicomweb.negotiation import DICOM, MULTIPART, parse_media_type
from dicom_node.api.dicomweb.problems import DicomwebError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

BOUNDARY_LENGTH_MAX: Final = 200
"""RFC 2046 says 70; some senders take more."""
HEADER_BYTES_MAX: Final = 8192


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part. ``content`` is None if it was longer than allowed; then it was not kept."""

    content_type: str
    content: bytes | None


class BodyReader:
    """Takes pieces of the body, gives whole parts; keeps one part in memory.

    Attributes:
        is_whole: the closing boundary came.
    """

    def __init__(self, boundary: bytes, *, part_bytes_max: int) -> None:
        self.is_whole = False
        self._part_bytes_max = part_bytes_max
        self._ready: list[BodyPart] = []
        self._begin()
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        self._parser = MultipartParser(boundary, callbacks, max_header_size=HEADER_BYTES_MAX)

    def feed(self, piece: bytes) -> list[BodyPart]:
        """The parts that ``piece`` made whole.

        Raises:
            DicomwebError: this is no multipart of that boundary (400).
        """
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise DicomwebError(400, "The body is not the multipart that it says.") from error
        ready, self._ready = self._ready, []
        return ready

    def _begin(self) -> None:
        self._content = bytearray()
        self._too_large = False
        self._name = bytearray()
        self._value = bytearray()
        self._content_type = ""

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._name.strip().lower() == b"content-type":
            self._content_type = self._value.decode("latin-1")
        self._name, self._value = bytearray(), bytearray()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._too_large or len(self._content) + end - start > self._part_bytes_max:
            self._too_large, self._content = True, bytearray()
        else:
            self._content += memoryview(data)[start:end]

    def _on_part_end(self) -> None:
        content = None if self._too_large else bytes(self._content)
        self._content = bytearray()
        self._ready.append(BodyPart(self._content_type, content))

    def _on_end(self) -> None:
        self.is_whole = True


def boundary_of(content_type: str) -> bytes:
    """The boundary of a STOW-RS request of DICOM files.

    Raises:
        DicomwebError: it is another media type (415), or has no boundary (400).
    """
    media_type = parse_media_type(content_type)
    if media_type is None or media_type.name != MULTIPART or not is_dicom(media_type.get("type")):
        raise DicomwebError(415, f'Instances are taken as {MULTIPART}; type="{DICOM}".')
    boundary = media_type.get("boundary") or ""
    if not 1 <= len(boundary) <= BOUNDARY_LENGTH_MAX or not boundary.isascii():
        raise DicomwebError(400, "The multipart has no boundary that can be used.")
    return boundary.encode("ascii")


def is_dicom(content_type: str | None) -> bool:
    """Whether it is application/dicom, whatever its parameters."""
    media_type = parse_media_type(content_type or "")
    return media_type is not None and media_type.name == DICOM
