"""The keys of the workplace: each is added once, with its words, and shown on ``?``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.i18n import tr
from pyqt_console.widgets import label

Row = tuple[str, str]
"""A key, and what it does."""
COLUMN_ROWS: Final = 28


def key_name(key: str) -> str:
    """As it is written on the keyboards of the reader's language: "Strg+F"."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


class KeyMap:
    """Keys and what they do. Letters typed into a field stay letters: Qt asks the field first."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self.rows: dict[str, list[tuple[str, str]]] = {}
        """Group → (key, what it does)."""

    def add(self, group: str, key: str, does: str, act: Callable[[], None]) -> None:
        """A key of the whole workplace."""
        self.add_quietly(key, act)
        self.tell(group, key_name(key), does)

    def add_quietly(self, key: str, act: Callable[[], None]) -> None:
        """A key that is told together with others."""
        shortcut = QShortcut(QKeySequence(key), self._owner)
        shortcut.activated.connect(act)

    def tell(self, group: str, key: str, does: str) -> None:
        """A key that a widget has by itself."""
        self.rows.setdefault(group, []).append((key, does))

    def show(self) -> None:
        """All of them, in a dialog that Esc closes."""
        dialog = KeyDialog(self.rows, self._owner)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


class KeyDialog(QDialog):
    """Groups in columns of about the same height."""

    def __init__(self, rows: dict[str, list[tuple[str, str]]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys"))
        columns = QHBoxLayout()
        columns.setSpacing(36)
        for found in in_columns(rows):
            column = QVBoxLayout()
            column.setSpacing(8)
            for group, keys in found:
                column.addWidget(label(group, "heading"))
                column.addLayout(_grid(keys))
                column.addSpacing(14)
            column.addStretch(1)
            columns.addLayout(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(18)
        layout.addLayout(columns)
        layout.addWidget(buttons)


def in_columns(rows: dict[str, list[Row]]) -> list[list[tuple[str, list[Row]]]]:
    """(group, keys) of each column; a long group goes on in the next one, without its name."""
    columns: list[list[tuple[str, list[Row]]]] = []
    room = 0
    for group, keys in rows.items():
        if len(keys) > room - 2:
            columns.append([])
            room = COLUMN_ROWS
        for start in range(0, len(keys), COLUMN_ROWS):
            if start:
                columns.append([])
                room = COLUMN_ROWS
            part = keys[start : start + COLUMN_ROWS]
            columns[-1].append((" " if start else group, part))
            room -= len(part) + 2
    return columns


def _grid(keys: list[Row]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(6)
    for number, (key, does) in enumerate(keys):
        grid.addWidget(label(key, "machine"), number, 0)
        grid.addWidget(label(does), number, 1)
    grid.setColumnStretch(1, 1)
    return grid
