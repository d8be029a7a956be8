"""Forms of users: a new one, a change, another password; the rules stand there before typing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pyqt_console.admin.forms import FormDialog
from pyqt_console.admin.requests import users
from pyqt_console.admin.requests.users import (
    ROLES,
    Account,
    NewAccount,
    password_rules,
    rules_kept,
)
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr
from pyqt_console.widgets import label, set_role

MADE_UP_BYTES: Final = 12
"""Of randomness; 16 characters when written."""
ROLE_HELP: Final[Mapping[str, str]] = {
    "radiologist": mark("Reads and signs verdicts; sees the queue, changes no settings."),
    "admin": mark("Looks after the node: peers, users, settings. Signs no verdicts."),
    "service": mark("A program: a viewer or a script. It keeps its password."),
}


class PasswordField(QWidget):
    """A password and its rules, each marked while it is typed; it can be made up and shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(tr("Password"))
        self.make = QPushButton(tr("Make one up"))
        self.shown = QPushButton(tr("Show"))
        self.shown.setCheckable(True)
        self.rules: list[QLabel] = [label(role="quiet") for _ in password_rules()]
        self._name = ""
        self.setFocusProxy(self.field)
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        for each in (self.shown, self.make):
            each.setAutoDefault(False)
            row.addWidget(each)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        for rule in self.rules:
            layout.addWidget(rule)
        self.field.textChanged.connect(self._look)
        self.make.clicked.connect(self._make_up)
        self.shown.toggled.connect(self._show)
        self._look()

    def set_name(self, name: str) -> None:
        """Whose it is: it must not be made of that."""
        self._name = name
        self._look()

    @property
    def text(self) -> str:
        """As typed."""
        return self.field.text()

    def _look(self) -> None:
        kept = rules_kept(self._name, self.text)
        for words, rule, is_kept in zip(self.rules, password_rules(), kept, strict=True):
            glyph = "·" if not self.text else "✓" if is_kept else "✕"
            words.setText(f"{glyph} {rule}")
            set_role(words, "caution" if self.text and not is_kept else "quiet")

    def _make_up(self) -> None:
        self.field.setText(secrets.token_urlsafe(MADE_UP_BYTES))
        self.shown.setChecked(True)

    def _show(self, is_shown: bool) -> None:
        mode = QLineEdit.EchoMode
        self.field.setEchoMode(mode.Normal if is_shown else mode.Password)


class _WithPerson(FormDialog):
    """The fields that a new user and a change have in common."""

    def _add_person(self, role: str, display_name: str, organization: str) -> None:
        self.role = QComboBox()
        for name, words in ROLES.items():
            self.role.addItem(tr(words), name)
        self.role.setCurrentIndex(list(ROLES).index(role) if role in ROLES else 0)
        self.display_name, self.organization = QLineEdit(display_name), QLineEdit(organization)
        self.form.add("role", tr("Role"), self.role, " ")
        self.form.add(
            "display_name",
            tr("Name in reports"),
            self.display_name,
            tr("As DICOM writes it: Family^Given. It stands in verified reports."),
        )
        self.form.add(
            "organization",
            tr("Organization"),
            self.organization,
            tr("Whom the reader verifies for. Without it no verdict can be signed."),
        )
        self.role.currentIndexChanged.connect(self._tell_role)
        self._tell_role()

    def _tell_role(self) -> None:
        self.form.tell("role", tr(ROLE_HELP[self._role()]))

    def _role(self) -> str:
        return str(self.role.currentData())


class NewAccountDialog(_WithPerson):
    """A user to be, who changes the password at the first sign-in."""

    def __init__(self, client: NodeClient, background: Background, parent: QWidget) -> None:
        super().__init__(background, tr("Add a user"), tr("Add"), parent)
        self._client = client
        self.name = QLineEdit()
        self.password = PasswordField()
        self.form.add(
            "name", tr("Name"), self.name, tr("Small letters, digits, dot, dash, underscore.")
        )
        self._add_person("radiologist", "", "")
        self.form.add(
            "password",
            tr("First password"),
            self.password,
            tr("A person must change it at the first sign-in; a program keeps it."),
        )
        self.name.textChanged.connect(self.password.set_name)

    def action(self) -> Callable[[], object]:
        """Add it."""
        new = NewAccount(
            name=self.name.text().strip(),
            role=self._role(),
            password=self.password.text,
            display_name=self.display_name.text().strip(),
            organization=self.organization.text().strip(),
        )
        return partial(users.add_account, self._client, new)


class AccountDialog(_WithPerson):
    """What an administrator decides of a user who is there."""

    def __init__(
        self, client: NodeClient, background: Background, account: Account, parent: QWidget
    ) -> None:
        title = tr("Change {name}").format(name=account.name)
        super().__init__(background, title, tr("Save"), parent)
        self._client, self._account = client, account
        self._add_person(account.role, account.display_name, account.organization)
        self.above.addWidget(
            label(tr("Another role ends every session of the user."), "quiet", wrap=True)
        )

    def action(self) -> Callable[[], object]:
        """Change what is other than it was."""
        wanted = {
            "role": self._role(),
            "display_name": self.display_name.text().strip(),
            "organization": self.organization.text().strip(),
        }
        change = {
            name: value for name, value in wanted.items() if value != getattr(self._account, name)
        }
        return partial(users.change_account, self._client, self._account.name, **change)


class PasswordDialog(FormDialog):
    """Another password, for who has forgotten it."""

    def __init__(
        self, client: NodeClient, background: Background, account: Account, parent: QWidget
    ) -> None:
        title = tr("A new password for {name}").format(name=account.name)
        super().__init__(background, title, tr("Set the password"), parent)
        self._client, self._name = client, account.name
        self.password = PasswordField()
        self.password.set_name(account.name)
        self.above.addWidget(
            label(
                tr(
                    "Every session of {name} ends. A person must change it at the next sign-in."
                ).format(name=account.name),
                "quiet",
                wrap=True,
            )
        )
        self.form.add("password", tr("Password"), self.password)

    def action(self) -> Callable[[], object]:
        """Set it."""
        return partial(users.set_password, self._client, self._name, self.password.text)
