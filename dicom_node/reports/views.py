"""Views of a volume with what is marked on them: letters, scale, the box, the slice, the levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from dicom_node.reports import reformat
from dicom_node.reports.drawing import ACCENT, DIM, OUTLINE, TEXT, text
from dicom_node.reports.reformat import Plane, View
from inference.types import Box, CtVolume, Finding, Prediction

SCALE_BAR_MM: Final = 50.0
RULER: Final = 32
"""Height of the scale's place, under a view."""
LETTER: Final = 26


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a view stands in the picture."""

    left: int
    top: int
    view: View

    def x(self, horizontal: float) -> float:
        """Column of the picture, of a plane coordinate."""
        return self.left + self.view.x(horizontal)

    def y(self, vertical: float) -> float:
        """Row of the picture, of a plane coordinate."""
        return self.top + self.view.y(vertical)

    @property
    def right(self) -> int:
        """First column behind it."""
        return self.left + int(self.view.image.width)

    @property
    def bottom(self) -> int:
        """First row under it."""
        return self.top + int(self.view.image.height)


def place(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    plane: Plane,
    view: View,
    at: tuple[int, int],
    *,
    letter: int = LETTER,
) -> Frame:
    """Put a view at (left, top), with its letters at the edges."""
    frame = Frame(*at, view)
    picture.paste(view.image.convert("RGB"), at)
    middle_x, middle_y = (frame.left + frame.right) // 2, (frame.top + frame.bottom) // 2
    top, bottom, left, right = plane.letters
    for name, position, anchor in (
        (top, (middle_x, frame.top + 4), "mt"),
        (bottom, (middle_x, frame.bottom - 4), "mb"),
        (left, (frame.left + 6, middle_y), "lm"),
        (right, (frame.right - 6, middle_y), "rm"),
    ):
        text(draw, position, name, letter, anchor=anchor)
    return frame


def scale_bar(draw: ImageDraw.ImageDraw, frame: Frame) -> None:
    """5 cm, under the view."""
    length = SCALE_BAR_MM * frame.view.px_per_mm
    y, end = frame.bottom + RULER // 2, frame.left + length
    draw.line([(frame.left, y), (end, y)], fill=TEXT, width=3)
    for x in (frame.left + 1, end):
        draw.line([(x, y - 7), (x, y + 7)], fill=TEXT, width=3)
    text(draw, (end + 10, y), "5 cm", 24, anchor="lm")


def box_outline(draw: ImageDraw.ImageDraw, frame: Frame, box: Box, line: int = 3) -> None:
    """Around the box, not over it."""
    x, y, width, height = box
    left, top = frame.x(x), frame.y(y)
    right, bottom = frame.x(x + width), frame.y(y + height)
    for grow, colour, thick in ((line + 2, OUTLINE, line + 2), (line + 1, ACCENT, line)):
        corners = (left - grow, top - grow, right + grow, bottom + grow)
        draw.rectangle(corners, outline=colour, width=thick)


def slice_line(
    draw: ImageDraw.ImageDraw, frame: Frame, slice_at: float, row: float, gap: float
) -> None:
    """The axial slice in a sagittal view, open around the finding and at the letters."""
    y = frame.y(slice_at)
    inner = (frame.x(row - gap), frame.x(row + gap))
    for start, end in ((frame.left + 34, inner[0]), (inner[1], frame.right - 34)):
        if start < end:
            draw.line([(start, y), (end, y)], fill=OUTLINE, width=5)
            draw.line([(start, y), (end, y)], fill=ACCENT, width=3)


def level_names(
    draw: ImageDraw.ImageDraw, frame: Frame, prediction: Prediction, shown: Finding | None = None
) -> None:
    """Beside a sagittal view, each at the height of the middle of its slices."""
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
        colour = ACCENT if current or level.level in named else DIM
        draw.line([(frame.right + 2, y), (frame.right + 10, y)], fill=colour, width=3)
        size = 28 if current else 24
        text(draw, (frame.right + 14, y), level.level, size, colour, anchor="lm")


def axial_view(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    volume: CtVolume,
    finding: Finding,
    place_at: tuple[int, int, int],
    *,
    field_mm: float,
    letter: int = LETTER,
) -> Frame:
    """The key slice around the box, in a square at (left, top, edge)."""
    left, top, edge = place_at
    x, y, width, height = finding.box
    plane = reformat.axial(volume, finding.key_slice_index)
    centre = (y + height / 2, x + width / 2)
    view = reformat.render(plane, (edge, edge), centre=centre, field_mm=(field_mm, field_mm))
    frame = place(picture, draw, plane, view, (left, top), letter=letter)
    box_outline(draw, frame, finding.box)
    return frame
