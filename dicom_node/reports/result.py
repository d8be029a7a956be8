"""result.json: what was found, for programs. Probabilities in 0…1, boxes in pixels of a slice.

The same document is stored with the series, printed for a person and given out by the API. A
level that was not assessed is ``null``, never a small number, and what the overall probability
covers stands beside it, as a list and as a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset

from dicom_node.errors import InputError
from dicom_node.reports import codes, measurement_groups
from dicom_node.reports.content_tree import (
    children,
    coded,
    measurement_groups_of,
    numbers,
    reference_of,
    texts,
    triplet,
    uids,
)
from dicom_node.reports.partial import model_document, partial_document
from dicom_node.reports.words import (
    ANALYSED,
    IN_PART,
    NOT_ANALYSED,
    NOT_RECOGNISED,
    OUTSIDE,
    WHOLE,
)
from inference.coverage import NOTHING, coverage_sentence
from inference.types import (
    LEVELS,
    CtVolume,
    Finding,
    Level,
    LevelPrediction,
    ModelIdentity,
    NotAnalysed,
    PartialReading,
    Prediction,
    SliceSource,
    Vector3,
)


def result_document(
    series_uid: str, outcome: Prediction | NotAnalysed | PartialReading
) -> dict[str, Any]:
    """``outcome`` as a document of plain JSON values."""
    if isinstance(outcome, PartialReading):
        return _no_result(series_uid, outcome.reason) | {"partial": partial_document(outcome)}
    if isinstance(outcome, NotAnalysed):
        return _no_result(series_uid, outcome)
    return {
        "series_uid": series_uid,
        "status": ANALYSED,
        "reason": None,
        "model": model_document(outcome.model),
        "operating_point": outcome.operating_point,
        "patient_overall": outcome.patient_overall,
        "patient_overall_covers": list(outcome.assessed),
        "coverage": coverage_sentence(outcome.levels),
        "levels": {each.level: each.probability for each in outcome.levels},
        "level_slices": {each.level: _slices_of(each) for each in outcome.levels},
        "level_coverage": {each.level: _coverage_of(each) for each in outcome.levels},
        "not_assessed": list(outcome.not_assessed),
        "findings": [_finding_document(finding) for finding in outcome.findings],
        "partial": None,
        "research_use_only": True,
    }


def _no_result(series_uid: str, reason: NotAnalysed) -> dict[str, Any]:
    return {
        "series_uid": series_uid,
        "status": NOT_ANALYSED,
        "reason": {"code": str(reason.code), "text": reason.text},
        "model": None,
        "operating_point": None,
        "patient_overall": None,
        "patient_overall_covers": [],
        "coverage": NOTHING,
        "levels": dict.fromkeys(LEVELS),
        "level_slices": dict.fromkeys(LEVELS),
        "level_coverage": dict.fromkeys(LEVELS),
        "not_assessed": list(LEVELS),
        "findings": [],
        "partial": None,
        "research_use_only": True,
    }


def prediction_from_result(document: Mapping[str, Any]) -> Prediction:
    """The prediction that ``document`` was made of.

    Raises:
        InputError: the series was not analysed.
    """
    if document["status"] != ANALYSED:
        raise InputError(f"series {document['series_uid']} was not analysed")
    return Prediction(
        model=ModelIdentity(**document["model"]),
        patient_overall=document["patient_overall"],
        levels=tuple(_level_of(document, level) for level in LEVELS),
        findings=tuple(_finding_of(each) for each in document["findings"]),
        operating_point=document["operating_point"],
    )


def result_from_report(report: Dataset, volume: CtVolume) -> dict[str, Any]:
    """The document that a conformant report of ours tells, whoever sent it back.

    ``volume`` is what the report is about: a report names slices, not their indices, and gives
    boxes in pixels, not in millimetres. It has no ``level_slices`` either.
    """
    *levels, spine = measurement_groups_of(report)
    parameters = dict(text.split("=", 1) for text in texts(spine, codes.ALGORITHM_PARAMETERS))
    found = [_finding_in(group, volume) for group in levels]
    overall = _probability_in(spine)
    assert overall is not None, "the rule 'probability' holds it"
    prediction = Prediction(
        model=ModelIdentity(
            name=texts(spine, codes.ALGORITHM_NAME)[0],
            version=texts(spine, codes.ALGORITHM_VERSION)[0],
            sha256=parameters["weights_sha256"],
            architecture=parameters.get("architecture", ""),
            trained_on=parameters.get("trained_on", ""),
        ),
        patient_overall=overall,
        levels=tuple(map(_level_prediction_in, levels)),
        findings=tuple(finding for finding in found if finding is not None),
        operating_point=float(parameters["operating_point"]),
    )
    return result_document(_source_series(report), prediction)


def _coverage_of(predicted: LevelPrediction) -> str:
    if predicted.assessed:
        return IN_PART if predicted.cut_off else WHOLE
    return OUTSIDE if predicted.outside else NOT_RECOGNISED


def _slices_of(predicted: LevelPrediction) -> list[int] | None:
    if predicted.first_slice is None or predicted.last_slice is None:
        return None
    return [predicted.first_slice, predicted.last_slice]


def _finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "level": finding.level,
        "probability": finding.probability,
        "key_slice_sop_uid": finding.key_slice.sop_instance_uid,
        "key_slice_frame": finding.key_slice.frame_number,
        "key_slice_index": finding.key_slice_index,
        "box": list(finding.box),
        "box_mm": list(finding.box_mm),
        "corners_mm": [list(corner) for corner in finding.corners_mm],
    }


def _level_of(document: Mapping[str, Any], level: Level) -> LevelPrediction:
    first, last = document["level_slices"][level] or (None, None)
    coverage = document["level_coverage"][level]
    return LevelPrediction(
        level,
        document["levels"][level],
        first,
        last,
        cut_off=coverage == IN_PART,
        outside=coverage == OUTSIDE,
    )


def _finding_of(document: Mapping[str, Any]) -> Finding:
    x, y, width, height = document["box"]
    width_mm, height_mm = document["box_mm"]
    upper_left, upper_right, lower_right, lower_left = map(_vector, document["corners_mm"])
    return Finding(
        level=document["level"],
        probability=document["probability"],
        key_slice_index=document["key_slice_index"],
        key_slice=SliceSource(document["key_slice_sop_uid"], document["key_slice_frame"]),
        box=(x, y, width, height),
        corners_mm=(upper_left, upper_right, lower_right, lower_left),
        box_mm=(width_mm, height_mm),
    )


def _vector(values: Sequence[float]) -> Vector3:
    x, y, z = values
    return x, y, z


def _level_prediction_in(group: Dataset) -> LevelPrediction:
    remarks = texts(group, codes.COMMENT)
    return LevelPrediction(
        _level_in(group),
        _probability_in(group),
        cut_off=measurement_groups.CUT_OFF in remarks,
        outside=measurement_groups.OUTSIDE in remarks,
    )


def _level_in(group: Dataset) -> Level:
    site = coded(group, codes.FINDING_SITE)[0]
    return next(level for level, term in codes.VERTEBRA.items() if triplet(term.code) == site)


def _probability_in(group: Dataset) -> float | None:
    found = numbers(group, codes.PROBABILITY)
    return found[0][0] if found else None


def _finding_in(group: Dataset, volume: CtVolume) -> Finding | None:
    probability = _probability_in(group)
    for region in children(group, "SCOORD", codes.IMAGE_REGION):
        target = reference_of(children(region, "IMAGE")[0])
        assert target is not None
        assert probability is not None
        left, top, _, _, right, bottom, *_ = (round(float(v)) for v in region.GraphicData)
        source = SliceSource(target.sop_instance_uid, target.frame_number)
        box = (left, top, right - left, bottom - top)
        index = volume.sources.index(source)
        return Finding(
            level=_level_in(group),
            probability=probability,
            key_slice_index=index,
            key_slice=source,
            box=box,
            corners_mm=volume.box_corners_mm(box, index),
            box_mm=volume.box_size_mm(box),
        )
    return None


def _source_series(report: Dataset) -> str:
    library = children(report, "CONTAINER", codes.IMAGE_LIBRARY)[0]
    group = children(library, "CONTAINER", codes.IMAGE_LIBRARY_GROUP)[0]
    return uids(group, codes.SERIES_INSTANCE_UID)[0]
