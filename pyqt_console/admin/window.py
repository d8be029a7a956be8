"""The window of the administration: a list of pages at the left, the chosen one beside it.

It is a window of its own, so that the worklist's letters do nothing here, and both can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import QHBoxLayout, QListWidget, QStackedWidget, QVBoxLayout, QWidget

from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.pages import PageEntry, pages_for
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import tr
from pyqt_console.records import User
from pyqt_console.shortcuts import KeyMap, key_name
from pyqt_console.theme import Palette
from pyqt_console.widgets import RESEARCH_ONLY, label

LIST_PX: Final = 190


class AdminWindow(QWidget):
    """Makes each page when it is first opened, and reads it anew whenever it is."""

    signed_out = pyqtSignal(str)
    worklist_wanted = pyqtSignal(str)

    def __init__(
        self,
        client: NodeClient,
        background: Background,
        palette: Palette,
        user: User,
        settings: QSettings,
    ) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self._client = client
        self._background = background
        self._palette = palette
        self._user = user
        self._settings = settings
        self.entries: Sequence[PageEntry] = pages_for(user.role)
        self.pages: dict[str, AdminPage] = {}
        self.list = QListWidget()
        self._stack = QStackedWidget()
        self.keys = KeyMap(self)
        self._build()
        self._keys()

    def open(self) -> None:
        """Show it, in front, with the page that was open last."""
        self.show()
        self.raise_()
        self.activateWindow()
        if self.list.currentRow() < 0:
            names = [each.name for each in self.entries]
            last = str(self._settings.value("admin/page", ""))
            self.list.setCurrentRow(names.index(last) if last in names else 0)
        else:
            self.current.refresh()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def current(self) -> AdminPage:
        """The page in sight."""
        found = self._stack.currentWidget()
        assert isinstance(found, AdminPage)
        return found

    def go_to(self, name: str, request: object = None) -> None:
        """Open a page by its name; it takes the request, if there is one."""
        row = [each.name for each in self.entries].index(name)
        self.list.setCurrentRow(row)
        if request is not None:
            self.pages[name].take(request)

    def node_changed(self) -> None:
        """A series made a step: the page in sight is told."""
        if self.isVisible():
            self.current.node_changed()

    def use_palette(self, palette: Palette) -> None:
        """Other colours."""
        self._palette = palette
        for page in self.pages.values():
            page.set_palette(palette)

    def stop(self) -> None:
        """The session ends: nothing stays on the screen."""
        for page in self.pages.values():
            page.stop()
        self.close()
        self.deleteLater()

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """Remember where it was."""
        self._settings.setValue("admin/geometry", self.saveGeometry())
        super().closeEvent(a0)

    def _chosen(self, row: int) -> None:
        if row < 0:
            return
        entry = self.entries[row]
        page = self.pages.get(entry.name)
        if page is None:
            page = entry.factory(self._client, self._background, self._palette, self._user)
            page.title.setText(tr(entry.title))
            page.remember_in(self._settings)
            page.signed_out.connect(self.signed_out)
            page.page_wanted.connect(self.go_to)
            page.worklist_wanted.connect(self.worklist_wanted)
            self._keys_of(page, tr(entry.title))
            self.pages[entry.name] = page
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self._settings.setValue("admin/page", entry.name)
        page.refresh()

    def _refresh(self) -> None:
        self.current.refresh()

    def _step(self, by: int) -> None:
        self.list.setCurrentRow((self.list.currentRow() + by) % self.list.count())

    def _keys(self) -> None:
        keys, group = self.keys, tr("Administration")
        keys.add(group, "F5", tr("read anew"), self._refresh)
        keys.add(group, "Ctrl+PgDown", tr("next page"), partial(self._step, 1))
        keys.add(group, "Ctrl+PgUp", tr("previous page"), partial(self._step, -1))
        keys.tell(group, "↑ ↓ ⏎", tr("move, open"))
        keys.add(group, "Esc", tr("close this window"), self.hide)
        keys.add(group, "?", tr("these keys"), keys.show)
        keys.add(group, "F1", tr("the same"), keys.show)

    def _keys_of(self, page: AdminPage, group: str) -> None:
        for each in page.page_keys():
            shortcut = QShortcut(QKeySequence(each.key), page)
            shortcut.activated.connect(each.act)
            self.keys.tell(group, key_name(each.key), each.does)

    def _build(self) -> None:
        self.setWindowTitle(tr("Administration – cspine – research use only"))
        self.resize(1180, 760)
        geometry = self._settings.value("admin/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.list.setObjectName("navigation")
        self.list.setFixedWidth(LIST_PX)
        self.list.setAccessibleName(tr("Pages of the administration"))
        for each in self.entries:
            self.list.addItem(tr(each.title))
        self.list.currentRowChanged.connect(self._chosen)
        left = QVBoxLayout()
        left.addWidget(label(tr("Administration"), "heading"))
        left.addWidget(self.list, 1)
        left.addWidget(label(tr(RESEARCH_ONLY), "quiet", wrap=True))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 10, 6, 8)
        layout.addLayout(left)
        layout.addWidget(self._stack, 1)
