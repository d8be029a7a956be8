"""What a person reads in the terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from dicom_node.reports.render_text import render_result
from dicom_node.reports.result import result_document
from dicom_node.reports.words import RESEARCH_ONLY
from inference.types import (
    LEVELS,
    NotAnalysed,
    PartialReading,
    Prediction,
    ReasonCode,
    SliceReading,
    SliceSource,
)
from tests.unit.reports.cases import FRACTURED, INTACT, MODEL, PARTIAL, prediction_of

SLICES = tuple(SliceSource(f"1.2.{number}") for number in range(14))


def printed(outcome: Prediction | NotAnalysed | PartialReading) -> str:
    out = StringIO()
    console = Console(file=out, width=200, color_system=None)
    console.print(render_result(result_document("1.2.9", outcome)))
    return out.getvalue()


def test_a_fracture_is_named_with_its_place() -> None:
    text = printed(prediction_of(SLICES, FRACTURED))
    (line,) = (line for line in text.splitlines() if "C5" in line and "SUSPECTED" in line)
    assert "0.97" in line
    assert "key slice 9 from the head, box 12 × 9 pixels (6 × 4 mm) at (24, 22)" in text
    assert text.count("SUSPECTED") == 2


def test_an_intact_spine_has_every_level_and_no_finding() -> None:
    text = printed(prediction_of(SLICES, INTACT))
    assert all(level in text for level in LEVELS)
    assert "No finding" in text
    assert "SUSPECTED" not in text
    assert "not assessed" not in text
    assert "All seven levels, C1 to C7, were assessed." in text
    assert "trained on 3 phantoms" in text


def row_of(level: str, text: str) -> str:
    """Its line of the table, which comes before the sentences."""
    return next(line for line in text.splitlines() if line.split()[:1] == [level])


def test_what_was_not_assessed_is_said() -> None:
    text = printed(prediction_of(SLICES, PARTIAL, outside=("C7",)))
    for level, why in (("C1", "not recognised in the images"), ("C7", "outside the images")):
        assert f"not assessed ({why}; not a negative)" in row_of(level, text)
        assert "0." not in row_of(level, text)
    assert "assessed levels only; not assessed: C1, C7" in text
    assert "C7 not assessed: outside the images." in text
    assert "covers only what was assessed: C2, C3, C4, C5, C6." in text


def test_a_level_that_the_images_cut_off_is_said_to_be() -> None:
    text = printed(prediction_of(SLICES, INTACT, cut_off=("C7",)))
    assert "only part of this level is in the images" in row_of("C7", text)
    assert "No finding at or above the operating point in what was assessed." in text


def test_a_series_that_was_not_analysed_is_no_negative() -> None:
    text = printed(NotAnalysed(ReasonCode.LOCALIZER, "The series is a localizer."))
    assert "Not analysed: The series is a localizer. [localizer]" in text
    assert "not a negative" in text


def test_single_slices_are_no_result_of_a_study() -> None:
    shown = SliceReading(1, SLICES[1], (0.0,) * 4 + (0.9, 0.6, 0.0), (0.99,) * 4 + (0.7, 0.1, 0.9))
    blank = SliceReading(0, SLICES[0], (0.2,) * 7, (0.88,) * 7)
    unfit = NotAnalysed(ReasonCode.TOO_FEW_SLICES, "The series is too short.")
    text = printed(PartialReading(unfit, MODEL, (blank, shown)))
    assert "Not analysed: The series is too short. [too_few_slices]" in text
    assert "no result of a study" in text
    assert "Slice 1 from the head: no cervical vertebra recognised, nothing is said" in text
    assert "C5 (0.90), fracture on this slice 0.70; C6 (0.60), fracture on this slice 0.10" in text
    assert "0.88" not in text
    assert "0.99" not in text
    assert "trained on 3 phantoms" in text


def test_many_single_slices_are_not_all_printed() -> None:
    unfit = NotAnalysed(ReasonCode.INSUFFICIENT_COVERAGE, "The series covers only 8 mm.")
    many = tuple(SliceReading(n, SLICES[n % 14], (0.2,) * 7, (0.1,) * 7) for n in range(40))
    text = printed(PartialReading(unfit, MODEL, many))
    assert "Slice 12 from the head" in text
    assert "Slice 13 from the head" not in text
    assert "All 40 slices stand in result.json." in text


def test_it_is_always_for_research_only() -> None:
    unfit = NotAnalysed(ReasonCode.LOCALIZER, "x")
    for outcome in (prediction_of(SLICES, INTACT), unfit):
        assert RESEARCH_ONLY in printed(outcome)
