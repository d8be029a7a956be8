"""Small things that every view uses."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.errors import AnswerError, ConsoleError
from pyqt_console.i18n import mark, tr

RESEARCH_ONLY = mark("Research use only – not for diagnosis")
"""To be translated where it is shown."""


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Plain text: what comes from a file or a node is never taken for HTML."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Another role in the style sheet."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


class StateCard(QWidget):
    """In the place of a view that has nothing to show: what is so, why, what to do."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label(role="title")
        self.text = label(role="quiet", wrap=True)
        self.button = QPushButton()
        self.copy = QPushButton(tr("Copy the id"))
        self._id = ""
        self.copy.clicked.connect(self._copy_id)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.button)
        row.addWidget(self.copy)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.addStretch()
        for each in (self.title, self.text):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(each)  # over the whole width: a wrapped text is as high as it must be
        layout.addLayout(row)
        layout.addStretch()

    def show_state(self, title: str, text: str, *, button: str = "", id_: str = "") -> None:
        """``id_``: of the node's log, to be copied."""
        self.title.setText(title)
        self.text.setText(f"{text}\n{tr('id {id}').format(id=id_) if id_ else ''}".strip())
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._id = id_
        self.copy.setVisible(bool(id_))

    def show_error(self, title: str, error: ConsoleError, *, button: str | None = None) -> None:
        """What happened; ``button``: what to do about it, else to try again."""
        id_ = error.id if isinstance(error, AnswerError) else ""
        self.show_state(
            title, str(error), button=tr("Try again") if button is None else button, id_=id_
        )

    def _copy_id(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(self._id)


class Banner(QFrame):
    """One line over a view: something is so, and maybe something can be done."""

    def __init__(self, role: str = "banner") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.text = label(wrap=True)
        self.button = QPushButton()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 6, 4)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        self.hide()

    def say(self, text: str, button: str = "", *, role: str = "banner") -> None:
        """Show it; an empty text hides it. ``role``: "banner" or "alarm-banner"."""
        set_role(self, role)
        self.text.setText(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.setVisible(bool(text))
