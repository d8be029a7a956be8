"""One entry of the audit trail in full: who, from where, and each field before and after."""

from __future__ import annotations

from typing import Any, Final

from PyQt6.QtWidgets import QAbstractItemView, QHBoxLayout, QPushButton, QVBoxLayout

from pyqt_console.admin.audit_words import action_in_words, difference_of
from pyqt_console.admin.facts import Panel
from pyqt_console.admin.requests.audit import Entry
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.words import Difference, moment
from pyqt_console.i18n import mark, tr
from pyqt_console.theme import Palette
from pyqt_console.widgets import label


def _before(each: Difference) -> str:
    return tr("– was not there") if each.before is None else each.before


def _after(each: Difference) -> str:
    return tr("– is not there any more") if each.after is None else each.after


COLUMNS: Final = (
    Column(mark("Field"), 220, lambda each: each.field),
    Column(mark("Before"), 300, _before, colour=lambda each: "text" if each.before else "quiet"),
    Column(mark("After"), 300, _after, colour=lambda each: "text" if each.after else "quiet"),
)


class EntryDetail(Panel):
    """Below the list."""

    def __init__(self, palette: Palette) -> None:
        super().__init__("")
        self.entry: Entry | None = None
        self.heading.show()
        self.where = label(role="quiet", wrap=True)
        self.undo = QPushButton(tr("Undo …"))
        self.changes = RecordTable(COLUMNS, lambda each: each.field, palette, sortable=False)
        self.changes.setAccessibleName(tr("What the entry changed"))
        self.nothing = label(tr("The entry says no more than that it was done."), "quiet")
        self.changes.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        column = QVBoxLayout()
        self.body.removeWidget(self.heading)
        column.addWidget(self.heading)
        column.addWidget(self.where)
        row = QHBoxLayout()
        row.addLayout(column, 1)
        row.addWidget(self.undo)
        self.body.addLayout(row)
        self.body.addWidget(self.nothing)
        self.body.addWidget(self.changes, 1)
        self.show_entry(None)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.changes.set_palette(palette)

    def show_entry(self, entry: Any) -> None:
        """None: nothing is chosen."""
        self.entry = entry
        found = () if entry is None else difference_of(entry)
        self.changes.replace(found)
        self.changes.clearSelection()
        self.changes.setVisible(bool(found))
        self.nothing.setVisible(entry is not None and not found)
        self.undo.setVisible(entry is not None and entry.can_be_undone)
        if entry is None:
            self.heading.setText(tr("Choose an entry"))
            self.where.setText("")
            return
        self.heading.setText(
            tr("{who} {did}: {thing}").format(
                who=entry.actor, did=action_in_words(entry), thing=entry.object
            )
        )
        self.where.setText(
            tr("Entry {number} ({action}), {time}, from {address}, hash {hash} …").format(
                number=entry.seq,
                action=entry.action,
                time=moment(entry.at_utc),
                address=entry.address or "–",
                hash=entry.hash[:16],
            )
        )
