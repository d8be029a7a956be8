"""A dry run as a table: each past reading, where its results go before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PyQt6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout

from pyqt_console.admin.route_words import OUTCOMES, Compared, change, sendings, words_of
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.theme import Palette
from pyqt_console.widgets import label, set_role

LAST: Final = 50
LAST_MAX: Final = 500
TABLE_PX: Final = 150


def _outcome(of: Compared) -> str:
    words = ", ".join(words_of(of.reading.outcomes, OUTCOMES))
    return tr("{outcome} (shadow)").format(outcome=words) if of.reading.shadow else words


def _change_colour(of: Compared) -> str:
    return "caution" if of.differs else "quiet"


def columns(before: str, after: str) -> Sequence[Column]:
    """``before`` and ``after``: marked titles of what is compared."""
    return (
        Column(mark("Series"), 170, lambda of: of.reading.series_uid),
        Column(mark("Reading"), 100, _outcome),
        Column(before, 190, lambda of: sendings(of.before)),
        Column(after, 190, lambda of: sendings(of.after)),
        Column(
            mark("Difference"), 200, change, lambda of: (not of.differs, change(of)), _change_colour
        ),
    )


class RehearsalPanel(QFrame):
    """A button with its number of readings, one sentence, and the table."""

    def __init__(self, title: str, before: str, after: str, palette: Palette) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.table = RecordTable(
            columns(before, after),
            lambda of: (of.reading.series_uid, of.reading.generation),
            palette,
        )
        self.button = QPushButton(title)
        self.last = QSpinBox()
        self.last.setRange(1, LAST_MAX)
        self.last.setValue(LAST)
        self.last.setAccessibleName(tr("How many of the newest series"))
        self.only = QCheckBox(tr("only differences"))
        self.text = label(tr("Nothing is sent or changed by it."), "quiet", wrap=True)
        self._found: tuple[Compared, ...] = ()
        self.only.toggled.connect(self._fill)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.last)
        row.addWidget(label(tr("newest series")))
        row.addWidget(self.text, 1)
        row.addWidget(self.only)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        self.table.setMinimumHeight(TABLE_PX)
        self.table.hide()
        self.only.hide()

    def show_under_way(self) -> None:
        """It is being asked."""
        self.button.setEnabled(False)
        set_role(self.text, "quiet")
        self.text.setText(tr("Trying …"))

    def show_found(self, found: Sequence[Compared]) -> None:
        """What came."""
        self.button.setEnabled(True)
        self._found = tuple(found)
        count = sum(each.differs for each in found)
        words = tr_n("%n reading has ended.", "%n readings have ended.", len(found))
        more = tr_n("%n would go elsewhere.", "%n would go elsewhere.", count)
        self.text.setText(
            tr("{readings} {differences}").format(readings=words, differences=more)
            if found
            else tr("No reading has ended yet.")
        )
        self.only.setVisible(bool(found))
        self.table.setVisible(bool(found))
        self._fill()

    def show_problem(self, error: ConsoleError) -> None:
        """It did not work."""
        self.button.setEnabled(True)
        set_role(self.text, "alarm")
        self.text.setText(str(error))

    def _fill(self, *_: object) -> None:
        only = self.only.isChecked()
        self.table.replace([each for each in self._found if each.differs or not only])
