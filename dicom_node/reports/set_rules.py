"""Rules for a result set as a whole: its objects belong together and say the same.

Each rule yields what is wrong, in words without patient data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_node.reports import codes
from dicom_node.reports.content_tree import (
    children,
    items_of,
    measurement_groups_of,
    numbers,
    reference_of,
)
from dicom_node.reports.object_rules import frames_of
from dicom_node.reports.pictures import Pictures
from dicom_node.reports.presentation_state import rescale_of_slice
from dicom_node.reports.result_set import NOT_ANALYSED, SetObject
from inference.types import Box, Finding, Prediction, SliceSource
from storage.records import Piece

PLACE_TOLERANCE_MM: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A set, and what it must tell.

    Attributes:
        objects: the set.
        sources: headers from ``evidence.read_sources``.
        reading: what was said and drawn; ``None``, if the series was not analysed.
        predecessor: the report that the one of the set supersedes.
    """

    objects: Sequence[SetObject]
    sources: Sequence[Dataset]
    reading: tuple[Prediction, Pictures] | None
    predecessor: Dataset | None = None

    def of(self, *pieces: Piece) -> list[Dataset]:
        """The objects of some pieces, in order."""
        return [each.dataset for each in self.objects if each.piece in pieces]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the reading; none without one."""
        return self.reading[0].findings if self.reading else ()


def pieces(judged: Judged) -> Iterator[str]:
    """Every piece as often as the reading asks for; a series without reading has its page alone."""
    found = Counter(each.piece for each in judged.objects)
    expected = Counter({Piece.SUMMARY: 1})
    if judged.reading is not None:
        prediction, pictures = judged.reading
        states = {rescale_of_slice(f.key_slice, judged.sources) for f in prediction.findings}
        spaces = {str(each.get("FrameOfReferenceUID") or "") for each in judged.sources}
        expected = Counter(
            {
                Piece.REPORT: 1,
                Piece.KEY_IMAGE: len(pictures.key_images),
                Piece.SUMMARY: int(pictures.summary is not None),
                Piece.KEY_OBJECTS: int(bool(prediction.findings)),
                Piece.PRESENTATION: len(states),
                Piece.HEAT_MAP: int(
                    prediction.heat_map is not None and len(spaces) == 1 and "" not in spaces
                ),
            }
        )
    for piece in Piece:
        if found[piece] != expected[piece]:
            yield f"{found[piece]} objects where {expected[piece]} belong: {piece.value}"
        ordinals = [each.ordinal for each in judged.objects if each.piece is piece]
        if ordinals != list(range(len(ordinals))):
            yield f"the objects are not numbered from 0: {piece.value}"


def unique_uids(judged: Judged) -> Iterator[str]:
    """One SOP Instance UID for each object; objects of a series have one modality."""
    uids = [str(each.dataset.get("SOPInstanceUID")) for each in judged.objects]
    if len(set(uids)) != len(uids):
        yield "two objects have the same SOPInstanceUID"
    kinds = {
        (str(each.dataset.get("SeriesInstanceUID")), str(each.dataset.get("SOPClassUID")))
        for each in judged.objects
    }
    if len({series for series, _ in kinds}) != len(kinds):
        yield "a series has objects of two kinds"
    if len({sop_class for _, sop_class in kinds}) != len(kinds):
        yield "objects of one kind are in two series"
    places = [
        (str(each.dataset.get("SeriesInstanceUID")), each.dataset.get("InstanceNumber"))
        for each in judged.objects
    ]
    if len(set(places)) != len(places):
        yield "two objects of a series have the same InstanceNumber"


def one_time(judged: Judged) -> Iterator[str]:
    """All objects were made at once, so that they are seen to belong together."""
    times = {
        (each.dataset.get("InstanceCreationDate"), each.dataset.get("InstanceCreationTime"))
        for each in judged.objects
    }
    if len(times) > 1:
        yield "the objects are of different times"


def as_predicted(judged: Judged) -> Iterator[str]:
    """The report has the numbers, boxes and places of the prediction."""
    if judged.reading is None:
        return
    prediction, _ = judged.reading
    boxes = {each.level: each for each in prediction.findings}
    expected = [
        *((each.level, each.probability, boxes.get(each.level)) for each in prediction.levels),
        ("cervical spine", prediction.patient_overall, None),
    ]
    for report in judged.of(Piece.REPORT):
        groups = measurement_groups_of(report)
        if len(groups) != len(expected):
            yield "the report has another number of groups"
        for group, (name, probability, finding) in zip(groups, expected, strict=False):
            told = [value for value, _ in numbers(group, codes.PROBABILITY)]
            if told != ([] if probability is None else [probability]):
                yield f"{name} has another probability in the report"
            if not _has_place(group, finding):
                yield f"{name} has another place in the report"


def predecessor(judged: Judged) -> Iterator[str]:
    """The report names the one that it supersedes, and no other."""
    expected = [] if judged.predecessor is None else [str(judged.predecessor.SOPInstanceUID)]
    for report in judged.of(Piece.REPORT):
        named = [
            str(sop.get("ReferencedSOPInstanceUID"))
            for study in items_of(report, "PredecessorDocumentsSequence")
            for series in items_of(study, "ReferencedSeriesSequence")
            for sop in items_of(series, "ReferencedSOPSequence")
        ]
        if named != expected:
            yield "the report does not name the one that it supersedes"


def key_images(judged: Judged) -> Iterator[str]:
    """Each names the key slice that it shows; the page is about no single slice."""
    if judged.reading is None:
        return
    drawn = judged.reading[1].key_images
    expected = [[each.key_slice] for each in judged.findings if each.level in drawn]
    shown = [
        [_slice(item) for item in items_of(each, "SourceImageSequence")]
        for each in judged.of(Piece.KEY_IMAGE)
    ]
    if shown != expected:
        yield "the key images do not name the key slices"


def key_objects(judged: Judged) -> Iterator[str]:
    """The key slices of all findings, once each, and all of them in the evidence."""
    expected = {each.key_slice for each in judged.findings}
    for selection in judged.of(Piece.KEY_OBJECTS):
        targets = [reference_of(item) for item in children(selection, "IMAGE")]
        named = [SliceSource(t.sop_instance_uid, t.frame_number) for t in targets if t]
        if len(named) != len(set(named)) or set(named) != expected:
            yield "the selection is not that of the key slices"
        listed = [
            str(sop.get("ReferencedSOPInstanceUID"))
            for study in items_of(selection, "CurrentRequestedProcedureEvidenceSequence")
            for series in items_of(study, "ReferencedSeriesSequence")
            for sop in items_of(series, "ReferencedSOPSequence")
        ]
        if sorted(listed) != sorted({each.sop_instance_uid for each in expected}):
            yield "the evidence of the selection is not that of the key slices"


def outlines(judged: Judged) -> Iterator[str]:
    """The box of every finding is outlined on its key slice, and the states name these slices."""
    expected = Counter((each.key_slice, each.box) for each in judged.findings)
    told: Counter[tuple[SliceSource, Box]] = Counter()
    for state in judged.of(Piece.PRESENTATION):
        annotations = items_of(state, "GraphicAnnotationSequence")
        drawn = [_outline(each) for each in annotations]
        told.update(each for each in drawn if each is not None)
        if None in drawn:
            yield "an annotation is no closed outline on one slice"
        named = {
            str(image.get("ReferencedSOPInstanceUID"))
            for series in items_of(state, "ReferencedSeriesSequence")
            for image in items_of(series, "ReferencedImageSequence")
        }
        if named != {each[0].sop_instance_uid for each in drawn if each is not None}:
            yield "a state does not name the images that it draws on"
        if not _windows_well(state, [each[0] for each in drawn if each], judged.sources):
            yield "a state rescales in another way than its images"
    if told != expected:
        yield "the outlines are not the boxes of the findings"


def whole_series(judged: Judged) -> Iterator[str]:
    """What is about the whole series, the page and the map, names every image of it."""
    expected = sorted(str(each.SOPInstanceUID) for each in judged.sources)
    for ds in judged.of(Piece.SUMMARY, Piece.HEAT_MAP):
        named = [
            str(instance.get("ReferencedSOPInstanceUID"))
            for series in items_of(ds, "ReferencedSeriesSequence")
            for instance in items_of(series, "ReferencedInstanceSequence")
        ]
        if sorted(named) != expected:
            yield "an object about the whole series does not name every image of it"


def says_not_analysed(judged: Judged) -> Iterator[str]:
    """Without a reading the page says so, and that this is no negative; with one it does not."""
    for page in judged.of(Piece.SUMMARY):
        said = str(page.get("DerivationDescription") or "")
        if said.startswith(NOT_ANALYSED) != (judged.reading is None):
            yield "the page does not tell whether the series was analysed"


def _has_place(group: Dataset, finding: Finding | None) -> bool:
    regions, places = children(group, "SCOORD"), children(group, "SCOORD3D")
    if finding is None:
        return not regions and not places
    if len(regions) != 1:
        return False
    target = reference_of(next(iter(children(regions[0], "IMAGE")), Dataset()))
    if target is None or finding.key_slice != SliceSource(
        target.sop_instance_uid, target.frame_number
    ):
        return False
    if _box_of(regions[0].get("GraphicData")) != finding.box:
        return False
    measured = [m for m in children(group, "NUM") if children(m, "IMAGE")]
    if len(measured) != 1:
        return False  # the number names the key slice too
    corners = [*finding.corners_mm, finding.corners_mm[0]]
    return all(
        len(place.get("GraphicData") or ()) == 15
        and np.abs(np.reshape(place.GraphicData, (5, 3)) - corners).max() < PLACE_TOLERANCE_MM
        for place in places
    )


def _box_of(data: Sequence[float] | None) -> Box | None:
    """The box of a closed rectangle of five points; None if it is none."""
    if data is None or len(data) != 10:
        return None
    left, top, right, _, _, bottom, *_ = values = [float(each) for each in data]
    if values != [left, top, right, top, right, bottom, left, bottom, left, top]:
        return None
    if any(not each.is_integer() for each in values):
        return None
    return int(left), int(top), int(right - left), int(bottom - top)


def _outline(annotation: Dataset) -> tuple[SliceSource, Box] | None:
    images = items_of(annotation, "ReferencedImageSequence")
    graphics = items_of(annotation, "GraphicObjectSequence")
    if len(images) != 1 or len(graphics) != 1 or graphics[0].get("GraphicType") != "POLYLINE":
        return None
    if graphics[0].get("GraphicAnnotationUnits") != "PIXEL":
        return None
    box = _box_of(graphics[0].get("GraphicData"))
    return None if box is None else (_slice(images[0]), box)


def _slice(item: Dataset) -> SliceSource:
    frame = next(iter(frames_of(item)), None)
    return SliceSource(str(item.get("ReferencedSOPInstanceUID")), frame)


def _windows_well(state: Dataset, shown: Sequence[SliceSource], sources: Sequence[Dataset]) -> bool:
    known = {str(source.SOPInstanceUID) for source in sources}
    slope, intercept = state.get("RescaleSlope"), state.get("RescaleIntercept")
    if slope is None or intercept is None:
        return False
    own = [rescale_of_slice(each, sources) for each in shown if each.sop_instance_uid in known]
    return all(
        np.allclose((slope, intercept), (each.slope, each.intercept), rtol=1e-6) for each in own
    )
