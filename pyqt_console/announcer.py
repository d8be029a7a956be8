"""A new study with a finding of the machine: said once, also to who looks elsewhere.

On the desktop no patient is named: a notification shows on locked screens, is kept by the desktop's
own history, and may be mirrored to other devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from PyQt6.QtCore import QObject, QRectF, QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import tr, tr_n
from pyqt_console.query import WorklistQuery
from pyqt_console.records import Change, SeriesRow
from pyqt_console.theme import DARK
from pyqt_console.widgets import Banner

KEY: Final = "G"
SOUND: Final = "sound"
"""Of the settings: whether a new finding may be heard."""
ICON_PX: Final = 64
READ_STATE: Final = "analysed"
"""The step at which a reading is new; later ones of the same reading are no news."""


class Desktop(Protocol):
    """Where a notification is shown outside of the window."""

    def tell(self, title: str, text: str) -> None:
        """Show it, where that can be."""

    def close(self) -> None:
        """Nothing more is shown."""


class TrayDesktop(QObject):
    """The system tray, where the desktop has one; a click on the notification is ``clicked``."""

    clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._icon: QSystemTrayIcon | None = None

    def tell(self, title: str, text: str) -> None:
        """As the desktop shows such things; without a tray nothing happens."""
        if self._icon is None and QSystemTrayIcon.isSystemTrayAvailable():
            self._icon = QSystemTrayIcon(program_icon(), self)
            self._icon.messageClicked.connect(self.clicked)
            self._icon.activated.connect(lambda _: self.clicked.emit())
            self._icon.show()
        if self._icon is not None:
            self._icon.showMessage(title, text, QSystemTrayIcon.MessageIcon.Warning)

    def close(self) -> None:
        """The icon goes away."""
        if self._icon is not None:
            self._icon.hide()
            self._icon = None


class Announcer(QObject):
    """Decides what is news. Emits ``wanted`` with the SeriesRow that the reader wants to open."""

    wanted = pyqtSignal(object)

    def __init__(
        self, client: NodeClient, background: Background, settings: QSettings, window: QWidget
    ) -> None:
        """``window``: a widget of the window that asks for attention."""
        super().__init__()
        self.banner = Banner("alarm-banner")
        tray = TrayDesktop()
        tray.clicked.connect(self.open)
        self.desktop: Desktop = tray
        self._client = client
        self._background = background
        self._settings = settings
        self._window = window
        self._announced: set[str] = set()
        """StudyInstanceUIDs."""
        self._unseen: dict[str, SeriesRow] = {}
        self.banner.button.clicked.connect(self.open)

    def node_says(self, change: Change) -> None:
        """A step of a series; whether it is news, the list of unread findings knows."""
        if change.outcome == "positive" and change.state == READ_STATE != change.was:
            uid = change.series_uid
            self._background.run(
                lambda: self._client.worklist(WorklistQuery("critical"), None, [uid]).rows,
                self._found,
                lambda _: None,  # the list says that the node is away
            )

    def seen(self, series_uid: str) -> None:
        """The reader has it open."""
        if self._unseen.pop(series_uid, None) is not None:
            self._say()

    def open(self) -> None:
        """The most urgent of those that were not seen."""
        if not self._unseen:
            return
        row = min(self._unseen.values(), key=WorklistQuery().place)
        self.seen(row.series_uid)
        window = self._window.window()
        if window is not None:
            window.show()
            window.raise_()
            window.activateWindow()
        self.wanted.emit(row)

    def stop(self) -> None:
        """Nothing is announced any more."""
        self._unseen.clear()
        self.banner.say("")
        self.desktop.close()

    def may_be_heard(self) -> bool:
        """Whether the reader wants a sound; off unless switched on."""
        return str(self._settings.value(SOUND, "false")).lower() == "true"

    def set_heard(self, heard: bool) -> None:
        """From now on."""
        self._settings.setValue(SOUND, "true" if heard else "false")

    def _found(self, rows: Sequence[SeriesRow]) -> None:
        for row in rows:
            if row.study_uid not in self._announced:
                self._announced.add(row.study_uid)
                self._unseen[row.series_uid] = row
                self._call()
        self._say()

    def _call(self) -> None:
        window = self._window.window()
        if window is not None and not window.isActiveWindow():
            QApplication.alert(window)
            self.desktop.tell(
                tr("A new study has a finding of the machine"),
                tr("Open the console to see which. Research use only."),
            )
        if self.may_be_heard():
            QApplication.beep()

    def _say(self) -> None:
        count = len(self._unseen)
        words = tr_n(
            "▲ A new study has a finding of the machine.",
            "▲ %n new studies have a finding of the machine.",
            count,
        )
        self.banner.say(
            words if count else "", tr("Open  ({key})").format(key=KEY), role="alarm-banner"
        )


def program_icon() -> QIcon:
    """The sign of a finding on dark ground."""
    picture = QPixmap(ICON_PX, ICON_PX)
    picture.fill(QColor(DARK.window))
    painter = QPainter(picture)
    font = painter.font()
    font.setPixelSize(ICON_PX * 3 // 4)
    painter.setFont(font)
    painter.setPen(QColor(DARK.alarm))
    painter.drawText(QRectF(picture.rect()), int(Qt.AlignmentFlag.AlignCenter), "▲")
    painter.end()
    return QIcon(picture)
