"""Text of encoded values: character sets, names, dates (PS3.5 6.1 and 6.2). Never warns."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date
from typing import Final

from pydicom.charset import decode_bytes, python_encoding
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

NAME_DELIMITERS: Final[AbstractSet[int]] = frozenset(PN_DELIMS)
TEXT_DELIMITERS: Final[AbstractSet[int]] = frozenset(TEXT_VR_DELIMS)
"""Where a code extension ends, in a PN and in another text (PS3.5 6.1.2.5.3)."""
MAXIMUM_TEXT: Final = 324
"""What of a value is kept: five PN component groups of 64 (PS3.5 6.2)."""

CONTROL_CHARACTERS: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))


def encodings_of(character_set: bytes) -> tuple[str, ...]:
    """The Python codecs of SpecificCharacterSet (PS3.3 C.12.1.1.2); Latin-1 for unknown terms."""
    terms = [term.strip() for term in character_set.decode("latin-1").rstrip("\0 ").split("\\")]
    return tuple(python_encoding.get(term, "latin-1") for term in terms)


def decoded_text(
    value: bytes, encodings: tuple[str, ...], delimiters: AbstractSet[int] = TEXT_DELIMITERS
) -> str:
    """A value without control characters and padding, cut to ``MAXIMUM_TEXT``."""
    try:
        if b"\x1b" in value:  # code extensions (PS3.5 6.1.2.5)
            text = decode_bytes(value, encodings, set(delimiters))
        else:
            text = value.decode(encodings[0], errors="replace")
    except (UnicodeError, LookupError, Warning):  # pydicom warns where it had to guess
        text = value.decode("latin-1")
    return text.translate(CONTROL_CHARACTERS).strip()[:MAXIMUM_TEXT]


def date_of(text: str) -> date | None:
    """VR DA, also in the form of ACR-NEMA (yyyy.mm.dd, PS3.5 6.2)."""
    digits = text.replace(".", "")
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
