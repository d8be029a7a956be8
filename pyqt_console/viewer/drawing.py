"""How things look on an image: colours by style, lines that stand out on bone and on air."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.overlays import Label, Polygon, Style
from pyqt_console.viewer.plane import PlaneGeometry

BACKGROUND: Final = "#0a0d10"
TEXT: Final = "#e6eaee"
QUIET: Final = "#a3afbb"
MACHINE: Final = "#7cd4ff"
"""The machine's own colour; nothing else has it."""
CAUTION: Final = "#f0d060"
CROSSHAIR: Final = "#9fb86a"
MEASURE: Final = "#ffd23f"
READER: Final = "#8dff9e"
"""What the reader drew."""
MACHINE_GLYPH: Final = "◇"
READER_GLYPH: Final = "✓"
OUTLINE: Final = "#000000"
GAP_COLOUR: Final = "#1b2630"
SMALL_PX: Final = 12
TEXT_PX: Final = 13


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, width and dashes of a style."""

    colour: str
    width_px: float = 1.6
    dashes: tuple[float, ...] = ()
    bold: bool = False
    glyph: str = MACHINE_GLYPH
    """Before its words."""


LOOKS: Final[Mapping[Style, Look]] = {
    Style.FINDING: Look(MACHINE, 2.0, bold=True),
    Style.FINDING_NEAR: Look(MACHINE, 1.2, (4, 4)),
    Style.READER: Look(READER, 2.0, bold=True, glyph=READER_GLYPH),
    Style.READER_NEAR: Look(READER, 1.2, (4, 4), glyph=READER_GLYPH),
    Style.LEVEL: Look(QUIET, 1.0),
    Style.LEVEL_SUSPICIOUS: Look(MACHINE, 1.4, bold=True),
    Style.LEVEL_NOT_ASSESSED: Look(CAUTION, 1.0),
}


def picture(colours: NDArray[np.uint32], *, with_alpha: bool = False) -> QImage:
    """(rows, columns) 0xAARRGGBB as a picture of its own."""
    rows, columns = colours.shape
    form = QImage.Format
    kind = form.Format_ARGB32_Premultiplied if with_alpha else form.Format_RGB32
    return QImage(np.ascontiguousarray(colours).tobytes(), columns, rows, 4 * columns, kind).copy()


def font(pixels: int = TEXT_PX, *, bold: bool = False) -> QFont:
    """The viewer's type."""
    found = QFont()
    found.setPixelSize(pixels)
    found.setBold(bold)
    return found


def width_px(text: str, *, bold: bool = False) -> float:
    """Of a line in the viewer's type."""
    return QFontMetricsF(font(bold=bold)).horizontalAdvance(text)


def place(camera: Camera, plane: PlaneGeometry) -> QRectF:
    """Where all of a plane lies on the screen."""
    left, top, width, height = plane.rectangle_mm
    x, y = camera.to_screen(left, top)
    return QRectF(x, y, width / camera.mm_per_pixel, height / camera.mm_per_pixel)


def words(
    painter: QPainter,
    at: tuple[float, float],
    text: str,
    colour: str = TEXT,
    *,
    pixels: int = TEXT_PX,
    bold: bool = False,
    align: str = "left",
) -> None:
    """One line with a dark rim. ``at``: its left (or right, centre) end on the base line."""
    chosen = font(pixels, bold=bold)
    width = QFontMetricsF(chosen).horizontalAdvance(text)
    x = at[0] - {"left": 0.0, "right": width, "centre": width / 2}[align]
    painter.setFont(chosen)
    painter.setPen(QColor(OUTLINE))
    for aside, below in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)):
        painter.drawText(QPointF(x + aside, at[1] + below), text)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(x, at[1]), text)


def rimmed(
    painter: QPainter, points: Sequence[tuple[float, float]], look: Look, *, closed: bool
) -> None:
    """A line with a dark rim, so that it is seen on white bone as on black air."""
    shape = QPolygonF([QPointF(*each) for each in points])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, wider in ((OUTLINE, 2.0), (look.colour, 0.0)):
        pen = QPen(QColor(colour), look.width_px + wider)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if look.dashes:
            pen.setDashPattern([each / pen.widthF() for each in look.dashes])
        painter.setPen(pen)
        if closed:
            painter.drawPolygon(shape)
        else:
            painter.drawPolyline(shape)


EDGE_TOP_PX: Final = 36.0
"""Above are the words of the corners."""


def overlays(
    painter: QPainter, camera: Camera, found: Sequence[Polygon | Label], right_edge: float
) -> None:
    """Boxes and words. Words at the edge give way to each other downwards."""
    lowest = EDGE_TOP_PX
    for each in found:
        look = LOOKS[each.style]
        if isinstance(each, Polygon):
            rimmed(painter, [camera.to_screen(*at) for at in each.points_uv_mm], look, closed=True)
            continue
        x, y = camera.to_screen(*each.at_uv_mm)
        text = f"{look.glyph} {each.text}"
        if each.at_right_edge:
            y = max(y + 4, lowest)
            lowest = y + TEXT_PX + 3
            words(painter, (right_edge, y), text, look.colour, bold=look.bold, align="right")
        else:
            words(painter, (x, y - 5), text, look.colour, bold=look.bold)


def message(painter: QPainter, area: QRectF, lines: Sequence[str], colour: str = TEXT) -> None:
    """Sentences in the middle; the first one is the heading."""
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    width = min(area.width() - 24, 460)
    left, y = area.center().x() - width / 2, area.center().y() - 30.0
    for number, line in enumerate(lines):
        painter.setFont(font(15 if number == 0 else TEXT_PX, bold=number == 0))
        painter.setPen(QColor(colour if number == 0 else TEXT))
        bounds = QRectF(left, y, width, 200)
        painter.drawText(bounds, int(flags), line)
        y += painter.boundingRect(bounds, int(flags), line).height() + 6
