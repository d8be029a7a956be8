"""The rows of the worklist for Qt's views. Knows nothing of where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont

from pyqt_console.i18n import mark, tr
from pyqt_console.records import SeriesRow
from pyqt_console.theme import Palette, sign_of
from pyqt_console.wording import levels_in_words, person, probability, read_mark, waiting

ROW: Final = Qt.ItemDataRole.UserRole
"""The SeriesRow of an index."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is called, filled, and how wide it begins."""

    title: str
    width_px: int
    text: Callable[[SeriesRow], str]
    colour: str = "text"


def _status(row: SeriesRow) -> str:
    sign = sign_of(row.outcome, row.state)
    return f"{sign.glyph} {sign.word}"


LEVELS_COLUMN: Final = 5
COLUMNS: Final[Sequence[Column]] = (
    Column(mark("Status"), 120, _status),
    Column(mark("Waiting"), 68, lambda row: waiting(row, _now())),
    Column(mark("Patient"), 150, lambda row: person(row.patient_name)),
    Column(mark("ID"), 88, lambda row: row.patient_id),
    Column(mark("Accession"), 88, lambda row: row.accession_number),
    Column(mark("C1 – C7"), 184, levels_in_words),
    Column(mark("AI"), 80, lambda row: probability(row.patient_overall), "machine"),
    Column(mark("Study"), 92, lambda row: row.study_date.isoformat() if row.study_date else ""),
    Column(mark("Series"), 130, lambda row: row.series_description),
    Column(mark("Source"), 92, lambda row: row.source_aet),
    Column(mark("Assigned"), 92, lambda row: row.assigned_to or ""),
    Column(mark("Read"), 120, read_mark, "reader"),
)
STATUS_COLUMN: Final = 0
PATIENT_COLUMN: Final = 2


class WorklistModel(QAbstractTableModel):
    """Rows in the node's order; each series is there once."""

    more_wanted = pyqtSignal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._rows: list[SeriesRow] = []
        self._has_more = False
        self._bold = QFont()
        self._bold.setBold(True)

    @property
    def rows(self) -> Sequence[SeriesRow]:
        """What is shown."""
        return tuple(self._rows)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self._palette = palette
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def replace(self, rows: Sequence[SeriesRow], *, has_more: bool) -> None:
        """Another list altogether."""
        self.beginResetModel()
        self._rows = _once(rows)
        self._has_more = has_more
        self.endResetModel()

    def append(self, rows: Sequence[SeriesRow], *, has_more: bool) -> None:
        """The next page; what came up meanwhile is there already."""
        self._has_more = has_more
        there = {each.series_uid for each in self._rows}
        fresh = [each for each in _once(rows) if each.series_uid not in there]
        if fresh:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()

    def update_in_place(self, rows: Sequence[SeriesRow]) -> int:
        """New contents of the rows that are shown; no row moves. Returns how many are not shown."""
        fresh = {each.series_uid: each for each in rows}
        for number, old in enumerate(self._rows):
            new = fresh.pop(old.series_uid, None)
            if new is not None and new != old:
                self._rows[number] = new
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))
        return len(fresh)

    def merge(self, rows: Sequence[SeriesRow], *, has_more: bool) -> None:
        """The same list as it is now: rows go, come and change places; selections stay."""
        wanted = _once(rows)
        self._has_more = has_more
        self._drop({each.series_uid for each in wanted})
        self.append(wanted, has_more=has_more)
        self.update_in_place(wanted)
        place = {each.series_uid: number for number, each in enumerate(wanted)}
        if [place[each.series_uid] for each in self._rows] == list(range(len(wanted))):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = [
            self.index(place[self._rows[each.row()].series_uid], each.column()) for each in before
        ]
        self._rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def row_of(self, series_uid: str) -> int | None:
        """Where it is."""
        for number, each in enumerate(self._rows):
            if each.series_uid == series_uid:
                return number
        return None

    def _drop(self, keep: set[str]) -> None:
        for number in range(len(self._rows) - 1, -1, -1):
            if self._rows[number].series_uid not in keep:
                self.beginRemoveRows(QModelIndex(), number, number)
                del self._rows[number]
                self.endRemoveRows()

    # -- Qt's questions --------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """How many are loaded."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """As many as ``COLUMNS``."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def canFetchMore(self, parent: QModelIndex) -> bool:
        """Whether the node has more."""
        return self._has_more and not parent.isValid()

    def fetchMore(self, parent: QModelIndex) -> None:
        """The view came near the end."""
        if not parent.isValid():
            self.more_wanted.emit()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The columns' titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section].title)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        answers: Mapping[int, Callable[[], Any]] = {
            ROW: lambda: row,
            Qt.ItemDataRole.DisplayRole: lambda: column.text(row),
            Qt.ItemDataRole.ToolTipRole: lambda: _tooltip(row, index.column()),
            Qt.ItemDataRole.AccessibleTextRole: lambda: f"{tr(column.title)}: {column.text(row)}",
            Qt.ItemDataRole.FontRole: lambda: self._bold if row.read_utc is None else None,
            Qt.ItemDataRole.ForegroundRole: lambda: self._colour(row, index.column()),
        }
        answer = answers.get(role)
        return None if answer is None else answer()

    def _colour(self, row: SeriesRow, column: int) -> QColor:
        name = COLUMNS[column].colour
        if column in {STATUS_COLUMN, LEVELS_COLUMN}:
            name = sign_of(row.outcome, row.state).colour
        elif name == "text" and row.read_utc is not None:
            name = "quiet"
        return QColor(str(getattr(self._palette, name)))


def _tooltip(row: SeriesRow, column: int) -> str:
    text = COLUMNS[column].text(row)
    parts = [levels_in_words(row) if column in {STATUS_COLUMN, LEVELS_COLUMN} else text]
    if row.coverage and column in {STATUS_COLUMN, LEVELS_COLUMN, LEVELS_COLUMN + 1}:
        parts.append(row.coverage)
    # In front of the text, so that Qt takes none of it for HTML.
    return "\u200b" + "\n".join(part for part in parts if part)


def _once(rows: Sequence[SeriesRow]) -> list[SeriesRow]:
    return list({each.series_uid: each for each in rows}.values())
