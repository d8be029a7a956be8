"""The administration's window, opened as an admin does, against a real API."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from pyqt_console.admin.window import AdminWindow
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.theme import DARK
from storage.records import Role
from tests.integration.api.conftest import PASSWORD, Api

Opened = Callable[..., AdminWindow]


@pytest.fixture
def opened(qtbot: QtBot, api: Api, settings: QSettings) -> Iterator[Opened]:
    """``opened(role)``: the window of a user of that role, signed in."""
    made: list[tuple[AdminWindow, NodeClient, Background]] = []

    def open_(role: Role = Role.ADMIN) -> AdminWindow:
        name = f"{role.value}-{len(made)}"
        api.add_user(name, role)
        client, background = NodeClient(api.url), Background()
        user = client.sign_in(name, PASSWORD).user
        window = AdminWindow(client, background, DARK, user, settings)
        made.append((window, client, background))
        window.open()
        return window

    yield open_
    for window, client, background in made:
        window.stop()
        background.close()
        client.close()
