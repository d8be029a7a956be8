"""Rules for the groups of a reader's report: what was said, the numbers and the places.

Each rule compares the groups with the reading that they must tell, and yields what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from pydicom.dataset import Dataset

from dicom_node.reports import codes
from dicom_node.reports.content_tree import (
    Reference,
    children,
    coded,
    measurement_groups_of,
    numbers,
    reference_of,
    texts,
    triplet,
)
from dicom_node.reports.measurement_groups import parameters_of
from dicom_node.reports.verified_groups import (
    EVALUATION_TERMS,
    VerdictReading,
    sentences,
    spine_sentences,
)
from dicom_node.verdicts.places import Region
from dicom_node.verdicts.reading import overall

_ALGORITHM: Final = (
    codes.ALGORITHM_NAME,
    codes.ALGORITHM_VERSION,
    codes.ALGORITHM_PARAMETERS,
    codes.ALGORITHM_MANUFACTURER,
)
_TOLERANCE_MM: Final = 0.01
"""Coordinates are stored in single precision."""


def evaluation(report: Dataset, _: Sequence[Dataset], reading: VerdictReading) -> Iterator[str]:
    """Each level, and the whole spine, as it holds after the reader."""
    expected = [*(each.evaluation for each in reading.levels), overall(reading.levels)]
    groups = measurement_groups_of(report)
    for number, (group, holds) in enumerate(zip(groups, expected, strict=False), 1):
        if coded(group, codes.FRACTURE) != [triplet(EVALUATION_TERMS[holds].code)]:
            yield f"group {number} is not {holds}"


def said(report: Dataset, _: Sequence[Dataset], reading: VerdictReading) -> Iterator[str]:
    """Each group has the reader's choice and comments in words, and nothing else."""
    expected = [*map(sentences, reading.levels), spine_sentences(reading)]
    groups = measurement_groups_of(report)
    for number, (group, words) in enumerate(zip(groups, expected, strict=False), 1):
        if texts(group, codes.COMMENT) != list(words):
            yield f"group {number} does not say what the reader chose"


def machine_numbers(
    report: Dataset, _: Sequence[Dataset], reading: VerdictReading
) -> Iterator[str]:
    """A number with its algorithm where the machine's finding was accepted, none elsewhere."""
    expected = [*(each.probability for each in reading.levels), None]
    groups = measurement_groups_of(report)
    for number, (group, probability) in enumerate(zip(groups, expected, strict=False), 1):
        algorithm = [texts(group, name) for name in _ALGORITHM]
        family = coded(group, codes.ALGORITHM_FAMILY)
        if probability is None:
            if children(group, "NUM") or any(algorithm) or family:
                yield f"group {number} passes off what is the reader's as the machine's"
            continue
        if numbers(group, codes.PROBABILITY) != [(probability, triplet(codes.NO_UNITS.code))]:
            yield f"group {number} has not the machine's probability"
        if algorithm != _algorithm_of(reading) or family != [
            triplet(codes.ARTIFICIAL_INTELLIGENCE.code)
        ]:
            yield f"group {number} does not name the algorithm that gave its number"


def _algorithm_of(reading: VerdictReading) -> list[list[str]]:
    if reading.model is None or reading.operating_point is None:
        return []
    stated = parameters_of(reading.model, reading.operating_point)
    parameters = [f"{name}={value}" for name, value in stated.items() if value]
    return [[reading.model.name], [reading.model.version], parameters, ["cspine-node"]]


def places(report: Dataset, sources: Sequence[Dataset], reading: VerdictReading) -> Iterator[str]:
    """Each outline where the machine or the reader put it, on the image and in the patient."""
    frames = {str(source.get("FrameOfReferenceUID") or "") for source in sources} - {""}
    expected = [*(each.region for each in reading.levels), None]
    groups = measurement_groups_of(report)
    for number, (group, region) in enumerate(zip(groups, expected, strict=False), 1):
        if [_region_in(item) for item in children(group, "SCOORD")] != _expected_regions(region):
            yield f"group {number} has not the outline that was drawn"
        found = children(group, "SCOORD3D", codes.OUTLINE)
        outlines = () if region is None or not frames else region.outlines_mm
        if len(found) != len(outlines):
            yield f"group {number}: outline and place in the patient do not go together"
        for place, corners in zip(found, outlines, strict=False):
            if str(place.get("ReferencedFrameOfReferenceUID")) not in frames:
                yield f"group {number}: the place is in another frame of reference"
            if not _is_polygon(place, list(chain(*corners, *corners[:1]))):
                yield f"group {number}: the place is not that of the outline"


def _expected_regions(region: Region | None) -> list[tuple[Reference | None, list[float]]]:
    if region is None:
        return []
    x, y, width, height = region.box
    right, bottom = x + width, y + height
    points = [x, y, right, y, right, bottom, x, bottom, x, y]
    source = region.key_slice
    target = Reference("", source.sop_instance_uid, source.frame_number)
    return [(target, [float(value) for value in points])]


def _region_in(item: Dataset) -> tuple[Reference | None, list[float]]:
    images = children(item, "IMAGE")
    target = reference_of(images[0]) if len(images) == 1 else None
    if target is not None:  # the rule "references" compares the class
        target = Reference("", target.sop_instance_uid, target.frame_number)
    return target, [float(value) for value in item.get("GraphicData") or ()]


def _is_polygon(place: Dataset, expected: list[float]) -> bool:
    data = [float(value) for value in place.get("GraphicData") or ()]
    return (
        place.get("GraphicType") == "POLYGON"
        and len(data) == len(expected)
        and all(
            math.isclose(here, there, abs_tol=_TOLERANCE_MM)
            for here, there in zip(data, expected, strict=True)
        )
    )
