"""The head of the open study, and what became of it until now."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pyqt_console.i18n import tr
from pyqt_console.node_words import WORD_OF_DELIVERY, coverage, reason_at_length
from pyqt_console.records import SeriesDetail
from pyqt_console.review.draft import in_words
from pyqt_console.theme import READER_GLYPH, WORD_OF_STATE, sign_of
from pyqt_console.widgets import label, set_role
from pyqt_console.wording import clock, images, levels_in_words, person, probability

TRY_AGAIN = frozenset({"failed", "not_analysed"})
STEPS_SHOWN = 12


class Summary(QFrame):
    """Who it is, and what the machine says, in one glance."""

    taken = pyqtSignal(bool)
    """Take it for reading, or give it back."""
    tried_again = pyqtSignal()

    def __init__(self, *, may_take: bool) -> None:
        super().__init__()
        self._may_take = may_take
        self.setProperty("role", "panel")
        self.patient = label("", "heading")
        self.numbers = label("", "quiet")
        self.study = label("", "quiet", wrap=True)
        self.sign = label("", "heading")
        self.overall = label("", "machine")
        self.words = label("", wrap=True)
        self.model = label("", "quiet", wrap=True)
        self.take = QPushButton()
        self.again = QPushButton(tr("Try again"))
        self.again.setToolTip(tr("Let the machine read it once more"))
        self._takes = True
        self.take.clicked.connect(lambda: self.taken.emit(self._takes))
        self.again.clicked.connect(self.tried_again)
        self._build()

    def show_detail(self, detail: SeriesDetail) -> None:
        """Another study, or the same one as it is now."""
        row = detail.row
        self.patient.setText(person(row.patient_name))
        self.numbers.setText(
            tr("ID {id} · accession {accession}").format(
                id=row.patient_id or "–", accession=row.accession_number or "–"
            )
        )
        parts = [row.study_date.isoformat() if row.study_date else "", row.study_description]
        parts += [
            row.series_description,
            images(row.instance_count),
            tr("from {aet}").format(aet=row.source_aet),
        ]
        self.study.setText(" · ".join(part for part in parts if part))
        sign = sign_of(row.outcome, row.state)
        self.sign.setText(f"{sign.glyph} {sign.word}")
        set_role(self.sign, sign.colour)
        has_number = row.patient_overall is not None
        self.overall.setText(probability(row.patient_overall) if has_number else "")
        why = reason_at_length(row.reason_code, row.reason_text)
        self.words.setText(why or coverage(detail) or levels_in_words(row))
        self.model.setText(
            tr("{model} – research use only, not for diagnosis").format(model=detail.model)
            if detail.model
            else tr("No number of a machine. This is not a negative result.")
        )
        self._takes = row.assigned_to is None
        self.take.setText(
            tr("Take it")
            if self._takes
            else tr("Give back ({reader})").format(reader=row.assigned_to)
        )
        self.take.setVisible(row.read_utc is None and self._may_take)
        self.again.setVisible(row.state in TRY_AGAIN)

    def _build(self) -> None:
        first = QHBoxLayout()
        first.addWidget(self.patient)
        first.addWidget(self.numbers)
        first.addStretch()
        first.addWidget(self.again)
        first.addWidget(self.take)
        second = QHBoxLayout()
        for each in (self.sign, self.overall):
            second.addWidget(each, 0, Qt.AlignmentFlag.AlignTop)
        second.addWidget(self.words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addWidget(self.study)
        layout.addLayout(second)
        layout.addWidget(self.model)


def history(detail: SeriesDetail) -> QWidget:
    """What readers said, where results went, and every step until here."""
    frame = QWidget()
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(2, 8, 2, 2)
    layout.setSpacing(3)
    if detail.verdicts:
        layout.addWidget(label(tr("Signed"), "heading"))
    for given in detail.verdicts:
        who = f"{READER_GLYPH} {person(given.reader)}, {given.organization}, {clock(given.at_utc)}"
        layout.addWidget(label(f"{who}: {in_words(given.document)}", wrap=True))
    if detail.deliveries:
        layout.addWidget(label(tr("Sent"), "heading"))
    for text in _deliveries(detail):
        layout.addWidget(label(text, "quiet", wrap=True))
    layout.addWidget(label(tr("Way"), "heading"))
    for step in detail.timeline[-STEPS_SHOWN:]:
        note = f" – {step.note}" if step.note else ""
        word = WORD_OF_STATE.get(step.state, step.state)
        layout.addWidget(label(f"{clock(step.at_utc)}  {tr(word)}{note}", "quiet", wrap=True))
    return frame


def _deliveries(detail: SeriesDetail) -> list[str]:
    """One line a peer: how many objects are in which state, and what failed last."""
    lines = []
    for peer in dict.fromkeys(each.peer_name for each in detail.deliveries):
        mine = [each for each in detail.deliveries if each.peer_name == peer]
        states = [each.state for each in mine]
        counted = ", ".join(
            f"{states.count(state)} {tr(WORD_OF_DELIVERY.get(state, state))}"
            for state in dict.fromkeys(states)
        )
        error = next((each.last_error for each in mine if each.last_error), None)
        lines.append(f"{peer}: {counted}" + (f" – {error}" if error else ""))
    return lines
