"""What a prediction says, as measurement groups of PS3.16 TID 1410 and 1501.

One group for each of C1…C7 and one for the whole cervical spine. Nothing that was not assessed
is ever "absent": such a group is undetermined, has no number, and says so in words. A level
that the images cut off is present or undetermined, never absent.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    GraphicTypeValues,
    GraphicTypeValues3D,
    ImageRegion,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    Scoord3DContentItem,
    SourceImageForMeasurement,
    SourceImageForRegion,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from dicom_node.errors import InternalError
from dicom_node.reports import codes
from dicom_node.reports.codes import Term
from inference.coverage import coverage_sentence
from inference.types import (
    LEVELS,
    Box,
    Corners,
    Finding,
    Level,
    LevelPrediction,
    ModelIdentity,
    Prediction,
    SliceSource,
)

SPINE: Final = "cervical spine"
OUTSIDE: Final = "Not assessed: this level lies outside the images. Not a negative result."
UNRECOGNISED: Final = (
    "Not assessed: this level was not recognised in the images. Not a negative result."
)
CUT_OFF: Final = (
    "Assessed only in part: the images end within this level. Nothing is said of the rest of it."
)

Group = MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations


def derived_uid(*parts: str) -> str:
    """A UID (PS3.5 B.2) that is the same for the same ``parts``."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '|'.join(parts)).int}"


def measurement_groups(prediction: Prediction, sources: Sequence[Dataset]) -> list[Group]:
    """The groups of ``prediction``: C1…C7 in order, then the cervical spine.

    Raises:
        InternalError: the prediction contradicts itself or its sources.
    """
    _require_consistent(prediction)
    maker = _GroupMaker(prediction, sources)
    findings = {finding.level: finding for finding in prediction.findings}
    levels = [maker.level(each, findings.get(each.level)) for each in prediction.levels]
    return [*levels, maker.spine()]


def _require_consistent(prediction: Prediction) -> None:
    by_level = {each.level: each.probability for each in prediction.levels}
    if tuple(each.level for each in prediction.levels) != LEVELS:
        raise InternalError("a prediction must have C1 to C7 in order")
    if not any(each.assessed for each in prediction.levels):
        raise InternalError("no level was assessed: that is no prediction and gets no report")
    named = [finding.level for finding in prediction.findings]
    if len(named) != len(set(named)):
        raise InternalError("a level has two findings")
    for finding in prediction.findings:
        if finding.probability != by_level[finding.level]:
            raise InternalError(f"the finding at {finding.level} has another probability")
        if finding.probability < prediction.operating_point:
            raise InternalError(f"the finding at {finding.level} is below the operating point")
    if any(each.cut_off and not each.assessed for each in prediction.levels):
        raise InternalError("a level that was not assessed is said to be cut off")
    if any(each.outside and each.assessed for each in prediction.levels):
        raise InternalError("a level outside the images was assessed")


def evaluation_of(level: LevelPrediction, operating_point: float) -> Term:
    """What is said of one level; absent only if all of it was assessed."""
    if level.probability is None:
        return codes.UNDETERMINED
    if level.probability >= operating_point:
        return codes.PRESENT
    return codes.UNDETERMINED if level.cut_off else codes.ABSENT


def overall_evaluation(prediction: Prediction) -> Term:
    """What is said of the whole spine: absent only if every level is, and the overall number too.

    ``patient_overall`` may reach the operating point although no single level does.
    """
    of_levels = [evaluation_of(each, prediction.operating_point) for each in prediction.levels]
    if codes.PRESENT in of_levels:
        return codes.PRESENT
    if codes.UNDETERMINED in of_levels:
        return codes.UNDETERMINED
    reached = prediction.patient_overall >= prediction.operating_point
    return codes.UNDETERMINED if reached else codes.ABSENT


def remark_on(level: LevelPrediction) -> str | None:
    """What a level's group says in words, where it was not assessed whole."""
    if level.probability is None:
        return OUTSIDE if level.outside else UNRECOGNISED
    return CUT_OFF if level.cut_off else None


def parameters_of(model: ModelIdentity, operating_point: float) -> dict[str, str]:
    """Algorithm parameters as the report states them, by name."""
    return {
        "weights_sha256": model.sha256,
        "operating_point": repr(operating_point),
        "architecture": model.architecture,
        "trained_on": model.trained_on,
    }


def model_sentence(model: ModelIdentity, operating_point: float) -> str:
    """The same for people, whose viewers seldom show parameters."""
    return (
        f"Read by {model.name} {model.version}, weights SHA-256 {model.sha256}. A level is called "
        f"present from the operating point {operating_point!r} on."
    )


class _GroupMaker:
    """What all groups of one report share."""

    def __init__(self, prediction: Prediction, sources: Sequence[Dataset]) -> None:
        self._prediction = prediction
        self._series_uid = str(sources[0].SeriesInstanceUID)
        self._frame_of_reference_uid: str | None = sources[0].get("FrameOfReferenceUID") or None
        self._class_of: Mapping[str, str] = {s.SOPInstanceUID: s.SOPClassUID for s in sources}

    def level(self, predicted: LevelPrediction, finding: Finding | None) -> Group:
        group = self._group(
            predicted.level,
            codes.VERTEBRA[predicted.level],
            evaluation_of(predicted, self._prediction.operating_point),
            predicted.probability,
            finding,
        )
        if remark := remark_on(predicted):
            add_comment(group, remark)
        return group

    def spine(self) -> Group:
        prediction = self._prediction
        evaluation = overall_evaluation(prediction)
        group = self._group(
            SPINE, codes.CERVICAL_SPINE, evaluation, prediction.patient_overall, None
        )
        if any(remark_on(each) for each in prediction.levels):
            add_comment(group, coverage_sentence(prediction.levels))
        elif evaluation is codes.UNDETERMINED:
            add_comment(
                group, "No single level reached the operating point, but the whole spine did."
            )
        return group

    def _group(
        self,
        name: Level | str,
        site: Term,
        evaluation: Term,
        probability: float | None,
        finding: Finding | None,
    ) -> Group:
        model = self._prediction.model
        common: dict[str, Any] = {
            "tracking_identifier": TrackingIdentifier(
                identifier=f"{name} fracture",
                # The same in a report that supersedes this one, so that viewers can follow it.
                uid=derived_uid("tracking", self._series_uid, model.name, name),
            ),
            "finding_category": codes.ABNORMAL_STRUCTURE.code,
            "finding_type": codes.FRACTURE.code,
            "finding_sites": [FindingSite(site.code)],
            "algorithm_id": algorithm_of(model, self._prediction.operating_point),
            "qualitative_evaluations": [
                QualitativeEvaluation(codes.FRACTURE.code, evaluation.code)
            ],
            "measurements": self._measurements(probability, finding),
        }
        if finding is None:
            return MeasurementsAndQualitativeEvaluations(**common)
        group = PlanarROIMeasurementsAndQualitativeEvaluations(
            referenced_region=region_of(finding.box, *self._reference(finding.key_slice)), **common
        )
        # TID 1410 has room for one region, which is the one in pixels: every viewer has its image.
        # Without a frame of reference there is nothing to tell the place in millimetres in.
        if self._frame_of_reference_uid is not None:
            place = place_of(finding.corners_mm, self._frame_of_reference_uid)
            group[0].ContentSequence.append(place)
        return group

    def _measurements(
        self, probability: float | None, finding: Finding | None
    ) -> list[Measurement]:
        if probability is None:
            return []
        images = None
        if finding is not None:
            images = [SourceImageForMeasurement(*self._reference(finding.key_slice))]
        return [
            Measurement(
                name=codes.PROBABILITY.code,
                value=float(probability),
                unit=codes.NO_UNITS.code,
                referenced_images=images,
            )
        ]

    def _reference(self, source: SliceSource) -> tuple[str, str, list[int] | None]:
        sop_class_uid = self._class_of.get(source.sop_instance_uid)
        if sop_class_uid is None:
            raise InternalError(f"key slice {source.sop_instance_uid} is not among the sources")
        frames = None if source.frame_number is None else [source.frame_number]
        return sop_class_uid, source.sop_instance_uid, frames


def add_comment(group: Group, text: str) -> None:
    """Say ``text`` in the group."""
    item = TextContentItem(
        codes.COMMENT.code, text, relationship_type=RelationshipTypeValues.CONTAINS
    )
    group[0].ContentSequence.append(item)


def algorithm_of(model: ModelIdentity, operating_point: float) -> AlgorithmIdentification:
    """TID 4019: which model gave the numbers of a group."""
    parameters = parameters_of(model, operating_point)
    return AlgorithmIdentification(
        name=model.name,
        version=model.version,
        parameters=[f"{name}={value}" for name, value in parameters.items() if value],
        manufacturer="cspine-node",
        family=codes.ARTIFICIAL_INTELLIGENCE.code,
    )


def region_of(
    box: Box, sop_class_uid: str, sop_instance_uid: str, frames: list[int] | None
) -> ImageRegion:
    """The box as a closed polyline; (0, 0) is the image's outer corner (PS3.3 C.18.6)."""
    x, y, width, height = box
    right, bottom = x + width, y + height
    corners = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)]
    return ImageRegion(
        GraphicTypeValues.POLYLINE,
        np.array(corners, np.float64),
        SourceImageForRegion(sop_class_uid, sop_instance_uid, frames),
    )


def place_of(corners_mm: Corners, frame_of_reference_uid: str) -> Scoord3DContentItem:
    """The box as a closed polygon in millimetres of the patient."""
    return Scoord3DContentItem(
        name=codes.OUTLINE.code,
        graphic_type=GraphicTypeValues3D.POLYGON,
        graphic_data=np.array([*corners_mm, corners_mm[0]], np.float64),
        frame_of_reference_uid=frame_of_reference_uid,
        relationship_type=RelationshipTypeValues.CONTAINS,
    )
