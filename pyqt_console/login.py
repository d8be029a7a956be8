"""Signing in: which node, who, and the password, which is kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
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
from pyqt_console.errors import AddressError, ConsoleError, RefusedError
from pyqt_console.i18n import tr
from pyqt_console.records import Session
from pyqt_console.widgets import RESEARCH_ONLY, label


class LoginView(QWidget):
    """Emits ``signed_in`` with a NodeClient, its Session, and whether to keep the token."""

    signed_in = pyqtSignal(object, object, bool)

    def __init__(self, background: Background, *, ca_file: Path | None = None) -> None:
        super().__init__()
        self._background = background
        self._ca_file = ca_file
        self._task: Task | None = None
        self.address = QLineEdit()
        self.address.setPlaceholderText("https://node.example.org:8080")
        self.name = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.keep = QCheckBox(tr("Stay signed in on this computer (in the system's keyring)"))
        self.problem = label(role="alarm", wrap=True)
        self.problem.setAccessibleName(tr("Problem"))
        self.button = QPushButton(tr("Sign in"))
        self.button.setDefault(True)
        self.new_password = QLineEdit()
        self.repeated = QLineEdit()
        self._change = QWidget()
        self._build()
        self.button.clicked.connect(self.submit)
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
        try:
            client = NodeClient(self.address.text(), ca_file=self._ca_file)
        except AddressError as error:
            self.problem.setText(str(error))
            return
        self._set_busy(busy=True)
        self._task = self._background.run(
            _sign_in(client, name, password, new),
            lambda session: self._done(client, session),
            self._failed,
        )

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

    def _failed(self, error: ConsoleError) -> None:
        self._task = None
        self._set_busy(busy=False)
        self.problem.setText(str(error))
        if isinstance(error, RefusedError):
            self.password.selectAll()
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_busy(self, *, busy: bool) -> None:
        self.button.setEnabled(not busy)
        self.button.setText(tr("Signing in …") if busy else tr("Sign in"))

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
            label(tr("Cervical spine fractures, found by a machine, judged by you."), "quiet")
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
        outside = QVBoxLayout(self)
        outside.addStretch()
        outside.addWidget(card, alignment=Qt.AlignmentFlag.AlignHCenter)
        outside.addStretch()


def _sign_in(
    client: NodeClient, name: str, password: str, new: str | None
) -> Callable[[], Session]:
    def work() -> Session:
        try:
            session = client.sign_in(name, password)
            if new is not None:
                client.change_password(password, new)
                session = client.sign_in(name, new)
        except ConsoleError:
            client.close()
            raise
        return session

    return work
