"""A row of tabs, each with a number: which of several lists is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from pyqt_console.i18n import tr


class Tabs(QWidget):
    """``chosen`` brings the name of the tab."""

    chosen = pyqtSignal(str)

    def __init__(self, tabs: Sequence[tuple[str, str]]) -> None:
        """``tabs``: (name, marked words); the first is open."""
        super().__init__()
        self._words = dict(tabs)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for name, words in tabs:
            button = self.buttons[name] = QPushButton(tr(words))
            button.setCheckable(True)
            button.setProperty("role", "tab")
            button.clicked.connect(lambda _, name=name: self.chosen.emit(name))
            self._group.addButton(button)
            row.addWidget(button)
        row.addStretch()
        self.buttons[tabs[0][0]].setChecked(True)

    def open(self, name: str) -> None:
        """As if it were clicked."""
        self.buttons[name].setChecked(True)
        self.chosen.emit(name)

    def count(self, counts: Mapping[str, int]) -> None:
        """The number behind each name."""
        for name, button in self.buttons.items():
            if name in counts:
                button.setText(f"{tr(self._words[name])} {counts[name]}")
