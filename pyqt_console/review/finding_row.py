"""One finding of the machine, and what the reader says of it."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from pyqt_console.i18n import mark, tr
from pyqt_console.records import LEVELS, Finding
from pyqt_console.review.draft import (
    ACCEPT,
    CHOICES,
    COMMENT_LENGTH_MAX,
    REJECT,
    UNSURE,
    Judgement,
)
from pyqt_console.widgets import label, set_role
from pyqt_console.wording import probability

BUTTON_TEXT: Final = {ACCEPT: mark("✓ Accept"), REJECT: mark("✕ Reject"), UNSURE: mark("? Unsure")}
KEY_OF_CHOICE: Final = {ACCEPT: "A", REJECT: "R", UNSURE: "U"}


class FindingRow(QFrame):
    """Emits ``changed`` with what is said now, and ``chosen`` when the reader turns to it."""

    changed = pyqtSignal(str, object)
    chosen = pyqtSignal(str)

    def __init__(self, finding: Finding, said: Judgement, *, number: int, of: int) -> None:
        super().__init__()
        self.finding = finding
        self.setProperty("role", "panel")
        self.buttons: dict[str, QPushButton] = {}
        self.level = QComboBox()
        self.comment = QLineEdit()
        self.mark = label("", "heading")
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)  # a second click takes the choice back
        self._build(f"{number}/{of}")
        self._show(said)

    def said(self) -> Judgement:
        """As it stands in the fields."""
        choice = next((each for each in CHOICES if self.buttons[each].isChecked()), "")
        level = self.level.currentText()
        changed_level = level if choice == ACCEPT and level != self.finding.level else ""
        return Judgement(choice, changed_level, self.comment.text().strip())

    def choose(self, choice: str) -> None:
        """As if its button were pressed."""
        if not self.buttons[choice].isChecked():
            self.buttons[choice].click()

    def set_current(self, *, current: bool) -> None:
        """Whether the keys A, R, U mean this one."""
        self.mark.setText("▸" if current else " ")
        set_role(self, "current" if current else "panel")

    def _show(self, said: Judgement) -> None:
        for choice, button in self.buttons.items():
            button.setChecked(choice == said.choice)
        self.level.setCurrentText(said.changed_level or self.finding.level)
        self.level.setEnabled(said.choice == ACCEPT)
        self.comment.setText(said.comment)

    def _clicked(self, choice: str) -> None:
        for other, button in self.buttons.items():
            if other != choice:
                button.setChecked(False)
        if choice != ACCEPT or not self.buttons[choice].isChecked():
            self.level.setCurrentText(self.finding.level)
        self.level.setEnabled(self.buttons[ACCEPT].isChecked())
        self.chosen.emit(self.finding.level)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.finding.level, self.said())

    def _build(self, place: str) -> None:
        finding = self.finding
        first = QHBoxLayout()
        first.addWidget(self.mark)
        name = QPushButton(f"{finding.level}")
        name.setToolTip(tr("Show it in the images"))
        name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        name.clicked.connect(lambda: self.chosen.emit(finding.level))
        first.addWidget(name)
        number = label(probability(finding.probability), "machine")
        number.setToolTip(tr("The machine's number – research use only"))
        first.addWidget(number)
        first.addWidget(
            label(
                tr("slice {n} · {place}").format(n=finding.key_slice_index + 1, place=place),
                "quiet",
            )
        )
        first.addStretch()
        for choice in CHOICES:
            button = QPushButton(tr(BUTTON_TEXT[choice]))
            button.setCheckable(True)
            button.setToolTip(tr("Key {key}").format(key=KEY_OF_CHOICE[choice]))
            button.clicked.connect(lambda _, choice=choice: self._clicked(choice))
            self._group.addButton(button)
            self.buttons[choice] = button
            first.addWidget(button)
        second = QHBoxLayout()
        second.addWidget(label(tr("   at level"), "quiet"))
        self.level.addItems(LEVELS)
        self.level.setToolTip(tr("Where the fracture is one of another level"))
        self.level.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.level.activated.connect(lambda _: self._tell())
        second.addWidget(self.level)
        self.comment.setPlaceholderText(tr("Comment on {level}").format(level=finding.level))
        self.comment.setMaxLength(COMMENT_LENGTH_MAX)
        self.comment.textEdited.connect(lambda _: self._tell())
        second.addWidget(self.comment, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(second)
