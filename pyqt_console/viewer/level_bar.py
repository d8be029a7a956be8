"""C1 to C7 as bars: the machine's numbers, and the way to each level."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from pyqt_console.i18n import tr
from pyqt_console.viewer import drawing
from pyqt_console.viewer.drawing import CAUTION, MACHINE, QUIET, TEXT
from pyqt_console.viewer.reading import LEVELS, NO_READING, LevelReading, Reading, number

HEIGHT_PX: Final = 46
CELL_MAX_PX: Final = 96


class LevelBar(QWidget):
    """A bar a level; a click looks at it."""

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reading: Reading = NO_READING
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Seven cells."""
        return QSize(7 * 64, HEIGHT_PX)

    def show_reading(self, reading: Reading) -> None:
        """Another study's numbers."""
        self.reading = reading
        said = ", ".join(f"{each.level} {number(each.probability)}" for each in reading.levels)
        self.setAccessibleName(
            tr("AI: {numbers}").format(numbers=said) if said else tr(reading.sentence)
        )
        self.setToolTip(_tip(reading))
        self.setVisible(bool(reading.levels))

    def cell(self, index: int) -> QRectF:
        """Where a level stands."""
        width = min(self.width() / len(LEVELS), CELL_MAX_PX)
        return QRectF(index * width, 0, width, self.height())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """To this level."""
        if event is None:
            return
        for index, level in enumerate(self.reading.levels):
            if self.cell(index).contains(event.position()):
                self.chosen.emit(level.level)

    def paintEvent(self, _: QPaintEvent | None) -> None:
        """Name, number and bar of each; what was not assessed has no bar, but a hatched place."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, level in enumerate(self.reading.levels):
            self._draw(painter, self.cell(index).adjusted(4, 3, -4, -4), level)

    def _draw(self, painter: QPainter, area: QRectF, level: LevelReading) -> None:
        point = self.reading.operating_point
        probability = level.probability
        suspicious = probability is not None and point is not None and probability >= point
        colour = MACHINE if suspicious else CAUTION if probability is None else QUIET
        top = area.top() + 15
        said = f"{drawing.MACHINE_GLYPH} {number(probability)}"
        name = f"{level.level} ▲" if suspicious else level.level
        if drawing.width_px(f"{name} {said}", bold=suspicious) > area.width():
            name = level.level
        drawing.words(
            painter, (area.left(), top), name, colour if suspicious else TEXT, bold=suspicious
        )
        drawing.words(
            painter,
            (area.right(), top),
            said,
            colour,
            bold=suspicious,
            align="right",
        )
        track = QRectF(area.left(), area.bottom() - 12, area.width(), 8)
        painter.setPen(Qt.PenStyle.NoPen)
        if probability is None:
            painter.setPen(QPen(QColor(CAUTION), 1, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(CAUTION))
            painter.setBrush(Qt.BrushStyle.BDiagPattern)
            painter.drawRect(track)
            return
        painter.setBrush(QColor("#26303a"))
        painter.drawRoundedRect(track, 2, 2)
        filled = QRectF(track)
        filled.setWidth(max(track.width() * probability, 2))
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(filled, 2, 2)
        if point is not None:
            x = track.left() + track.width() * point
            painter.fillRect(
                QRectF(x - 0.5, track.top() - 2, 1.5, track.height() + 4), QColor(TEXT)
            )


def _tip(reading: Reading) -> str:
    numbers = tr("◇ Numbers of the machine: {model}. Research use only.")
    lines = [numbers.format(model=reading.model), tr(reading.sentence)]
    lines += [f"{each.level}: {tr(each.remark)}" for each in reading.levels if each.remark]
    if reading.operating_point is not None:
        words = tr("A level is suspected from {point:.2f} upwards.")
        lines.append(words.format(point=reading.operating_point))
    return "\n".join(each for each in lines if each)
