"""Panels of facts: words at the left, what is so at the right."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.i18n import tr
from pyqt_console.widgets import label, set_role


class Panel(QFrame):
    """A frame with a heading; what it holds goes into ``body``."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(14, 10, 14, 12)
        self.body.setSpacing(8)
        self.heading = label(title, "heading")
        self.body.addWidget(self.heading)
        self.heading.setVisible(bool(title))


class Facts(QWidget):
    """Rows of a name and a text that can be selected; the same row is filled again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        self._names: dict[str, QLabel] = {}

    def set(self, name: str, text: str, role: str = "") -> None:
        """``name`` is translated already."""
        found = self.values.get(name)
        if found is None:
            row = len(self.values)
            found = self.values[name] = label(wrap=True)
            found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words = self._names[name] = label(name, "quiet")
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(words, row, 0, Qt.AlignmentFlag.AlignLeft | top)
            self._grid.addWidget(found, row, 1, top)
        found.setText(text)
        set_role(found, role)

    def clear(self) -> None:
        """No rows."""
        for each in (*self.values.values(), *self._names.values()):
            self._grid.removeWidget(each)
            each.deleteLater()
        self.values, self._names = {}, {}


class CopyLine(QWidget):
    """A long text that is compared elsewhere, and a button that copies it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self._copied = ""
        self.text = label(wrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton(tr("Copy"))
        self.button.clicked.connect(self._copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def set(self, shown: str, copied: str) -> None:
        """``shown`` may have blanks where a line can be broken."""
        self.text.setText(shown)
        self._copied = copied

    def _copy(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(self._copied)
