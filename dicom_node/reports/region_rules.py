"""Rules for the places of findings: a box on an image, and the same box in the patient.

Each rule yields what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from pydicom.dataset import Dataset

from dicom_node.reports import codes
from dicom_node.reports.content_tree import (
    Reference,
    children,
    coded,
    measurement_groups_of,
    reference_of,
    triplet,
)
from dicom_node.reports.frames import pixel_spacing_mm
from dicom_node.reports.group_rules import evaluation_of

_PRESENT: Final = triplet(codes.PRESENT.code)
_SPINE: Final = triplet(codes.CERVICAL_SPINE.code)
_SIZE_TOLERANCE: Final = 0.01
"""Relative; coordinates are stored in single precision."""


def regions(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Closed outlines inside one source image, and only where a fracture is called present."""
    sizes = {s.SOPInstanceUID: (s.get("Columns") or 0, s.get("Rows") or 0) for s in sources}
    for number, group in enumerate(measurement_groups_of(report), 1):
        found = children(group, "SCOORD")
        if found and evaluation_of(group) != _PRESENT:
            yield f"group {number} outlines a region without a finding"
        for region in found:
            images = children(region, "IMAGE")
            target = reference_of(images[0]) if len(images) == 1 else None
            size = sizes.get(target.sop_instance_uid) if target else None
            if size is None or not _is_outline(region, size):
                yield f"group {number}: the region is no closed outline inside a source image"


def findings_have_regions(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Each level that is called present is outlined once, and its number names that slice."""
    for number, group in enumerate(measurement_groups_of(report), 1):
        if coded(group, codes.FINDING_SITE) == [_SPINE] or evaluation_of(group) != _PRESENT:
            continue
        shown, named = (_images_of(group, kind) for kind in ("SCOORD", "NUM"))
        if len(shown) != 1 or named != shown:
            yield f"group {number} calls a fracture present and does not show where"


def places(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Where sources have a frame of reference, each region's polygon in it, of the same size."""
    frames = {str(source.get("FrameOfReferenceUID") or "") for source in sources} - {""}
    spacing_mm = pixel_spacing_mm(sources[0])
    for number, group in enumerate(measurement_groups_of(report), 1):
        found, regions_found = children(group, "SCOORD3D", codes.OUTLINE), children(group, "SCOORD")
        if len(found) != (len(regions_found) if frames else 0):
            yield f"group {number}: region and place in the patient do not go together"
            continue
        if any(str(place.get("ReferencedFrameOfReferenceUID")) not in frames for place in found):
            yield f"group {number}: the place is in another frame of reference"
        pairs = zip(found, regions_found, strict=False)
        if spacing_mm and not all(_is_place_of(*pair, spacing_mm) for pair in pairs):
            yield f"group {number}: the place is no closed polygon of the region's size"


def _images_of(group: Dataset, value_type: str) -> list[Reference | None]:
    items = children(group, value_type)
    return [reference_of(image) for item in items for image in children(item, "IMAGE")]


def _is_place_of(place: Dataset, region: Dataset, spacing_mm: tuple[float, float]) -> bool:
    data = [float(value) for value in place.get("GraphicData") or ()]
    corners = [tuple(data[at : at + 3]) for at in range(0, len(data), 3)]
    if place.get("GraphicType") != "POLYGON" or len(corners) < 4 or corners[0] != corners[-1]:
        return False
    row_mm, column_mm = spacing_mm
    on_image = [(x * column_mm, y * row_mm) for x, y in _points_of(region)]
    if len(corners) != len(on_image):
        return False
    return all(
        math.isclose(math.dist(*there), math.dist(*here), rel_tol=_SIZE_TOLERANCE)
        for there, here in zip(pairwise(corners), pairwise(on_image), strict=True)
    )


def _is_outline(region: Dataset, size: tuple[int, int]) -> bool:
    points = _points_of(region)
    return (
        region.get("GraphicType") == "POLYLINE"
        and len(region.get("GraphicData") or ()) % 2 == 0
        and len(points) >= 4
        and points[0] == points[-1]
        and all(0 <= x <= size[0] and 0 <= y <= size[1] for x, y in points)
    )


def _points_of(region: Dataset) -> list[tuple[float, float]]:
    data = [float(value) for value in region.get("GraphicData") or ()]
    return list(zip(data[::2], data[1::2], strict=False))
