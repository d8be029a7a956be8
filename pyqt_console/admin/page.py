"""What every page of the administration has: its states, and the ways to read and to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from PyQt6.QtCore import QSettings, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import (
    AnswerError,
    ConsoleError,
    OfflineError,
    RefusedError,
    SignedOutError,
)
from pyqt_console.i18n import tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import Banner, StateCard, label
from pyqt_console.wording import clock

T = TypeVar("T")

SOON_MS: Final = 500
"""Several changes at once are read as one."""
AGAIN_MS: Final = 3000
"""So long after the node could not be reached it is asked again."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one page; ``does`` is translated already, and shown on ``?``."""

    key: str
    does: str
    act: Callable[[], None]


class AdminPage(QWidget):
    """Shows ``content`` once something was read; until then, and where nothing is, ``card``.

    A page builds its widgets into ``content``, has ``refresh`` read by ``load``, and changes
    things by ``change``. Both run off the windows' thread; what comes back comes in it.
    """

    signed_out = pyqtSignal(str)
    page_wanted = pyqtSignal(str, object)
    """Another page by its name, and what it is to do there (``take``)."""
    worklist_wanted = pyqtSignal(str)
    """The worklist, searched for this text."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__()
        self.client = client
        self.background = background
        self.palette_in_use = palette
        self.user = user
        self.content = QWidget()
        self.card = StateCard()
        self.banner = Banner()
        self.title = label(role="title")
        self.bar = QHBoxLayout()
        """Buttons of the page, right of its title."""
        self.as_of: datetime | None = None
        self._id = ""
        self._is_stale = False
        self._loading: Task | None = None
        self._again = False
        self._stack = QStackedWidget()
        self._stack.addWidget(self.card)
        self._stack.addWidget(self.content)
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(AGAIN_MS)
        self._retry.timeout.connect(self.refresh)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self._polling = QTimer(self)
        self._polling.timeout.connect(self.refresh)
        self.copy_id = QPushButton(tr("Copy the id"))
        self.copy_id.clicked.connect(self._copy)
        self._frame()

    # -- what a page does ------------------------------------------------------------------

    def refresh(self) -> None:
        """Read anew what is shown."""
        raise NotImplementedError

    def take(self, request: object) -> None:
        """Another page sent the user here to do this."""

    def remember_in(self, settings: QSettings) -> None:
        """Where a page may keep what outlives the session; nothing of patients."""

    def node_changed(self) -> None:
        """A series made a step; a page that shows series reads them anew."""

    def page_keys(self) -> Sequence[Key]:
        """What holds only while the page is in sight."""
        return ()

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        self.palette_in_use = palette

    def stop(self) -> None:
        """The session ends: nothing further is asked for."""
        self._retry.stop()
        self._soon.stop()
        self._polling.stop()
        if self._loading is not None:
            self._loading.cancel()

    # -- what a page uses ------------------------------------------------------------------

    @property
    def is_admin(self) -> bool:
        """Whether this user may change things."""
        return self.user.role == "admin"

    def poll(self, every_ms: int) -> None:
        """Refresh so often while the page is in sight; 0: no longer."""
        self._polling.stop()
        self._polling.setInterval(every_ms)
        if every_ms and self.isVisible():
            self._polling.start()

    def refresh_soon(self) -> None:
        """Something changed at the node: read anew in a moment, if the page is in sight."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def load(self, read: Callable[[], T], show: Callable[[T], None]) -> None:
        """Have ``read`` done elsewhere, and ``show`` what it brought.

        Asked for while one is under way, it is done once more after that.
        """
        if self._loading is not None:
            self._again = True
            return
        if self.as_of is None:
            self.card.show_state(tr("Loading …"), tr("It is on its way."))
            self._stack.setCurrentWidget(self.card)

        def came(found: T) -> None:
            self._loading = None
            self.as_of = datetime.now(UTC)
            self._fresh()
            self._stack.setCurrentWidget(self.content)
            show(found)
            if self._again:
                self._again = False
                self.refresh()

        self._loading = self.background.run(read, came, self._not_loaded)

    def change(
        self,
        act: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ConsoleError], bool] | None = None,
    ) -> Task:
        """Have ``act`` done elsewhere. ``failed`` returns whether it has told the failure."""

        def broke(error: ConsoleError) -> None:
            if isinstance(error, SignedOutError):
                self.signed_out.emit(str(error))
            elif failed is None or not failed(error):
                self.tell(error)

        return self.background.run(act, done, broke)

    def show_empty(self, title: str, text: str, button: str = "") -> None:
        """There is nothing yet: say what to do first. The button is ``card.button``."""
        self.card.show_state(title, text, button=button)
        self._stack.setCurrentWidget(self.card)

    def tell(self, error: ConsoleError) -> None:
        """What did not work, over the page, with the id of the node's log to copy."""
        id_ = error.id if isinstance(error, AnswerError) else ""
        self._say(str(error), id_=id_, role="alarm-banner")

    def say(self, text: str) -> None:
        """Something that was done, over the page."""
        self._say(text)

    # -- inside ----------------------------------------------------------------------------

    def _not_loaded(self, error: ConsoleError) -> None:
        self._loading, self._again = None, False
        if isinstance(error, SignedOutError):
            self.signed_out.emit(str(error))
            return
        if isinstance(error, OfflineError):
            self._retry.start()
        if self.as_of is not None:
            id_ = error.id if isinstance(error, AnswerError) else ""
            self._is_stale = True
            words = tr("{problem} This is as of {time}.")
            if isinstance(error, OfflineError):
                words = tr("{problem} Trying again … This is as of {time}.")
            self._say(words.format(problem=error, time=clock(self.as_of)), id_=id_)
        elif isinstance(error, RefusedError):
            self.card.show_state(tr("Not for you"), str(error), id_=error.id)
        elif isinstance(error, OfflineError):
            words = tr("{problem} Trying again …").format(problem=error)
            self.card.show_state(tr("Offline"), words, button=tr("Try now"))
        else:
            self.card.show_error(tr("It did not come"), error)

    def _say(self, text: str, *, id_: str = "", role: str = "banner") -> None:
        self._id = id_
        self.banner.say(text, tr("Dismiss"), role=role)
        self.copy_id.setVisible(bool(id_))

    def _fresh(self) -> None:
        if self._is_stale:
            self._is_stale = False
            self.banner.say("")

    def _copy(self) -> None:
        board = QApplication.clipboard()
        if board is not None:
            board.setText(self._id)

    def _card_pressed(self) -> None:
        if self.as_of is None:
            self._retry.stop()
            self.refresh()

    def _frame(self) -> None:
        self.card.button.clicked.connect(self._card_pressed)
        self.banner.button.clicked.connect(lambda: self.banner.say(""))
        self.copy_id.hide()
        inside = self.banner.layout()
        assert inside is not None
        inside.addWidget(self.copy_id)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch()
        head.addLayout(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)

    def showEvent(self, a0: QShowEvent | None) -> None:
        """In sight: what is polled is polled."""
        super().showEvent(a0)
        if self._polling.interval():
            self._polling.start()

    def hideEvent(self, a0: QHideEvent | None) -> None:
        """Out of sight: nothing is asked for."""
        super().hideEvent(a0)
        self._polling.stop()
