"""The head of an encoded data set, read without decoding the rest (PS3.5 7).

These bytes come from the network and decide where a file goes, so the reader is strict: it
guesses no encoding, reads nothing beyond an element's end, and stops behind the last element that
the index needs. pydicom's reader, made to open whatever files exist, does all three.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydicom.charset import decode_bytes, python_encoding
from pydicom.uid import UID
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

SPECIFIC_CHARACTER_SET: Final = 0x00080005
SOP_CLASS_UID: Final = 0x00080016
SOP_INSTANCE_UID: Final = 0x00080018
STUDY_DATE: Final = 0x00080020
ACCESSION_NUMBER: Final = 0x00080050
MODALITY: Final = 0x00080060
STUDY_DESCRIPTION: Final = 0x00081030
SERIES_DESCRIPTION: Final = 0x0008103E
PATIENT_NAME: Final = 0x00100010
PATIENT_ID: Final = 0x00100020
STUDY_INSTANCE_UID: Final = 0x0020000D
SERIES_INSTANCE_UID: Final = 0x0020000E

WANTED: Final = frozenset(
    {
        SPECIFIC_CHARACTER_SET,
        SOP_CLASS_UID,
        SOP_INSTANCE_UID,
        STUDY_DATE,
        ACCESSION_NUMBER,
        MODALITY,
        STUDY_DESCRIPTION,
        SERIES_DESCRIPTION,
        PATIENT_NAME,
        PATIENT_ID,
        STUDY_INSTANCE_UID,
        SERIES_INSTANCE_UID,
    }
)
LAST_WANTED: Final = max(WANTED)

LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
"""VRs with a 32-bit length (PS3.5 Table 7.1-1)."""
UNDEFINED_LENGTH: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
DELIMITERS: Final = frozenset({ITEM, ITEM_END, SEQUENCE_END})
"""Elements without a value representation (PS3.5 7.5)."""

MAXIMUM_DEPTH: Final = 16
"""Nested sequences; real headers have three or four."""
MAXIMUM_INFLATED_BYTES: Final = 16 * 1024 * 1024
"""Enough for any header, too little for a decompression bomb."""
MAXIMUM_TEXT: Final = 324
"""What of a value goes into the index: five PN component groups of 64 (PS3.5 6.2)."""

CONTROL_CHARACTERS: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))


class HeaderError(Exception):
    """The bytes are not a data set in this transfer syntax. The text holds no values."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the index needs of an instance; empty text where the instance does not say.

    UIDs are as sent: not validated. Text is decoded, without control characters, cut to
    ``MAXIMUM_TEXT``.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str
    patient_id: str
    patient_name: str
    accession_number: str
    study_description: str
    series_description: str
    study_date: date | None
    modality: str


def read_header(data_set: bytes, transfer_syntax_uid: str) -> Header:
    """Read the head of an encoded data set.

    Raises:
        HeaderError: not a data set in this transfer syntax, or cut off within its head.
    """
    syntax = UID(transfer_syntax_uid)
    if syntax.is_deflated:
        data_set = _inflated(data_set)
    scanner = _Scanner(data_set, explicit=not syntax.is_implicit_VR, little=syntax.is_little_endian)
    values = scanner.wanted()
    encodings = _encodings(values.get(SPECIFIC_CHARACTER_SET, b""))

    def text(tag: int, delimiters: set[int] = TEXT_VR_DELIMS) -> str:
        return _decoded(values.get(tag, b""), encodings, delimiters)

    def uid(tag: int) -> str:
        return values.get(tag, b"").rstrip(b"\0 ").decode("latin-1")

    return Header(
        sop_class_uid=uid(SOP_CLASS_UID),
        sop_instance_uid=uid(SOP_INSTANCE_UID),
        study_uid=uid(STUDY_INSTANCE_UID),
        series_uid=uid(SERIES_INSTANCE_UID),
        patient_id=text(PATIENT_ID),
        patient_name=text(PATIENT_NAME, PN_DELIMS),
        accession_number=text(ACCESSION_NUMBER),
        study_description=text(STUDY_DESCRIPTION),
        series_description=text(SERIES_DESCRIPTION),
        study_date=_date(text(STUDY_DATE)),
        modality=text(MODALITY),
    )


def _inflated(data_set: bytes) -> bytes:
    """PS3.5 A.5: RFC 1951 without a header. A stream cut short gives what there is of it."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data_set, MAXIMUM_INFLATED_BYTES)
    except zlib.error as error:
        raise HeaderError("the deflated data set cannot be inflated") from error


@dataclass(slots=True)
class _Scanner:
    """Walks over the elements of one data set; values only of those that are wanted."""

    data: bytes
    explicit: bool
    little: bool
    position: int = 0

    def wanted(self) -> dict[int, bytes]:
        """The values of the wanted elements of the top level, by tag."""
        found: dict[int, bytes] = {}
        while self.position < len(self.data):
            tag = self._tag()
            if tag > LAST_WANTED:
                break
            length = self._length(tag, self.explicit)
            if length == UNDEFINED_LENGTH:
                self._skip_sequence(self.explicit, depth=1)
                continue
            value = self._take(length)
            # Readers differ in which one they take; here it would decide where the file goes.
            if tag in WANTED and found.setdefault(tag, value) != value:
                raise HeaderError("an element occurs twice, with different values")
        return found

    def _tag(self) -> int:
        group, element = struct.unpack("<HH" if self.little else ">HH", self._take(4))
        return int(group << 16 | element)

    def _length(self, tag: int, explicit: bool) -> int:
        """The length of the value that comes next; a UN of undefined length is skipped."""
        order = "<" if self.little else ">"
        if not explicit or tag in DELIMITERS:
            return self._number(f"{order}L")
        vr = self._take(2)
        if not (vr.isalpha() and vr.isupper()):
            raise HeaderError("an element has no value representation")
        if vr not in LONG_VRS:
            return self._number(f"{order}H")
        self._take(2)
        length = self._number(f"{order}L")
        if length == UNDEFINED_LENGTH and vr == b"UN":
            # PS3.5 6.2.2 note 2: its content is implicit VR little endian.
            self._skip_implicit_sequence()
            return 0
        return length

    def _number(self, form: str) -> int:
        (number,) = struct.unpack(form, self._take(struct.calcsize(form)))
        return int(number)

    def _skip_implicit_sequence(self) -> None:
        inner = _Scanner(self.data, explicit=False, little=True, position=self.position)
        inner._skip_sequence(explicit=False, depth=1)
        self.position = inner.position

    def _skip_sequence(self, explicit: bool, depth: int) -> None:
        """Move behind a value of undefined length: items up to the delimiter (PS3.5 7.5)."""
        if depth > MAXIMUM_DEPTH:
            raise HeaderError("sequences are nested too deep")
        while (tag := self._tag()) != SEQUENCE_END:
            length = self._length(tag, explicit)
            if tag != ITEM:
                raise HeaderError("a sequence holds something that is no item")
            if length != UNDEFINED_LENGTH:
                self._take(length)
                continue
            self._skip_item(explicit, depth)
        self._length(SEQUENCE_END, explicit)

    def _skip_item(self, explicit: bool, depth: int) -> None:
        """Move behind an item of undefined length."""
        while (tag := self._tag()) != ITEM_END:
            length = self._length(tag, explicit)
            if length == UNDEFINED_LENGTH:
                self._skip_sequence(explicit, depth + 1)
            else:
                self._take(length)
        self._length(ITEM_END, explicit)

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise HeaderError("the data set ends within an element")
        taken = self.data[self.position : end]
        self.position = end
        return taken


def _encodings(value: bytes) -> tuple[str, ...]:
    """The Python codecs of SpecificCharacterSet (PS3.3 C.12.1.1.2); Latin-1 for unknown terms."""
    terms = [term.strip() for term in value.decode("latin-1").rstrip("\0 ").split("\\")]
    return tuple(python_encoding.get(term, "latin-1") for term in terms)


def _decoded(value: bytes, encodings: tuple[str, ...], delimiters: set[int]) -> str:
    try:
        if b"\x1b" in value:  # code extensions (PS3.5 6.1.2.5)
            text = decode_bytes(value, encodings, delimiters)
        else:
            text = value.decode(encodings[0], errors="replace")
    except (UnicodeError, LookupError, Warning):  # pydicom warns where it had to guess
        text = value.decode("latin-1")
    return text.translate(CONTROL_CHARACTERS).strip()[:MAXIMUM_TEXT]


def _date(text: str) -> date | None:
    """VR DA, also in the form of ACR-NEMA (yyyy.mm.dd, PS3.5 6.2)."""
    digits = text.replace(".", "")
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
