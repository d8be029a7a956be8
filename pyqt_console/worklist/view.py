"""The worklist as a reader sees it: the bar, the table, and its other states."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from PyQt6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QLineEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError, RefusedError, SignedOutError
from pyqt_console.i18n import tr, tr_n
from pyqt_console.query import Place, WorklistQuery
from pyqt_console.records import Counts, SeriesRow
from pyqt_console.theme import Palette
from pyqt_console.widgets import Banner, StateCard, label
from pyqt_console.wording import header
from pyqt_console.worklist.bar import WorklistBar, at_last
from pyqt_console.worklist.loader import Loaded, News, WorklistLoader
from pyqt_console.worklist.model import BEGINNING, ROW, WorklistModel
from pyqt_console.worklist.table import WorklistTable
from pyqt_console.worklist.tabs import empty_words, first_words, offline_words
from pyqt_console.worklist.views import SavedView, ViewsFile
from pyqt_console.worklist.views_menu import ViewsButton

HAND_S: Final = 4.0
"""So long after the reader's last touch of the list no row moves."""
REFRESH_MS: Final = 400
TICK_MS: Final = 1000

TOUCHES: Final = frozenset(
    {
        *(QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel),
        *(QEvent.Type.KeyPress, QEvent.Type.ContextMenu),
    }
)


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
        views: ViewsFile,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.model = WorklistModel(palette)
        self.loader = WorklistLoader(client, background, self._looked_at)
        self.table = WorklistTable(self.model, palette)
        self.views = ViewsButton(views, self.table.columns, lambda: self.bar.query)
        self.bar = WorklistBar(self.views)
        self.card = StateCard()
        self.banner = Banner()
        self._monotonic_s = monotonic_s
        self._touched_s = -HAND_S
        self._held: list[News] = []
        self._to_come: set[str] = set()
        self._changed: set[str] = set()
        self._wanted = ""
        self.is_new = False
        """Whether the node has no study at all."""
        self.node: tuple[str, str, int] | None = None
        """Its AE title, host and DICOM port, once known: what a PACS must be told."""
        self._as_of: datetime | None = None
        self._stack = QStackedWidget()
        self._asking = at_last(REFRESH_MS, self._ask, self)
        self._refreshing = at_last(REFRESH_MS, self.loader.refresh, self)
        self._tick = QTimer(self)
        self._build()
        self._connect()
        self.table.lay_out(views.kept.columns)

    @property
    def search(self) -> QLineEdit:
        """Where words are typed."""
        return self.bar.search

    @property
    def tabs(self) -> dict[str, QPushButton]:
        """Their buttons."""
        return self.bar.tabs

    # -- what others ask for ---------------------------------------------------------------

    def start(self) -> None:
        """Show the list of unread studies."""
        self._tick.start(TICK_MS)
        self.loader.show(self.bar.query)

    def stop(self) -> None:
        """Nothing further is fetched; how the columns are laid out is kept."""
        self._tick.stop()
        for each in (self._asking, self._refreshing):
            each.stop()
        self.views.remember()
        self.loader.cancel()

    def set_node(self, ae_title: str, host: str, port: int) -> None:
        """What an empty list tells to do first."""
        self.node = (ae_title, host, port)
        if self.is_new and self._stack.currentWidget() is self.card:
            self._show_rows()

    def something_changed(self) -> None:
        """Fetch anew what is in sight, soon; many changes at once are one."""
        self._refreshing.start()

    def series_changed(self, series_uid: str) -> None:
        """Ask what became of this one, soon."""
        self._changed.add(series_uid)
        if not self._asking.isActive():
            self._asking.start()

    def refresh_now(self) -> None:
        """The reader wants to see what is new: rows may move."""
        self._touched_s = -HAND_S
        self._apply_held()
        self.loader.refresh()

    def set_offline(self, why: str) -> None:
        """Say that what is shown may be old; an empty ``why``: the node is there again."""
        if why:
            self.banner.say(offline_words(why, self._as_of), tr("Try now"))
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

    def select_when_there(self, series_uid: str) -> None:
        """Put the cursor there, now or with the first rows of the list that is on its way."""
        self._wanted = "" if self._stack.currentWidget() is self.table else series_uid
        self.select(series_uid)

    def next_after(self, series_uid: str) -> SeriesRow | None:
        """The unread row that is to be read after this one: the next below, else the first."""
        here = self.model.row_of(series_uid)
        order = self.model.following(-1 if here is None else here)
        return next((each for each in order if each.read_utc is None), None)

    def show_tab(self, tab: str) -> None:
        """As if its button were pressed."""
        self.bar.show_tab(tab)

    def show_query(self, query: WorklistQuery) -> None:
        """Exactly this, whatever was searched or filtered."""
        self.bar.show_query(query)

    # -- what the node says ----------------------------------------------------------------

    def _began(self) -> None:
        self._held, self._to_come = [], set()
        self.card.show_state(tr("Loading …"), tr("The worklist is on its way."))
        self._stack.setCurrentWidget(self.card)

    def _first(self, loaded: Loaded) -> None:
        self.model.replace(loaded.rows, has_more=loaded.has_more, query=self.loader.query)
        self._counts(loaded.counts)
        self.bar.offer(loaded.rows)
        self._show_rows()
        wanted, self._wanted = self._wanted, ""
        if self.model.rowCount():
            self.table.selectRow(self.model.row_of(wanted) or 0)
            if not self.bar.is_in_use:
                self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _appended(self, loaded: Loaded) -> None:
        self.model.append(loaded.rows, has_more=loaded.has_more)
        self.bar.offer(loaded.rows)

    def _news(self, news: News) -> None:
        self._counts(news.counts)
        for rows in (news.found, *(each.rows for each in news.spans)):
            self._to_come |= self.model.update_in_place(rows)
        self._held.append(news)
        if self._hand_is_away():
            self._apply_held()
        elif self._to_come:
            text = tr_n("%n more study is there.", "%n more studies are there.", len(self._to_come))
            self.banner.say(text, tr("Show (F5)"))

    def _apply_held(self) -> None:
        held, self._held, self._to_come = self._held, [], set()
        if not held:
            return
        with self.table.nothing_jumps():
            for news in held:
                for span in news.spans:
                    self.model.settle_span(
                        span.after, span.rows, is_last=span.is_last, read_to=span.read_to
                    )
                self.model.settle(news.asked, news.found)
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
            words = tr("{why} Radiologists, administrators and services may read the worklist.")
            self.card.show_state(tr("Not for you"), words.format(why=error), id_=error.id)
        else:
            self.card.show_error(tr("The worklist did not come"), error)

    def _counts(self, counts: Counts) -> None:
        self._as_of = datetime.now(UTC)
        self.is_new = counts.of_tab["all"] == 0
        self.bar.set_counts(counts)
        self.counted.emit(header(counts, self._as_of))

    def _show_rows(self) -> None:
        if self.model.rowCount():
            self._stack.setCurrentWidget(self.table)
            return
        title, text, button = empty_words(self.loader.query)
        if self.is_new and self.loader.query == WorklistQuery(self.loader.query.tab):
            title, text = tr("No study came yet"), first_words(self.node)
        self.card.show_state(title, text, button=button)
        self._stack.setCurrentWidget(self.card)

    def _looked_at(self) -> Place:
        number = self.table.rowAt(0)
        return self.model.place_at(number) if number >= 0 else BEGINNING

    def _ask(self) -> None:
        changed, self._changed = self._changed, set()
        self.loader.changed(changed)

    # -- what the reader does --------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """See when the reader's hand is on the list."""
        if event is not None and event.type() in TOUCHES:
            self._touched_s = self._monotonic_s()
        return super().eventFilter(watched, event)

    def _hand_is_away(self) -> bool:
        return self._monotonic_s() - self._touched_s >= HAND_S

    def _ticked(self) -> None:
        if self._held and self._hand_is_away():
            self._apply_held()
        viewport = self.table.viewport()
        if viewport is not None:
            viewport.update()  # waiting times

    def _query_changed(self) -> None:
        self.views.tell()
        self.loader.show(self.bar.query)

    def _view_chosen(self, view: SavedView) -> None:
        self.table.lay_out(view.columns)
        self.bar.show_query(view.query)

    def _pressed(self) -> None:
        query = self.loader.query
        if query.search.strip() or query.is_narrowed:
            self.bar.show_query(WorklistQuery(query.tab))
        else:
            self.loader.refresh()

    def _open(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if row is not None:
            self.opened.emit(row)

    def focus_search(self) -> None:
        """Letters are words to search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def focus_table(self) -> None:
        """↑ ↓ move again."""
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _connect(self) -> None:
        loader = self.loader
        loader.began.connect(self._began)
        loader.first.connect(self._first)
        loader.appended.connect(self._appended)
        loader.news.connect(self._news)
        loader.failed.connect(self._failed)
        self.model.more_wanted.connect(loader.more)
        self.table.activated.connect(self._open)
        self.table.clicked.connect(self._open)
        self.table.set_columns_menu(self.views.fill_columns)
        self.card.button.clicked.connect(self._pressed)
        self.banner.button.clicked.connect(self.refresh_now)
        self.bar.changed.connect(self._query_changed)
        self.bar.left.connect(self.focus_table)
        self.views.chosen.connect(self._view_chosen)
        self.views.columns_wanted.connect(self.table.lay_out)
        self.views.problem.connect(self.banner.say)
        self._tick.timeout.connect(self._ticked)
        self.table.installEventFilter(self)
        viewport = self.table.viewport()
        assert viewport is not None
        viewport.setMouseTracking(True)
        viewport.installEventFilter(self)

    def _build(self) -> None:
        self._stack.addWidget(self.card)
        self._stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        layout.addWidget(label(tr("  ◇ a machine's number – research use only"), "machine"))
