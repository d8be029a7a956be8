"""The key image: what was found, where, and that a machine said so.

A finding: the axial slice with its box beside a sagittal reformat with the level's line. None:
a mid-sagittal overview. Words stand in a strip under the pictures, never on the anatomy; the
patient's name is not burned in. The type is large enough for the picture at half its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from dicom_node.reports import reformat
from dicom_node.reports.origin import RESEARCH_ONLY
from dicom_node.reports.reformat import Plane, View
from inference.coverage import coverage_in_short
from inference.types import CtVolume, Finding, Prediction

WIDTH: Final = 1024
HEIGHT: Final = 784
PANEL: Final = 500
MARGIN: Final = 8
GUTTER: Final = 56
"""Beside the sagittal view, for the names of the levels."""
RULER: Final = 32
AXIAL_FIELD_MM: Final = 120.0
SAGITTAL_FIELD_MM: Final = 240.0
SCALE_BAR_MM: Final = 50.0

_BACKGROUND: Final = (16, 20, 24)
_TEXT: Final = (232, 236, 240)
_DIM: Final = (150, 158, 166)
_ACCENT: Final = (255, 196, 0)
_OUTLINE: Final = (0, 0, 0)
_DRAWABLE: Final = str.maketrans({"–": "-", "×": "x"})
"""What Pillow's own font lacks."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a view stands in the picture."""

    left: int
    top: int
    view: View

    def x(self, horizontal: float) -> float:
        return self.left + self.view.x(horizontal)

    def y(self, vertical: float) -> float:
        return self.top + self.view.y(vertical)

    @property
    def right(self) -> int:
        return self.left + int(self.view.image.width)

    @property
    def bottom(self) -> int:
        return self.top + int(self.view.image.height)


def render_key_image(
    volume: CtVolume, prediction: Prediction, finding: Finding | None, *, at: datetime
) -> Image.Image:
    """An RGB picture of 1024 × 784.

    Args:
        volume: the one that was read.
        prediction: all that was said of it.
        finding: the one to show; None for the overview of a study without one.
        at: when it was said, aware.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    draw = ImageDraw.Draw(picture)
    if finding is None:
        _overview(picture, draw, volume, prediction)
        lines = _lines_without_finding(prediction)
    else:
        _views(picture, draw, volume, prediction, finding)
        lines = _lines(volume, prediction, finding)
    _strip(draw, prediction, lines, at)
    return picture


def _views(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    volume: CtVolume,
    prediction: Prediction,
    finding: Finding,
) -> None:
    x, y, width, height = finding.box
    column, row, slice_at = x + width / 2, y + height / 2, finding.key_slice_index + 0.5
    plane = reformat.axial(volume, finding.key_slice_index)
    fields = (AXIAL_FIELD_MM, AXIAL_FIELD_MM)
    view = reformat.render(plane, (PANEL, PANEL), centre=(row, column), field_mm=fields)
    frame = _place(picture, draw, plane, view, MARGIN)
    _box(draw, frame, finding.box)

    plane = reformat.sagittal(volume, column)
    size = (WIDTH - PANEL - GUTTER - 3 * MARGIN, PANEL)
    fields = (SAGITTAL_FIELD_MM, SAGITTAL_FIELD_MM)
    view = reformat.render(plane, size, centre=(slice_at, row), field_mm=fields)
    frame = _place(picture, draw, plane, view, PANEL + 2 * MARGIN)
    _slice_line(draw, frame, slice_at, row, 20 / plane.spacing_mm[1])
    _level_names(draw, frame, prediction, finding)


def _overview(
    picture: Image.Image, draw: ImageDraw.ImageDraw, volume: CtVolume, prediction: Prediction
) -> None:
    plane = reformat.sagittal(volume, reformat.middle_column(volume))
    slices, rows = plane.hu.shape
    fields = (SAGITTAL_FIELD_MM, SAGITTAL_FIELD_MM)
    size = (PANEL + 2 * GUTTER, PANEL)
    view = reformat.render(plane, size, centre=(slices / 2, rows / 2), field_mm=fields)
    frame = _place(picture, draw, plane, view, (WIDTH - size[0] - GUTTER) // 2)
    _level_names(draw, frame, prediction, None)


def _place(
    picture: Image.Image, draw: ImageDraw.ImageDraw, plane: Plane, view: View, left: int
) -> _Frame:
    frame = _Frame(left, MARGIN, view)
    picture.paste(view.image.convert("RGB"), (frame.left, frame.top))
    middle_x, middle_y = (frame.left + frame.right) // 2, (frame.top + frame.bottom) // 2
    top, bottom, left_letter, right_letter = plane.letters
    for letter, position, anchor in (
        (top, (middle_x, frame.top + 4), "mt"),
        (bottom, (middle_x, frame.bottom - 4), "mb"),
        (left_letter, (frame.left + 6, middle_y), "lm"),
        (right_letter, (frame.right - 6, middle_y), "rm"),
    ):
        _text(draw, position, letter, 26, _TEXT, anchor)
    _scale_bar(draw, frame)
    return frame


def _scale_bar(draw: ImageDraw.ImageDraw, frame: _Frame) -> None:
    """5 cm, under the picture."""
    length = SCALE_BAR_MM * frame.view.px_per_mm
    y, end = frame.bottom + RULER // 2, frame.left + length
    draw.line([(frame.left, y), (end, y)], fill=_TEXT, width=3)
    for x in (frame.left, end):
        draw.line([(x, y - 7), (x, y + 7)], fill=_TEXT, width=3)
    _text(draw, (end + 10, y), "5 cm", 24, _TEXT, "lm")


def _box(draw: ImageDraw.ImageDraw, frame: _Frame, box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    left, top = frame.x(x), frame.y(y)
    right, bottom = frame.x(x + width), frame.y(y + height)
    for grow, colour, line in ((5, _OUTLINE, 5), (4, _ACCENT, 3)):
        corners = (left - grow, top - grow, right + grow, bottom + grow)
        draw.rectangle(corners, outline=colour, width=line)


def _slice_line(
    draw: ImageDraw.ImageDraw, frame: _Frame, slice_at: float, row: float, gap: float
) -> None:
    """The axial slice in the sagittal view, open around the finding and at the letters."""
    y = frame.y(slice_at)
    inner = (frame.x(row - gap), frame.x(row + gap))
    for start, end in ((frame.left + 34, inner[0]), (inner[1], frame.right - 34)):
        if start < end:
            draw.line([(start, y), (end, y)], fill=_OUTLINE, width=5)
            draw.line([(start, y), (end, y)], fill=_ACCENT, width=3)


def _level_names(
    draw: ImageDraw.ImageDraw, frame: _Frame, prediction: Prediction, shown: Finding | None
) -> None:
    """Beside the sagittal view, each at the height of the middle of its slices."""
    named = {finding.level for finding in prediction.findings}
    lowest = float(frame.top)
    for level in prediction.levels:
        if level.first_slice is None or level.last_slice is None:
            continue
        y = frame.y((level.first_slice + level.last_slice + 1) / 2)
        if not frame.top <= y <= frame.bottom:
            continue
        y = max(y, lowest + 12)
        lowest = y + 14
        current = shown is not None and level.level == shown.level
        colour = _ACCENT if current or level.level in named else _DIM
        draw.line([(frame.right + 2, y), (frame.right + 10, y)], fill=colour, width=3)
        _text(draw, (frame.right + 14, y), level.level, 28 if current else 24, colour, "lm")


def _lines(volume: CtVolume, prediction: Prediction, finding: Finding) -> Iterator[str]:
    yield f"{finding.level}  fracture suspected, probability {finding.probability:.2f}"
    x, y, width, height = finding.box
    _, rows_mm, columns_mm = volume.spacing_mm
    centre = volume.position_mm(
        column=x + (width - 1) / 2, row=y + (height - 1) / 2, slice_index=finding.key_slice_index
    )
    yield (
        f"Slice {finding.key_slice_index + 1} of {len(volume.sources)} (from the head), "
        f"z {centre[2]:+.1f} mm, box {width * columns_mm:.0f} × {height * rows_mm:.0f} mm"
    )
    others = [each for each in prediction.findings if each.level != finding.level]
    if others:
        named = ", ".join(f"{each.level} {each.probability:.2f}" for each in others)
        yield f"Also suspected: {named}"


def _lines_without_finding(prediction: Prediction) -> Iterator[str]:
    partial = prediction.not_assessed or prediction.cut_off
    where = "in what was assessed" if partial else "at any level"
    yield f"No finding {where}"
    highest = max(
        (each for each in prediction.levels if each.probability is not None),
        key=lambda each: each.probability or 0.0,
    )
    whole = "Assessed part of the spine" if partial else "Whole spine"
    yield (
        f"{whole} {prediction.patient_overall:.2f}, highest level {highest.level} "
        f"{highest.probability:.2f}, operating point {prediction.operating_point:.2f}"
    )


def _strip(
    draw: ImageDraw.ImageDraw, prediction: Prediction, lines: Iterator[str], at: datetime
) -> None:
    left, y = MARGIN + 4, MARGIN + PANEL + RULER + 10
    draw.line([(0, y - 6), (WIDTH, y - 6)], fill=_DIM, width=1)
    for text, size, colour in _styled(prediction, lines):
        _text(draw, (left, y), text, size, colour, "la")
        y += size + 10
    model = f"{prediction.model.name} {prediction.model.version}"
    _text(draw, (left, HEIGHT - 46), f"{model}  ·  {at:%Y-%m-%d %H:%M %Z}", 24, _DIM, "ls")
    _text(draw, (left, HEIGHT - 14), RESEARCH_ONLY, 28, _ACCENT, "ls")


def _styled(
    prediction: Prediction, lines: Iterator[str]
) -> Iterator[tuple[str, int, tuple[int, int, int]]]:
    yield next(lines), 38, _ACCENT if prediction.findings else _TEXT
    for line in lines:
        yield line, 26, _TEXT
    if coverage := coverage_in_short(prediction.levels):
        yield coverage, 26, _ACCENT


def _fitting(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font at this size, or smaller so that the line ends inside the picture."""
    font = ImageFont.load_default(size)
    while size > 8 and font.getlength(text) > WIDTH - 4 * MARGIN:
        size -= 1
        font = ImageFont.load_default(size)
    return font


def _text(
    draw: ImageDraw.ImageDraw,
    position: tuple[float, float],
    text: str,
    size: int,
    colour: tuple[int, int, int],
    anchor: str,
) -> None:
    shown = text.translate(_DRAWABLE)
    font = _fitting(shown, size)
    draw.text(position, shown, colour, font, anchor, stroke_width=2, stroke_fill=_OUTLINE)
