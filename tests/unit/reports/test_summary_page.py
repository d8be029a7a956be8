"""The page of a series: every state in words of its own, and nothing unanalysed like a negative."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dicom_node.reports import drawing
from dicom_node.reports.level_rows import LevelState, headline, level_rows, overall_line
from dicom_node.reports.summary_page import (
    FAILED,
    HEIGHT,
    NOT_ANALYSED,
    WIDTH,
    not_analysed_title,
    not_analysed_words,
    render_not_analysed,
    render_summary,
)
from inference.types import LEVELS, LevelPrediction, Prediction, ReasonCode, SliceSource
from tests.unit.reports.cases import AT, FRACTURED, INTACT, finding_of, prediction_of
from tests.unit.reports.test_key_image import cube_volume

SOURCES = tuple(SliceSource(f"1.2.{n}") for n in range(60))


def partly(prediction: Prediction) -> Prediction:
    """C1 outside the images, C2 cut off by their end, C7 not recognised."""
    levels = list(prediction.levels)
    levels[0] = LevelPrediction("C1", None, outside=True)
    levels[1] = replace(levels[1], cut_off=True)
    levels[6] = LevelPrediction("C7", None)
    return replace(prediction, levels=tuple(levels))


def has(picture: Image.Image, colour: drawing.Colour) -> bool:
    return bool((np.asarray(picture) == colour).all(axis=2).any())


def test_every_state_of_a_level_has_words_of_its_own() -> None:
    rows = {row.level: row for row in level_rows(partly(prediction_of(SOURCES, FRACTURED)))}
    assert tuple(rows) == LEVELS
    assert (rows["C1"].state, rows["C1"].number) == (LevelState.NOT_ASSESSED, "–")
    assert rows["C1"].words == "not assessed: outside the images"
    assert rows["C2"].words == "fracture suspected; the images end within it"
    assert (rows["C3"].state, rows["C3"].words) == (LevelState.NO_FINDING, "no finding")
    assert (rows["C5"].words, rows["C5"].number) == ("fracture suspected", "0.97")
    assert rows["C7"].words == "not assessed: not recognised in the images"


@pytest.mark.parametrize(
    ("probability", "number"),
    [
        (None, "–"),
        (0.0, "<0.01"),
        (0.0049, "<0.01"),
        (0.005, "0.01"),
        (0.5, "0.50"),
        (1.0, ">0.99"),
    ],
)
def test_no_number_is_certain(probability: float | None, number: str) -> None:
    row = level_rows(prediction_of(SOURCES, INTACT))[0]
    assert replace(row, probability=probability).number == number


def test_a_level_that_is_cut_off_is_no_negative() -> None:
    row = level_rows(partly(prediction_of(SOURCES, INTACT)))[1]
    assert row.state is LevelState.IN_PART
    assert "no finding" not in row.words


def test_the_headline_says_what_it_is_about() -> None:
    whole, part = prediction_of(SOURCES, INTACT), partly(prediction_of(SOURCES, INTACT))
    assert headline(whole) == "No finding at any level"
    assert headline(part) == "No finding in what was assessed"
    assert headline(prediction_of(SOURCES, FRACTURED)) == "Fracture suspected: C2, C5"
    assert overall_line(whole).startswith("Whole spine 0.06")
    assert overall_line(part).startswith("Assessed part of the spine 0.06")


def test_the_bars_of_the_states_differ() -> None:
    """Also without colour."""
    pictures = []
    for row in level_rows(partly(prediction_of(SOURCES, INTACT)))[:3]:
        picture, draw = drawing.blank(200, 40)
        drawing.level_bar(draw, (5, 5, 195, 35), replace(row, probability=row.probability), 0.5)
        pictures.append(np.asarray(picture.convert("L")).astype(int))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(pictures[one] - pictures[other]).mean() > 10


@pytest.mark.parametrize("probabilities", [INTACT, FRACTURED], ids=["intact", "fractured"])
@pytest.mark.parametrize("part", [False, True])
def test_a_page_warns_where_there_is_something_to_warn_of(
    probabilities: dict[str, float], part: bool
) -> None:
    volume = cube_volume()
    prediction = prediction_of(volume.sources, probabilities)  # type: ignore[arg-type]
    picture = render_summary(volume, partly(prediction) if part else prediction, at=AT)
    assert (picture.mode, picture.size) == ("RGB", (WIDTH, HEIGHT))
    above_the_foot = picture.crop((0, 0, WIDTH, 1130))
    assert has(above_the_foot, drawing.ACCENT) == (part or probabilities is FRACTURED)


def test_seven_findings_fit() -> None:
    volume = cube_volume(size=300, slices=400, spacing_mm=(0.5, 0.5, 0.5))
    found = tuple(finding_of(level, 0.9, volume, 200, (140, 140, 20, 20)) for level in LEVELS)
    levels = tuple(LevelPrediction(level, 0.9, 100, 200) for level in LEVELS)
    prediction = replace(prediction_of(SOURCES, INTACT), findings=found, levels=levels)
    assert has(render_summary(volume, prediction, at=AT), drawing.ACCENT)


@pytest.mark.parametrize("failed", [False, True])
@pytest.mark.parametrize("code", ReasonCode)
def test_what_was_not_analysed_has_a_page_that_is_no_negative(
    code: ReasonCode, failed: bool
) -> None:
    sentence = "Slices 3 to 5 are missing: between them there is a hole. " * 4
    picture = render_not_analysed(code, sentence, failed=failed, at=AT, facts=(("Slices", "9"),))
    assert (picture.mode, picture.size) == ("RGB", (WIDTH, HEIGHT))
    assert has(picture.crop((0, 0, WIDTH, 470)), drawing.ACCENT)
    assert not has(picture, drawing.CALM)  # the colour of "no finding"
    assert not_analysed_title(failed=failed) == (FAILED if failed else NOT_ANALYSED)
    assert not_analysed_words(sentence, failed=failed)[0] == sentence


def test_a_long_line_gets_smaller_and_ends_in_its_place() -> None:
    picture, draw = drawing.blank(400, 60)
    drawing.text(draw, (10, 10), "Fracture suspected: " + ", ".join(LEVELS), 50, width=300)
    drawn = np.asarray(picture.convert("L")) > 100
    assert drawn[:, 10:310].any()
    assert not drawn[:, 315:].any()


def test_words_are_wrapped_whole() -> None:
    words = "Slices 3 to 5 are missing and-a-word-that-is-longer-than-the-line-itself here"
    lines = drawing.wrapped(words, 20, 150)
    assert " ".join(lines) == words
    assert len(lines) > 3
