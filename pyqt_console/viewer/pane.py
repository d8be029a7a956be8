"""One plane on the screen, and what the mouse does to it."""

from __future__ import annotations

from typing import Final

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from pyqt_console.i18n import tr
from pyqt_console.viewer import drawing, furniture, mark_hand
from pyqt_console.viewer.camera import Camera
from pyqt_console.viewer.measure import Measurement, Tool
from pyqt_console.viewer.plane import NAMES, Orientation, PlaneImage
from pyqt_console.viewer.scene import Scene
from pyqt_console.viewer.stack import Vector
from pyqt_console.viewer.window import apply, screen_lut

WHEEL_STEP: Final = 120
"""Eighths of a degree that make one slice; fine wheels send less at a time."""
ZOOM_STEP: Final = 1.15


class PlanePane(QWidget):
    """Shows one orientation of a scene, and tells what the reader did.

    It changes nothing itself but how the plane is looked at.
    """

    stepped = pyqtSignal(int)
    """So many slices on."""
    gone_to = pyqtSignal(int)
    """This slice."""
    pointed = pyqtSignal(object)
    """A place in the patient (three mm)."""
    window_dragged = pyqtSignal(float, float)
    """Right, down, in pixels of the screen."""
    measured = pyqtSignal(object)
    """A measurement as far as it is drawn; the last of its series is ``finished``."""
    marked = pyqtSignal(object)
    """A Hold that the hand let go of."""
    hovered = pyqtSignal(object)
    """A place in the patient, or None."""
    enlarged = pyqtSignal()

    def __init__(self, orientation: Orientation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.orientation = orientation
        self.scene: Scene | None = None
        self.tool = Tool.POINT
        self.camera: Camera | None = None
        self.drawn: Measurement | None = None
        self.lines: tuple[str, ...] = ()
        """What stands here while there is no scene."""
        self._backdrop: QPixmap | None = None
        self._backdrop_of: object = None
        self._image_held: PlaneImage | None = None
        self._held: tuple[Qt.MouseButton, QPointF] | None = None
        self._wheel = 0.0
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("images, {plane}").format(plane=tr(NAMES[orientation])))

    def sizeHint(self) -> QSize:
        """Room for a slice as it is."""
        return QSize(512, 512)

    def show_scene(self, scene: Scene | None, lines: tuple[str, ...] = ()) -> None:
        """Another series, or none and what to say instead."""
        self.scene, self.lines = scene, lines
        self.drawn, self.camera, self._backdrop, self._held = None, None, None, None
        self.update()

    def fit(self) -> None:
        """All of the plane."""
        self.camera = None
        self.update()

    def current_camera(self) -> Camera:
        """How the plane is looked at; fitted where nobody said how."""
        assert self.scene is not None
        if self.camera is None:
            plane = self.scene.plane(self.orientation)
            self.camera = Camera.fit(plane, (self.width(), self.height()))
        return self.camera

    def bring_into_sight(self, point_mm: Vector) -> None:
        """Move a place that is outside the pane, or near its edge, into its middle."""
        assert self.scene is not None
        plane, camera = self.scene.plane(self.orientation), self.current_camera()
        x, y = camera.screen_px(plane, point_mm)
        width, height = self.width(), self.height()
        if not (0.1 < x / width < 0.9 and 0.1 < y / height < 0.9):
            self.camera = camera.looking_at(*plane.uv(point_mm))

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, _: QPaintEvent | None) -> None:
        """Backdrop, then what moves."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(drawing.BACKGROUND))
        scene = self.scene
        if scene is None or self.orientation not in scene.orientations:
            furniture.placeholder(painter, QRectF(self.rect()), self.lines)
            return
        camera = self.current_camera()
        painter.drawPixmap(0, 0, self._drawn_backdrop(scene, camera))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        if scene.shown.crosshair:
            furniture.crosshair(painter, area, camera, scene, self.orientation)
        right_edge = area.right() - furniture.RAIL_PX - 22
        drawing.overlays(painter, camera, scene.overlays(self.orientation), right_edge)
        if self.orientation is scene.native and scene.shown.boxes:
            mark_hand.draw_grips(painter, scene, camera)
        self._measurements(painter, scene, camera)
        furniture.letters(painter, area, scene.plane(self.orientation))
        furniture.corners(painter, area, scene, self.orientation)
        furniture.scale_bar(painter, area, camera, measured=scene.stack.in_patient_space)
        if self.orientation is scene.native and not scene.preview:
            furniture.rail(painter, area, scene)
            damaged = scene.volume.damaged.get(scene.index)
            if damaged is not None:
                words = tr("This image cannot be shown"), tr("Those beside it can be read.")
                lines = (words[0], damaged, words[1])
                drawing.message(painter, area, lines, drawing.CAUTION)
            elif not scene.volume.has(scene.index):
                drawing.message(painter, area, (tr("Loading this image …"),), drawing.QUIET)

    def _drawn_backdrop(self, scene: Scene, camera: Camera) -> QPixmap:
        """Image and heat map, kept while neither they nor the look at them change."""
        ratio = self.devicePixelRatioF()
        seen = camera.seen_of(scene.plane(self.orientation), ratio)
        image = scene.image(self.orientation, seen)
        shown = scene.shown
        heat = (id(scene.heat), scene.heat.version, shown.heat_opacity) if scene.heat else None
        key = (id(image), camera, scene.window, scene.inverted, shown.heat and heat, ratio)
        if self._backdrop is not None and self._backdrop_of == key:
            return self._backdrop
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(drawing.BACKGROUND))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colours = apply(image.hu, screen_lut(scene.window, inverted=scene.inverted))
        painter.drawImage(drawing.place(camera, image.geometry), drawing.picture(colours))
        found = scene.heat_colours(self.orientation)
        if found is not None:
            plane, heat_colours = found
            picture = drawing.picture(heat_colours, with_alpha=True)
            painter.drawImage(drawing.place(camera, plane), picture)
        painter.end()
        self._backdrop, self._backdrop_of = pixmap, key
        self._image_held = image  # an id is only its own while the object lives
        return pixmap

    def _measurements(self, painter: QPainter, scene: Scene, camera: Camera) -> None:
        plane = scene.plane(self.orientation)
        found = scene.measurements_on(self.orientation)
        if self.drawn is not None:
            found.append(self.drawn)
        for each in found:
            points = [camera.screen_px(plane, point) for point in each.points_mm]
            furniture.measurement(painter, points, each.text())

    # -- the hand ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """The same middle in a window of another size."""
        if self.camera is not None:
            self.camera = self.camera.resized((self.width(), self.height()))
        super().resizeEvent(event)

    def _point(self, at: QPointF) -> Vector:
        assert self.scene is not None
        plane = self.scene.plane(self.orientation)
        return self.current_camera().patient_mm(plane, at.x(), at.y())

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Slices; with Ctrl zoom about the pointer."""
        if event is None or self.scene is None:
            return
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = event.position()
            factor = ZOOM_STEP ** (turned / WHEEL_STEP)
            self.camera = self.current_camera().zoomed(factor, (at.x(), at.y()))
            self.update()
        else:
            self._wheel += turned / WHEEL_STEP
            steps = int(self._wheel)
            self._wheel -= steps
            if steps:
                self.stepped.emit(-steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin what the button is for."""
        if event is None or self.scene is None or self.orientation not in self.scene.orientations:
            return
        at = event.position()
        self._held = (event.button(), at)
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        index = self._rail_index(at)
        if index is not None:
            self.gone_to.emit(index)
        elif self.tool not in (Tool.POINT, Tool.BOX):
            self._set_point(self._point(at))
        elif not self._takes_mark(at):
            self.pointed.emit(self._point(at))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Go on with it."""
        if event is None or self.scene is None or self.orientation not in self.scene.orientations:
            return
        at = event.position()
        self.hovered.emit(self._point(at))
        if self.drawn is not None and len(self.drawn.points_mm) > 1:
            self.drawn = self.drawn.with_last(self._point(at))
            self.update()
        if self._held is None:
            self._show_grip(at)
            return
        button, before = self._held
        right, down = at.x() - before.x(), at.y() - before.y()
        self._held = (button, at)
        if button is Qt.MouseButton.RightButton:
            self.window_dragged.emit(right, down)
        elif button is Qt.MouseButton.MiddleButton:
            self.camera = self.current_camera().panned(right, down)
            self.update()
        elif button is not Qt.MouseButton.LeftButton:
            return
        elif self.scene.hold is not None:
            self.scene.hold.drag(self.scene.stack, self.scene.reading, self._point(at))
            self.update()
        elif self.tool is Tool.POINT:
            index = self._rail_index(at)
            if index is not None:
                self.gone_to.emit(index)
            else:
                self.pointed.emit(self._point(at))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End it. A line that was dragged is finished; one that was clicked waits for its end."""
        if event is None or self._held is None:
            return
        self._held = None
        if self.scene is not None and self.scene.hold is not None:
            hold, self.scene.hold = self.scene.hold, None
            self.marked.emit(hold)
        drawn = self.drawn
        if drawn is not None and len(drawn.points_mm) > 1 and self._is_long(drawn):
            self._finish_or_go_on(drawn)

    def mouseDoubleClickEvent(self, _: QMouseEvent | None) -> None:
        """One pane large."""
        if self.tool is Tool.POINT:
            self.enlarged.emit()

    def leaveEvent(self, _: QEvent | None) -> None:
        """Nothing is under the pointer."""
        self.hovered.emit(None)

    def _rail_index(self, at: QPointF) -> int | None:
        assert self.scene is not None
        if self.orientation is not self.scene.native or self.scene.preview:
            return None
        return furniture.rail_index(QRectF(self.rect()), self.scene, at.x(), at.y())

    # -- the reader's boxes --------------------------------------------------------------------

    def _takes_mark(self, at: QPointF) -> bool:
        """Take a box into the hand, or begin one: only on the slices themselves."""
        scene = self.scene
        if scene is None or self.orientation is not scene.native:
            return False
        new, camera = self.tool is Tool.BOX, self.current_camera()
        scene.hold = mark_hand.taken(scene, camera, at.x(), at.y(), new=new)
        return scene.hold is not None

    def _show_grip(self, at: QPointF) -> None:
        """What the hand would take here, as the pointer's shape."""
        scene = self.scene
        if scene is None or self.orientation is not scene.native or self.tool is not Tool.POINT:
            return
        there = mark_hand.under(scene, self.current_camera(), at.x(), at.y())
        self.setCursor(mark_hand.CURSORS[there[1]] if there else Qt.CursorShape.ArrowCursor)

    # -- measuring -----------------------------------------------------------------------------

    def _set_point(self, point_mm: Vector) -> None:
        """The first point, or the end of the line under the pointer."""
        if self.drawn is None:
            self.drawn = Measurement(self.tool, self.orientation, (point_mm, point_mm))
        elif self._is_long(self.drawn):
            self._finish_or_go_on(self.drawn.with_last(point_mm))
        self.update()

    def _finish_or_go_on(self, drawn: Measurement) -> None:
        if drawn.finished:
            self.drawn = None
            self.measured.emit(drawn)
        else:
            self.drawn = drawn.with_next(drawn.points_mm[-1])
        self.update()

    def _is_long(self, drawn: Measurement) -> bool:
        """Whether the hand moved at all since the last point."""
        way = np.linalg.norm(drawn.points_mm[-1] - drawn.points_mm[-2])
        return bool(way > 2 * self.current_camera().mm_per_pixel)
