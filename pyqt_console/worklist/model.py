"""The rows of the worklist for Qt's views. Knows nothing of where they come from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont

from pyqt_console.i18n import tr
from pyqt_console.node_words import reason_at_length
from pyqt_console.query import Place, WorklistQuery
from pyqt_console.records import SeriesRow
from pyqt_console.theme import Palette, sign_of
from pyqt_console.wording import levels_in_words
from pyqt_console.worklist.columns import COLUMNS, LEVELS_COLUMN, STATUS_COLUMN

ROW: Final = Qt.ItemDataRole.UserRole
"""The SeriesRow of an index."""
BEGINNING: Final[Place] = (-(2**63), 0)
"""Before every row."""


class WorklistModel(QAbstractTableModel):
    """Rows in the node's order; each series is there once.

    A row stands at the place at which it came, also when its contents change, until ``settle``
    moves it: so that nothing moves under the reader's hand. A change costs the same in a list of
    ten rows and of a hundred thousand.
    """

    more_wanted = pyqtSignal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._query = WorklistQuery()
        self._rows: list[SeriesRow] = []
        self._places: list[Place] = []
        self._place_of: dict[str, Place] = {}
        self._has_more = False
        self._edge = BEGINNING
        """Where the last page ended: what stands behind it comes with its own page."""
        self._colours = _colours(palette)
        self._bold = QFont()
        self._bold.setBold(True)
        self._answers: Mapping[int, Callable[[SeriesRow, int], Any]] = {
            int(ROW): lambda row, _column: row,
            int(Qt.ItemDataRole.DisplayRole): lambda row, column: COLUMNS[column].text(row),
            int(Qt.ItemDataRole.ToolTipRole): _tooltip,
            int(Qt.ItemDataRole.AccessibleTextRole): _spoken,
            int(Qt.ItemDataRole.FontRole): self._font,
            int(Qt.ItemDataRole.ForegroundRole): self._colour,
        }

    @property
    def rows(self) -> Sequence[SeriesRow]:
        """What is loaded."""
        return tuple(self._rows)

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self._colours = _colours(palette)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    # -- contents --------------------------------------------------------------------------

    def replace(
        self, rows: Sequence[SeriesRow], *, has_more: bool, query: WorklistQuery | None = None
    ) -> None:
        """Another list altogether."""
        self.beginResetModel()
        self._query = query or WorklistQuery()
        self._rows, self._places, self._place_of = [], [], {}
        self._has_more, self._edge = has_more, BEGINNING
        for row in rows:
            self._append(row)
        self._reach(rows)
        self.endResetModel()

    def append(self, rows: Sequence[SeriesRow], *, has_more: bool) -> None:
        """The next page; what came up meanwhile is there already."""
        self._has_more = has_more
        self._reach(rows)
        fresh = [each for each in rows if each.series_uid not in self._place_of]
        last = self._places[-1] if self._places else BEGINNING
        behind = [each for each in fresh if self._query.place(each) > last]
        if behind:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(behind) - 1)
            for row in behind:
                self._append(row)
            self.endInsertRows()
        for row in fresh:
            if row.series_uid not in self._place_of:
                self._insert(row)

    def update_in_place(self, rows: Sequence[SeriesRow]) -> set[str]:
        """New contents of the rows that are shown; no row moves. Returns those still to come."""
        to_come: set[str] = set()
        for new in rows:
            number = self.row_of(new.series_uid)
            if number is None:
                if self._belongs(self._query.place(new)):
                    to_come.add(new.series_uid)
            elif self._rows[number] != new:
                self._rows[number] = new
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))
        return to_come

    def settle(self, asked: Collection[str], found: Sequence[SeriesRow]) -> None:
        """What became of the series that were asked for: rows go, come and change places."""
        now = {each.series_uid: each for each in found}
        for uid in asked:
            if uid not in now and (number := self.row_of(uid)) is not None:
                self._remove(number)
        self.update_in_place(found)
        for uid, row in now.items():
            number, place = self.row_of(uid), self._query.place(row)
            if number is None:
                if self._belongs(place):
                    self._insert(row)
            elif self._places[number] != place:
                self._move(number, row, place)

    def settle_span(
        self, after: Place, found: Sequence[SeriesRow], *, is_last: bool, read_to: Place
    ) -> None:
        """All that stands behind ``after`` up to ``read_to`` (``is_last``: to the end)."""
        first = bisect_right(self._places, after)
        end = len(self._rows) if is_last else bisect_right(self._places, read_to)
        there = {each.series_uid for each in self._rows[first:end]}
        if is_last:
            self._has_more = False
        self.settle(there, found)

    def row_of(self, series_uid: str) -> int | None:
        """Where it is."""
        place = self._place_of.get(series_uid)
        return None if place is None else bisect_left(self._places, place)

    def row_at(self, number: int) -> SeriesRow:
        """Of that line."""
        return self._rows[number]

    def place_at(self, number: int) -> Place:
        """Where the row of that line stands in the list."""
        return self._places[number]

    def following(self, number: int) -> Iterator[SeriesRow]:
        """The rows below that line, then those from the top to it."""
        for other in (*range(number + 1, len(self._rows)), *range(max(number, 0))):
            yield self._rows[other]

    def _belongs(self, place: Place) -> bool:
        """Whether it is within what is loaded."""
        return not self._has_more or place <= self._edge

    def _reach(self, rows: Sequence[SeriesRow]) -> None:
        if rows:
            self._edge = max(self._edge, self._query.place(rows[-1]))

    def _append(self, row: SeriesRow) -> None:
        if row.series_uid not in self._place_of:
            place = self._query.place(row)
            self._rows.append(row)
            self._places.append(place)
            self._place_of[row.series_uid] = place

    def _insert(self, row: SeriesRow) -> None:
        place = self._query.place(row)
        number = bisect_left(self._places, place)
        self.beginInsertRows(QModelIndex(), number, number)
        self._rows.insert(number, row)
        self._places.insert(number, place)
        self._place_of[row.series_uid] = place
        self.endInsertRows()

    def _remove(self, number: int) -> None:
        self.beginRemoveRows(QModelIndex(), number, number)
        del self._place_of[self._rows[number].series_uid]
        del self._rows[number], self._places[number]
        self.endRemoveRows()

    def _move(self, number: int, row: SeriesRow, place: Place) -> None:
        if not self._belongs(place):
            self._remove(number)
            return
        target = bisect_left(self._places, place)
        none = QModelIndex()
        moves = target not in {number, number + 1}
        if moves and not self.beginMoveRows(none, number, number, none, target):
            return
        del self._rows[number], self._places[number]
        at = target - 1 if target > number else target
        self._rows.insert(at, row)
        self._places.insert(at, place)
        self._place_of[row.series_uid] = place
        if moves:
            self.endMoveRows()

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
        """One cell. Asked some thousand times for each frame, so it does only what it must."""
        answer = self._answers.get(role)
        if answer is None or index.row() >= len(self._rows) or not index.isValid():
            return None
        return answer(self._rows[index.row()], index.column())

    def _font(self, row: SeriesRow, _column: int) -> QFont | None:
        return self._bold if row.read_utc is None else None

    def _colour(self, row: SeriesRow, column: int) -> QColor:
        name = COLUMNS[column].colour
        if column in {STATUS_COLUMN, LEVELS_COLUMN}:
            name = sign_of(row.outcome, row.state).colour
        elif name == "text" and row.read_utc is not None:
            name = "quiet"
        return self._colours[name]


def _colours(palette: Palette) -> Mapping[str, QColor]:
    return {name: QColor(value) for name, value in asdict(palette).items() if name != "name"}


def _spoken(row: SeriesRow, column: int) -> str:
    return f"{tr(COLUMNS[column].title)}: {COLUMNS[column].text(row)}"


def _tooltip(row: SeriesRow, column: int) -> str:
    text = COLUMNS[column].text(row)
    if column in {STATUS_COLUMN, LEVELS_COLUMN}:
        text = reason_at_length(row.reason_code, row.reason_text) or levels_in_words(row)
    parts = [text]
    if row.coverage and column in {STATUS_COLUMN, LEVELS_COLUMN, LEVELS_COLUMN + 1}:
        parts.append(row.coverage)
    # In front of the text, so that Qt takes none of it for HTML.
    return "\u200b" + "\n".join(part for part in parts if part)
