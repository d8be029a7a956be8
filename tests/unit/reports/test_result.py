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
from inference.types import LEVELS, Level, NotAnalysed, ReasonCode, SliceSource
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
    document = result_document("1.2.9", prediction_of(SLICES, PARTIAL))
    assert document == {
        "series_uid": "1.2.9",
        "status": "analysed",
        "reason": None,
        "model": {"name": MODEL.name, "version": MODEL.version, "sha256": MODEL.sha256},
        "operating_point": 0.5,
        "patient_overall": 0.9712345678901234,
        "levels": {level: PARTIAL[level] for level in LEVELS},
        "level_slices": {
            level: None if PARTIAL[level] is None else [2 * number, 2 * number + 1]
            for number, level in enumerate(LEVELS)
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
        "research_use_only": True,
    }


def test_the_document_of_a_series_that_was_not_analysed() -> None:
    document = result_document("1.2.9", UNFIT)
    assert document["status"] == "not_analysed"
    assert document["reason"] == {"code": "missing_slices", "text": UNFIT.text}
    assert document["patient_overall"] is None
    assert set(document["levels"].values()) == {None}
    assert document["findings"] == []
    assert document["research_use_only"] is True
    json.dumps(document)


def test_both_kinds_have_the_same_keys() -> None:
    analysed = result_document("1.2.9", prediction_of(SLICES, INTACT))
    assert list(analysed) == list(result_document("1.2.9", UNFIT))


@pytest.mark.parametrize("probabilities", [INTACT, FRACTURED, PARTIAL])
def test_the_prediction_survives_json(probabilities: Mapping[Level, float | None]) -> None:
    frames = tuple(SliceSource("1.2.3", number) for number in range(1, 15))
    prediction = prediction_of(frames, probabilities)
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
    prediction = prediction_of(order, probabilities)
    told = result_from_report(report_on(sources, prediction), volume_of(order))
    expected = result_document(sources[0].SeriesInstanceUID, prediction)
    assert told == expected | {"level_slices": dict.fromkeys(LEVELS)}
