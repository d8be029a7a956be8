"""What is over the table: tabs, search, filters with their chips, saved views."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.flow import FlowLayout
from pyqt_console.i18n import tr
from pyqt_console.query import WorklistQuery
from pyqt_console.records import Counts, SeriesRow
from pyqt_console.worklist.filter_panel import FilterPanel
from pyqt_console.worklist.filters import chips_of
from pyqt_console.worklist.tabs import TABS

SEARCH_MS: Final = 250


def at_last(milliseconds: int, call: Callable[[], None], parent: QObject) -> QTimer:
    """A timer that calls once, so long after it was started the last time."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer


class WorklistBar(QWidget):
    """Holds what is asked for; emits ``changed`` when it is something else."""

    changed = pyqtSignal()
    left = pyqtSignal()
    """The reader is done with searching."""

    def __init__(self, views_button: QPushButton) -> None:
        super().__init__()
        self.query = WorklistQuery()
        self.tabs: dict[str, QPushButton] = {}
        self.search = QLineEdit()
        self.filter_button = QPushButton(tr("Filter"))
        self.panel = FilterPanel()
        self.chips: list[QPushButton] = []
        self._flow = FlowLayout()
        self._searching = at_last(SEARCH_MS, self._search_changed, self)
        self._build(views_button)

    def show_query(self, query: WorklistQuery) -> None:
        """Ask for this."""
        self._searching.stop()
        is_other = query != self.query
        self.query = query
        self.tabs[query.tab].setChecked(True)
        if self.search.text().strip() != query.search.strip():
            self.search.blockSignals(True)
            self.search.setText(query.search)
            self.search.blockSignals(False)
        self.panel.set_query(query)
        self._show_chips()
        if is_other:
            self.changed.emit()

    def show_tab(self, tab: str) -> None:
        """As if its button were pressed."""
        self.show_query(replace(self.query, tab=tab))

    @property
    def is_in_use(self) -> bool:
        """Whether the reader types or chooses here."""
        return self.search.hasFocus() or self.panel.isAncestorOf(QApplication.focusWidget())

    def toggle_filters(self) -> None:
        """Show the controls, or put them away."""
        self.panel.setVisible(self.panel.isHidden())
        self.filter_button.setChecked(not self.panel.isHidden())
        if self.panel.isHidden():
            self.left.emit()
        else:
            next(iter(self.panel.outcomes.values())).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_counts(self, counts: Counts) -> None:
        """How many are behind each tab, whatever is filtered."""
        for tab, title, _ in TABS:
            self.tabs[tab].setText(f"{tr(title)} {counts.of_tab[tab]}")

    def offer(self, rows: Iterable[SeriesRow]) -> None:
        """What to filter by, of rows that were seen."""
        rows = tuple(rows)
        self.panel.offer(
            {each.source_aet for each in rows}, {each.assigned_to or "" for each in rows}
        )

    def _search_changed(self) -> None:
        self.show_query(replace(self.query, search=self.search.text()))

    def _leave_search(self) -> None:
        self.search.clear()
        self.left.emit()

    def _show_chips(self) -> None:
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.deleteLater()
        self.chips = []
        for each in chips_of(self.query):
            chip = QPushButton(f"{each.text}  ×")
            chip.setProperty("role", "chip")
            chip.setToolTip(tr("Show these no longer alone"))
            chip.clicked.connect(lambda _, query=each.without: self.show_query(query))
            self.chips.append(chip)
            self._flow.addWidget(chip)
            chip.show()

    def _build(self, views_button: QPushButton) -> None:
        first = QHBoxLayout()
        first.setSpacing(2)
        group = QButtonGroup(self)
        for number, (tab, title, _) in enumerate(TABS, start=1):
            button = QPushButton(tr(title))
            button.setCheckable(True)
            button.setProperty("role", "tab")
            button.setToolTip(f"Ctrl+{number}")
            button.clicked.connect(lambda _, tab=tab: self.show_tab(tab))
            group.addButton(button)
            self.tabs[tab] = button
            first.addWidget(button)
        self.tabs[self.query.tab].setChecked(True)
        first.addStretch()
        self.search.setPlaceholderText(tr("Search  (Ctrl+F)"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(160)
        self.search.setAccessibleName(tr("Search the worklist"))
        self.search.textChanged.connect(lambda _: self._searching.start())
        self.search.returnPressed.connect(self._search_changed)
        for key, act in (("Esc", self._leave_search), ("Down", self.left.emit)):
            shortcut = QShortcut(QKeySequence(key), self.search)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        first.addWidget(self.search)
        for button, tip in ((self.filter_button, "Ctrl+Shift+F"), (views_button, "Ctrl+Shift+V")):
            button.setProperty("role", "small")
            button.setToolTip(tip)
            self._flow.addWidget(button)
        self.filter_button.setCheckable(True)
        self.filter_button.clicked.connect(self.toggle_filters)
        self.panel.hide()
        self.panel.changed.connect(self.show_query)
        self.panel.closed.connect(self.toggle_filters)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(self._flow)
        layout.addWidget(self.panel)
