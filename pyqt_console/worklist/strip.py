"""C1 to C7 as seven bars: where in the spine the machine sees something, at one glance."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QModelIndex, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QPainter, QPalette
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pyqt_console.records import LEVELS, SeriesRow
from pyqt_console.theme import Palette
from pyqt_console.worklist.model import ROW

BAR_PX: Final = 15
STEP_PX: Final = 25
DIGITS_PX: Final = 11
ROW_PX: Final = 42
REASON_PX: Final = 12


class RowDelegate(QStyledItemDelegate):
    """A cell keeps its colour while its row is selected: the colour says what it is."""

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Qt's, but for the colour of selected text."""
        super().initStyleOption(option, index)
        if option is None or not option.state & QStyle.StateFlag.State_Selected:
            return
        colour = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(colour, QColor):
            option.palette.setColor(QPalette.ColorRole.HighlightedText, colour)


class LevelStrip(QStyledItemDelegate):
    """Paints the bars; a level without a number is an empty, hatched frame, never a low bar.

    A row without any number tells its reason in words instead.
    """

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.palette = palette

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """One cell."""
        row: SeriesRow = index.data(ROW)
        if painter is None:
            return
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(self.palette.selected))
        area = QRectF(option.rect).adjusted(6, 4, -6, -3)
        if not any(value is not None for value in row.levels.values()):
            self._reason(painter, area, index)
            painter.restore()
            return
        font = QFont(painter.font())
        font.setPixelSize(DIGITS_PX - 1)
        font.setBold(False)
        painter.setFont(font)
        line, machine, quiet = (
            QColor(each) for each in (self.palette.line, self.palette.machine, self.palette.quiet)
        )
        for number, level in enumerate(LEVELS):
            slot = QRectF(area.left() + number * STEP_PX, area.top(), BAR_PX, area.height())
            frame = slot.adjusted(0, 0, 0, -DIGITS_PX - 1)
            painter.setPen(line)
            self._bar(painter, frame, row.levels.get(level), line, machine)
            painter.setPen(quiet)
            digits = QRectF(slot.left() - 4, slot.bottom() - DIGITS_PX, BAR_PX + 8, DIGITS_PX)
            painter.drawText(digits, Qt.AlignmentFlag.AlignCenter, level)
        painter.restore()

    def _reason(self, painter: QPainter, area: QRectF, index: QModelIndex) -> None:
        """In two lines; the whole of it is in the tooltip."""
        font = QFont(painter.font())
        font.setPixelSize(REASON_PX)
        painter.setFont(font)
        painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
        text = index.data(Qt.ItemDataRole.DisplayRole)
        metrics = painter.fontMetrics()
        if metrics.horizontalAdvance(text) > 1.8 * area.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(1.8 * area.width()))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, int(flags | Qt.TextFlag.TextWordWrap), text)

    @staticmethod
    def _bar(
        painter: QPainter, frame: QRectF, value: float | None, line: QColor, machine: QColor
    ) -> None:
        if value is None:
            painter.setBrush(QBrush(line, Qt.BrushStyle.BDiagPattern))
            painter.drawRect(frame)
            return
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        height = max(1.0, frame.height() * min(max(value, 0.0), 1.0))
        bar = QRectF(frame.left(), frame.bottom() - height, frame.width(), height)
        painter.fillRect(bar, machine)
