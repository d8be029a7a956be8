"""The filters as controls: each change holds at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from PyQt6.QtCore import QDate, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDateEdit, QFrame, QPushButton, QVBoxLayout

from pyqt_console.flow import FlowLayout
from pyqt_console.i18n import mark, tr
from pyqt_console.query import WorklistQuery
from pyqt_console.theme import SIGN_OF_OUTCOME
from pyqt_console.widgets import label
from pyqt_console.worklist.filters import DAYS, ORDERS, READ, STATES, TAKEN

T = TypeVar("T")

SPAN: Final = "span"
"""In the place of a number of days: between two dates."""


class FilterPanel(QFrame):
    """Emits ``changed`` with the WorklistQuery that is wanted now; Esc closes it."""

    changed = pyqtSignal(object)
    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._query = WorklistQuery()
        self._setting = False
        self.outcomes: dict[str, QCheckBox] = {}
        self.state = _combo(tr("State"), {"": mark("any state")} | dict(STATES))
        self.read = _combo(tr("Read"), READ)
        self.taken = _combo(tr("Taken"), TAKEN)
        self.source = _combo(tr("Source"), {"": mark("from anywhere")})
        self.days = _combo(tr("Study date"), {**DAYS, SPAN: mark("between two dates")})
        self.order = _combo(tr("Order"), ORDERS)
        self.begin = QDateEdit(QDate.currentDate().addDays(-7))
        self.end = QDateEdit(QDate.currentDate())
        self.clear = QPushButton(tr("Clear all"))
        self._build()

    def set_query(self, query: WorklistQuery) -> None:
        """Show what is asked for."""
        self._query, self._setting = query, True
        for value, box in self.outcomes.items():
            box.setChecked(value in query.outcome)
        _choose(self.state, query.state[0] if query.state else "")
        _choose(self.read, query.read)
        _choose(self.taken, query.assigned_to or query.taken)
        _choose(self.source, query.source[0] if query.source else "")
        has_span = query.study_date_from is not None or query.study_date_until is not None
        _choose(self.days, SPAN if has_span else query.study_days)
        for field, day in (
            (self.begin, query.study_date_from),
            (self.end, query.study_date_until),
        ):
            field.setVisible(has_span)
            if day is not None:
                field.setDate(QDate(day.year, day.month, day.day))
        _choose(self.order, query.order)
        self._setting = False

    def offer(self, sources: Iterable[str], readers: Iterable[str]) -> None:
        """Senders and readers to choose from, besides those that are there already."""
        self._setting = True
        for source in sorted(filter(None, sources)):
            _offer(self.source, source, tr("from {source}").format(source=source))
        for reader in sorted(filter(None, readers)):
            _offer(self.taken, reader, tr("taken by {name}").format(name=reader))
        self._setting = False

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        """Esc puts it away."""
        if a0 is not None and a0.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(a0)

    def _changed(self) -> None:
        if self._setting:
            return
        taken, days, state = (each.currentData() for each in (self.taken, self.days, self.state))
        source = self.source.currentData()
        span = days == SPAN
        query = replace(
            self._query,
            outcome=tuple(value for value, box in self.outcomes.items() if box.isChecked()),
            state=_with_first(self._query.state, state),
            read=self.read.currentData(),
            taken=None if isinstance(taken, str) else taken,
            assigned_to=taken if isinstance(taken, str) else "",
            source=_with_first(self._query.source, source),
            study_days=None if span else days,
            study_date_from=self.begin.date().toPyDate() if span else None,
            study_date_until=self.end.date().toPyDate() if span else None,
            order=self.order.currentData(),
        )
        if query != self._query:
            self.set_query(query)
            self.changed.emit(query)

    def _cleared(self) -> None:
        query = WorklistQuery(tab=self._query.tab, search=self._query.search)
        self.set_query(query)
        self.changed.emit(query)

    def _build(self) -> None:
        first, second = FlowLayout(spacing_px=10), FlowLayout(spacing_px=6)
        for value, sign in SIGN_OF_OUTCOME.items():
            box = QCheckBox(f"{sign.glyph} {tr(sign.word)}")
            box.toggled.connect(self._changed)
            self.outcomes[value] = box
            first.addWidget(box)
        for combo in (self.state, self.read, self.taken, self.source, self.days):
            combo.currentIndexChanged.connect(self._changed)
            second.addWidget(combo)
        for field in (self.begin, self.end):
            field.setDisplayFormat("yyyy-MM-dd")
            field.setCalendarPopup(True)
            field.dateChanged.connect(self._changed)
            field.hide()
            second.addWidget(field)
        self.begin.setAccessibleName(tr("First study date"))
        self.end.setAccessibleName(tr("Last study date"))
        self.order.currentIndexChanged.connect(self._changed)
        second.addWidget(self.order)
        self.clear.clicked.connect(self._cleared)
        second.addWidget(self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(8)
        layout.addWidget(label(tr("Show only:"), "quiet"))
        layout.addLayout(first)
        layout.addLayout(second)


def _with_first(values: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """The combo box shows the first of several values: the others stay while it is untouched."""
    if values and values[0] == chosen:
        return values
    return (chosen,) if chosen else ()


def _combo(name: str, options: Mapping[Any, str]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    for value, words in options.items():
        made.addItem(tr(words), value)
    return made


def _index_of(combo: QComboBox, value: object) -> int:
    # By identity of type, too: for Python 0 is False, and for Qt None is no value.
    for number in range(combo.count()):
        there = combo.itemData(number)
        if type(there) is type(value) and there == value:
            return number
    return -1


def _choose(combo: QComboBox, value: object) -> None:
    at = _index_of(combo, value)
    if at < 0:
        combo.addItem(str(value), value)
        at = combo.count() - 1
    combo.setCurrentIndex(at)


def _offer(combo: QComboBox, value: str, words: str) -> None:
    if _index_of(combo, value) < 0:
        combo.addItem(words, value)
