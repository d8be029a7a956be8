"""Lenient reading of a file's attributes: a value, or nothing where the file does not say.

Values are parsed from their raw bytes (PS3.5 6.2) instead of through pydicom's conversion, which
warns about or refuses odd text, and whose warnings quote it: it may be a patient's.
"""

from __future__ import annotations

import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydicom import FileDataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from inference.errors import InferenceError

PARSE_ERRORS: Final = (
    BytesLengthException,
    InvalidDicomError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom lets out while it parses a damaged file, and what the file system says of it."""

_UID: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class UnreadableInstanceError(InferenceError):
    """A file is missing or cannot be parsed as a DICOM file (PS3.10)."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The file {path.name} cannot be read as DICOM.")
        self.path = path


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silence pydicom's warnings about odd files: our own rules judge them.

    The filter is the whole process's while it holds: only for the outermost call of a thread
    pool, never inside its threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def open_instance(path: Path, keywords: Iterable[str], *, pixels: bool = False) -> FileDataset:
    """Parse the attributes named by ``keywords``; without ``pixels`` stop before the pixel data.

    Raises:
        UnreadableInstanceError: no such file, no DICOM file, or a damaged one.
    """
    try:
        return dcmread(path, stop_before_pixels=not pixels, specific_tags=list(keywords))
    except PARSE_ERRORS as error:
        raise UnreadableInstanceError(path) from error


def raw_value(ds: Dataset, keyword: str) -> bytes:
    """The encoded value; empty where it is absent or empty."""
    element = _raw_element(ds, keyword)
    return (element.value if element else None) or b""


def is_uid(value: str) -> bool:
    """Whether the text is a UID (PS3.5 9.1), which may be shown; pydicom's check logs the text."""
    return len(value) <= 64 and _UID.fullmatch(value) is not None


def texts(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """The values of a text attribute, without padding, empty ones included.

    Read as Latin-1: these are codes and identifiers to be compared, never to be shown.
    """
    value = raw_value(ds, keyword)
    if not value:
        return ()
    return tuple(each.strip(" \0") for each in value.decode("latin-1").split("\\"))


def text(ds: Dataset, keyword: str) -> str:
    """The first value of a text attribute; empty where the file does not say."""
    values = texts(ds, keyword)
    return values[0] if values else ""


def decimals(ds: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """The ``count`` finite values of a Decimal String, or ``None``."""
    values = texts(ds, keyword)
    if len(values) != count or not all(_DECIMAL.fullmatch(each) for each in values):
        return None
    numbers = tuple(float(each) for each in values)
    return numbers if all(math.isfinite(each) for each in numbers) else None


def decimal(ds: Dataset, keyword: str) -> float | None:
    """The one finite value of a Decimal String, or ``None``."""
    values = decimals(ds, keyword, 1)
    return values[0] if values else None


def integer(ds: Dataset, keyword: str) -> int | None:
    """The value of an Integer String, or ``None``."""
    value = decimal(ds, keyword)
    return int(value) if value is not None and value.is_integer() else None


def unsigned(ds: Dataset, keyword: str) -> int | None:
    """The value of one 16-bit number (US, or the bits of SS), or ``None``."""
    element = _raw_element(ds, keyword)
    if element is None or element.value is None or len(element.value) != 2:
        return None
    return int.from_bytes(element.value, "little" if element.is_little_endian else "big")


def items(ds: Dataset, keyword: str) -> Sequence[Dataset]:
    """The items of a sequence; none where it is absent.

    Raises:
        PARSE_ERRORS: the sequence is damaged.
    """
    if keyword not in ds:
        return ()
    value = ds[keyword].value
    return list(value) if ds[keyword].VR == "SQ" else ()


def _raw_element(ds: Dataset, keyword: str) -> RawDataElement | None:
    # pydicom's annotation leaves out that the element is usually raw.
    element: object = ds.get_item(keyword, keep_deferred=True)
    return element if isinstance(element, RawDataElement) else None
