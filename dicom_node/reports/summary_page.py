"""The page about one series: every level, what was found, or that nothing was read, and why.

For viewers that show no report. Nothing that identifies the patient is burned in; the object's
own header has it. What was not analysed has a page too, which cannot be taken for a negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PIL import Image, ImageDraw

from dicom_node.reports import drawing, reformat, views
from dicom_node.reports.drawing import ACCENT, CALM, DIM, TEXT, blank, paragraph, text
from dicom_node.reports.level_rows import LevelRow, headline, level_rows, overall_line
from dicom_node.reports.words import RESEARCH_ONLY
from inference.coverage import coverage_sentence
from inference.types import CtVolume, Finding, ModelIdentity, Prediction

WIDTH: Final = 1024
HEIGHT: Final = 1280
MARGIN: Final = 24
TITLE: Final = "Cervical spine CT, read by AI for fractures"
NOT_ANALYSED: Final = "NOT ANALYSED"
FAILED: Final = "ANALYSIS FAILED"
NO_NEGATIVE: Final = "This is not a negative result."
FAILED_WORDS: Final = "The program, not the series, is to blame."

_COLUMN: Final = 500
"""Width of the list of levels."""
_ROW: Final = 74
_TOP: Final = 190
_THUMBNAILS_TOP: Final = 770
_FOOTER: Final = 1140
_THUMBNAIL_FIELD_MM: Final = 80.0
_OVERVIEW_FIELD_MM: Final = (240.0, 120.0)
_GUTTER: Final = 56
_GAP: Final = 12


def render_summary(volume: CtVolume, prediction: Prediction, *, at: datetime) -> Image.Image:
    """An RGB page of 1024 × 1280 about a series that was read.

    Args:
        volume: the one that was read.
        prediction: what was said of it.
        at: when it was said, aware.
    """
    picture, draw = blank(WIDTH, HEIGHT)
    _head(draw, headline(prediction), ACCENT if prediction.findings else CALM)
    text(draw, (MARGIN, 138), overall_line(prediction), 26, width=WIDTH - 2 * MARGIN)
    for number, row in enumerate(level_rows(prediction)):
        _level(draw, _TOP + number * _ROW, row, prediction.operating_point)
    free = _coverage(draw, prediction)
    bottom = _THUMBNAILS_TOP - _GAP if prediction.findings else free
    _overview(picture, draw, volume, prediction, bottom)
    _thumbnails(picture, draw, volume, prediction.findings, free)
    _foot(draw, _series_facts(volume), at, prediction.model)
    return picture


def render_not_analysed(
    reason_code: str,
    reason_text: str,
    *,
    failed: bool,
    at: datetime,
    facts: Sequence[tuple[str, str]] = (),
) -> Image.Image:
    """An RGB page of 1024 × 1280 about a series of which nothing may be said.

    Args:
        reason_code: for programs, as in result.json.
        reason_text: for people; names no patient.
        failed: the program failed; otherwise the series cannot be analysed.
        at: when that was known, aware.
        facts: names and values, such as the number of slices; none that identifies a patient.
    """
    picture, draw = blank(WIDTH, HEIGHT)
    width = WIDTH - 2 * MARGIN
    text(draw, (MARGIN, 24), TITLE, 28, DIM, width=width)
    drawing.hatch(draw, (MARGIN, 84, WIDTH - MARGIN, 120), ACCENT)
    text(
        draw,
        (WIDTH / 2, 236),
        not_analysed_title(failed=failed),
        112,
        ACCENT,
        anchor="mm",
        width=width,
    )
    text(draw, (WIDTH / 2, 342), NO_NEGATIVE, 60, TEXT, anchor="mm", width=width)
    drawing.hatch(draw, (MARGIN, 410, WIDTH - MARGIN, 446), ACCENT)
    y: float = 490
    for words in not_analysed_words(reason_text, failed=failed):
        y = paragraph(draw, (MARGIN, y), words, 36, TEXT, width=width) + 14
    text(draw, (MARGIN, y), f"Reason: {reason_code}", 26, DIM, width=width)
    y += 70
    for name, value in facts:
        text(draw, (MARGIN, y), f"{name}: {value}", 28, width=width)
        y += 44
    _foot(draw, "No level of C1 to C7 was assessed.", at, None)
    return picture


def not_analysed_title(*, failed: bool) -> str:
    """The largest words of the page."""
    return FAILED if failed else NOT_ANALYSED


def not_analysed_words(reason_text: str, *, failed: bool) -> tuple[str, ...]:
    """The sentences of the page."""
    return (reason_text, FAILED_WORDS) if failed else (reason_text,)


def _head(draw: ImageDraw.ImageDraw, words: str, colour: drawing.Colour) -> None:
    text(draw, (MARGIN, 24), TITLE, 28, DIM, width=WIDTH - 2 * MARGIN)
    text(draw, (MARGIN, 70), words, 52, colour, width=WIDTH - 2 * MARGIN)


def _level(draw: ImageDraw.ImageDraw, top: int, row: LevelRow, operating_point: float) -> None:
    colour = drawing.state_colour(row.state)
    text(draw, (MARGIN, top + 18), row.level, 36, colour, anchor="lm")
    bar = (MARGIN + 72, top + 4, _COLUMN - 104, top + 32)
    drawing.level_bar(draw, bar, row, operating_point)
    text(draw, (_COLUMN, top + 18), row.number, 34, colour, anchor="rm")
    text(draw, (MARGIN + 72, top + 40), row.words, 21, colour, width=_COLUMN - MARGIN - 72)


def _overview(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    volume: CtVolume,
    prediction: Prediction,
    bottom: int,
) -> None:
    """The middle of the spine, beside the list."""
    plane = reformat.sagittal(volume, reformat.middle_column(volume))
    slices, _ = plane.hu.shape
    left = _COLUMN + 2 * MARGIN
    width, room = WIDTH - MARGIN - _GUTTER - left, bottom - views.RULER - _TOP
    height = round(slices * plane.spacing_mm[0] * width / _OVERVIEW_FIELD_MM[1])
    view = reformat.render(
        plane,
        (width, min(room, height)),
        centre=(slices / 2, reformat.middle_row(volume)),
        field_mm=_OVERVIEW_FIELD_MM,
    )
    frame = views.place(picture, draw, plane, view, (left, _TOP))
    views.scale_bar(draw, frame)
    views.level_names(draw, frame, prediction)


def _thumbnails(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    volume: CtVolume,
    findings: Sequence[Finding],
    bottom: int,
) -> None:
    """The key slice of every finding, all in one row, with words under each."""
    room = bottom - _THUMBNAILS_TOP - 40
    width = WIDTH - 2 * MARGIN + _GAP
    edge = min(room, width // max(1, len(findings)) - _GAP)
    for number, finding in enumerate(findings):
        left = MARGIN + number * (edge + _GAP)
        views.axial_view(
            picture,
            draw,
            volume,
            finding,
            (left, _THUMBNAILS_TOP, edge),
            field_mm=_THUMBNAIL_FIELD_MM,
            letter=18,
        )
        words = f"{finding.level} {finding.probability:.2f}, slice {finding.key_slice_index + 1}"
        text(draw, (left, _THUMBNAILS_TOP + edge + 8), words, 24, ACCENT, width=edge)


def _coverage(draw: ImageDraw.ImageDraw, prediction: Prediction) -> int:
    """What was not assessed, above the foot; the row down to which there is room for pictures."""
    words = coverage_sentence(prediction.levels)
    if not (prediction.not_assessed or prediction.cut_off):
        text(draw, (MARGIN, _TOP + 7 * _ROW + 2), words, 20, DIM, width=_COLUMN - MARGIN)
        return _FOOTER - _GAP
    width = WIDTH - 2 * MARGIN
    top = _FOOTER - _GAP - 29 * len(drawing.wrapped(words, 21, width))
    paragraph(draw, (MARGIN, top), words, 21, ACCENT, width=width)
    return top - _GAP


def _series_facts(volume: CtVolume) -> str:
    slices_mm, rows_mm, columns_mm = volume.spacing_mm
    _, rows, columns = volume.hu.shape
    return (
        f"{len(volume.sources)} slices, {slices_mm:.2f} mm apart  ·  "
        f"{columns} × {rows} pixels of {columns_mm:.2f} × {rows_mm:.2f} mm"
    )


def _foot(draw: ImageDraw.ImageDraw, facts: str, at: datetime, model: ModelIdentity | None) -> None:
    width = WIDTH - 2 * MARGIN
    draw.line([(0, _FOOTER), (WIDTH, _FOOTER)], fill=DIM, width=1)
    text(draw, (MARGIN, _FOOTER + 12), facts, 24, DIM, width=width)
    made = f"{at:%Y-%m-%d %H:%M %Z}"
    if model is not None:
        made = f"{model.name} {model.version}  ·  weights {model.sha256[:12]}  ·  {made}"
    text(draw, (MARGIN, _FOOTER + 46), made, 24, DIM, width=width)
    text(draw, (MARGIN, HEIGHT - 16), RESEARCH_ONLY, 34, ACCENT, anchor="ls", width=width)
