"""Reading an SR content tree (PS3.3 C.17.3) with nothing but pydicom.

Used by the conformance check, which must not trust the library that built the report. What is
missing or malformed reads as empty; saying so is the rules' work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.tag import BaseTag, Tag

from dicom_node.reports import codes
from dicom_node.reports.codes import Term

CodeTriplet: TypeAlias = tuple[str, str, str]
"""Code value, coding scheme designator, code meaning (PS3.3 table 8.8-1)."""


def triplet(code: Code) -> CodeTriplet:
    """All of ``code`` that a reader may see: a right value with a wrong meaning is wrong."""
    return code.value, code.scheme_designator, code.meaning


@cache
def _tag_of(keyword: str) -> BaseTag:
    return Tag(keyword)


def _value(ds: Dataset, keyword: str) -> Any:
    """``ds.get(keyword)``, at a third of its price: a gate reads a report thousands of times."""
    tag = _tag_of(keyword)
    return ds[tag].value if tag in ds else None


def items_of(ds: Dataset, sequence: str) -> Sequence[Dataset]:
    """Items of a sequence; none if it is missing or empty."""
    return _value(ds, sequence) or []


def code_in(item: Dataset, sequence: str) -> CodeTriplet | None:
    """The code in the one item of a code sequence; None if it is missing or incomplete."""
    items = items_of(item, sequence)
    if len(items) != 1:
        return None
    values = [_value(items[0], k) for k in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")]
    return (str(values[0]), str(values[1]), str(values[2])) if all(values) else None


def children(parent: Dataset, value_type: str, name: Term | None = None) -> list[Dataset]:
    """Content items right below ``parent`` of a value type and, if given, a concept name."""
    wanted = None if name is None else triplet(name.code)
    return [
        item
        for item in items_of(parent, "ContentSequence")
        if _value(item, "ValueType") == value_type
        and (wanted is None or code_in(item, "ConceptNameCodeSequence") == wanted)
    ]


def walk(parent: Dataset) -> Iterator[Dataset]:
    """Every content item below ``parent``."""
    for item in items_of(parent, "ContentSequence"):
        yield item
        yield from walk(item)


def texts(parent: Dataset, name: Term) -> list[str]:
    """Values of the TEXT items of a name right below ``parent``."""
    return [str(item.get("TextValue") or "") for item in children(parent, "TEXT", name)]


def coded(parent: Dataset, name: Term) -> list[CodeTriplet | None]:
    """Values of the CODE items of a name right below ``parent``."""
    return [code_in(item, "ConceptCodeSequence") for item in children(parent, "CODE", name)]


def uids(parent: Dataset, name: Term) -> list[str]:
    """Values of the UIDREF items of a name right below ``parent``."""
    return [str(item.get("UID") or "") for item in children(parent, "UIDREF", name)]


def numbers(parent: Dataset, name: Term) -> list[tuple[float | None, CodeTriplet | None]]:
    """Value and unit of the NUM items of a name right below ``parent``."""
    found: list[tuple[float | None, CodeTriplet | None]] = []
    for item in children(parent, "NUM", name):
        measured = items_of(item, "MeasuredValueSequence")
        if len(measured) != 1:
            found.append((None, None))
            continue
        value = measured[0].get("FloatingPointValue", measured[0].get("NumericValue"))
        unit = code_in(measured[0], "MeasurementUnitsCodeSequence")
        found.append((None if value is None else float(value), unit))
    return found


@dataclass(frozen=True, slots=True)
class Reference:
    """One IMAGE content item's target."""

    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int | None


def reference_of(item: Dataset) -> Reference | None:
    """What an IMAGE item points to; None if that is not one instance and at most one frame."""
    targets = items_of(item, "ReferencedSOPSequence")
    if len(targets) != 1:
        return None
    frame = targets[0].get("ReferencedFrameNumber")
    if not isinstance(frame, int | None):
        return None
    return Reference(
        str(targets[0].get("ReferencedSOPClassUID") or ""),
        str(targets[0].get("ReferencedSOPInstanceUID") or ""),
        None if frame is None else int(frame),
    )


def measurement_groups_of(report: Dataset) -> list[Dataset]:
    """The measurement groups of a TID 1500 report, in order."""
    return [
        group
        for container in children(report, "CONTAINER", codes.IMAGING_MEASUREMENTS)
        for group in children(container, "CONTAINER", codes.MEASUREMENT_GROUP)
    ]
