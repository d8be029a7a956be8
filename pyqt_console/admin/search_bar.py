"""What to look for at which PACS, in one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFrame, QGridLayout, QLineEdit, QPushButton

from pyqt_console.admin.requests.peers import Peer
from pyqt_console.admin.requests.problems import field_and_problem
from pyqt_console.admin.requests.retrieve import Search
from pyqt_console.admin.retrieve_words import day_of, name_query
from pyqt_console.i18n import mark, tr
from pyqt_console.widgets import label

FIELDS: Final = (
    ("patient_name", mark("Name"), mark("Doe, Jane"), 5),
    ("patient_id", mark("Patient ID"), "", 3),
    ("accession_number", mark("Accession"), "", 3),
    ("study_date_from", mark("From"), mark("2026-01-31"), 3),
    ("study_date_until", mark("Until"), mark("2026-01-31"), 3),
    ("modality", mark("Modality"), "", 1),
)
"""(field, title, placeholder, share of the width)."""


class SearchBar(QFrame):
    """``wanted``: search; ``cancelled``: not any more."""

    wanted = pyqtSignal()
    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.peer = QComboBox()
        self.fields: dict[str, QLineEdit] = {}
        self.button = QPushButton(tr("Search"))
        self.problem = label(role="alarm", wrap=True)
        self._runs = False
        grid = QGridLayout(self)
        grid.setVerticalSpacing(2)
        grid.addWidget(label(tr("PACS"), "quiet"), 0, 0)
        grid.addWidget(self.peer, 1, 0)
        grid.setColumnStretch(0, 2)
        for column, (name, title, placeholder, share) in enumerate(FIELDS, start=1):
            field = self.fields[name] = QLineEdit()
            field.setPlaceholderText(tr(placeholder) if placeholder else "")
            field.setAccessibleName(tr(title))
            field.returnPressed.connect(self._entered)
            grid.addWidget(label(tr(title), "quiet"), 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, share)
        self.fields["modality"].setText("CT")
        self.peer.setAccessibleName(tr("PACS"))
        grid.addWidget(self.button, 1, len(FIELDS) + 1)
        grid.addWidget(self.problem, 2, 0, 1, len(FIELDS) + 2)
        self.problem.hide()
        self.button.clicked.connect(self._pressed)

    def set_peers(self, peers: Sequence[Peer]) -> None:
        """Those that can be searched; the chosen one stays chosen."""
        names = [each.name for each in peers]
        if names == [self.peer.itemText(number) for number in range(self.peer.count())]:
            return
        before = self.peer.currentText()
        self.peer.clear()
        self.peer.addItems(names)
        self.peer.setCurrentIndex(max(self.peer.findText(before), 0))

    def search(self) -> Search | None:
        """As the fields say; None: a field says nothing that can be asked, and is told so."""
        self.complain("")
        text = {name: field.text().strip() for name, field in self.fields.items()}
        try:
            begin = self._day("study_date_from")
            end = self._day("study_date_until")
        except ValueError as error:
            self.problem.setText(f"✕ {error}")
            self.problem.show()
            return None
        return Search(
            patient_name=name_query(text["patient_name"]),
            patient_id=text["patient_id"],
            accession_number=text["accession_number"],
            study_date_from=begin,
            study_date_until=end,
            modality=text["modality"],
        )

    def complain(self, problem: str) -> None:
        """Say what is wrong, and go to its field; an empty problem: nothing is."""
        field, problem = field_and_problem(problem, self.fields)
        self.problem.setText(f"✕ {problem}" if problem else "")
        self.problem.setVisible(bool(problem))
        if field:
            self.fields[field].setFocus(Qt.FocusReason.OtherFocusReason)

    def set_under_way(self, runs: bool) -> None:
        """While it is asked, the button cancels."""
        self._runs = runs
        self.button.setText(tr("Cancel") if runs else tr("Search"))

    def _day(self, name: str) -> date | None:
        try:
            return day_of(self.fields[name].text())
        except ValueError:
            self.fields[name].setFocus(Qt.FocusReason.OtherFocusReason)
            raise

    def _pressed(self) -> None:
        (self.cancelled if self._runs else self.wanted).emit()

    def _entered(self) -> None:
        if not self._runs:
            self.wanted.emit()
