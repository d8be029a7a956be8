"""The head of an encoded data set, read without decoding the rest (PS3.5 7).

These bytes come from the network and decide where a file goes, so the reader is strict: it
guesses no encoding, reads nothing beyond an element's end, and stops behind the last element that
the index needs. pydicom's reader, made to open whatever files exist, does all three. Only the few
elements behind the Series Instance UID are a bonus: what is broken there costs the priority, not
the instance.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydicom.uid import UID

from dicom_node.element_text import (
    NAME_DELIMITERS,
    TEXT_DELIMITERS,
    date_of,
    decoded_text,
    encodings_of,
)
from dicom_node.scp.elements import HeaderError, Scanner
from storage.records import Priority

SPECIFIC_CHARACTER_SET: Final = 0x00080005
SOP_CLASS_UID: Final = 0x00080016
SOP_INSTANCE_UID: Final = 0x00080018
STUDY_DATE: Final = 0x00080020
ACCESSION_NUMBER: Final = 0x00080050
MODALITY: Final = 0x00080060
MANUFACTURER: Final = 0x00080070
STATION_NAME: Final = 0x00081010
STUDY_DESCRIPTION: Final = 0x00081030
SERIES_DESCRIPTION: Final = 0x0008103E
MANUFACTURER_MODEL_NAME: Final = 0x00081090
PATIENT_NAME: Final = 0x00100010
PATIENT_ID: Final = 0x00100020
STUDY_INSTANCE_UID: Final = 0x0020000D
SERIES_INSTANCE_UID: Final = 0x0020000E
STUDY_PRIORITY_ID: Final = 0x0032000C
"""Retired; older senders still fill it."""
REQUESTED_PROCEDURE_PRIORITY: Final = 0x00401003

WANTED: Final = frozenset(
    {
        SPECIFIC_CHARACTER_SET,
        SOP_CLASS_UID,
        SOP_INSTANCE_UID,
        STUDY_DATE,
        ACCESSION_NUMBER,
        MODALITY,
        MANUFACTURER,
        STATION_NAME,
        STUDY_DESCRIPTION,
        SERIES_DESCRIPTION,
        MANUFACTURER_MODEL_NAME,
        PATIENT_NAME,
        PATIENT_ID,
        STUDY_INSTANCE_UID,
        SERIES_INSTANCE_UID,
    }
)
WELCOME: Final = frozenset({STUDY_PRIORITY_ID, REQUESTED_PROCEDURE_PRIORITY})
"""Read where the data set goes on without a flaw."""

PRIORITY_OF_TERM: Final[Mapping[str, Priority]] = {
    "STAT": Priority.STAT,
    "HIGH": Priority.HIGH,
    "ROUTINE": Priority.ROUTINE,
    "MEDIUM": Priority.ROUTINE,
    "LOW": Priority.ROUTINE,
}
"""The defined terms of Requested Procedure Priority (PS3.3 C.4.11) and of the retired Study
Priority ID; whatever else a sender writes is routine."""

MAXIMUM_INFLATED_BYTES: Final = 16 * 1024 * 1024
"""Enough for any header, too little for a decompression bomb."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the index needs of an instance; empty text where the instance does not say.

    UIDs are as sent: not validated. Text is decoded, without control characters, cut to
    ``element_text.MAXIMUM_TEXT``.
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
    station_name: str = ""
    manufacturer: str = ""
    model_name: str = ""
    priority: Priority = Priority.ROUTINE


def read_header(data_set: bytes, transfer_syntax_uid: str) -> Header:
    """Read the head of an encoded data set.

    Raises:
        HeaderError: not a data set in this transfer syntax, or cut off within its head.
    """
    syntax = UID(transfer_syntax_uid)
    if syntax.is_deflated:
        data_set = _inflated(data_set)
    scanner = Scanner(data_set, explicit=not syntax.is_implicit_VR, little=syntax.is_little_endian)
    values: dict[int, bytes] = {}
    scanner.collect(WANTED, values)
    with suppress(HeaderError):
        scanner.collect(WELCOME, values)
    encodings = encodings_of(values.get(SPECIFIC_CHARACTER_SET, b""))

    def text(tag: int, delimiters: AbstractSet[int] = TEXT_DELIMITERS) -> str:
        return decoded_text(values.get(tag, b""), encodings, delimiters)

    def uid(tag: int) -> str:
        return values.get(tag, b"").rstrip(b"\0 ").decode("latin-1")

    return Header(
        sop_class_uid=uid(SOP_CLASS_UID),
        sop_instance_uid=uid(SOP_INSTANCE_UID),
        study_uid=uid(STUDY_INSTANCE_UID),
        series_uid=uid(SERIES_INSTANCE_UID),
        patient_id=text(PATIENT_ID),
        patient_name=text(PATIENT_NAME, NAME_DELIMITERS),
        accession_number=text(ACCESSION_NUMBER),
        study_description=text(STUDY_DESCRIPTION),
        series_description=text(SERIES_DESCRIPTION),
        study_date=date_of(text(STUDY_DATE)),
        modality=text(MODALITY),
        station_name=text(STATION_NAME),
        manufacturer=text(MANUFACTURER),
        model_name=text(MANUFACTURER_MODEL_NAME),
        priority=priority_of(text(REQUESTED_PROCEDURE_PRIORITY), text(STUDY_PRIORITY_ID)),
    )


def priority_of(*terms: str) -> Priority:
    """The most urgent one that any of ``terms`` says."""
    said = {PRIORITY_OF_TERM.get(term.upper(), Priority.ROUTINE) for term in terms}
    return next((each for each in Priority if each in said), Priority.ROUTINE)


def _inflated(data_set: bytes) -> bytes:
    """PS3.5 A.5: RFC 1951 without a header. A stream cut short gives what there is of it."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data_set, MAXIMUM_INFLATED_BYTES)
    except zlib.error as error:
        raise HeaderError("the deflated data set cannot be inflated") from error
