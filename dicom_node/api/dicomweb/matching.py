"""Matching of attributes against what a query asks (PS3.4 C.2.2.2). Pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_node.api.dicomweb.problems import DicomwebError
from inference.attributes import PARSE_ERRORS

RANGE_VRS: Final = frozenset({"DA", "TM", "DT"})
LIST_VRS: Final = frozenset({"UI"})
NUMBER_VRS: Final = frozenset({"IS", "DS", "US", "SS", "UL", "SL", "FL", "FD", "SV", "UV"})
UNMATCHED_VRS: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "SQ", "AT"})
"""Values of these cannot be matched."""

_LIST: Final = re.compile(r"[,\\]")


@dataclass(frozen=True, slots=True)
class Match:
    """One attribute that a query asks for.

    Attributes:
        path: tags from the top level down, eight hexadecimal digits each; more than one where the
            attribute lies in a sequence.
        vr: of the attribute.
        value: as asked; never empty or ``*``, which match everything.
    """

    path: tuple[str, ...]
    vr: str
    value: str


def fits(ds: Dataset, match: Match) -> bool:
    """Whether any value of the attribute is what ``match`` asks for."""
    return any(_value_fits(text, match) for text in _texts(ds, match.path))


def date_range(value: str) -> tuple[date | None, date | None]:
    """First and last day of ``yyyymmdd``, ``yyyymmdd-``, ``-yyyymmdd`` or ``yyyymmdd-yyyymmdd``.

    Raises:
        DicomwebError: it is none of these (400).
    """
    first, dash, last = value.partition("-")
    begin, end = _day(first), _day(last if dash else first)
    if begin is None and end is None:
        raise DicomwebError(400, "a date is written yyyymmdd, a range yyyymmdd-yyyymmdd")
    return begin, end


def listed(value: str) -> tuple[str, ...]:
    """The values of a list, which ``,`` or a backslash separates."""
    return tuple(each.strip() for each in _LIST.split(value) if each.strip())


def text_fits(text: str, pattern: str, *, ignore_case: bool) -> bool:
    """Single value or wild card matching; a wild card is without regard to case."""
    if "*" in pattern or "?" in pattern:
        escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        return re.fullmatch(escaped, text, re.IGNORECASE | re.DOTALL) is not None
    return text.lower() == pattern.lower() if ignore_case else text == pattern


def _value_fits(text: str, match: Match) -> bool:
    if match.vr in LIST_VRS:
        return text in listed(match.value)
    if match.vr in RANGE_VRS:
        return _in_range(text, match.value)
    if match.vr in NUMBER_VRS:
        return _same_number(text, match.value)
    return text_fits(text, match.value, ignore_case=match.vr == "PN")


def _in_range(text: str, asked: str) -> bool:
    """Dates and times in their sortable form; what is left out at the end covers all of it."""
    first, dash, last = asked.partition("-")
    if not dash:
        return text.startswith(first)
    return (not first or text >= first) and (not last or text[: len(last)] <= last)


def _same_number(text: str, asked: str) -> bool:
    try:
        return float(text) == float(asked)
    except ValueError:
        return False


def _texts(ds: Dataset, path: tuple[str, ...]) -> Iterator[str]:
    """The values at the end of ``path``; through sequences those of all items."""
    tag = Tag(path[0])
    if tag not in ds:
        return
    try:
        value = ds[tag].value
        if len(path) > 1:
            for item in value or ():
                yield from _texts(item, path[1:])
            return
        yield from (str(each) for each in _several(value))
    except PARSE_ERRORS:
        return


def _several(value: Any) -> Iterator[Any]:
    if value is None or value == "":
        return
    if isinstance(value, str) or not hasattr(value, "__iter__") or hasattr(value, "components"):
        yield value
    else:
        yield from value


def _day(text: str) -> date | None:
    if not text:
        return None
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise DicomwebError(400, "a date is written yyyymmdd, a range yyyymmdd-yyyymmdd")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise DicomwebError(400, "there is no such day in the calendar") from error
