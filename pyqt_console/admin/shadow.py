"""The part of the models' page about the shadow: what it does, and how it compares."""

from __future__ import annotations

from typing import Any, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pyqt_console.admin.requests.shadow import PERIODS_DAYS, Comparison, ShadowState
from pyqt_console.admin.shadow_words import (
    KINDS,
    READERS,
    comparison_in_words,
    readers_in_words,
    shadow_in_words,
    share,
)
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.words import moment
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.theme import Palette
from pyqt_console.widgets import label, set_role
from pyqt_console.wording import NOT_KNOWN

DAYS_AT_FIRST: Final = 30


def _number(each: int) -> str:
    return str(each) if each else NOT_KNOWN


TALLY: Final = (
    Column(mark("Of"), 100, lambda row: row.name or tr("the whole")),
    Column(mark("Both: fracture"), 120, lambda row: _number(row.models.both_positive)),
    Column(
        mark("Only the active"),
        120,
        lambda row: _number(row.models.only_active),
        colour=lambda row: "caution" if row.models.only_active else "text",
    ),
    Column(
        mark("Only the shadow"),
        120,
        lambda row: _number(row.models.only_shadow),
        colour=lambda row: "caution" if row.models.only_shadow else "text",
    ),
    Column(mark("Both: none"), 100, lambda row: _number(row.models.both_negative)),
    Column(mark("Not comparable"), 120, lambda row: _number(row.models.not_comparable)),
    Column(mark("Active = reader"), 120, lambda row: share(row.active)),
    Column(mark("Shadow = reader"), 120, lambda row: share(row.shadow)),
)
DIFFERENT: Final = (
    Column(mark("When"), 150, lambda each: moment(each.at_utc)),
    Column(mark("What"), 260, lambda each: tr(KINDS.get(each.kind, each.kind))),
    Column(mark("Levels"), 110, lambda each: " ".join(each.levels) or NOT_KNOWN),
    Column(
        mark("Reader"), 110, lambda each: tr(READERS[each.reader]) if each.reader else NOT_KNOWN
    ),
    Column(mark("Series Instance UID"), 200, lambda each: each.series_uid),
)


class ShadowView(QWidget):
    """For administrators only: what nobody has validated must not lead a reader."""

    changed = pyqtSignal()
    """Another period: what is shown must be read."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._comparisons: tuple[Comparison, ...] = ()
        self.period, self.pair = QComboBox(), QComboBox()
        self.state = label(wrap=True)
        self.words, self.readers = label(wrap=True), label(role="quiet", wrap=True)
        self.table = RecordTable(TALLY, lambda row: row.name, palette, sortable=False)
        self.differ = RecordTable(DIFFERENT, lambda each: (each.series_uid, each.at_utc), palette)
        self.differ_words = label(role="heading")
        self.end = QPushButton(tr("End the shadow …"))
        self.copy = QPushButton(tr("Copy the UID"))
        self.body = QWidget()
        self._build()

    @property
    def days(self) -> int:
        """How far back is compared."""
        return int(self.period.currentData())

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.table.set_palette(palette)
        self.differ.set_palette(palette)

    def show_state(self, found: ShadowState) -> None:
        """What is so now; the chosen pair of models stays chosen."""
        text, role = shadow_in_words(found)
        self.state.setText(text)
        set_role(self.state, role)
        self.end.setVisible(found.model is not None)
        self._comparisons = found.comparisons
        names = [f"{each.active}  /  {each.shadow}" for each in found.comparisons]
        if names != [self.pair.itemText(row) for row in range(self.pair.count())]:
            before = self.pair.currentText()
            self.pair.blockSignals(True)
            self.pair.clear()
            self.pair.addItems(names)
            self.pair.setCurrentIndex(max(0, names.index(before) if before in names else 0))
            self.pair.blockSignals(False)
        self._show_pair()

    def _show_pair(self) -> None:
        row = self.pair.currentIndex()
        is_there = 0 <= row < len(self._comparisons)
        self.body.setVisible(is_there)
        self.pair.setVisible(is_there)
        if not is_there:
            self.words.setText(tr("Nothing was read by two models in this time."))
            self.readers.setText("")
            return
        found = self._comparisons[row]
        self.words.setText(comparison_in_words(found))
        self.readers.setText(readers_in_words(found))
        self.table.replace(found.rows)
        self.table.clearSelection()
        self.differ.replace(found.disagreements)
        count = len(found.disagreements)
        self.differ_words.setText(
            tr_n(
                "They differ on %n series, the newest first",
                "They differ on %n series, the newest first",
                count,
            )
            if count
            else tr("They differ on no series.")
        )
        self.differ.setVisible(bool(count))
        self.copy.setVisible(bool(count))

    def _copy(self) -> None:
        chosen: Any = self.differ.current()
        board = QApplication.clipboard()
        if board is not None and chosen is not None:
            board.setText(chosen.series_uid)

    def _build(self) -> None:
        self.table.setAccessibleName(tr("How often both said what"))
        self.differ.setAccessibleName(tr("Series on which they differ"))
        for days in PERIODS_DAYS:
            self.period.addItem(tr_n("the last %n day", "the last %n days", days), days)
        self.period.setCurrentIndex(PERIODS_DAYS.index(DAYS_AT_FIRST))
        self.period.setAccessibleName(tr("How far back"))
        self.pair.setAccessibleName(tr("Which two models: the active one, the shadow"))
        self.period.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.pair.currentIndexChanged.connect(lambda _: self._show_pair())
        self.copy.clicked.connect(self._copy)
        first = QHBoxLayout()
        first.addWidget(self.state, 1)
        first.addWidget(self.end, 0, Qt.AlignmentFlag.AlignTop)
        second = QHBoxLayout()
        second.addWidget(self.period)
        second.addWidget(self.pair)
        second.addStretch()
        third = QHBoxLayout()
        third.addWidget(self.differ_words, 1)
        third.addWidget(self.copy)
        inside = QVBoxLayout(self.body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.table, 3)
        inside.addLayout(third)
        inside.addWidget(self.differ, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.words)
        layout.addWidget(self.readers)
        layout.addWidget(self.body, 1)
        layout.addStretch()
