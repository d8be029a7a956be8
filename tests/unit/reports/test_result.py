"""result.json: whole, plain JSON, and the same from the prediction and from its report."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from pydicom.dataset import Dataset

from dicom_node.errors import InputError
from dicom_node.reports.result import (
    prediction_from_result,
    result_document,
    result_from_report,
)
from inference.types import (
    LEVELS,
    Level,
    NotAnalysed,
    PartialReading,
    ReasonCode,
    SliceReading,
    SliceSource,
)
from tests.unit.reports.cases import (
    FRACTURED,
    INTACT,
    MODEL,
    PARTIAL,
    prediction_of,
    report_on,
    sources_of,
    volume_of,
)

SLICES = tuple(SliceSource(f"1.2.{number}") for number in range(14))
UNFIT = NotAnalysed(ReasonCode.MISSING_SLICES, "Slices are missing between 31.0 and 34.0 mm.")


def test_the_document_of_a_prediction() -> None:
    prediction = prediction_of(SLICES, PARTIAL, outside=("C7",), cut_off=("C6",))
    document = result_document("1.2.9", prediction)
    assert document == {
        "series_uid": "1.2.9",
        "status": "analysed",
        "reason": None,
        "model": {
            "name": MODEL.name,
            "version": MODEL.version,
            "sha256": MODEL.sha256,
            "architecture": "spine",
            "trained_on": "3 phantoms",
        },
        "operating_point": 0.5,
        "patient_overall": 0.9712345678901234,
        "patient_overall_covers": ["C2", "C3", "C4", "C5", "C6"],
        "coverage": (
            "C7 not assessed: outside the images. C1 not assessed: not recognised in the images. "
            "C6 assessed only in part: the images end within it. "
            "The overall result covers only what was assessed: C2, C3, C4, C5, C6."
        ),
        "levels": {level: PARTIAL[level] for level in LEVELS},
        "level_slices": {
            level: None if PARTIAL[level] is None else [2 * number, 2 * number + 1]
            for number, level in enumerate(LEVELS)
        },
        "level_coverage": {
            "C1": "not_recognised",
            **dict.fromkeys(("C2", "C3", "C4", "C5"), "whole"),
            "C6": "in_part",
            "C7": "outside_the_images",
        },
        "not_assessed": ["C1", "C7"],
        "findings": [
            {
                "level": "C2",
                "probability": 0.71,
                "key_slice_sop_uid": "1.2.2",
                "key_slice_frame": None,
                "key_slice_index": 2,
                "box": [21, 22, 12, 9],
                "box_mm": [6.0, 4.5],
                "corners_mm": [
                    [-5.75, -5.25, -2.0],
                    [0.25, -5.25, -2.0],
                    [0.25, -0.75, -2.0],
                    [-5.75, -0.75, -2.0],
                ],
            },
            {
                "level": "C5",
                "probability": 0.9712345678901234,
                "key_slice_sop_uid": "1.2.8",
                "key_slice_frame": None,
                "key_slice_index": 8,
                "box": [24, 22, 12, 9],
                "box_mm": [6.0, 4.5],
                "corners_mm": [
                    [-4.25, -5.25, -8.0],
                    [1.75, -5.25, -8.0],
                    [1.75, -0.75, -8.0],
                    [-4.25, -0.75, -8.0],
                ],
            },
        ],
        "partial": None,
        "research_use_only": True,
    }


def test_the_document_of_a_series_that_was_not_analysed() -> None:
    document = result_document("1.2.9", UNFIT)
    assert document["status"] == "not_analysed"
    assert document["reason"] == {"code": "missing_slices", "text": UNFIT.text}
    assert document["patient_overall"] is None
    assert set(document["levels"].values()) == {None}
    assert document["patient_overall_covers"] == []
    assert document["not_assessed"] == list(LEVELS)
    assert "not a negative" in document["coverage"]
    assert document["findings"] == []
    assert document["partial"] is None
    assert document["research_use_only"] is True
    json.dumps(document)


def test_all_kinds_have_the_same_keys() -> None:
    analysed = result_document("1.2.9", prediction_of(SLICES, INTACT))
    assert list(analysed) == list(result_document("1.2.9", UNFIT))
    assert list(analysed) == list(result_document("1.2.9", PartialReading(UNFIT, MODEL, ())))


def test_a_whole_spine_is_said_to_be_whole() -> None:
    document = result_document("1.2.9", prediction_of(SLICES, INTACT))
    assert document["coverage"] == "All seven levels, C1 to C7, were assessed."
    assert document["patient_overall_covers"] == list(LEVELS)


def test_the_document_of_single_slices_is_no_result_of_a_study() -> None:
    shown = SliceReading(
        1, SLICES[1], (0.0, 0.0, 0.25, 0.875, 0.5, 0.0, 0.0), (0.9, 0.9, 0.9, 0.75, 0.125, 0.9, 0.9)
    )
    blank = SliceReading(0, SLICES[0], (0.25,) * 7, (0.9,) * 7)
    document = result_document("1.2.9", PartialReading(UNFIT, MODEL, (blank, shown)))
    partial = document["partial"]
    without = result_document("1.2.9", UNFIT)
    assert document == without | {"partial": partial}
    assert "no result of a study" in partial["statement"]
    assert "Not a negative result" in partial["statement"]
    assert partial["model"]["trained_on"] == "3 phantoms"
    first, second = partial["slices"]
    assert first == {
        "sop_uid": "1.2.0",
        "frame": None,
        "index": 0,
        "levels": {level: {"presence": 0.25, "fracture": None} for level in LEVELS},
        "most_likely_level": None,
    }
    assert second["sop_uid"] == "1.2.1"
    assert second["most_likely_level"] == "C4"
    assert second["levels"]["C4"] == {"presence": 0.875, "fracture": 0.75}
    assert second["levels"]["C5"] == {"presence": 0.5, "fracture": 0.125}
    assert second["levels"]["C3"] == {"presence": 0.25, "fracture": None}
    with pytest.raises(InputError, match="was not analysed"):
        prediction_from_result(document)


@pytest.mark.parametrize("probabilities", [INTACT, FRACTURED, PARTIAL])
def test_the_prediction_survives_json(probabilities: Mapping[Level, float | None]) -> None:
    frames = tuple(SliceSource("1.2.3", number) for number in range(1, 15))
    prediction = prediction_of(frames, probabilities, outside=("C1",), cut_off=("C2", "C6"))
    text = json.dumps(result_document("1.2.9", prediction))
    assert prediction_from_result(json.loads(text)) == prediction


def test_there_is_no_prediction_of_a_series_that_was_not_analysed() -> None:
    with pytest.raises(InputError, match=r"1\.2\.9 was not analysed"):
        prediction_from_result(result_document("1.2.9", UNFIT))


@pytest.mark.parametrize("probabilities", [INTACT, FRACTURED, PARTIAL])
def test_the_report_tells_the_same(
    sources: tuple[Dataset, ...],
    probabilities: Mapping[Level, float | None],
) -> None:
    order = sources_of(sources)
    prediction = prediction_of(order, probabilities, outside=("C7",), cut_off=("C2", "C6"))
    told = result_from_report(report_on(sources, prediction), volume_of(order))
    expected = result_document(sources[0].SeriesInstanceUID, prediction)
    assert told == expected | {"level_slices": dict.fromkeys(LEVELS)}
