"""Signing in: which node, who, and the password, which is kept nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import AddressError, ConsoleError, RefusedError, UntrustedError
from pyqt_console.i18n import tr
from pyqt_console.provider import is_offered, sign_in_at_provider
from pyqt_console.records import Session
from pyqt_console.trust import FirstUse, Trusted
from pyqt_console.widgets import RESEARCH_ONLY, label


class LoginView(QWidget):
    """Emits ``signed_in`` with a NodeClient, its Session, and whether to keep the token."""

    signed_in = pyqtSignal(object, object, bool)

    def __init__(self, background: Background, trusted: Trusted) -> None:
        super().__init__()
        self._background = background
        self._trusted = trusted
        self._task: Task | None = None
        self._asked = ""
        """The address that was asked whether it knows a provider."""
        self._give_up = threading.Event()
        self.address = QLineEdit()
        self.address.setPlaceholderText("https://node.example.org:8080")
        self.name = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.keep = QCheckBox(tr("Stay signed in on this computer (in the system's keyring)"))
        self.problem = label(role="alarm", wrap=True)
        self.problem.setAccessibleName(tr("Problem"))
        self._first_use = FirstUse(trusted, background, self.problem.setText, self)
        self.button = QPushButton(tr("Sign in"))
        self.button.setDefault(True)
        self.provider = QPushButton(tr("Sign in with the hospital's account"))
        self.provider.hide()
        self.new_password = QLineEdit()
        self.repeated = QLineEdit()
        self._change = QWidget()
        self._build()
        self.button.clicked.connect(self.submit)
        self.provider.clicked.connect(self._at_provider)
        self.address.editingFinished.connect(self._ask_for_provider)
        for field in (self.address, self.name, self.password, self.new_password, self.repeated):
            field.returnPressed.connect(self.submit)

    def start(self, address: str, name: str = "", why: str = "") -> None:
        """Show the form, filled as far as is known; ``why``: what ended the last session."""
        self.address.setText(address)
        self.name.setText(name)
        self.password.clear()
        self.problem.setText(why)
        self._change.hide()
        self._set_busy(busy=False)
        first = next((each for each in (self.address, self.name) if not each.text()), self.password)
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._asked = ""
        self._ask_for_provider()

    def set_keyring(self, there: bool) -> None:
        """Without a keyring nobody stays signed in: a token is never kept in a file."""
        self.keep.setEnabled(there)
        if not there:
            self.keep.setChecked(False)
            self.keep.setText(tr("Nobody stays signed in: this computer has no keyring"))

    def stop(self) -> None:
        """Nobody waits for the browser any more."""
        self._give_up.set()

    def submit(self) -> None:
        """Sign in with what was typed; or change the password first, where the node asks for it."""
        if self._task is not None:
            return
        name, password = self.name.text().strip(), self.password.text()
        if not name or not password:
            self.problem.setText(tr("Type your name and your password."))
            return
        new: str | None = None
        if not self._change.isHidden():
            new = self.new_password.text()
            if new != self.repeated.text():
                self.problem.setText(tr("The new password was typed in two ways."))
                return
        client = self._client()
        if client is None:
            return
        self._set_busy(busy=True)
        self._task = self._background.run(
            _closing(client, lambda: _sign_in(client, name, password, new)),
            lambda session: self._done(client, session),
            lambda error: self._failed(error, client.url, self.submit),
        )

    def _client(self) -> NodeClient | None:
        try:
            return self._trusted.client(self.address.text())
        except AddressError as error:
            self.problem.setText(str(error))
            return None

    # -- at the hospital's provider --------------------------------------------------------

    def _ask_for_provider(self) -> None:
        """Show the button where the node knows one. Who cannot be asked now offers none."""
        address = self.address.text().strip()
        if address == self._asked:
            return
        self._asked = address
        self.provider.hide()
        try:
            client = self._trusted.client(address)
        except AddressError:
            return  # told when somebody signs in

        def ask() -> bool:
            try:
                return is_offered(client)
            finally:
                client.close()

        def show(offered: bool) -> None:
            if address == self._asked:
                self.provider.setVisible(offered)

        def failed(error: ConsoleError) -> None:
            # Who has no password here could not even begin without this question.
            if isinstance(error, UntrustedError) and address == self._asked:
                self._first_use.look(client.url, self._ask_again)

        self._background.run(ask, show, failed)

    def _ask_again(self) -> None:
        self._asked = ""
        self._ask_for_provider()

    def _at_provider(self) -> None:
        """By the system's browser; the same button gives up."""
        if self._task is not None:
            self._give_up.set()
            return
        client = self._client()
        if client is None:
            return
        self._give_up = given_up = threading.Event()
        self._set_busy(busy=True)
        self.provider.setText(tr("Waiting for the browser … (give up)"))

        def work(tell: Callable[[str], None]) -> Session:
            return _closing(client, lambda: sign_in_at_provider(client, tell, given_up))()

        self._task = self._background.follow(
            work,
            self.open_browser,
            lambda session: self._done(client, session),
            lambda error: self._failed(error, client.url, self._at_provider),
        )

    def open_browser(self, url: str) -> None:
        """The system's; where there is none the address can be copied from here."""
        if not QDesktopServices.openUrl(QUrl(url)):
            self.problem.setText(tr("Open this page in a browser: {url}").format(url=url))

    # -- how it ended ----------------------------------------------------------------------

    def _done(self, client: NodeClient, session: Session) -> None:
        self._task = None
        self._set_busy(busy=False)
        if session.user.must_change_password:
            client.close()
            self._change.show()
            self.problem.setText(tr("Choose a new password first."))
            self.new_password.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.password.clear()
        self.new_password.clear()
        self.repeated.clear()
        self.problem.clear()
        self.signed_in.emit(client, session, self.keep.isChecked())

    def _failed(self, error: ConsoleError, url: str, again: Callable[[], None]) -> None:
        self._task = None
        self._set_busy(busy=False)
        self.problem.setText(str(error))
        if isinstance(error, UntrustedError):
            self._first_use.look(url, again)
        if isinstance(error, RefusedError):
            self.password.selectAll()
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_busy(self, *, busy: bool) -> None:
        self.button.setEnabled(not busy)
        self.button.setText(tr("Signing in …") if busy else tr("Sign in"))
        self.provider.setText(tr("Sign in with the hospital's account"))

    def _build(self) -> None:
        for field in (self.new_password, self.repeated):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        card = QFrame()
        card.setProperty("role", "panel")
        card.setFixedWidth(460)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(28, 24, 28, 24)
        inside.setSpacing(12)
        inside.addWidget(label("cspine", "title"))
        inside.addWidget(
            label(
                tr("Cervical spine fractures, found by a machine, judged by you."),
                "quiet",
                wrap=True,
            )
        )
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setSpacing(10)
        form.addRow(tr("&Node"), self.address)
        form.addRow(tr("N&ame"), self.name)
        form.addRow(tr("&Password"), self.password)
        inside.addLayout(form)
        change = QFormLayout(self._change)
        change.setContentsMargins(0, 0, 0, 0)
        change.addRow(tr("Ne&w password"), self.new_password)
        change.addRow(tr("&Once more"), self.repeated)
        inside.addWidget(self._change)
        inside.addWidget(self.keep)
        inside.addWidget(self.problem)
        buttons = QHBoxLayout()
        buttons.addWidget(label(tr(RESEARCH_ONLY), "quiet"))
        buttons.addStretch()
        buttons.addWidget(self.button)
        inside.addLayout(buttons)
        inside.addWidget(self.provider)
        outside = QVBoxLayout(self)
        outside.addStretch()
        middle = QHBoxLayout()  # an alignment instead would cut a long problem off
        middle.addStretch()
        middle.addWidget(card)
        middle.addStretch()
        outside.addLayout(middle)
        outside.addStretch()


def _sign_in(client: NodeClient, name: str, password: str, new: str | None) -> Session:
    session = client.sign_in(name, password)
    if new is not None:
        client.change_password(password, new)
        session = client.sign_in(name, new)
    return session


def _closing(client: NodeClient, work: Callable[[], Session]) -> Callable[[], Session]:
    """``work``; where it fails, the client is no longer needed."""

    def done() -> Session:
        try:
            return work()
        except ConsoleError:
            client.close()
            raise

    return done
