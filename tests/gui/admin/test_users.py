"""Users at the console: rules before a password is typed, sessions, the last administrator."""

from __future__ import annotations

from typing import cast

import httpx
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dicom_node.api.passwords import checked_password
from dicom_node.errors import InputError
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.users import rules_kept
from pyqt_console.admin.users import UsersPage, state_of
from pyqt_console.client import NodeClient
from pyqt_console.errors import SignedOutError
from storage import users
from storage.records import Role, User
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import PASSWORD, Api

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(qtbot: QtBot, api: Api, opened: Opened) -> UsersPage:
    """The administrator ``admin-0`` looks; the reader ``ann`` is there."""
    api.add_user("ann", Role.RADIOLOGIST)
    window = opened()
    window.go_to("users")
    page = cast("UsersPage", window.current)
    qtbot.waitUntil(lambda: names(page) == ["admin-0", "ann"], timeout=WAIT_MS)
    return page


def names(page: UsersPage) -> list[str]:
    return [each.name for each in page.table.shown()]


def choose(qtbot: QtBot, page: UsersPage, name: str) -> None:
    assert page.table.select(name)
    qtbot.waitUntil(lambda: name in page.detail.heading.text(), timeout=WAIT_MS)


def user(api: Api, name: str) -> User:
    return users.get_user(api.database, name)


def test_a_user_is_added_with_the_rules_in_sight(qtbot: QtBot, api: Api, page: UsersPage) -> None:
    dialog = page.open_new()
    assert [each.text()[0] for each in dialog.password.rules] == ["·", "·", "·"]
    qtbot.keyClicks(dialog.name, "Bob")
    qtbot.keyClicks(dialog.password.field, "bob bob")
    assert [each.text()[0] for each in dialog.password.rules] == ["✕", "✕", "✕"]
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: "✕" in dialog.form.notes["name"].text(), timeout=WAIT_MS)
    dialog.name.setText("bob")
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: "12 to 256 characters" in dialog.problem.text(), timeout=WAIT_MS)
    qtbot.mouseClick(dialog.password.make, LEFT)
    assert [each.text()[0] for each in dialog.password.rules] == ["✓", "✓", "✓"]
    password = dialog.password.text
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: names(page) == ["admin-0", "ann", "bob"], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.table.current().name == "bob", timeout=WAIT_MS)
    assert state_of(page.table.current()) == "… must change the password"
    body = {"name": "bob", "password": password}
    assert httpx.post(f"{api.url}/api/v1/session", json=body).status_code == 201


@pytest.mark.parametrize(
    "password", ["short", "a" * 20, "ann ann ann ann", "anna and the rest", "x1y2" * 64, "y" * 257]
)
def test_the_rules_are_those_of_the_node(password: str) -> None:
    try:
        checked_password("ann", password)
        is_good = True
    except InputError:
        is_good = False
    assert all(rules_kept("ann", password)) is is_good


def test_the_last_administrator_stays_one(qtbot: QtBot, api: Api, page: UsersPage) -> None:
    choose(qtbot, page, "admin-0")
    qtbot.mouseClick(page.disable, LEFT)
    question = page.findChild(Question)
    assert question is not None
    qtbot.mouseClick(question.save, LEFT)
    qtbot.waitUntil(question.problem.isVisible, timeout=WAIT_MS)
    assert question.problem.text() == "That would leave nobody to look after the node."
    question.reject()
    dialog = page.open_edit()
    assert dialog is not None
    dialog.role.setCurrentIndex(0)
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(dialog.problem.isVisible, timeout=WAIT_MS)
    assert "nobody to look after" in dialog.problem.text()
    dialog.reject()
    assert (user(api, "admin-0").role, user(api, "admin-0").disabled) == (Role.ADMIN, False)


def test_a_user_is_changed_disabled_and_enabled(qtbot: QtBot, api: Api, page: UsersPage) -> None:
    choose(qtbot, page, "ann")
    dialog = page.open_edit()
    assert dialog is not None
    dialog.organization.setText("Other Trust")
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: page.table.current().organization == "Other Trust", timeout=WAIT_MS)
    assert user(api, "ann").role is Role.RADIOLOGIST
    qtbot.mouseClick(page.disable, LEFT)
    question = page.findChild(Question)
    assert question is not None
    assert not user(api, "ann").disabled
    qtbot.mouseClick(question.save, LEFT)
    qtbot.waitUntil(page.enable.isVisible, timeout=WAIT_MS)
    assert user(api, "ann").disabled
    assert page.table.current().name == "ann"
    qtbot.mouseClick(page.enable, LEFT)
    qtbot.waitUntil(page.disable.isVisible, timeout=WAIT_MS)
    assert not user(api, "ann").disabled


def test_sessions_are_listed_and_ended_and_a_password_ends_them_all(
    qtbot: QtBot, api: Api, page: UsersPage
) -> None:
    clients = [NodeClient(api.url) for _ in range(2)]
    for client in clients:
        client.sign_in("ann", PASSWORD)
    choose(qtbot, page, "ann")
    qtbot.waitUntil(lambda: len(page.sessions.shown()) == 2, timeout=WAIT_MS)
    qtbot.mouseClick(page.end, LEFT)
    qtbot.waitUntil(lambda: len(page.sessions.shown()) == 1, timeout=WAIT_MS)
    with pytest.raises(SignedOutError):
        clients[0].counts()
    assert clients[1].counts().of_tab["all"] == 0
    dialog = page.open_password()
    assert dialog is not None
    qtbot.mouseClick(dialog.password.make, LEFT)
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(page.none.isVisible, timeout=WAIT_MS)
    with pytest.raises(SignedOutError):
        clients[1].counts()
    assert user(api, "ann").must_change_password
    for client in clients:
        client.close()
