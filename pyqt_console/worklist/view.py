"""The worklist as a reader sees it: tabs with counts, search, the table, and its other states."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from PyQt6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.background import Background
from pyqt_console.client import NodeClient, WorklistQuery
from pyqt_console.errors import ConsoleError, RefusedError, SignedOutError
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.records import Counts, SeriesRow
from pyqt_console.theme import Palette
from pyqt_console.widgets import Banner, StateCard, label
from pyqt_console.wording import clock, header
from pyqt_console.worklist.loader import Loaded, WorklistLoader
from pyqt_console.worklist.model import ROW, WorklistModel
from pyqt_console.worklist.table import WorklistTable

TABS: Final = (
    ("unread", mark("Unread"), mark("Nothing is unread. New studies appear here by themselves.")),
    ("critical", mark("Critical"), mark("No unread study has a finding of the machine.")),
    ("mine", mark("Mine"), mark("You have taken no unread study. Open one, and take it.")),
    (
        "not_analysed",
        mark("Not analysed"),
        mark("Every unread study was analysed, or still waits for it."),
    ),
    (
        "all",
        mark("All"),
        mark("No study came yet. Send one from the PACS, or drag a folder into this window."),
    ),
)
"""(tab, title, what to say where it is empty)."""
HAND_S: Final = 4.0
"""So long after the reader's last touch of the list no row moves."""
SEARCH_MS: Final = 250
REFRESH_MS: Final = 400
TICK_MS: Final = 1000

TOUCHES: Final = frozenset(
    {
        *(QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel),
        *(QEvent.Type.KeyPress, QEvent.Type.ContextMenu),
    }
)


def _at(milliseconds: int, call: Callable[[], None], parent: QObject) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer


class WorklistView(QWidget):
    """Emits ``opened`` with the SeriesRow that the reader wants to see."""

    opened = pyqtSignal(object)
    counted = pyqtSignal(str)
    """The header's words."""
    signed_out = pyqtSignal(str)

    def __init__(
        self,
        client: NodeClient,
        background: Background,
        palette: Palette,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.model = WorklistModel(palette)
        self.loader = WorklistLoader(client, background)
        self.table = WorklistTable(self.model, palette)
        self.card = StateCard()
        self.banner = Banner()
        self.search = QLineEdit()
        self.tabs: dict[str, QPushButton] = {}
        self._monotonic_s = monotonic_s
        self._touched_s = -HAND_S
        self._held: Loaded | None = None
        self._as_of: datetime | None = None
        self._stack = QStackedWidget()
        self._searching = _at(SEARCH_MS, self._query_changed, self)
        self._refreshing = _at(REFRESH_MS, self.loader.refresh, self)
        self._tick = QTimer(self)
        self._build()
        self._connect()

    # -- what others ask for ---------------------------------------------------------------

    def start(self) -> None:
        """Show the list of unread studies."""
        self._tick.start(TICK_MS)
        self.loader.show(WorklistQuery())

    def stop(self) -> None:
        """Nothing further is fetched."""
        self._tick.stop()
        self._refreshing.stop()
        self.loader.cancel()

    def something_changed(self) -> None:
        """Fetch the list anew, soon; many changes at once are one."""
        self._refreshing.start()

    def refresh_now(self) -> None:
        """The reader wants to see what is new: rows may move."""
        self._touched_s = -HAND_S
        if self._held is not None:
            self._apply_held()
        self.loader.refresh()

    def set_offline(self, why: str) -> None:
        """Say that what is shown may be old; an empty ``why``: the node is there again."""
        if why:
            words = tr("{why} Trying again …")
            if self._as_of is not None:
                words = tr("{why} Trying again … This is as of {time}.")
            time_ = clock(self._as_of) if self._as_of else ""
            self.banner.say(words.format(why=why, time=time_), tr("Try now"))
        else:
            self.banner.say("")
            self.something_changed()

    def current(self) -> SeriesRow | None:
        """The row with the cursor."""
        row: SeriesRow | None = self.table.currentIndex().data(ROW)
        return row

    def select(self, series_uid: str) -> None:
        """Put the cursor there, if it is in the list."""
        number = self.model.row_of(series_uid)
        if number is not None:
            self.table.selectRow(number)

    def next_after(self, series_uid: str) -> SeriesRow | None:
        """The unread row that is to be read after this one: the next below, else the first."""
        rows = self.model.rows
        here = self.model.row_of(series_uid)
        start = 0 if here is None else here + 1
        order = [*rows[start:], *rows[: max(start - 1, 0)]]
        return next((each for each in order if each.read_utc is None), None)

    def show_tab(self, tab: str) -> None:
        """As if its button were pressed."""
        self.tabs[tab].setChecked(True)
        self._query_changed()

    # -- what the node says ----------------------------------------------------------------

    def _began(self) -> None:
        self._held = None
        self.card.show_state(tr("Loading …"), tr("The worklist is on its way."))
        self._stack.setCurrentWidget(self.card)

    def _first(self, loaded: Loaded) -> None:
        self.model.replace(loaded.rows, has_more=loaded.has_more)
        self._counts(loaded.counts)
        self._show_rows()
        if self.model.rowCount():
            self.table.selectRow(0)
            if not self.search.hasFocus():
                self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _appended(self, loaded: Loaded) -> None:
        if self._held is not None:  # what is held is no longer as long as what is shown
            self._held = None
            self.something_changed()
        self.model.append(loaded.rows, has_more=loaded.has_more)

    def _refreshed(self, loaded: Loaded) -> None:
        self._counts(loaded.counts)
        unseen = self.model.update_in_place(loaded.rows)
        self._held = loaded
        if self._hand_is_away():
            self._apply_held()
        elif unseen:
            words = tr_n("%n more study is there.", "%n more studies are there.", unseen)
            self.banner.say(words, tr("Show (F5)"))

    def _apply_held(self) -> None:
        assert self._held is not None, "asked for only where something is held"
        loaded, self._held = self._held, None
        with self.table.nothing_jumps():
            self.model.merge(loaded.rows, has_more=loaded.has_more)
        self.banner.say("")
        self._show_rows()
        if self.model.rowCount() and not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def _failed(self, error: ConsoleError) -> None:
        if isinstance(error, SignedOutError):
            self.signed_out.emit(str(error))
        elif self._stack.currentWidget() is self.table:
            self.set_offline(str(error))
        elif isinstance(error, RefusedError):
            who = tr("Radiologists, administrators and services may read the worklist.")
            self.card.show_state(tr("Not for you"), f"{error} {who}", id_=error.id)
        else:
            self.card.show_error(tr("The worklist did not come"), error)

    def _counts(self, counts: Counts) -> None:
        self._as_of = datetime.now(UTC)
        for tab, title, _ in TABS:
            self.tabs[tab].setText(f"{tr(title)} {counts.of_tab[tab]}")
        self.counted.emit(header(counts, self._as_of))

    def _show_rows(self) -> None:
        if self.model.rowCount():
            self._stack.setCurrentWidget(self.table)
            return
        query = self.loader.query
        if query.search:
            self.card.show_state(
                tr("Nothing found"),
                tr("No study in this tab matches “{text}”.").format(text=query.search),
            )
        else:
            words = next(empty for tab, _, empty in TABS if tab == query.tab)
            self.card.show_state(tr("Empty"), tr(words))
        self._stack.setCurrentWidget(self.card)

    # -- what the reader does --------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """See when the reader's hand is on the list."""
        if event is not None and event.type() in TOUCHES:
            self._touched_s = self._monotonic_s()
        return super().eventFilter(watched, event)

    def _hand_is_away(self) -> bool:
        return self._monotonic_s() - self._touched_s >= HAND_S

    def _ticked(self) -> None:
        if self._held is not None and self._hand_is_away():
            self._apply_held()
        viewport = self.table.viewport()
        if viewport is not None:
            viewport.update()  # waiting times

    def _query_changed(self) -> None:
        self._searching.stop()
        tab = next(tab for tab, button in self.tabs.items() if button.isChecked())
        self.loader.show(WorklistQuery(tab, self.search.text()))

    def _pressed(self) -> None:
        self.loader.refresh()

    def _open(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if row is not None:
            self.opened.emit(row)

    def _leave_search(self) -> None:
        self.search.clear()
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _connect(self) -> None:
        loader = self.loader
        loader.began.connect(self._began)
        loader.first.connect(self._first)
        loader.appended.connect(self._appended)
        loader.refreshed.connect(self._refreshed)
        loader.failed.connect(self._failed)
        self.model.more_wanted.connect(loader.more)
        self.table.activated.connect(self._open)
        self.table.clicked.connect(self._open)
        self.card.button.clicked.connect(self._pressed)
        self.banner.button.clicked.connect(self.refresh_now)
        self.search.textChanged.connect(lambda _: self._searching.start())
        self.search.returnPressed.connect(self._query_changed)
        self._tick.timeout.connect(self._ticked)
        self.table.installEventFilter(self)
        viewport = self.table.viewport()
        assert viewport is not None
        viewport.setMouseTracking(True)
        viewport.installEventFilter(self)

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 0)
        bar.setSpacing(2)
        group = QButtonGroup(self)
        for number, (tab, title, _) in enumerate(TABS, start=1):
            button = QPushButton(tr(title))
            button.setCheckable(True)
            button.setProperty("role", "tab")
            button.setToolTip(f"Ctrl+{number}")
            button.clicked.connect(self._query_changed)
            group.addButton(button)
            self.tabs[tab] = button
            bar.addWidget(button)
        self.tabs["unread"].setChecked(True)
        bar.addStretch()
        self.search.setPlaceholderText(tr("Search  (Ctrl+F)"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(210)
        self.search.setAccessibleName(tr("Search the worklist"))
        bar.addWidget(self.search)
        self._stack.addWidget(self.card)
        self._stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(bar)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        layout.addWidget(label(tr("  ◇ a machine's number – research use only"), "machine"))
