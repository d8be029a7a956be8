"""The table of the worklist: columns, keys, and rows that do not jump."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from PyQt6.QtCore import QPersistentModelIndex, QPoint, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from pyqt_console.i18n import tr
from pyqt_console.theme import Palette
from pyqt_console.worklist.columns import COLUMNS, KEYS, LEVELS_COLUMN, ColumnState, complete
from pyqt_console.worklist.model import WorklistModel
from pyqt_console.worklist.strip import ROW_PX, LevelStrip, RowDelegate


class WorklistTable(QTableView):
    """One row a reading; ↑ ↓ move, ⏎ opens."""

    def __init__(self, model: WorklistModel, palette: Palette) -> None:
        super().__init__()
        self.setModel(model)
        self.strip = LevelStrip(palette, self)
        self.setItemDelegate(RowDelegate(self))
        self.setItemDelegateForColumn(LEVELS_COLUMN, self.strip)
        self.setAccessibleName(tr("Worklist"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        rows, titles = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None
        assert titles is not None
        rows.hide()
        # One height for all: a hundred thousand rows are never measured.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_PX)
        titles.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        titles.setSectionsMovable(True)
        titles.setHighlightSections(False)
        titles.setSectionsClickable(False)  # a click would select the column
        titles.setStretchLastSection(True)
        titles.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        titles.customContextMenuRequested.connect(self._ask_for_columns)
        self._titles = titles
        self._fill_menu: Callable[[QMenu], None] | None = None
        self.lay_out(complete(()))

    def lay_out(self, states: Iterable[ColumnState]) -> None:
        """Columns in this order, of this width, shown or not."""
        for visual, state in enumerate(states):
            column = KEYS.index(state.key)
            self._titles.moveSection(self._titles.visualIndex(column), visual)
            self.setColumnWidth(column, state.width_px)
            self.setColumnHidden(column, state.hidden)

    def columns(self) -> tuple[ColumnState, ...]:
        """How they are laid out."""
        order = [self._titles.logicalIndex(visual) for visual in range(len(COLUMNS))]
        shown = [each for each in order if not self.isColumnHidden(each)]
        found = []
        for column in order:
            width_px = self._titles.sectionSize(column)
            if column == shown[-1] or self.isColumnHidden(column):
                width_px = COLUMNS[column].width_px  # stretched to the edge, or 0
            found.append(ColumnState(KEYS[column], width_px, self.isColumnHidden(column)))
        return tuple(found)

    def set_columns_menu(self, fill: Callable[[QMenu], None]) -> None:
        """What the right mouse button shows on a title."""
        self._fill_menu = fill

    def _ask_for_columns(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._fill_menu is not None:
            self._fill_menu(menu)
            menu.popup(self._titles.mapToGlobal(at))

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.strip.palette = palette
        viewport = self.viewport()
        if viewport is not None:
            viewport.update()

    def keyPressEvent(self, e: QKeyEvent | None) -> None:
        """Letters are the window's keys, not a search for a row that begins with them."""
        if e is not None and e.text().isalnum():
            e.ignore()
            return
        super().keyPressEvent(e)

    @contextmanager
    def nothing_jumps(self) -> Iterator[None]:
        """While rows change, the selected row stays where it is on the screen, else the top one."""
        bar = self.verticalScrollBar()
        current = self.currentIndex()
        anchor = current if self._is_visible(current.row()) else self.indexAt(self.rect().topLeft())
        kept = QPersistentModelIndex(anchor)
        before_px = self.rowViewportPosition(anchor.row()) if anchor.isValid() else 0
        yield
        if bar is not None and kept.isValid():
            bar.setValue(bar.value() + self.rowViewportPosition(kept.row()) - before_px)

    def _is_visible(self, row: int) -> bool:
        viewport = self.viewport()
        if row < 0 or viewport is None:
            return False
        return 0 <= self.rowViewportPosition(row) < viewport.height()
