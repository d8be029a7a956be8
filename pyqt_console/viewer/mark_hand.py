"""What of the reader's boxes is under the pointer on the slices, and how that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from pyqt_console.viewer import drawing
from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.marks import GRIPS, WHOLE, Grip, Hold, Mark, edges_on_screen, grip_at
from pyqt_console.viewer.scene import Scene

GRIP_SIDE_PX: Final = 7.0
_SHAPE: Final = Qt.CursorShape
CURSORS: Final[Mapping[Grip, Qt.CursorShape]] = {
    WHOLE: _SHAPE.SizeAllCursor,
    (-1, -1): _SHAPE.SizeFDiagCursor,
    (1, 1): _SHAPE.SizeFDiagCursor,
    (1, -1): _SHAPE.SizeBDiagCursor,
    (-1, 1): _SHAPE.SizeBDiagCursor,
    (-1, 0): _SHAPE.SizeHorCursor,
    (1, 0): _SHAPE.SizeHorCursor,
    (0, -1): _SHAPE.SizeVerCursor,
    (0, 1): _SHAPE.SizeVerCursor,
}


def under(scene: Scene, camera: Camera, x: float, y: float) -> tuple[int, Grip] | None:
    """The number of the box there, and what of it; the current one before the others."""
    found = []
    if scene.shown.boxes:
        for number, mark in scene.marks_here():
            grip = grip_at(edges_on_screen(mark, scene.stack, scene.index, camera), x, y)
            if grip is not None:
                found.append((number != scene.current_mark, number, grip))
    return min(found)[1:] if found else None


def taken(scene: Scene, camera: Camera, x: float, y: float, *, new: bool) -> Hold | None:
    """A box to be changed, or a new one; None where there is nothing to be taken."""
    plane = scene.plane(scene.native)
    start = camera.patient_mm(plane, x, y)
    there = under(scene, camera, x, y)
    if there is not None:
        number, grip = there
        mark = scene.marks[number]
        return Hold(number, scene.index, grip, start, mark, mark)
    if not new:
        return None
    begun = Mark("", scene.stack.slices[scene.index].frame, (0, 0, 0, 0))
    return Hold(None, scene.index, WHOLE, start, begun, None)


def draw_grips(painter: QPainter, scene: Scene, camera: Camera) -> None:
    """Eight handles on the current box: the sign that it can be changed."""
    for number, mark in scene.marks_here():
        if number != scene.current_mark:
            continue
        left, top, right, bottom = edges_on_screen(mark, scene.stack, scene.index, camera)
        painter.setPen(QPen(QColor(drawing.OUTLINE), 1))
        painter.setBrush(QColor(drawing.READER))
        for across, down in GRIPS:
            x = (left + right + across * (right - left)) / 2
            y = (top + bottom + down * (bottom - top)) / 2
            half = GRIP_SIDE_PX / 2
            painter.drawRect(QRectF(x - half, y - half, GRIP_SIDE_PX, GRIP_SIDE_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
