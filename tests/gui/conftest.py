"""The console's windows, drawn to nowhere, against a real API on a real database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from pyqt_console.client import NodeClient
from pyqt_console.tokens import MemoryTokens
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage import series
from storage.records import Role
from tests.integration.api.conftest import PASSWORD, Api, api
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

__all__ = ["api"]

WAIT_MS = 20_000


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node looks for news often."""
    monkeypatch.setattr("dicom_node.api.events.POLL_S", 0.02)


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "console.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def window(
    qtbot: QtBot, settings: QSettings, tokens: MemoryTokens, tmp_path: Path
) -> Iterator[ConsoleWindow]:
    made = ConsoleWindow(settings, tokens, tmp_path / "drafts")
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


@pytest.fixture
def reader_client(api: Api) -> Iterator[NodeClient]:
    """Signed in as the radiologist ``ann``."""
    api.add_user("ann", Role.RADIOLOGIST)
    client = NodeClient(api.url)
    client.sign_in("ann", PASSWORD)
    yield client
    client.close()


@pytest.fixture
def five(api: Api) -> Api:
    """One reading of each kind: 1.1 positive, 1.2 in part, 1.3 refused, 1.4 waits, 1.5 negative."""
    database = api.database
    analysed(database, "1.1", 0.97, findings=[finding("C2", 0.97)])
    analysed(database, "1.2", 0.2, not_assessed=["C7"], coverage="C1 to C6 only.")
    refused = given.complete(database, "1.3")
    series.refuse(database, refused.id, code="localizer", text="A localizer.", now=given.NOW)
    analysed(database, "1.5", 0.1)
    given.queued(database, "1.4")
    return api


def finding(level: str, probability: float) -> dict[str, object]:
    return {
        "level": level,
        "probability": probability,
        "key_slice_sop_uid": "1.2.3.4",
        "key_slice_frame": None,
        "key_slice_index": 2,
        "box": [10, 12, 20, 22],
        "box_mm": [10.0, 11.0],
        "corners_mm": [[0, 0, 0]] * 4,
    }


@pytest.fixture
def sign_in(qtbot: QtBot, window: ConsoleWindow, api: Api) -> Callable[..., Workplace]:
    """Type name and password, as a reader does, and wait for the workplace."""

    def type_in(name: str = "ann", role: Role = Role.RADIOLOGIST) -> Workplace:
        api.add_user(name, role)
        window.begin(api.url)
        qtbot.keyClicks(window.login.name, name)
        qtbot.keyClicks(window.login.password, PASSWORD)
        qtbot.keyClick(window.login.password, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
        assert window.workplace is not None
        return window.workplace

    return type_in
