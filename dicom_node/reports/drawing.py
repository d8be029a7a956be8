"""How every picture is drawn: its colours, its letters, and the column of levels.

The colours are told apart by every kind of colour vision (Okabe and Ito, "Color Universal Design",
2008), and none carries a meaning alone: a shape or a word says the same.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from dicom_node.reports.level_rows import LevelRow, LevelState

Colour: TypeAlias = tuple[int, int, int]
Rectangle: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom."""

BACKGROUND: Final = (16, 20, 24)
TRACK: Final = (44, 51, 58)
TEXT: Final = (232, 236, 240)
DIM: Final = (158, 166, 174)
ACCENT: Final = (255, 196, 0)
"""A finding, and every warning."""
CALM: Final = (86, 180, 233)
OUTLINE: Final = (0, 0, 0)

_DRAWABLE: Final = str.maketrans({"–": "-", "×": "x", "…": "..."})
"""What Pillow's own font lacks."""
_LEAST_SIZE: Final = 8
_HATCH_STEP: Final = 10
_COLOURS: Final = {
    LevelState.SUSPECTED: ACCENT,
    LevelState.NO_FINDING: CALM,
    LevelState.IN_PART: CALM,
    LevelState.NOT_ASSESSED: DIM,
}


def blank(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty picture and what draws in it."""
    picture = Image.new("RGB", (width, height), BACKGROUND)
    return picture, ImageDraw.Draw(picture)


def text(
    draw: ImageDraw.ImageDraw,
    position: tuple[float, float],
    words: str,
    size: int,
    colour: Colour = TEXT,
    *,
    anchor: str = "la",
    width: float | None = None,
) -> None:
    """One line; smaller where ``width`` pixels would not hold it."""
    shown = words.translate(_DRAWABLE)
    font = ImageFont.load_default(size)
    while width is not None and size > _LEAST_SIZE and font.getlength(shown) > width:
        size -= 1
        font = ImageFont.load_default(size)
    draw.text(position, shown, colour, font, anchor, stroke_width=2, stroke_fill=OUTLINE)


def wrapped(words: str, size: int, width: float) -> list[str]:
    """``words`` in lines of at most ``width`` pixels; a longer word has a line of its own."""
    font = ImageFont.load_default(size)
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer.translate(_DRAWABLE)) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def paragraph(
    draw: ImageDraw.ImageDraw,
    position: tuple[float, float],
    words: str,
    size: int,
    colour: Colour,
    *,
    width: float,
) -> float:
    """Wrapped lines from ``position`` downwards; the height below them."""
    left, y = position
    for line in wrapped(words, size, width):
        text(draw, (left, y), line, size, colour, width=width)
        y += size * 1.35
    return y


def hatch(draw: ImageDraw.ImageDraw, place: Rectangle, colour: Colour) -> None:
    """Slanted lines within a frame: nothing is known here."""
    left, top, right, bottom = place
    height = bottom - top
    for start in range(left - height, right, _HATCH_STEP):
        first, last = max(start, left), min(start + height, right)
        if first < last:
            ends = [(first, bottom - (first - start)), (last, bottom - (last - start))]
            draw.line(ends, fill=colour, width=2)
    draw.rectangle(place, outline=colour, width=1)


def level_bar(
    draw: ImageDraw.ImageDraw, place: Rectangle, row: LevelRow, operating_point: float
) -> None:
    """The probability as a bar in 0…1 with the operating point; hatched where there is none.

    A level that is only partly in the images has a bar with a hatched rest.
    """
    left, top, right, bottom = place
    colour = _COLOURS[row.state]
    if row.probability is None:
        hatch(draw, place, colour)
        return
    draw.rectangle(place, fill=TRACK)
    end = left + max(3, round((right - left) * row.probability))
    if row.state is LevelState.IN_PART:
        hatch(draw, place, DIM)
    draw.rectangle((left, top, min(end, right), bottom), fill=colour)
    mark = left + round((right - left) * operating_point)
    draw.line([(mark, top - 4), (mark, bottom + 4)], fill=TEXT, width=2)


def state_colour(state: LevelState) -> Colour:
    """Of a level's name and number."""
    return {LevelState.SUSPECTED: ACCENT, LevelState.NOT_ASSESSED: DIM}.get(state, TEXT)
