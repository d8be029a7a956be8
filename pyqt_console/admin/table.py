"""A table of records: sorted by a click on a column, moved through by keys, filtered by a text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PyQt6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QColor, QKeyEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from pyqt_console.i18n import tr
from pyqt_console.theme import Palette
from pyqt_console.worklist.strip import RowDelegate

RECORD: Final = Qt.ItemDataRole.UserRole
"""The record of an index."""
SORT: Final = Qt.ItemDataRole.UserRole + 1
ROW_PX: Final = 30
TITLE_MARGIN_PX: Final = 26
"""Beside a title, with the mark of what is sorted."""
ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


def _text_colour(_: Any) -> str:
    return "text"


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is called, filled and sorted.

    Attributes:
        title: marked, and translated where it is shown.
        text: of a record, what stands in the cell.
        sort: of a record, by what the column is sorted; the text, where there is none.
        colour: of a record, a field of ``Palette``.
        tip: of a record, the tooltip; the text, where there is none.
    """

    title: str
    width_px: int
    text: Callable[[Any], str]
    sort: Callable[[Any], Any] | None = None
    colour: Callable[[Any], str] = _text_colour
    tip: Callable[[Any], str] | None = None


class RecordModel(QAbstractTableModel):
    """Records as rows; each is known by its key, so that a refresh keeps what is selected."""

    def __init__(
        self, columns: Sequence[Column], key: Callable[[Any], Hashable], palette: Palette
    ) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.key = key
        self._palette = palette
        self._records: tuple[Any, ...] = ()

    @property
    def records(self) -> tuple[Any, ...]:
        """In the order in which they were given."""
        return self._records

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self._palette = palette
        self._all_changed()

    def replace(self, records: Sequence[Any]) -> None:
        """These now. Where only contents changed, no row moves."""
        new = tuple(records)
        if [self.key(each) for each in new] == [self.key(each) for each in self._records]:
            self._records = new
            self._all_changed()
            return
        self.beginResetModel()
        self._records = new
        self.endResetModel()

    def _all_changed(self) -> None:
        if self._records:
            last = self.index(len(self._records) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    # -- Qt's questions --------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """One a record."""
        return 0 if parent is not None and parent.isValid() else len(self._records)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """As many as were given."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The columns' titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(self.columns[section].title)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell."""
        if not index.isValid() or index.row() >= len(self._records):
            return None
        record, column = self._records[index.row()], self.columns[index.column()]
        answers: Mapping[int, Callable[[], Any]] = {
            RECORD: lambda: record,
            SORT: lambda: (column.sort or column.text)(record),
            Qt.ItemDataRole.DisplayRole: lambda: column.text(record),
            # In front of the text, so that Qt takes none of it for HTML.
            Qt.ItemDataRole.ToolTipRole: lambda: "\u200b" + (column.tip or column.text)(record),
            Qt.ItemDataRole.AccessibleTextRole: lambda: (
                f"{tr(column.title)}: {column.text(record)}"
            ),
            Qt.ItemDataRole.ForegroundRole: lambda: self._colour(column.colour(record)),
        }
        answer = answers.get(role)
        return None if answer is None else answer()

    def _colour(self, name: str) -> QColor:
        return QColor(str(getattr(self._palette, name)))


class _Sorted(QSortFilterProxyModel):
    """By the columns' own values, which Python compares; what is missing comes last."""

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        one, other = left.data(SORT), right.data(SORT)
        if one is None or other is None:
            return one is not None
        return bool(one < other)


class RecordTable(QTableView):
    """``opened``: Enter or a double click on a record; ``chosen``: another record, or None."""

    opened = pyqtSignal(object)
    chosen = pyqtSignal(object)

    def __init__(
        self,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        palette: Palette,
        *,
        sortable: bool = True,
    ) -> None:
        super().__init__()
        self.records = RecordModel(columns, key, palette)
        self.sorted = _Sorted()
        self.sorted.setSourceModel(self.records)
        self.sorted.setFilterKeyColumn(-1)
        self.sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self.sorted)
        self.setItemDelegate(RowDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        rows, titles = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None
        assert titles is not None
        rows.hide()
        rows.setDefaultSectionSize(ROW_PX)
        titles.setHighlightSections(False)
        titles.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        titles.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        titles.setStretchLastSection(True)
        for number, column in enumerate(columns):
            # Never narrower than its title, which has its own length in each language.
            title_px = self.fontMetrics().horizontalAdvance(tr(column.title)) + TITLE_MARGIN_PX
            self.setColumnWidth(number, max(column.width_px, title_px))
        if sortable:
            titles.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            titles.setSortIndicatorClearable(True)
            self.setSortingEnabled(True)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(RECORD)))

    def replace(self, records: Sequence[Any]) -> None:
        """These now; the record that is selected stays selected, where it is still there."""
        before, had_focus = self.current(), self.hasFocus()
        self.records.replace(records)
        if before is None or not self.select(self.records.key(before)):
            self.selectRow(0)
        if had_focus:
            self.setFocus()

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.records.set_palette(palette)

    def filter(self, text: str) -> None:
        """Only rows with this text in any column."""
        self.sorted.setFilterFixedString(text)

    def current(self) -> Any:
        """The selected record, or None."""
        return self.currentIndex().data(RECORD)

    def shown(self) -> tuple[Any, ...]:
        """The records as they stand in the table."""
        rows = range(self.sorted.rowCount())
        return tuple(self.sorted.index(row, 0).data(RECORD) for row in rows)

    def select(self, key: Hashable) -> bool:
        """Put the cursor there; False: it is not there."""
        for row in range(self.sorted.rowCount()):
            index = self.sorted.index(row, 0)
            if self.records.key(index.data(RECORD)) == key:
                self.setCurrentIndex(index)
                return True
        return False

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        """Tell which record is chosen now."""
        super().currentChanged(current, previous)
        self.chosen.emit(current.data(RECORD))

    def keyPressEvent(self, e: QKeyEvent | None) -> None:
        """Enter opens; letters are no search."""
        if e is not None and e.key() in ENTER and self.current() is not None:
            self.opened.emit(self.current())
            return
        if e is not None and e.text().isprintable() and e.text().strip():
            e.ignore()
            return
        super().keyPressEvent(e)

    def selectRow(self, row: int) -> None:
        """As Qt's, and the cursor goes there."""
        index = self.sorted.index(row, 0)
        if not index.isValid():
            self.chosen.emit(None)
            return
        selection = self.selectionModel()
        assert selection is not None
        flag = QItemSelectionModel.SelectionFlag
        selection.setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
