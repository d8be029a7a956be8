"""What a signed-in reader works with: the list, and how the console stands to the node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.about import AboutDialog
from pyqt_console.admin.requests.peers import own_entity
from pyqt_console.admin.window import AdminWindow
from pyqt_console.announcer import KEY, Announcer
from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.events import ChangeFeed, Link, LinkChange
from pyqt_console.i18n import mark, tr
from pyqt_console.images import Images
from pyqt_console.missed import MissedFindings
from pyqt_console.query import WorklistQuery
from pyqt_console.records import Change, SeriesDetail, SeriesRow, Session
from pyqt_console.review.panel import ReviewPanel
from pyqt_console.shortcuts import KeyMap, key_name
from pyqt_console.theme import PALETTES, Palette
from pyqt_console.uploads.own_files import OwnFiles, local_paths
from pyqt_console.widgets import label, set_role
from pyqt_console.wording import person
from pyqt_console.worklist.view import WorklistView
from pyqt_console.worklist.views import ViewsFile
from pyqt_console.workplace_keys import add_image_keys, add_list_keys, add_verdict_keys

COLOURS: Final = {"dark": mark("Dark colours"), "light": mark("Light colours")}


class Workplace(QWidget):
    """One session, from signing in to its end."""

    signed_out = pyqtSignal(str)
    """The session has ended, and why."""
    leaving = pyqtSignal(str)
    """The reader wants to sign out."""
    palette_wanted = pyqtSignal(str)
    lock_wanted = pyqtSignal()

    def __init__(
        self,
        client: NodeClient,
        session: Session,
        background: Background,
        palette: Palette,
        settings: QSettings,
        *,
        drafts_folder: Path,
    ) -> None:
        super().__init__()
        self.session = session
        self._settings = settings
        self._background = background
        self._client = client
        self._feed = ChangeFeed(client)
        self._introduced: Task | None = None
        self._following: Task | None = None
        views = ViewsFile(drafts_folder, client.url, session.user.name)
        self.worklist = WorklistView(client, background, palette, views)
        self.review = ReviewPanel(client, background, session.user, drafts_folder)
        self.images = Images(client)
        self.administration = AdminWindow(client, background, palette, session.user, settings)
        self.files = OwnFiles(client, background, self)
        self.keys = KeyMap(self)
        self.setAcceptDrops(True)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self.link = label(tr("… connecting"), "quiet")
        self.counts = label("", "heading")
        self.announcer = Announcer(client, background, settings, self)
        self._build(client.url)
        self.worklist.counted.connect(self.counts.setText)
        self.worklist.signed_out.connect(self.signed_out)
        self.files.arrived.connect(self.worklist.something_changed)
        self.files.signed_out.connect(self.signed_out)
        self.announcer.wanted.connect(self._open_critical)
        self.worklist.opened.connect(self.review.open)
        self.review.shown.connect(self.images.show_reading)
        self.missed = MissedFindings(self.images, self.review)
        self.review.shown.connect(self._seen)
        self.review.looked_at.connect(self.images.jump_to_level)
        self.images.signed_out.connect(self.signed_out)
        self.administration.signed_out.connect(self.signed_out)
        self.administration.worklist_wanted.connect(self._search_for)
        self.review.changed.connect(self.worklist.something_changed)
        self.review.signed.connect(self._go_on_after)
        self.review.signed_out.connect(self.signed_out)
        add_list_keys(self.keys, self.worklist)
        add_verdict_keys(self.keys, self.review, self.missed, self.skip)
        add_image_keys(self.keys)
        for key, does, act in self._window_actions():
            self.keys.add(tr("Window"), key, does, act)
        self.keys.add(tr("Window"), "F1", tr("All keys"), self.keys.show)

    def start(self) -> None:
        """Show the list, and follow the node."""
        self.worklist.start()
        self._introduced = self._background.run(
            lambda: own_entity(self._client),
            lambda own: self.worklist.set_node(own.ae_title, own.host, own.dicom_port),
            lambda _: None,  # the list says that the node is away
        )
        self._following = self._background.follow(
            self._feed.run, self._told, lambda _: None, lambda error: self.link.setText(str(error))
        )

    def stop(self) -> None:
        """Follow no longer."""
        for task in (self._introduced, self._following):
            if task is not None:
                task.cancel()
        self._feed.stop()
        self.administration.stop()
        self.announcer.stop()
        self.worklist.stop()
        self.review.clear()
        self._background.run(self.images.stop(), lambda _: None, lambda _: None)
        for name, each in (("split", self._split), ("right", self._right)):
            self._settings.setValue(name, each.saveState())

    def use_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.worklist.model.set_palette(palette)
        self.worklist.table.set_palette(palette)
        self.administration.use_palette(palette)

    # -- what the node says ----------------------------------------------------------------

    def _told(self, news: Change | LinkChange) -> None:
        if isinstance(news, LinkChange):
            self._link_is(news)
            return
        self.worklist.series_changed(news.series_uid)
        self.review.node_says(news)
        self.administration.node_changed()
        self.announcer.node_says(news)

    def _link_is(self, news: LinkChange) -> None:
        if news.link is Link.SIGNED_OUT:
            self.signed_out.emit(news.why)
        elif news.link is Link.LIVE:
            self.link.setText(tr("● live"))
            set_role(self.link, "machine")
            self.worklist.set_offline("")
        else:
            self.link.setText(tr("◌ offline"))
            set_role(self.link, "caution")
            self.worklist.set_offline(news.why)

    def _go_on_after(self, series_uid: str) -> None:
        """The next unread study, or the news that there is none."""
        following = self.worklist.next_after(series_uid)
        self.worklist.something_changed()
        if following is None or following.series_uid == series_uid:
            self.review.clear()
            self.review.card.show_state(tr("Signed"), tr("No unread study is left in this list."))
            self.images.clear()
            return
        self._open(following)

    def _open(self, row: SeriesRow) -> None:
        self.worklist.select(row.series_uid)
        self.review.open(row)

    @property
    def left_open(self) -> tuple[str, str, str] | None:
        """(node, reader, SeriesInstanceUID) of the study that is open."""
        detail = self.review.detail
        if detail is None:
            return None
        return self._client.url, self.session.user.name, detail.row.series_uid

    def go_on_with(self, series_uid: str) -> None:
        """Open it again, if it is still there: its draft comes back with it."""

        def found(rows: Sequence[SeriesRow]) -> None:
            for row in rows:
                self.worklist.select_when_there(row.series_uid)
                self.review.open(row)

        self._background.run(
            lambda: self._client.worklist(WorklistQuery("all"), None, [series_uid]).rows,
            found,
            lambda _: None,  # the list says why
        )

    def skip(self) -> None:
        """The next unread study, without signing this one."""
        current = self.worklist.current()
        following = self.worklist.next_after(current.series_uid) if current else None
        if following is not None:
            self._open(following)

    def _seen(self, detail: SeriesDetail) -> None:
        self.announcer.seen(detail.row.series_uid)

    def _open_critical(self, row: SeriesRow) -> None:
        """It may be outside of what is searched or filtered: its tab is shown, with all of it."""
        self.worklist.show_query(WorklistQuery("critical"))
        self.worklist.select_when_there(row.series_uid)
        self.review.open(row)

    def _search_for(self, text: str) -> None:
        self.worklist.show_query(WorklistQuery("all", text))
        self.activateWindow()

    # -- looks and keys --------------------------------------------------------------------

    def _build(self, url: str) -> None:
        bar = QFrame()
        bar.setProperty("role", "panel")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(14)
        row.addWidget(label("cspine", "heading"))
        row.addWidget(self.link)
        row.addWidget(label(url.partition("//")[2], "quiet"))
        row.addStretch()
        row.addWidget(self.counts)
        row.addStretch()
        row.addWidget(label(tr("research use only"), "caution"))
        self._menu_button = QPushButton(
            person(self.session.user.display_name or self.session.user.name)
        )
        self._menu_button.setMenu(self._menu())
        row.addWidget(self._menu_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(bar)
        layout.addWidget(self.announcer.banner)
        self._right.addWidget(self.images)
        self._right.addWidget(self.review)
        self._right.setSizes([460, 340])
        self._split.addWidget(self.worklist)
        self._split.addWidget(self._right)
        self._split.setSizes([800, 640])
        for name, each in (("split", self._split), ("right", self._right)):
            each.setChildrenCollapsible(False)
            state = self._settings.value(name)
            if state is not None:
                each.restoreState(state)
        layout.addWidget(self._split, 1)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for name in PALETTES:
            _add(menu, tr(COLOURS[name]), partial(self.palette_wanted.emit, name))
        menu.addSeparator()
        for key, does, act in self._window_actions():
            _add(menu, f"{does}\t{key_name(key)}", act)
        sound = _add(menu, tr("Sound for a new finding"), lambda: None)
        sound.setCheckable(True)
        sound.setChecked(self.announcer.may_be_heard())
        sound.toggled.connect(self.announcer.set_heard)
        _add(menu, tr("About"), self._about)
        _add(menu, tr("Sign out"), lambda: self.leaving.emit(""))
        return menu

    def _window_actions(self) -> Sequence[tuple[str, str, Callable[[], None]]]:
        """(key, what it does, act): in the menu, too."""
        return (
            (KEY, tr("Open the new finding"), self.announcer.open),
            ("Ctrl+O", tr("Open files …"), self.files.choose_files),
            ("Ctrl+Shift+O", tr("Open a folder …"), self.files.choose_folder),
            ("Ctrl+Shift+A", tr("Administration …"), self.administration.open),
            ("?", tr("All keys"), self.keys.show),
            ("Ctrl+Shift+L", tr("Lock"), self.lock_wanted.emit),
        )

    # -- own files -------------------------------------------------------------------------

    def dragEnterEvent(self, a0: QDragEnterEvent | None) -> None:
        """Files and folders of this computer are welcome."""
        if a0 is not None and local_paths(a0.mimeData()):
            a0.acceptProposedAction()

    def dropEvent(self, a0: QDropEvent | None) -> None:
        """Send what was dropped."""
        if a0 is not None and (paths := local_paths(a0.mimeData())):
            a0.acceptProposedAction()
            self.files.send(paths)

    def _about(self) -> None:
        detail = self.review.detail
        AboutDialog(self._client.url, detail.model if detail else None, self).open()


def _add(menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
    entry = menu.addAction(text)
    assert entry is not None
    entry.triggered.connect(lambda _checked: act())
    return entry
