"""Data sets in the DICOM JSON model (PS3.18 F).

A value that its VR cannot mean is left out, as if it were not there, or given as text where the
model allows text for numbers. Text is always Unicode, so SpecificCharacterSet says ISO_IR 192.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.valuerep import PersonName

from inference.attributes import PARSE_ERRORS

Json: TypeAlias = dict[str, Any]
BulkUri: TypeAlias = Callable[[str], str]
"""Path of an element (:func:`element_path`) → the URI where its value can be had."""

SPECIFIC_CHARACTER_SET: Final = "00080005"
UTF_8: Final = {"vr": "CS", "Value": ["ISO_IR 192"]}
INLINE_BYTES_MAX: Final = 1024
"""Longer binary values are left out and named by a URI."""

BINARY_VRS: Final = frozenset(
    {"OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW", "US or OW", "US or SS or OW"}
)
NUMBER_VRS: Final = frozenset({"FL", "FD", "SL", "SS", "SV", "UL", "US", "UV", "US or SS"})
AMBIGUOUS_VRS: Final = {
    "US or SS": "US",
    "OB or OW": "OW",
    "US or OW": "OW",
    "US or SS or OW": "OW",
}


def element_path(parents: Iterable[tuple[str, int]], tag: str) -> str:
    """``tag`` below ``parents`` (tag of the sequence, index of the item), joined by points."""
    return ".".join([*(f"{each}.{index}" for each, index in parents), tag])


def dataset_json(ds: Dataset, bulk_uri: BulkUri, parents: tuple[tuple[str, int], ...] = ()) -> Json:
    """``ds`` without group lengths and file meta information.

    Args:
        ds: may hold elements that cannot be parsed.
        bulk_uri: where long binary values can be had.
        parents: the sequence items that ``ds`` lies in.
    """
    document: Json = {}
    for tag in sorted(ds.keys()):
        if tag.element == 0 or tag.group == 2:
            continue
        try:
            found = _element(ds[tag], bulk_uri, parents)
        except PARSE_ERRORS:
            continue
        document[f"{tag:08X}"] = found
    if not parents and SPECIFIC_CHARACTER_SET in document:
        document[SPECIFIC_CHARACTER_SET] = UTF_8
    return document


def chosen_json(ds: Dataset, tags: Iterable[str]) -> Json:
    """Only ``tags`` (eight hexadecimal digits) of the top level; absent ones without a value."""
    document: Json = {}
    for name in tags:
        tag = Tag(name)
        try:
            element = _element(ds[tag], lambda _: "", ()) if tag in ds else None
        except PARSE_ERRORS:
            element = None
        document[name] = element or {"vr": _unambiguous(dictionary_VR(tag))}
    return document


def encoded(document: Any) -> bytes:
    """UTF-8; what is no Unicode becomes ``?``."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _element(element: DataElement, bulk_uri: BulkUri, parents: tuple[tuple[str, int], ...]) -> Json:
    tag, vr = f"{element.tag:08X}", str(element.VR)
    found: Json = {"vr": _unambiguous(vr)}
    if vr == "SQ":
        found["Value"] = [
            dataset_json(item, bulk_uri, (*parents, (tag, index)))
            for index, item in enumerate(element.value)
        ]
        return found
    if vr in BINARY_VRS and not isinstance(element.value, (int, list)):
        value = bytes(element.value or b"")
        if len(value) > INLINE_BYTES_MAX:
            found["BulkDataURI"] = bulk_uri(element_path(parents, tag))
        elif value:
            found["InlineBinary"] = base64.b64encode(value).decode("ascii")
        return found
    if element.is_empty:
        return found
    values = element.value if element.VM > 1 else [element.value]
    found["Value"] = [_value(each, vr) for each in values]
    return found


def _value(value: Any, vr: str) -> Any:
    """One value as JSON has it (PS3.18 F.2.3); None where a multiple value has a gap."""
    if value is None or value == "":
        return None
    if vr == "PN":
        return _name(value)
    if vr == "AT":
        return f"{int(value):08X}"
    if vr in ("DS", "IS"):
        return _number(value, whole=vr == "IS")
    if vr in NUMBER_VRS:
        number = float(value) if vr in ("FL", "FD") else int(value)
        return number if math.isfinite(number) else str(number).replace("nan", "NaN")
    return str(value)


def _number(value: Any, *, whole: bool) -> Any:
    """A number; as text where it would not be the same, or is none."""
    text = str(value).strip()
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _name(name: PersonName) -> Json:
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), name.components, strict=False)
    return {group: str(text) for group, text in groups if text}


def _unambiguous(vr: str) -> str:
    return AMBIGUOUS_VRS.get(vr, vr)


def attribute(keyword: str, *values: Any) -> Json:
    """One attribute of ours: ``{tag: {vr, Value}}``; a PN is given as text."""
    tag = Tag(keyword)
    vr = dictionary_VR(tag)
    said = [value for value in values if value != ""]
    if vr == "PN":
        said = [_name(PersonName(value)) for value in said]
    element: Json = {"vr": vr}
    if said:
        element["Value"] = said
    return {f"{tag:08X}": element}
