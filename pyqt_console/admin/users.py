"""The page of users: who may sign in, as what, where they are signed in at this moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout

from pyqt_console.admin.facts import Panel
from pyqt_console.admin.page import AdminPage, Key
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests import users
from pyqt_console.admin.requests.users import ROLES, Account, OpenSession
from pyqt_console.admin.table import Column, RecordTable
from pyqt_console.admin.user_forms import AccountDialog, NewAccountDialog, PasswordDialog
from pyqt_console.admin.words import moment
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label
from pyqt_console.wording import NOT_KNOWN, person

EVERY_MS: Final = 10_000


def state_of(account: Account) -> str:
    """Whether one may sign in."""
    if account.disabled:
        return tr("✕ disabled")
    if account.must_change_password:
        return tr("… must change the password")
    return tr("✓ may sign in")


def _shown_name(account: Account) -> str:
    return person(account.display_name) if account.display_name else NOT_KNOWN


ACCOUNTS: Final = (
    Column(mark("Name"), 130, lambda account: account.name),
    Column(mark("Role"), 120, lambda account: tr(ROLES.get(account.role, account.role))),
    Column(
        mark("State"),
        210,
        state_of,
        colour=lambda account: "unknown" if account.disabled else "text",
    ),
    Column(mark("In reports"), 200, _shown_name),
    Column(mark("Organization"), 180, lambda account: account.organization or NOT_KNOWN),
    Column(mark("Changed"), 150, lambda account: moment(account.changed_utc)),
)
SESSIONS: Final = (
    Column(mark("From"), 180, lambda session: session.address),
    Column(mark("Since"), 160, lambda session: moment(session.created_utc)),
    Column(mark("Last used"), 160, lambda session: moment(session.last_used_utc)),
    Column(mark("Ends at the latest"), 160, lambda session: moment(session.expires_utc)),
    Column(mark("Which"), 140, lambda session: tr("this one") if session.current else ""),
)

Found = tuple[tuple[Account, ...], str, tuple[OpenSession, ...]]
"""All users; whose sessions, and these."""


class UsersPage(AdminPage):
    """A table of users; below, the sessions of the chosen one."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.table = RecordTable(ACCOUNTS, lambda account: account.name, palette)
        self.sessions = RecordTable(SESSIONS, lambda session: session.id, palette)
        self.detail = Panel(tr("Sessions"))
        self.none = label(role="quiet")
        self.add = QPushButton(tr("Add a user …"))
        self.edit = QPushButton(tr("Change …"))
        self.password = QPushButton(tr("New password …"))
        self.disable = QPushButton(tr("Disable …"))
        self.enable = QPushButton(tr("Enable"))
        self.end = QPushButton(tr("End the session"))
        self._wanted = ""
        self._is_filling = False
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """Users, and the sessions of the chosen one (else of the first)."""
        chosen = self.table.current()
        new = self._wanted
        wanted = new or (chosen.name if chosen is not None else "")

        def read() -> Found:
            found = users.list_accounts(self.client)
            names = [each.name for each in found]
            name = wanted if wanted in names else names[0]
            return found, name, users.list_sessions(self.client, name)

        self.load(read, partial(self._show, new))

    def set_palette(self, palette: Palette) -> None:
        """Other colours."""
        super().set_palette(palette)
        self.table.set_palette(palette)
        self.sessions.set_palette(palette)

    def page_keys(self) -> Sequence[Key]:
        """Of this page."""
        return (
            Key("Ins", tr("add a user"), self.add.click),
            Key("Ctrl+E", tr("change the user"), self.edit.click),
        )

    def open_new(self) -> NewAccountDialog:
        """The form of a user to be."""
        dialog = NewAccountDialog(self.client, self.background, self)
        dialog.saved.connect(self._added)
        dialog.signed_out.connect(self.signed_out)
        dialog.open()
        return dialog

    def open_edit(self) -> AccountDialog | None:
        """The form of the chosen one."""
        account = self.table.current()
        if account is None:
            return None
        dialog = AccountDialog(self.client, self.background, account, self)
        told = tr("{name} is changed.").format(name=account.name)
        dialog.saved.connect(lambda _: self._told(told))
        dialog.signed_out.connect(self.signed_out)
        dialog.open()
        return dialog

    def open_password(self) -> PasswordDialog | None:
        """Another password for the chosen one."""
        account = self.table.current()
        if account is None:
            return None
        dialog = PasswordDialog(self.client, self.background, account, self)
        text = tr("{name} has another password, and is signed out everywhere.")
        dialog.saved.connect(lambda _: self._told(text.format(name=account.name)))
        dialog.signed_out.connect(self.signed_out)
        dialog.open()
        return dialog

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, new: str, found: Found) -> None:
        accounts, name, sessions = found
        self._is_filling = True
        self.table.replace(accounts)
        if new:
            self.table.select(new)
        if new == self._wanted:
            self._wanted = ""
        self._is_filling = False
        chosen = self.table.current()
        if chosen.name != name:
            self.refresh()  # another one was chosen meanwhile
            return
        self.detail.heading.setText(tr("Where {name} is signed in").format(name=name))
        self.sessions.replace(sessions)
        self.none.setText(tr("Nowhere at this moment."))
        self.none.setVisible(not sessions)
        self.sessions.setVisible(bool(sessions))
        self.disable.setVisible(not chosen.disabled)
        self.enable.setVisible(chosen.disabled)
        self._choose_session(self.sessions.current())

    def _chosen(self, _: Any) -> None:
        if not self._is_filling:
            self.refresh()

    def _choose_session(self, session: Any) -> None:
        self.end.setEnabled(session is not None)

    # -- what is done ----------------------------------------------------------------------

    def _added(self, account: object) -> None:
        assert isinstance(account, Account)
        self._wanted = account.name
        self._told(tr("{name} is added.").format(name=account.name))

    def _told(self, words: str) -> None:
        self.say(words)
        self.refresh()

    def _ask_to_disable(self) -> None:
        account = self.table.current()
        if account is None:
            return
        text = tr(
            "{name} can no longer sign in, and every session ends now. What {name} signed stays. "
            "It can be enabled again."
        ).format(name=account.name)
        dialog = Question(
            self.background,
            tr("Disable {name}?").format(name=account.name),
            text,
            tr("Disable"),
            partial(users.change_account, self.client, account.name, disabled=True),
            self,
        )
        told = tr("{name} is disabled.").format(name=account.name)
        dialog.saved.connect(lambda _: self._told(told))
        dialog.signed_out.connect(self.signed_out)
        dialog.open()

    def _enable(self) -> None:
        account = self.table.current()
        if account is not None:
            self._do(
                lambda: users.change_account(self.client, account.name, disabled=False),
                tr("{name} may sign in again.").format(name=account.name),
            )

    def _end(self) -> None:
        account, session = self.table.current(), self.sessions.current()
        if account is None or session is None:
            return
        self._do(
            lambda: users.end_session(self.client, account.name, session.id),
            tr("A session of {name} is ended.").format(name=account.name),
        )

    def _do(self, act: Callable[[], object], words: str) -> None:
        def failed(error: ConsoleError) -> bool:
            self.tell(error)
            self.refresh()
            return True

        self.change(act, lambda _: self._told(words), failed)

    def _build(self) -> None:
        self.table.setAccessibleName(tr("Users"))
        self.sessions.setAccessibleName(tr("Sessions"))
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(lambda _: self.open_edit())
        self.sessions.chosen.connect(self._choose_session)
        self.add.clicked.connect(self.open_new)
        self.edit.clicked.connect(self.open_edit)
        self.password.clicked.connect(self.open_password)
        self.disable.clicked.connect(self._ask_to_disable)
        self.enable.clicked.connect(self._enable)
        self.end.clicked.connect(self._end)
        for each in (self.edit, self.password, self.disable, self.enable, self.add):
            self.bar.addWidget(each)
        row = QHBoxLayout()
        row.addWidget(self.none)
        row.addStretch()
        row.addWidget(self.end)
        self.detail.body.addWidget(self.sessions, 1)
        self.detail.body.addLayout(row)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.detail)
        split.setSizes([420, 210])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
