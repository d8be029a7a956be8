"""What a PACS has, as a tree: studies, and under each its series once they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PyQt6.QtCore import QModelIndex, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QTreeView

from pyqt_console.admin.requests.retrieve import FoundSeries, FoundStudy
from pyqt_console.admin.retrieve_words import held, held_colour
from pyqt_console.i18n import mark, tr
from pyqt_console.theme import Palette
from pyqt_console.wording import person
from pyqt_console.worklist.strip import RowDelegate

COLUMNS: Final = (
    (mark("Patient"), 190),
    (mark("ID"), 95),
    (mark("Accession"), 95),
    (mark("Study"), 90),
    (mark("Description"), 190),
    (mark("Modality"), 75),
    (mark("Images"), 60),
    (mark("Here"), 120),
)
HERE: Final = 7
ROW_PX: Final = 28
RECORD: Final = Qt.ItemDataRole.UserRole
COLOUR: Final = Qt.ItemDataRole.UserRole + 1
"""A field of ``Palette``."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A study, or series of it; no series: all that a reading needs."""

    study: FoundStudy
    series_uids: tuple[str, ...] = ()


class _Row(RowDelegate):
    """As high as the rows of a table."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Qt's, but for the height."""
        return QSize(super().sizeHint(option, index).width(), ROW_PX)


class StudyTree(QTreeView):
    """``series_wanted`` brings the FoundStudy that was opened for the first time."""

    series_wanted = pyqtSignal(object)
    chosen = pyqtSignal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self.items = QStandardItemModel(0, len(COLUMNS))
        self.setModel(self.items)
        self.setItemDelegate(_Row(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setUniformRowHeights(True)
        self.setAccessibleName(tr("What the PACS has"))
        self.expanded.connect(self._opened)
        selection = self.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(lambda *_: self.chosen.emit())

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self._palette = palette
        self._paint(self.items.invisibleRootItem())

    def show_studies(self, studies: Sequence[FoundStudy]) -> None:
        """These, and nothing else."""
        self.items.clear()
        self.items.setHorizontalHeaderLabels([tr(title) for title, _ in COLUMNS])
        for number, (_, width) in enumerate(COLUMNS):
            self.setColumnWidth(number, width)
        for study in studies:
            row = self._row(study, _words_of_study(study))
            row[0].appendRow(self._row(None, (tr("Asking for its series …"),)))
            self.items.appendRow(row)
        if studies:
            self.setCurrentIndex(self.items.index(0, 0))
        self.chosen.emit()

    def show_series(self, study_uid: str, series: Sequence[FoundSeries], problem: str = "") -> None:
        """Under their study; a ``problem`` stands in their place."""
        item = self._item_of(study_uid)
        if item is None:
            return
        item.removeRows(0, item.rowCount())
        for each in series:
            item.appendRow(self._row(each, _words_of_series(each)))
        if not series:
            item.appendRow(self._row(None, (problem or tr("The PACS tells no series of it."),)))

    def forget_series(self, study_uid: str) -> None:
        """To be asked for once more when it is opened."""
        item = self._item_of(study_uid)
        if item is not None:
            self.collapse(item.index())
            item.removeRows(0, item.rowCount())
            item.appendRow(self._row(None, (tr("Asking for its series …"),)))

    def set_arrived(self, study_uid: str, series_uids: Sequence[str], words: str) -> None:
        """Something of it came since the search: all that was wanted of it, or these series."""
        item = self._item_of(study_uid)
        if item is None:
            return
        cells = [] if series_uids else [self.items.item(item.row(), HERE)]
        for row in range(item.rowCount()):
            series = item.child(row, 0)
            known = series.data(RECORD) if series is not None else None
            if known is not None and (not series_uids or known.series_uid in series_uids):
                cells.append(item.child(row, HERE))
        for cell in cells:
            if cell is not None:
                cell.setText(words)
                self._colour(cell, "negative")

    def wanted(self) -> tuple[Wanted, ...]:
        """What is selected, study by study; a selected study is wanted whole."""
        found: dict[str, tuple[FoundStudy, set[str], bool]] = {}
        selection = self.selectionModel()
        assert selection is not None
        for index in selection.selectedRows():
            record, above = index.data(RECORD), index.parent().data(RECORD)
            study = record if isinstance(record, FoundStudy) else above
            if not isinstance(study, FoundStudy) or record is None:
                continue
            _, series, whole = found.get(study.study_uid, (study, set(), False))
            if isinstance(record, FoundSeries):
                series.add(record.series_uid)
            found[study.study_uid] = study, series, whole or record is study
        return tuple(
            Wanted(study, () if whole else tuple(sorted(series)))
            for study, series, whole in found.values()
        )

    def _opened(self, index: QModelIndex) -> None:
        study, first = index.data(RECORD), self.items.index(0, 0, index)
        if isinstance(study, FoundStudy) and first.data(RECORD) is None:
            self.series_wanted.emit(study)

    def _item_of(self, study_uid: str) -> QStandardItem | None:
        for row in range(self.items.rowCount()):
            item = self.items.item(row, 0)
            if item is not None and item.data(RECORD).study_uid == study_uid:
                return item
        return None

    def _row(
        self, record: FoundStudy | FoundSeries | None, words: Sequence[str]
    ) -> list[QStandardItem]:
        items = [QStandardItem(each) for each in words]
        for item in items:
            # In front of the text, so that Qt takes none of it for HTML.
            item.setToolTip("\u200b" + item.text())
            self._colour(item, "text")
        items[0].setData(record, RECORD)
        if record is None:
            self._colour(items[0], "quiet")
        else:
            self._colour(items[HERE], held_colour(record.held_count, record.instance_count))
        return items

    def _colour(self, item: QStandardItem, name: str) -> None:
        item.setData(name, COLOUR)
        # A colour and no brush: the delegate keeps it in a selected row.
        colour = QColor(str(getattr(self._palette, name)))
        item.setData(colour, Qt.ItemDataRole.ForegroundRole)

    def _paint(self, above: QStandardItem | None) -> None:
        if above is None:
            return
        for row in range(above.rowCount()):
            for column in range(above.columnCount()):
                item = above.child(row, column)
                if item is not None and item.data(COLOUR):
                    self._colour(item, item.data(COLOUR))
            self._paint(above.child(row, 0))


def _words_of_study(of: FoundStudy) -> tuple[str, ...]:
    return (
        person(of.patient_name),
        of.patient_id,
        of.accession_number,
        of.study_date.isoformat() if of.study_date else "",
        of.study_description,
        ", ".join(of.modalities),
        _number(of.instance_count),
        held(of.held_count, of.instance_count),
    )


def _words_of_series(of: FoundSeries) -> tuple[str, ...]:
    number = "" if of.series_number is None else str(of.series_number)
    return (
        tr("series {number}").format(number=number).strip(),
        "",
        "",
        of.body_part,
        of.series_description,
        of.modality,
        _number(of.instance_count),
        held(of.held_count, of.instance_count),
    )


def _number(count: int | None) -> str:
    return "" if count is None else str(count)
