"""The key image: what was found, where, and that a machine said so.

A finding: the axial slice with its box beside a sagittal reformat with the level's line. None:
a mid-sagittal overview. Words and the column of levels stand under the pictures, never on the
anatomy; the patient's name is not burned in. The type is large enough for the picture at half its
size.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from PIL import Image, ImageDraw

from dicom_node.reports import drawing, reformat, views
from dicom_node.reports.drawing import ACCENT, CALM, DIM, TEXT, blank, paragraph, text
from dicom_node.reports.level_rows import headline, level_rows, overall_line
from dicom_node.reports.words import RESEARCH_ONLY
from inference.coverage import coverage_in_short
from inference.types import CtVolume, Finding, Prediction

WIDTH: Final = 1024
HEIGHT: Final = 1024
PANEL: Final = 540
MARGIN: Final = 8
GUTTER: Final = 56
"""Beside the sagittal view, for the names of the levels."""
STRIP: Final = MARGIN + PANEL + views.RULER + 6
"""First row under the pictures and their scales."""
AXIAL_FIELD_MM: Final = 120.0
SAGITTAL_FIELD_MM: Final = 240.0

_COLUMN_LEFT: Final = 664
_ROW: Final = 46
_FOOT: Final = HEIGHT - 92


def render_key_image(
    volume: CtVolume, prediction: Prediction, finding: Finding | None, *, at: datetime
) -> Image.Image:
    """An RGB picture of 1024 × 1024.

    Args:
        volume: the one that was read.
        prediction: all that was said of it.
        finding: the one to show; None for the overview of a study without one.
        at: when it was said, aware.
    """
    picture, draw = blank(WIDTH, HEIGHT)
    if finding is None:
        _overview(picture, draw, volume, prediction)
        lines = _lines_without_finding(prediction)
    else:
        _views(picture, draw, volume, prediction, finding)
        lines = _lines(volume, prediction, finding)
    _strip(draw, prediction, lines)
    _column(draw, prediction)
    _foot(draw, prediction, at)
    return picture


def _views(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    volume: CtVolume,
    prediction: Prediction,
    finding: Finding,
) -> None:
    place = (MARGIN, MARGIN, PANEL)
    frame = views.axial_view(picture, draw, volume, finding, place, field_mm=AXIAL_FIELD_MM)
    views.scale_bar(draw, frame)

    x, y, width, height = finding.box
    column, row, slice_at = x + width / 2, y + height / 2, finding.key_slice_index + 0.5
    plane = reformat.sagittal(volume, column)
    size = (WIDTH - PANEL - GUTTER - 3 * MARGIN, PANEL)
    fields = (SAGITTAL_FIELD_MM, SAGITTAL_FIELD_MM)
    view = reformat.render(plane, size, centre=(slice_at, row), field_mm=fields)
    frame = views.place(picture, draw, plane, view, (PANEL + 2 * MARGIN, MARGIN))
    views.scale_bar(draw, frame)
    views.slice_line(draw, frame, slice_at, row, 20 / plane.spacing_mm[1])
    views.level_names(draw, frame, prediction, finding)


def _overview(
    picture: Image.Image, draw: ImageDraw.ImageDraw, volume: CtVolume, prediction: Prediction
) -> None:
    plane = reformat.sagittal(volume, reformat.middle_column(volume))
    slices, _ = plane.hu.shape
    fields = (SAGITTAL_FIELD_MM, SAGITTAL_FIELD_MM)
    size = (PANEL + 2 * GUTTER, PANEL)
    centre = (slices / 2, reformat.middle_row(volume))
    view = reformat.render(plane, size, centre=centre, field_mm=fields)
    left = (WIDTH - size[0] - GUTTER) // 2
    frame = views.place(picture, draw, plane, view, (left, MARGIN))
    views.scale_bar(draw, frame)
    views.level_names(draw, frame, prediction)


def _lines(volume: CtVolume, prediction: Prediction, finding: Finding) -> Iterator[str]:
    yield f"{finding.level}  fracture suspected {finding.probability:.2f}"
    x, y, width, height = finding.box
    width_mm, height_mm = volume.box_size_mm(finding.box)
    centre = volume.position_mm(
        column=x + (width - 1) / 2, row=y + (height - 1) / 2, slice_index=finding.key_slice_index
    )
    yield (
        f"Slice {finding.key_slice_index + 1} of {len(volume.sources)} from the head, "
        f"z {centre[2]:+.1f} mm"
    )
    yield f"Box {width_mm:.0f} × {height_mm:.0f} mm"
    others = [each for each in prediction.findings if each.level != finding.level]
    if others:
        named = ", ".join(f"{each.level} {each.probability:.2f}" for each in others)
        yield f"Also suspected: {named}"
    yield overall_line(prediction)


def _lines_without_finding(prediction: Prediction) -> Iterator[str]:
    yield headline(prediction)
    yield overall_line(prediction)


def _strip(draw: ImageDraw.ImageDraw, prediction: Prediction, lines: Iterator[str]) -> None:
    """The words, left of the column of levels."""
    draw.line([(0, STRIP), (WIDTH, STRIP)], fill=DIM, width=1)
    left, width = MARGIN + 4, _COLUMN_LEFT - MARGIN - 28
    colour = ACCENT if prediction.findings else CALM
    y = paragraph(draw, (left, STRIP + 14), next(lines), 42, colour, width=width) + 4
    for line in lines:
        y = paragraph(draw, (left, y), line, 26, TEXT, width=width) + 2
    if coverage := coverage_in_short(prediction.levels):
        paragraph(draw, (left, y), coverage, 24, ACCENT, width=width)


def _column(draw: ImageDraw.ImageDraw, prediction: Prediction) -> None:
    """C1 to C7 with their probabilities."""
    right = WIDTH - MARGIN - 4
    for number, row in enumerate(level_rows(prediction)):
        middle = STRIP + 16 + number * _ROW + _ROW // 2
        colour = drawing.state_colour(row.state)
        text(draw, (_COLUMN_LEFT, middle), row.level, 28, colour, anchor="lm")
        bar = (_COLUMN_LEFT + 52, middle - 11, right - 88, middle + 11)
        drawing.level_bar(draw, bar, row, prediction.operating_point)
        text(draw, (right, middle), row.number, 28, colour, anchor="rm")


def _foot(draw: ImageDraw.ImageDraw, prediction: Prediction, at: datetime) -> None:
    left, width = MARGIN + 4, WIDTH - 2 * MARGIN - 8
    draw.line([(0, _FOOT), (WIDTH, _FOOT)], fill=DIM, width=1)
    model = f"{prediction.model.name} {prediction.model.version}"
    made = f"{model}  ·  {at:%Y-%m-%d %H:%M %Z}"
    text(draw, (left, HEIGHT - 54), made, 24, DIM, anchor="ls", width=width)
    text(draw, (left, HEIGHT - 14), RESEARCH_ONLY, 34, ACCENT, anchor="ls", width=width)
