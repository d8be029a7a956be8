"""A stored report as a tree of plain JSON values, told by the report itself and by nothing else.

For a machine's report and for one that a reader verified alike. What is missing in the report is
missing here: ``None`` or an empty list, never a guess. The patient is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydicom.dataset import Dataset

from dicom_node.errors import InputError
from dicom_node.reports import codes
from dicom_node.reports.content_tree import (
    CodeTriplet,
    children,
    code_in,
    coded,
    items_of,
    measurement_groups_of,
    numbers,
    reference_of,
    texts,
    triplet,
    uids,
)
from inference.attributes import PARSE_ERRORS

EVALUATIONS: Final[Mapping[CodeTriplet, str]] = {
    triplet(codes.PRESENT.code): "present",
    triplet(codes.ABSENT.code): "absent",
    triplet(codes.UNDETERMINED.code): "undetermined",
}
"""PS3.16 CID 240; any other code is told as undetermined."""


def report_tree(report: Dataset) -> dict[str, Any]:
    """``report`` as a document of plain JSON values.

    Raises:
        InputError: it has no content, or a value in it cannot be read.
    """
    try:
        if not items_of(report, "ContentSequence"):
            raise InputError(f"{report.get('SOPInstanceUID')} has no content: it is no report")
        return _tree(report)
    except PARSE_ERRORS as error:  # their texts may quote a value
        uid = report.get("SOPInstanceUID")
        raise InputError(f"report {uid} cannot be read: {type(error).__name__}") from None


def _tree(report: Dataset) -> dict[str, Any]:
    return {
        "sop_instance_uid": _text(report, "SOPInstanceUID"),
        "series_instance_uid": _text(report, "SeriesInstanceUID"),
        "title": _meaning(code_in(report, "ConceptNameCodeSequence")),
        "content_date": _text(report, "ContentDate"),
        "content_time": _text(report, "ContentTime"),
        "language": _first(map(_meaning, coded(report, codes.LANGUAGE))),
        "procedure": _first(map(_meaning, coded(report, codes.PROCEDURE_REPORTED))),
        "completion": {
            "flag": _text(report, "CompletionFlag"),
            "description": _text(report, "CompletionFlagDescription"),
        },
        "verification": {
            "flag": _text(report, "VerificationFlag"),
            "observers": [
                {
                    "name": _text(each, "VerifyingObserverName"),
                    "organization": _text(each, "VerifyingOrganization"),
                    "at": _text(each, "VerificationDateTime"),
                }
                for each in items_of(report, "VerifyingObserverSequence")
            ],
        },
        "predecessors": list(_predecessors(report)),
        "observers": list(_observers(report)),
        "comments": texts(report, codes.COMMENT),
        "source_series": list(_source_series(report)),
        "groups": [_group(group) for group in measurement_groups_of(report)],
    }


def _group(group: Dataset) -> dict[str, Any]:
    measured = numbers(group, codes.PROBABILITY)
    evaluations = coded(group, codes.FRACTURE)
    return {
        "finding": _first(map(_meaning, coded(group, codes.FINDING))),
        "category": _first(map(_meaning, coded(group, codes.FINDING_CATEGORY))),
        "site": _first(map(_meaning, coded(group, codes.FINDING_SITE))),
        "evaluation": _evaluation(evaluations),
        "probability": measured[0][0] if measured else None,
        "unit": _meaning(measured[0][1]) if measured else None,
        "tracking": {
            "identifier": _first(texts(group, codes.TRACKING_IDENTIFIER)),
            "uid": _first(uids(group, codes.TRACKING_UID)),
        },
        "algorithm": _algorithm(group),
        "regions": [_region(each) for each in children(group, "SCOORD", codes.IMAGE_REGION)],
        "outlines_mm": [_outline(each) for each in children(group, "SCOORD3D")],
        "comments": texts(group, codes.COMMENT),
    }


def _evaluation(found: Sequence[CodeTriplet | None]) -> str:
    """Only one that says so is present or absent."""
    if len(found) != 1 or found[0] is None:
        return "undetermined"
    return EVALUATIONS.get(found[0], "undetermined")


def _algorithm(group: Dataset) -> dict[str, Any] | None:
    name = _first(texts(group, codes.ALGORITHM_NAME))
    if name is None:
        return None
    return {
        "name": name,
        "version": _first(texts(group, codes.ALGORITHM_VERSION)),
        "manufacturer": _first(texts(group, codes.ALGORITHM_MANUFACTURER)),
        "parameters": texts(group, codes.ALGORITHM_PARAMETERS),
    }


def _region(region: Dataset) -> dict[str, Any]:
    targets = [reference_of(each) for each in children(region, "IMAGE")]
    target = targets[0] if targets else None
    return {
        "sop_instance_uid": None if target is None else target.sop_instance_uid,
        "frame": None if target is None else target.frame_number,
        "graphic_type": _text(region, "GraphicType"),
        "points": _points(region, 2),
    }


def _outline(outline: Dataset) -> dict[str, Any]:
    return {
        "frame_of_reference_uid": _text(outline, "ReferencedFrameOfReferenceUID"),
        "graphic_type": _text(outline, "GraphicType"),
        "points": _points(outline, 3),
    }


def _points(item: Dataset, dimensions: int) -> list[list[float]]:
    """(column, row) in pixels, or (x, y, z) in millimetres of the patient (LPS)."""
    values = [float(value) for value in item.get("GraphicData") or []]
    return [values[i : i + dimensions] for i in range(0, len(values), dimensions)]


def _observers(report: Dataset) -> Iterator[dict[str, Any]]:
    """Each begins with its Observer Type (PS3.16 TID 1001) and has what follows it."""
    current: dict[str, Any] | None = None
    for item in items_of(report, "ContentSequence"):
        name, kind = code_in(item, "ConceptNameCodeSequence"), item.get("ValueType")
        if name == triplet(codes.OBSERVER_TYPE.code):
            if current is not None:
                yield current
            current = {"type": _meaning(code_in(item, "ConceptCodeSequence")), "attributes": {}}
        elif current is not None and item.get("RelationshipType") == "HAS OBS CONTEXT":
            keyword = {"TEXT": "TextValue", "UIDREF": "UID", "PNAME": "PersonName"}.get(str(kind))
            if keyword is not None and name is not None:
                current["attributes"][name[2]] = _text(item, keyword)
    if current is not None:
        yield current


def _predecessors(report: Dataset) -> Iterator[str]:
    for study in items_of(report, "PredecessorDocumentsSequence"):
        for series in items_of(study, "ReferencedSeriesSequence"):
            for target in items_of(series, "ReferencedSOPSequence"):
                yield str(target.get("ReferencedSOPInstanceUID") or "")


def _source_series(report: Dataset) -> Iterator[str]:
    for library in children(report, "CONTAINER", codes.IMAGE_LIBRARY):
        for group in children(library, "CONTAINER", codes.IMAGE_LIBRARY_GROUP):
            yield from uids(group, codes.SERIES_INSTANCE_UID)


def _text(ds: Dataset, keyword: str) -> str | None:
    value = ds.get(keyword)
    return None if value is None or str(value) == "" else str(value)


def _meaning(code: CodeTriplet | None) -> str | None:
    return None if code is None else code[2]


def _first(values: Iterator[str | None] | Sequence[str | None]) -> str | None:
    return next(iter(values), None)
