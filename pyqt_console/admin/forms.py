"""Forms: each field with its words and, beside it, what the node does not take of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.admin.requests.problems import field_and_problem
from pyqt_console.background import Background, Task
from pyqt_console.errors import AnswerError, ConsoleError, InvalidError, SignedOutError
from pyqt_console.i18n import tr
from pyqt_console.widgets import label, set_role

FIELD_PX: Final = 300
GAP_PX: Final = 5


class FieldForm(QWidget):
    """Rows of: words, a field, and under it its help, or what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(2)
        self.fields: dict[str, QWidget] = {}
        self.notes: dict[str, QLabel] = {}
        self._help: dict[str, str] = {}
        self._words: dict[str, QLabel] = {}

    def add(self, name: str, title: str, field: QWidget, help_: str = "") -> None:
        """``name``: as the API calls it; ``title`` and ``help_`` are translated already."""
        row = 3 * len(self.fields)
        words = label(title)
        words.setBuddy(field)
        field.setMinimumHeight(field.sizeHint().height())
        if title:
            field.setAccessibleName(title)
        note = label(help_, "quiet", wrap=True)
        words.setContentsMargins(0, 5, 0, 0)  # as high as the first line of the field
        note.setContentsMargins(0, 0, 0, 6)
        beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(words, row, 0, beside)
        self._grid.addWidget(field, row, 1)
        self._grid.addWidget(note, row + 1, 1)
        note.setVisible(bool(help_))
        self._grid.setRowMinimumHeight(row + 2, GAP_PX)
        self.fields[name], self.notes[name] = field, note
        self._help[name], self._words[name] = help_, words

    def show_only(self, name: str, shown: bool) -> None:
        """Whether a row is there at all."""
        for each in (self._words[name], self.fields[name]):
            each.setVisible(shown)
        self.notes[name].setVisible(shown and bool(self.notes[name].text()))

    def clear(self) -> None:
        """Nothing is wrong (any more)."""
        for name, note in self.notes.items():
            note.setText(self._help[name])
            set_role(note, "quiet")
            note.setVisible(bool(self._help[name]) and not self.fields[name].isHidden())

    def tell(self, name: str, help_: str) -> None:
        """Another help, since another choice was made."""
        self._help[name] = help_
        self.notes[name].setText(help_)
        set_role(self.notes[name], "quiet")
        self.notes[name].setVisible(bool(help_))

    def complain(self, name: str, problem: str) -> None:
        """Say beside the field what is wrong, and go there."""
        note = self.notes[name]
        note.setText(f"✕ {problem}")
        set_role(note, "alarm")
        note.show()
        self.fields[name].setFocus(Qt.FocusReason.OtherFocusReason)


class FormDialog(QDialog):
    """A form with a button that asks the node; it closes when the node has taken it.

    A subclass fills ``form`` and gives ``action``. ``saved`` brings what the action returned.
    """

    saved = pyqtSignal(object)
    signed_out = pyqtSignal(str)

    def __init__(
        self, background: Background, title: str, button: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._task: Task | None = None
        self._id = ""
        self.form = FieldForm()
        self.problem = label(role="alarm", wrap=True)
        self.copy_id = QPushButton(tr("Copy the id"))
        self.save = QPushButton(button)
        self.cancel = QPushButton(tr("Cancel"))
        self.save.setDefault(True)
        self.save.clicked.connect(self.try_to_save)
        self.cancel.clicked.connect(self.reject)
        self.copy_id.clicked.connect(self._copy)
        self.copy_id.hide()
        self.problem.hide()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(FIELD_PX + 300)
        self.above = QVBoxLayout()
        """Over the form: what it is about."""
        self.below = QVBoxLayout()
        """Under it."""
        row = QHBoxLayout()
        row.addWidget(self.copy_id)
        row.addStretch()
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 14)
        layout.setSpacing(10)
        layout.addWidget(label(title, "title"))
        layout.addLayout(self.above)
        layout.addWidget(self.form)
        layout.addLayout(self.below, 1)
        layout.addWidget(self.problem)
        layout.addLayout(row)

    def action(self) -> Callable[[], object]:
        """What is to be asked of the node, with what the fields hold now."""
        raise NotImplementedError

    def try_to_save(self) -> None:
        """Ask the node."""
        if self._task is not None:
            return
        self.form.clear()
        self.problem.hide()
        self.copy_id.hide()
        self.save.setEnabled(False)
        self._task = self._background.run(self.action(), self._done, self._failed)

    def reject(self) -> None:
        """Close without further ado; what the node is doing already is not undone."""
        if self._task is not None:
            self._task.cancel()
        super().reject()

    def tell(self, error: ConsoleError) -> bool:
        """Say it beside the field that it is about; False: it is about none."""
        if not isinstance(error, InvalidError):
            return False
        name, problem = field_and_problem(str(error), self.form.fields)
        if not name or self.form.fields[name].isHidden():
            return False
        self.form.complain(name, problem)
        return True

    def _done(self, found: object) -> None:
        self._task = None
        self.saved.emit(found)
        self.accept()

    def _failed(self, error: ConsoleError) -> None:
        self._task = None
        self.save.setEnabled(True)
        if isinstance(error, SignedOutError):
            self.reject()
            self.signed_out.emit(str(error))
            return
        if self.tell(error):
            return
        self._id = error.id if isinstance(error, AnswerError) else ""
        self.problem.setText(str(error))
        self.problem.show()
        self.copy_id.setVisible(bool(self._id))

    def _copy(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(self._id)
