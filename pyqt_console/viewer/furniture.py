"""What stands around an image: crosshair, letters, corners, scale, the rail of slices, rulers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PyQt6.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from pyqt_console.i18n import mark, tr
from pyqt_console.viewer import drawing
from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.drawing import (
    CAUTION,
    CROSSHAIR,
    MACHINE,
    QUIET,
    READER,
    TEXT,
    Look,
    rimmed,
    words,
)
from pyqt_console.viewer.plane import NAMES, Orientation, PlaneGeometry
from pyqt_console.viewer.reading import key_index
from pyqt_console.viewer.scene import Scene
from pyqt_console.viewer.window import preset_name

RAIL_PX: Final = 8
RAIL_MARGIN_PX: Final = 26
"""Above and below the rail."""
CROSSHAIR_FREE_PX: Final = 14
"""Around the point itself nothing is drawn over."""
SCALES_MM: Final = (100, 50, 20, 10, 5, 2, 1)
WIDE_PX: Final = 400
"""A narrower pane says only that the marks are a machine's; those beside it say the rest."""
RESEARCH_ONLY: Final = mark("AI · research use only")


def placeholder(painter: QPainter, area: QRectF, lines: Sequence[str]) -> None:
    """Where no image is yet: its frame, and what is going on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(area.width(), area.height()) * 0.72
    frame = QRectF(0, 0, side, side)
    frame.moveCenter(area.center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#12171c"))
    painter.drawRoundedRect(frame, 10, 10)
    painter.setBrush(QColor("#181f26"))
    inner = frame.adjusted(side * 0.18, side * 0.14, -side * 0.18, -side * 0.14)
    painter.drawEllipse(inner)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if lines:
        drawing.message(painter, area, lines)


def crosshair(
    painter: QPainter, area: QRectF, camera: Camera, scene: Scene, orientation: Orientation
) -> None:
    """Where the other planes cut this one, open around the point."""
    x, y = camera.screen_px(scene.plane(orientation), scene.point_mm)
    painter.setPen(QPen(QColor(CROSSHAIR), 1))
    free = CROSSHAIR_FREE_PX
    for line in (
        QLineF(area.left(), y, x - free, y),
        QLineF(x + free, y, area.right() - RAIL_PX - 4, y),
        QLineF(x, area.top(), x, y - free),
        QLineF(x, y + free, x, area.bottom()),
    ):
        painter.drawLine(line)


def letters(painter: QPainter, area: QRectF, plane: PlaneGeometry) -> None:
    """Which way is which, at the middle of each edge."""
    left, top, right, bottom = plane.letters()
    centre = area.center()
    for at, text, align in (
        ((area.left() + 8, centre.y() + 5), left, "left"),
        ((centre.x(), area.top() + 18), top, "centre"),
        ((area.right() - RAIL_PX - 10, centre.y() + 5), right, "right"),
        ((centre.x(), area.bottom() - 8), bottom, "centre"),
    ):
        words(painter, at, text, CAUTION, pixels=15, bold=True, align=align)


def corners(painter: QPainter, area: QRectF, scene: Scene, orientation: Orientation) -> None:
    """Which plane this is and where; the window; whose marks these are."""
    native = orientation is scene.native
    x, y = area.left() + 8, area.top() + 18
    words(painter, (x, y), tr(NAMES[orientation]), TEXT, bold=True)
    axis = {Orientation.SAGITTAL: 0, Orientation.CORONAL: 1, Orientation.AXIAL: 2}[orientation]
    place = f"{'xyz'[axis]} {scene.point_mm[axis]:+.1f} mm" if scene.stack.in_patient_space else ""
    if native:
        number = tr("im {n}/{count}").format(n=scene.index + 1, count=scene.count)
        image = tr("Loading …") if scene.preview else number
        words(painter, (x, y + 17), f"{image}   {place}", TEXT)
        words(painter, (x, area.bottom() - 10), _window(scene), TEXT)
    else:
        words(painter, (x, y + 17), place, QUIET)
    if scene.reading.findings or scene.reading.levels or scene.heat is not None:
        at = (area.right() - RAIL_PX - 10, y)
        whose = tr(RESEARCH_ONLY) if native or area.width() >= WIDE_PX else tr("AI")
        text = f"{drawing.MACHINE_GLYPH} {whose}"
        words(painter, at, text, MACHINE, pixels=drawing.SMALL_PX, align="right")


def _window(scene: Scene) -> str:
    window = scene.window
    found = f"W {window.width:.0f}  L {window.centre:.0f}"
    name = preset_name(window)
    inverted = tr("inverted") if scene.shown.inverted else ""
    return "  ".join(part for part in (found, name and tr(name), inverted) if part)


def scale_bar(painter: QPainter, area: QRectF, camera: Camera, *, measured: bool) -> None:
    """The longest round length that takes no more than a third of the width."""
    if not measured:
        return
    fitting = [each for each in SCALES_MM if each / camera.mm_per_pixel <= area.width() / 3]
    if not fitting:
        return
    width = fitting[0] / camera.mm_per_pixel
    right, y = area.right() - RAIL_PX - 14, area.bottom() - 12
    bar = [(right - width, y - 4), (right - width, y), (right, y), (right, y - 4)]
    rimmed(painter, bar, Look(TEXT, 1.4), closed=False)
    text = f"{fitting[0] // 10} cm" if fitting[0] >= 10 else f"{fitting[0]} mm"
    words(painter, (right - width / 2, y - 7), text, TEXT, pixels=drawing.SMALL_PX, align="centre")


def _rail(area: QRectF) -> QRectF:
    height = max(area.height() - 2 * RAIL_MARGIN_PX, 1)
    return QRectF(area.right() - RAIL_PX - 2, area.top() + RAIL_MARGIN_PX, RAIL_PX, height)


def rail_index(area: QRectF, scene: Scene, x: float, y: float) -> int | None:
    """The slice at a place on the rail; None beside it."""
    bounds = _rail(area)
    if x < bounds.left() - 4 or not bounds.top() - 6 <= y <= bounds.bottom() + 6:
        return None
    share = (y - bounds.top()) / bounds.height()
    return min(max(int(share * scene.count), 0), scene.count - 1)


def rail(painter: QPainter, area: QRectF, scene: Scene) -> None:
    """All slices from the first to the last: what is here, where the findings are, where we are."""
    bounds = _rail(area)
    painter.fillRect(bounds, QColor("#1b2228"))
    step = bounds.height() / scene.count
    present = np.concatenate(([False], scene.volume.present, [False]))
    for begin, end in np.flatnonzero(present[1:] != present[:-1]).reshape(-1, 2):
        filled = QRectF(
            bounds.left(), bounds.top() + begin * step, bounds.width(), (end - begin) * step
        )
        painter.fillRect(filled, QColor("#3d4853"))
    for index in scene.volume.damaged:
        _mark(painter, bounds, step, index, CAUTION)
    if scene.shown.boxes:
        for finding in scene.reading.findings:
            at = key_index(finding, scene.stack)
            if at is not None:
                _mark(painter, bounds, step, at, MACHINE)
        for mark in scene.marks:
            slices = mark.slices(scene.stack)
            if slices:
                _mark(painter, bounds, step, slices[0], READER, len(slices))
    middle = bounds.top() + (scene.index + 0.5) * step
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(TEXT))
    painter.drawRoundedRect(QRectF(bounds.left() - 3, middle - 2.5, bounds.width() + 5, 5), 2, 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _mark(
    painter: QPainter, bounds: QRectF, step: float, index: int, colour: str, count: int = 1
) -> None:
    """From a slice on, so many."""
    height = max(step * count, 3.0)
    top = bounds.top() + (index + count / 2) * step - height / 2
    painter.fillRect(QRectF(bounds.left(), top, bounds.width(), height), QColor(colour))


def measurement(painter: QPainter, points: Sequence[tuple[float, float]], text: str) -> None:
    """A ruler or an angle, its ends, and its number beside the last point."""
    look = Look(drawing.MEASURE, 1.5)
    rimmed(painter, points, look, closed=False)
    painter.setPen(QPen(QColor(drawing.OUTLINE), 1))
    painter.setBrush(QColor(drawing.MEASURE))
    for point in points:
        painter.drawEllipse(QPointF(*point), 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if text:
        x, y = points[1] if len(points) == 3 else points[-1]
        words(painter, (x + 9, y - 7), text, drawing.MEASURE, bold=True)
