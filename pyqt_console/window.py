"""The window: signing in, then the workplace; what ends a session brings the form back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PyQt6.QtCore import QSettings
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError, OfflineError
from pyqt_console.i18n import tr
from pyqt_console.idle import IdleWatch
from pyqt_console.login import LoginView
from pyqt_console.records import Session
from pyqt_console.theme import DARK, PALETTES, Palette, style_sheet
from pyqt_console.tokens import TokenStore
from pyqt_console.trust import Trusted
from pyqt_console.workplace import Workplace

LOCK_AFTER_S: Final = 15 * 60.0


class ConsoleWindow(QMainWindow):
    """One node, one reader at a time."""

    def __init__(
        self,
        settings: QSettings,
        tokens: TokenStore,
        drafts_folder: Path,
        *,
        ca_file: Path | None = None,
        lock_after_s: float = LOCK_AFTER_S,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._tokens = tokens
        self._drafts_folder = drafts_folder
        self._trusted = Trusted(settings, ca_file)
        self.background = Background(self)
        self.palette_in_use = PALETTES.get(str(settings.value("theme", DARK.name)), DARK)
        self.login = LoginView(self.background, self._trusted)
        self.login.signed_in.connect(self._signed_in)
        self.background.run(tokens.outlives, self.login.set_keyring, lambda _: None)
        self.workplace: Workplace | None = None
        self._client: NodeClient | None = None
        self._left_open: tuple[str, str, str] | None = None
        """(node, reader, SeriesInstanceUID) when the session ended: who comes back goes on."""
        self._stack = QStackedWidget()
        self.idle = IdleWatch(lock_after_s, self)
        self.idle.idle.connect(self.lock)
        self._stack.addWidget(self.login)
        self.setCentralWidget(self._stack)
        self.setWindowTitle(tr("cspine – research use only"))
        self.resize(1440, 900)
        geometry = settings.value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.use_palette(self.palette_in_use)

    def begin(self, address: str, name: str = "") -> None:
        """Go on with a kept session, else ask who it is."""
        self.login.start(address, name)
        token = self._tokens.load(address)
        if token is None:
            return
        try:
            client = self._trusted.client(address)
        except ConsoleError as error:
            self.login.start(address, name, str(error))
            return
        self.background.run(
            lambda: client.resume(token),
            lambda session: self._signed_in(client, session, keep=True),
            lambda error: self._not_resumed(client, name, error),
        )

    def lock(self) -> None:
        """Nothing of a patient is on the screen any more, and the session has ended."""
        self._sign_out(tr("Locked. Sign in to go on; what you drafted is kept."))

    def use_palette(self, palette: Palette) -> None:
        """Other colours, everywhere and at once."""
        self.palette_in_use = palette
        self._settings.setValue("theme", palette.name)
        program = QApplication.instance()
        assert isinstance(program, QApplication)
        program.setStyleSheet(style_sheet(palette))
        if self.workplace is not None:
            self.workplace.use_palette(palette)

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """Remember the layout; end what runs."""
        self._settings.setValue("geometry", self.saveGeometry())
        self.login.stop()
        self._leave()
        self.background.close()
        super().closeEvent(a0)

    # -- sessions --------------------------------------------------------------------------

    def _signed_in(self, client: NodeClient, session: Session, keep: bool) -> None:
        if keep:
            self._tokens.save(client.url, session.token)
        self._settings.setValue("node", client.url)
        self._client = client
        self.workplace = Workplace(
            client,
            session,
            self.background,
            self.palette_in_use,
            self._settings,
            drafts_folder=self._drafts_folder,
        )
        self.workplace.signed_out.connect(self._session_ended)
        self.workplace.leaving.connect(self._sign_out)
        self.workplace.lock_wanted.connect(self.lock)
        self.workplace.palette_wanted.connect(lambda name: self.use_palette(PALETTES[name]))
        self._stack.addWidget(self.workplace)
        self._stack.setCurrentWidget(self.workplace)
        self.workplace.start()
        left, self._left_open = self._left_open, None
        if left is not None and left[:2] == (client.url, session.user.name):
            self.workplace.go_on_with(left[2])
        self.idle.start()

    def _not_resumed(self, client: NodeClient, name: str, error: ConsoleError) -> None:
        client.close()
        if not isinstance(error, OfflineError):
            self._tokens.forget(client.url)
        self.login.start(client.url, name, str(error))

    def _session_ended(self, why: str) -> None:
        if self.workplace is None or self._client is None:
            return
        address, name = self._client.url, self.workplace.session.user.name
        self._tokens.forget(address)
        self._leave()
        self.login.start(address, name, why)

    def _sign_out(self, why: str) -> None:
        client = self._client
        if client is None:
            return
        self._client = None
        assert self.workplace is not None
        name = self.workplace.session.user.name
        self._tokens.forget(client.url)
        self._leave()
        if not why:  # signed out on purpose, not locked: done
            self._left_open = None
        self.login.start(client.url, name, why)

        def close() -> None:
            try:
                client.sign_out()
            finally:
                client.close()

        # Where the node is away, its own idle time ends the session.
        self.background.run(close, lambda _: None, lambda _: None)

    def _leave(self) -> None:
        """Back to the form: nothing of a patient stays on the screen or in memory."""
        self.idle.stop()
        if self.workplace is not None:
            self._left_open = self.workplace.left_open
            self.workplace.stop()
            self._stack.removeWidget(self.workplace)
            self.workplace.deleteLater()
            self.workplace = None
        if self._client is not None:
            self.background.run(self._client.close, lambda _: None, lambda _: None)
            self._client = None
        self._stack.setCurrentWidget(self.login)
