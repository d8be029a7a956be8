"""What holds after a reader's verdict, as measurement groups of PS3.16 TID 1410 and 1501.

A machine's number stands only where the reader accepted the machine's finding, with the algorithm
that gave it; what is the reader's own has neither. In words each group says what the reader chose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from highdicom.sr import (
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    SourceImageForMeasurement,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from dicom_node.errors import InternalError
from dicom_node.reports import codes
from dicom_node.reports.codes import Term
from dicom_node.reports.measurement_groups import (
    SPINE,
    Group,
    add_comment,
    algorithm_of,
    derived_uid,
    place_of,
    region_of,
)
from dicom_node.verdicts.reading import Basis, Evaluation, Judgement, ReadLevel, overall
from inference.types import ModelIdentity, SliceSource

EVALUATION_TERMS: Final[Mapping[Evaluation, Term]] = {
    Evaluation.PRESENT: codes.PRESENT,
    Evaluation.ABSENT: codes.ABSENT,
    Evaluation.UNDETERMINED: codes.UNDETERMINED,
}
JUDGEMENT_SENTENCES: Final[Mapping[Judgement, str]] = {
    Judgement.ACCEPTED: "Reader: accepted the AI's finding.",
    Judgement.REJECTED: "Reader: rejected the AI's finding at this level.",
    Judgement.UNSURE: "Reader: unsure about the AI's finding at this level.",
    Judgement.MOVED_AWAY: "Reader: the AI's finding belongs to {moved_to}, not to this level.",
}
BASIS_SENTENCES: Final[Mapping[Basis, str]] = {
    Basis.ADDED: "Reader: added this finding; the AI did not report it.",
    Basis.MOVED_HERE: "Reader: accepted the AI's finding at {moved_from} as one of this level.",
    Basis.STATED_ABSENT: "Reader: read the whole of this level and found no fracture.",
    Basis.AGREED: "Reader: added nothing to the AI's negative result at this level.",
    Basis.NOT_JUDGED: (
        "Not judged: neither the AI nor the reader assessed the whole of this level. "
        "Not a negative result."
    ),
}
SPAN_SENTENCE: Final = "Reader: seen from {first} to {last}."
REST_UNREAD: Final = "The images end within this level. Nothing is said of the rest of it."


@dataclass(frozen=True, slots=True)
class VerdictReading:
    """What a verified report says.

    Attributes:
        levels: C1…C7 after the reader.
        no_finding: the reader stated that there is none in the images.
        comment: the reader's, of the whole.
        model: whose findings were judged; None where the series was not analysed.
        operating_point: of the model.
    """

    levels: tuple[ReadLevel, ...]
    no_finding: bool
    comment: str
    model: ModelIdentity | None
    operating_point: float | None


def is_unread(level: ReadLevel) -> bool:
    """Whether something of the level was judged by nobody; an unsure reader has judged."""
    undetermined = level.evaluation is Evaluation.UNDETERMINED
    return undetermined and level.basis is not Basis.UNSURE


def sentences(level: ReadLevel) -> Iterator[str]:
    """What the group of ``level`` says in words: the reader's choice, then the comments."""
    moved = {"moved_to": level.moved_to, "moved_from": level.moved_from}
    if level.judgement is not None:
        yield JUDGEMENT_SENTENCES[level.judgement].format(**moved)
    if level.basis in BASIS_SENTENCES:
        yield BASIS_SENTENCES[level.basis].format(**moved)
    elif is_unread(level):
        yield REST_UNREAD
    if level.region is not None and level.region.span is not None:
        span = level.region.span
        yield SPAN_SENTENCE.format(first=span.first, last=span.last)
    yield from (f"Reader's comment: {text}" for text in level.comments)


def spine_sentences(reading: VerdictReading) -> Iterator[str]:
    """What the group of the whole spine says in words."""
    if reading.no_finding:
        yield "Reader: no fracture seen in these images."
    if unread := [each.level for each in reading.levels if is_unread(each)]:
        yield f"Not judged, or only in part: {', '.join(unread)}. Not a negative result."
    if reading.comment:
        yield f"Reader's comment: {reading.comment}"


def verified_groups(reading: VerdictReading, sources: Sequence[Dataset]) -> list[Group]:
    """The groups of ``reading``: C1…C7 in order, then the cervical spine."""
    maker = _GroupMaker(reading, sources)
    return [*map(maker.level, reading.levels), maker.spine()]


class _GroupMaker:
    """What all groups of one verified report share."""

    def __init__(self, reading: VerdictReading, sources: Sequence[Dataset]) -> None:
        self._reading = reading
        self._series_uid = str(sources[0].SeriesInstanceUID)
        self._frame_of_reference_uid: str | None = sources[0].get("FrameOfReferenceUID") or None
        self._class_of: Mapping[str, str] = {s.SOPInstanceUID: s.SOPClassUID for s in sources}

    def level(self, level: ReadLevel) -> Group:
        common = self._common(level.level, codes.VERTEBRA[level.level], level.evaluation)
        model, point = self._reading.model, self._reading.operating_point
        if level.basis is Basis.ACCEPTED and model is not None and point is not None:
            common["tracking_identifier"] = TrackingIdentifier(
                identifier=f"{level.level} fracture",
                # As in the machine's report, so that viewers can follow it.
                uid=derived_uid("tracking", self._series_uid, model.name, level.level),
            )
            common["algorithm_id"] = algorithm_of(model, point)
            common["measurements"] = self._measurements(level)
        group = self._with_region(level, common)
        for sentence in sentences(level):
            add_comment(group, sentence)
        return group

    def spine(self) -> Group:
        common = self._common(SPINE, codes.CERVICAL_SPINE, overall(self._reading.levels))
        group = MeasurementsAndQualitativeEvaluations(**common)
        for sentence in spine_sentences(self._reading):
            add_comment(group, sentence)
        return group

    def _common(self, name: str, site: Term, evaluation: Evaluation) -> dict[str, Any]:
        return {
            "tracking_identifier": TrackingIdentifier(
                identifier=f"{name} fracture, reader",
                uid=derived_uid("tracking", self._series_uid, "reader", name),
            ),
            "finding_category": codes.ABNORMAL_STRUCTURE.code,
            "finding_type": codes.FRACTURE.code,
            "finding_sites": [FindingSite(site.code)],
            "qualitative_evaluations": [
                QualitativeEvaluation(codes.FRACTURE.code, EVALUATION_TERMS[evaluation].code)
            ],
        }

    def _with_region(self, level: ReadLevel, common: dict[str, Any]) -> Group:
        region = level.region
        if region is None:
            return MeasurementsAndQualitativeEvaluations(**common)
        group = PlanarROIMeasurementsAndQualitativeEvaluations(
            referenced_region=region_of(region.box, *self._reference(region.key_slice)), **common
        )
        if self._frame_of_reference_uid is not None:
            for corners in region.outlines_mm:
                place = place_of(corners, self._frame_of_reference_uid)
                group[0].ContentSequence.append(place)
        return group

    def _measurements(self, level: ReadLevel) -> list[Measurement]:
        if level.probability is None or level.region is None:
            raise InternalError(f"the accepted finding at {level.level} has no number or place")
        return [
            Measurement(
                name=codes.PROBABILITY.code,
                value=level.probability,
                unit=codes.NO_UNITS.code,
                referenced_images=[
                    SourceImageForMeasurement(*self._reference(level.region.key_slice))
                ],
            )
        ]

    def _reference(self, source: SliceSource) -> tuple[str, str, list[int] | None]:
        sop_class_uid = self._class_of.get(source.sop_instance_uid)
        if sop_class_uid is None:
            raise InternalError("a key slice is not among the sources")
        frames = None if source.frame_number is None else [source.frame_number]
        return sop_class_uid, source.sop_instance_uid, frames
