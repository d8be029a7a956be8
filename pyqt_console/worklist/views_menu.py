"""The button with the saved views: choose, save, rename and remove them; and which columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QInputDialog, QMenu, QPushButton, QWidget

from pyqt_console.errors import UnreadableError
from pyqt_console.i18n import tr
from pyqt_console.query import WorklistQuery
from pyqt_console.worklist.columns import ALWAYS_SHOWN, COLUMNS, ColumnState, complete
from pyqt_console.worklist.views import NAME_MAX, SavedView, ViewsFile

FIRST_KEY: Final = 6
KEYED: Final = 4
"""Ctrl+6 to Ctrl+9, behind those of the tabs."""


class ViewsButton(QPushButton):
    """Emits ``chosen`` with a SavedView, ``columns_wanted`` with ColumnStates."""

    chosen = pyqtSignal(object)
    columns_wanted = pyqtSignal(object)
    problem = pyqtSignal(str)

    def __init__(
        self,
        file: ViewsFile,
        columns: Callable[[], tuple[ColumnState, ...]],
        query: Callable[[], WorklistQuery],
    ) -> None:
        """``columns`` and ``query``: how the list is laid out, and what it shows, now."""
        super().__init__()
        self.file = file
        self._columns = columns
        self._query = query
        self.menu_of_views = QMenu(self)
        self.menu_of_views.aboutToShow.connect(self.fill)
        self.setMenu(self.menu_of_views)
        self.setText(tr("Views"))

    @property
    def current(self) -> SavedView | None:
        """The one that is shown."""
        query = self._query()
        return next((each for each in self.file.kept.views if each.query == query), None)

    def choose(self, number: int) -> None:
        """The view in this place, from 0."""
        views = self.file.kept.views
        if number < len(views):
            self.chosen.emit(views[number])

    def tell(self) -> None:
        """The name of the view that is shown, if it is one."""
        current = self.current
        self.setText(tr("View: {name}").format(name=current.name) if current else tr("Views"))

    def save(self, name: str) -> None:
        """What is shown, and how, under this name."""
        view = SavedView(name, self._query(), self._columns())
        self._keep(lambda: self.file.keep(self.file.kept.with_view(view)))

    def rename(self, old: str, new: str) -> None:
        """Another name, where it is free."""
        self._keep(lambda: self.file.keep(self.file.kept.renamed(old, new)))

    def remove(self, name: str) -> None:
        """Gone; what is shown stays."""
        self._keep(lambda: self.file.keep(self.file.kept.without(name)))

    def remember(self) -> None:
        """The columns as they are, for the next time."""
        kept = replace(self.file.kept, columns=self._columns())
        self._keep(lambda: self.file.keep(kept))

    def ask_to_save(self) -> None:
        """Under which name?"""
        current = self.current
        _ask(self, tr("Save this view as"), current.name if current else "", self.save)

    def _keep(self, act: Callable[[], None]) -> None:
        try:
            act()
        except UnreadableError as error:
            self.problem.emit(str(error))
        self.tell()

    def fill(self) -> None:
        """The menu as things are now."""
        menu = self.menu_of_views
        menu.clear()
        current = self.current
        for number, view in enumerate(self.file.kept.views):
            # "&&": in a menu a single one underlines a letter.
            text = view.name.replace("&", "&&")
            text += f"\tCtrl+{FIRST_KEY + number}" if number < KEYED else ""
            entry = _add(menu, text, partial(self.choose, number))
            entry.setCheckable(True)
            entry.setChecked(current is view)
        menu.addSeparator()
        _add(menu, tr("Save this view …") + "\tCtrl+S", self.ask_to_save)
        if current is not None:
            name = current.name
            shown = name.replace("&", "&&")
            title = tr("Another name for “{name}”")
            ask = partial(_ask, self, title.format(name=name), name, partial(self.rename, name))
            _add(menu, title.format(name=shown) + " …", ask)
            _add(menu, tr("Remove “{name}”").format(name=shown), partial(self.remove, name))
        menu.addSeparator()
        columns = menu.addMenu(tr("Columns"))
        assert columns is not None
        self.fill_columns(columns)

    def fill_columns(self, menu: QMenu) -> None:
        """Which columns are shown; also under the right mouse button."""
        states = {each.key: each for each in self._columns()}
        for column in COLUMNS:
            entry = _add(menu, tr(column.title), partial(self._toggle, column.key))
            entry.setCheckable(True)
            entry.setChecked(not states[column.key].hidden)
            entry.setEnabled(column.key not in ALWAYS_SHOWN)
        menu.addSeparator()
        _add(menu, tr("As at the beginning"), lambda: self._lay_out(complete(())))

    def _toggle(self, key: str) -> None:
        self._lay_out(
            tuple(
                replace(each, hidden=not each.hidden) if each.key == key else each
                for each in self._columns()
            )
        )

    def _lay_out(self, states: tuple[ColumnState, ...]) -> None:
        self.columns_wanted.emit(states)
        self.remember()


def _add(menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
    entry = menu.addAction(text)
    assert entry is not None
    entry.triggered.connect(lambda _checked: act())
    return entry


def _ask(parent: QWidget, title: str, text: str, done: Callable[[str], None]) -> None:
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(title)
    dialog.setTextValue(text[:NAME_MAX])
    dialog.textValueSelected.connect(done)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
