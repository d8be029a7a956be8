"""What a person reads in the terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from dicom_node.reports.render_text import render_result
from dicom_node.reports.result import result_document
from dicom_node.reports.structured_report import RESEARCH_ONLY
from inference.types import LEVELS, NotAnalysed, Prediction, ReasonCode, SliceSource
from tests.unit.reports.cases import FRACTURED, INTACT, PARTIAL, prediction_of

SLICES = tuple(SliceSource(f"1.2.{number}") for number in range(14))


def printed(outcome: Prediction | NotAnalysed) -> str:
    out = StringIO()
    console = Console(file=out, width=200, color_system=None)
    console.print(render_result(result_document("1.2.9", outcome)))
    return out.getvalue()


def test_a_fracture_is_named_with_its_place() -> None:
    text = printed(prediction_of(SLICES, FRACTURED))
    (line,) = (line for line in text.splitlines() if "C5" in line and "SUSPECTED" in line)
    assert "0.97" in line
    assert "key slice 9 from the head, box 12 × 9 pixels at (24, 22)" in text
    assert text.count("SUSPECTED") == 2


def test_an_intact_spine_has_every_level_and_no_finding() -> None:
    text = printed(prediction_of(SLICES, INTACT))
    assert all(level in text for level in LEVELS)
    assert "No finding" in text
    assert "SUSPECTED" not in text
    assert "not assessed" not in text


def test_what_was_not_assessed_is_said() -> None:
    lines = printed(prediction_of(SLICES, PARTIAL)).splitlines()
    for level in ("C1", "C7"):
        (line,) = (line for line in lines if line.startswith(level))
        assert "not assessed" in line
        assert "0." not in line
    assert any("assessed levels only; not assessed: C1, C7" in line for line in lines)


def test_a_series_that_was_not_analysed_is_no_negative() -> None:
    text = printed(NotAnalysed(ReasonCode.LOCALIZER, "The series is a localizer."))
    assert "Not analysed: The series is a localizer. [localizer]" in text
    assert "not a negative" in text


def test_it_is_always_for_research_only() -> None:
    unfit = NotAnalysed(ReasonCode.LOCALIZER, "x")
    for outcome in (prediction_of(SLICES, INTACT), unfit):
        assert RESEARCH_ONLY in printed(outcome)
