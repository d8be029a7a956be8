"""What the machine missed: one row for each fracture that the reader outlined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.i18n import tr
from pyqt_console.records import LEVELS
from pyqt_console.review.draft import COMMENT_LENGTH_MAX, Added
from pyqt_console.theme import READER_GLYPH
from pyqt_console.widgets import label


class AddedRow(QFrame):
    """One of them: its level, a comment, the way to it, and away with it."""

    changed = pyqtSignal(object)
    """The Added as it is now."""
    shown = pyqtSignal()
    reached = pyqtSignal(str)
    """It begins ("first") or ends ("last") at the slice in sight."""
    removed = pyqtSignal()

    def __init__(self, added: Added) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.added = added
        self.show_button = QPushButton(tr("Show"))
        self.from_here, self.to_here = QPushButton(tr("from here")), QPushButton(tr("to here"))
        self.level = QComboBox()
        self.comment = QLineEdit()
        self.remove = QPushButton(tr("✕ Remove"))
        self._build()

    def _tell(self) -> None:
        level = self.level.currentText()
        level = level if level in LEVELS else ""
        self.added = replace(self.added, level=level, comment=self.comment.text().strip())
        self.changed.emit(self.added)

    def _build(self) -> None:
        row, below = QHBoxLayout(), QHBoxLayout()
        row.addWidget(label(f"{READER_GLYPH} {tr('missed by the machine, at level')}"))
        if not self.added.level:
            self.level.addItem("?")
        self.level.addItems(LEVELS)
        self.level.setCurrentText(self.added.level or "?")
        self.level.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.level.setAccessibleName(tr("Level of the missed finding"))
        self.level.activated.connect(lambda _: self._tell())
        row.addWidget(self.level)
        row.addStretch()
        self.show_button.setToolTip(tr("Show it in the images"))
        self.show_button.clicked.connect(self.shown)
        row.addWidget(self.show_button)
        for end, button, key in (
            ("first", self.from_here, "Shift+Home"),
            ("last", self.to_here, "Shift+End"),
        ):
            button.setToolTip(
                tr("It is on the slices from, or up to, the one in sight (key {key})").format(
                    key=key
                )
            )
            button.clicked.connect(lambda _, end=end: self.reached.emit(end))
            row.addWidget(button)
        self.comment.setPlaceholderText(tr("Comment on it"))
        self.comment.setMaxLength(COMMENT_LENGTH_MAX)
        self.comment.setText(self.added.comment)
        self.comment.textEdited.connect(lambda _: self._tell())
        below.addWidget(self.comment, 1)
        self.remove.clicked.connect(self.removed)
        below.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addLayout(below)


class AddedList(QWidget):
    """All of them, and the button to draw one more. Undo brings back what was there before."""

    changed = pyqtSignal(object)
    """A tuple of Added."""
    wanted = pyqtSignal()
    """The reader wants to draw one."""
    looked_at = pyqtSignal(int)
    """The number of the one to show in the images."""
    reached = pyqtSignal(str, int)
    """An end ("first", "last") of the one of this number is the slice in sight."""

    def __init__(self, added: Sequence[Added]) -> None:
        super().__init__()
        self.added = tuple(added)
        self.rows: list[AddedRow] = []
        self._before: list[tuple[Added, ...]] = []
        self.button = QPushButton(tr("+ missed finding  (D)"))
        self.button.setToolTip(tr("Draw a fracture that the machine missed on the images"))
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self.wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._area = QVBoxLayout()
        self._area.setSpacing(6)
        layout.addLayout(self._area)
        layout.addWidget(self.button)
        self._show()

    def add(self, added: Added) -> None:
        """One more."""
        self._take((*self.added, added))

    def change(self, number: int, added: Added) -> None:
        """Another place for one of them."""
        self._take((*self.added[:number], added, *self.added[number + 1 :]))

    def remove(self, number: int) -> None:
        """Not this one."""
        self._take((*self.added[:number], *self.added[number + 1 :]))

    def undo(self) -> bool:
        """As it was before the last change; False where there was none."""
        if not self._before or not self.isEnabled():
            return False
        self.added = self._before.pop()
        self._show()
        self.changed.emit(self.added)
        return True

    def _take(self, added: tuple[Added, ...]) -> None:
        if not self.isEnabled() or added == self.added:
            return
        self._before.append(self.added)
        self.added = added
        self._show()
        self.changed.emit(added)

    def _edited(self, number: int, added: Added) -> None:
        """In the fields of its row, which stay as they are."""
        if added.level != self.added[number].level:
            self._before.append(self.added)
        self.added = (*self.added[:number], added, *self.added[number + 1 :])
        self.changed.emit(self.added)

    def _show(self) -> None:
        for row in self.rows:
            self._area.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for number, added in enumerate(self.added):
            row = AddedRow(added)
            row.changed.connect(lambda added, number=number: self._edited(number, added))
            row.shown.connect(lambda number=number: self.looked_at.emit(number))
            row.reached.connect(lambda end, number=number: self.reached.emit(end, number))
            row.removed.connect(lambda number=number: self.remove(number))
            self._area.addWidget(row)
            self.rows.append(row)
