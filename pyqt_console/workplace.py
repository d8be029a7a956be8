"""What a signed-in reader works with: the list, and how the console stands to the node."""

from __future__ import annotations

from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.events import ChangeFeed, Link, LinkChange
from pyqt_console.records import Change, Session
from pyqt_console.theme import PALETTES, Palette
from pyqt_console.widgets import Banner, label, set_role
from pyqt_console.wording import person
from pyqt_console.worklist.view import TABS, WorklistView


class Workplace(QWidget):
    """One session, from signing in to its end."""

    signed_out = pyqtSignal(str)
    """The session has ended, and why."""
    leaving = pyqtSignal(str)
    """The reader wants to sign out."""
    palette_wanted = pyqtSignal(str)

    def __init__(
        self,
        client: NodeClient,
        session: Session,
        background: Background,
        palette: Palette,
        settings: QSettings,
    ) -> None:
        super().__init__()
        self.session = session
        self._settings = settings
        self._background = background
        self._feed = ChangeFeed(client)
        self._following: Task | None = None
        self._announced: set[str] = set()
        self.worklist = WorklistView(client, background, palette)
        self.link = label("… connecting", "quiet")
        self.counts = label("", "heading")
        self.alarm = Banner("alarm")
        self._build(client.url)
        self.worklist.counted.connect(self.counts.setText)
        self.worklist.signed_out.connect(self.signed_out)
        self.alarm.button.clicked.connect(self._show_critical)
        self._keys()

    def start(self) -> None:
        """Show the list, and follow the node."""
        self.worklist.start()
        self._following = self._background.follow(
            self._feed.run, self._told, lambda _: None, lambda error: self.link.setText(str(error))
        )

    def stop(self) -> None:
        """Follow no longer."""
        if self._following is not None:
            self._following.cancel()
        self._feed.stop()
        self.worklist.stop()

    def use_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.worklist.model.set_palette(palette)
        self.worklist.table.set_palette(palette)

    # -- what the node says ----------------------------------------------------------------

    def _told(self, news: Change | LinkChange) -> None:
        if isinstance(news, LinkChange):
            self._link_is(news)
            return
        self.worklist.something_changed()
        if news.outcome == "positive" and news.series_uid not in self._announced:
            self._announced.add(news.series_uid)
            self.alarm.say("▲ A new study has a finding of the machine.", "Show", role="alarm")

    def _link_is(self, news: LinkChange) -> None:
        if news.link is Link.SIGNED_OUT:
            self.signed_out.emit(news.why)
        elif news.link is Link.LIVE:
            self.link.setText("● live")
            set_role(self.link, "machine")
            self.worklist.set_offline("")
        else:
            self.link.setText("◌ offline")
            set_role(self.link, "caution")
            self.worklist.set_offline(news.why)

    def _show_critical(self) -> None:
        self.alarm.say("")
        self.worklist.show_tab("critical")

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
        row.addWidget(label("research use only", "caution"))
        self._menu_button = QPushButton(
            person(self.session.user.display_name or self.session.user.name)
        )
        self._menu_button.setMenu(self._menu())
        row.addWidget(self._menu_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(bar)
        layout.addWidget(self.alarm)
        layout.addWidget(self.worklist, 1)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for name in PALETTES:
            menu.addAction(f"{name.title()} colours").triggered.connect(  # type: ignore[union-attr]
                lambda _, name=name: self.palette_wanted.emit(name)
            )
        menu.addSeparator()
        leave = menu.addAction("Sign out")
        assert leave is not None
        leave.triggered.connect(lambda: self.leaving.emit(""))
        return menu

    def _keys(self) -> None:
        for number, (tab, _, _) in enumerate(TABS, start=1):
            self._key(f"Ctrl+{number}", lambda tab=tab: self.worklist.show_tab(tab))
        self._key("F5", self.worklist.refresh_now)
        self._key(
            "Ctrl+F",
            lambda: self.worklist.search.setFocus(Qt.FocusReason.ShortcutFocusReason),
        )

    def _key(self, keys: str, act: object) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(act)  # type: ignore[arg-type]
