"""The verdict's form: each finding, what else is intact, a comment, and the signature."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from pyqt_console.i18n import tr
from pyqt_console.records import SeriesDetail
from pyqt_console.review.added_list import AddedList
from pyqt_console.review.draft import COMMENT_LENGTH_MAX, Draft, Judgement, hindrance
from pyqt_console.review.finding_row import FindingRow
from pyqt_console.widgets import label


class VerdictForm(QWidget):
    """Shows a draft and changes it. Emits every change, and ``sign`` when it may be signed."""

    changed = pyqtSignal(object)
    """The Draft as it is now."""
    looked_at = pyqtSignal(str)
    """The level of the finding that the reader turned to."""
    sign = pyqtSignal()

    def __init__(self, detail: SeriesDetail, draft: Draft, *, may_sign: bool) -> None:
        super().__init__()
        self._detail = detail
        self.draft = draft
        self._may_sign = may_sign
        self._current = 0
        of = len(detail.findings)
        self.rows = [
            FindingRow(each, draft.of(each.level), number=number, of=of)
            for number, each in enumerate(detail.findings, start=1)
        ]
        self.added = AddedList(draft.added)
        self.no_finding = QCheckBox(tr("No fracture in these images"))
        self.absent: dict[str, QCheckBox] = {}
        self.comment = QLineEdit()
        self.why_not = label("", "caution", wrap=True)
        self.button = QPushButton(tr("Sign and next  (N)"))
        self._build()
        self._refresh()

    def choose(self, choice: str) -> None:
        """Of the current finding; then turn to the next that is not judged."""
        if not self.rows or not self.isEnabled():
            return
        self.rows[self._current].choose(choice)
        waiting = [n for n, row in enumerate(self.rows) if not row.said().choice]
        after = [n for n in waiting if n > self._current]
        if after or waiting:
            self.turn_to((after or waiting)[0])

    def step(self, by: int) -> None:
        """Turn to the next finding, or to the one before."""
        if self.rows:
            self.turn_to((self._current + by) % len(self.rows))

    def turn_to(self, number: int) -> None:
        """The keys mean this finding now, and the images show it."""
        self._current = number
        self._refresh()
        self.looked_at.emit(self.rows[number].finding.level)

    def try_to_sign(self) -> None:
        """Sign, or say what hinders it."""
        if self.button.isEnabled():
            self.sign.emit()

    def set_signing(self, *, signing: bool) -> None:
        """While it is on its way nothing is changed."""
        self.setEnabled(not signing)
        self.button.setText(tr("Signing …") if signing else tr("Sign and next  (N)"))

    # -- what the reader does --------------------------------------------------------------

    def _judged(self, level: str, said: Judgement) -> None:
        self._set(self.draft.judge(level, said))

    def _chosen(self, level: str) -> None:
        self._current = next(n for n, row in enumerate(self.rows) if row.finding.level == level)
        self._refresh()
        self.looked_at.emit(level)

    def _set(self, draft: Draft) -> None:
        if draft != self.draft:
            self.draft = draft
            self.changed.emit(draft)
        self._refresh()

    def _boxes_changed(self) -> None:
        absent = tuple(level for level, box in self.absent.items() if box.isChecked())
        self._set(replace(self.draft, absent_levels=absent, no_finding=self.no_finding.isChecked()))

    def _refresh(self) -> None:
        for number, row in enumerate(self.rows):
            row.set_current(current=number == self._current)
        why_not = hindrance(self.draft, self._detail)
        if not self._may_sign:
            why_not = tr("Only a radiologist signs.")
        self.why_not.setText(why_not)
        self.button.setEnabled(not why_not)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for row in self.rows:
            row.changed.connect(self._judged)
            row.chosen.connect(self._chosen)
            layout.addWidget(row)
        self.added.changed.connect(lambda added: self._set(replace(self.draft, added=added)))
        layout.addWidget(self.added)
        self.no_finding.setChecked(self.draft.no_finding)
        self.no_finding.clicked.connect(self._boxes_changed)
        layout.addWidget(self.no_finding)
        layout.addLayout(self._absent_row())
        last = QHBoxLayout()
        self.comment.setPlaceholderText(tr("Comment on the whole"))
        self.comment.setMaxLength(COMMENT_LENGTH_MAX)
        self.comment.setText(self.draft.comment)
        self.comment.textEdited.connect(
            lambda text: self._set(replace(self.draft, comment=text.strip()))
        )
        last.addWidget(self.comment, 1)
        self.button.setProperty("role", "sign")
        self.button.clicked.connect(self.sign)
        last.addWidget(self.button)
        layout.addWidget(self.why_not)
        layout.addLayout(last)
        self.setEnabled(self._may_sign)

    def _absent_row(self) -> QVBoxLayout:
        """Levels of which the machine cannot say that they are intact: the reader may."""
        column, row = QVBoxLayout(), QHBoxLayout()
        in_part = self._detail.in_part
        if not in_part:
            return column
        words = tr("Not assessed whole by the machine; I read it whole, and it is intact:")
        column.addWidget(label(words, "quiet", wrap=True))
        column.addLayout(row)
        for level in in_part:
            box = QCheckBox(level)
            box.setChecked(level in self.draft.absent_levels)
            box.clicked.connect(self._boxes_changed)
            self.absent[level] = box
            row.addWidget(box)
        row.addStretch()
        return column
