from __future__ import annotations

from typing import Any

import pytest

from dicom_node.errors import InternalError
from dicom_node.reports.result import result_document
from dicom_node.reports.words import IN_PART, NOT_RECOGNISED, OUTSIDE, WHOLE
from dicom_node.routing.outcomes import (
    Outcome,
    outcomes_of,
    outcomes_of_series,
    required_outcomes,
)
from inference.types import LEVELS, NotAnalysed, ReasonCode
from storage.queue import ANALYSIS_FAILED
from storage.records import SeriesState
from tests.unit.routing.given import reading

O = Outcome  # noqa: E741


def document(*, found: bool, coverage: str = WHOLE) -> dict[str, Any]:
    return {
        "status": "analysed",
        "findings": [{"level": "C5"}] if found else [],
        "level_coverage": dict.fromkeys(LEVELS, WHOLE) | {"C7": coverage},
        "partial": None,
    }


@pytest.mark.parametrize("coverage", [IN_PART, OUTSIDE, NOT_RECOGNISED])
def test_what_was_not_seen_whole_is_never_without_finding(coverage: str) -> None:
    assert outcomes_of(document(found=False, coverage=coverage)) == {O.PARTIAL}
    assert outcomes_of(document(found=True, coverage=coverage)) == {O.FINDING, O.PARTIAL}


def test_whole_readings() -> None:
    assert outcomes_of(document(found=False)) == {O.NO_FINDING}
    assert outcomes_of(document(found=True)) == {O.FINDING}


def test_not_analysed() -> None:
    reason = NotAnalysed(ReasonCode.MISSING_GEOMETRY, "No spacing.")
    assert outcomes_of(result_document("1.2", reason)) == {O.NOT_ANALYSED}


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (SeriesState.NOT_ANALYSED, "localizer", {O.NOT_ANALYSED}),
        (SeriesState.FAILED, ANALYSIS_FAILED, {O.FAILED}),
        (SeriesState.FAILED, "unreadable", {O.FAILED}),
        (SeriesState.SUPERSEDED, ANALYSIS_FAILED, {O.FAILED}),
        (SeriesState.SUPERSEDED, "localizer", {O.NOT_ANALYSED}),
        (SeriesState.ANALYSING, None, set()),
        (SeriesState.RECEIVING, None, set()),
    ],
)
def test_series_without_a_result(
    state: SeriesState, reason: str | None, expected: set[Outcome]
) -> None:
    of = reading(state=state, reason_code=reason)
    assert outcomes_of_series(of) == expected
    if not expected:
        with pytest.raises(InternalError, match="no outcome yet"):
            required_outcomes(of)


def test_a_result_tells_for_its_series() -> None:
    of = reading(state=SeriesState.REPORTED, result=document(found=True))
    assert required_outcomes(of) == {O.FINDING}
