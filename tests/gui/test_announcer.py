"""A new finding is announced once, without a name, and never what is no news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage import worklist
from tests.gui.conftest import WAIT_MS, finding
from tests.integration.api.conftest import Api
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed

SignIn = Callable[..., Workplace]


@dataclass
class Recorded:
    """In the place of a desktop: there is none where tests run."""

    told: list[str] = field(default_factory=list)

    def tell(self, title: str, text: str) -> None:
        self.told.append(f"{title}. {text}")

    def close(self) -> None:
        pass


def watched(qtbot: QtBot, sign_in: SignIn) -> tuple[Workplace, Recorded]:
    workplace = sign_in()
    qtbot.waitUntil(lambda: workplace.link.text() == "● live", timeout=WAIT_MS)
    desktop = Recorded()
    workplace.announcer.desktop = desktop
    return workplace, desktop


def test_it_is_said_once_for_a_study_and_not_for_what_was_there(
    qtbot: QtBot, api: Api, sign_in: SignIn, window: ConsoleWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerted: list[QWidget] = []
    monkeypatch.setattr(QApplication, "alert", alerted.append)
    analysed(api.database, "1.1", 0.97, findings=[finding("C2", 0.97)])
    workplace, desktop = watched(qtbot, sign_in)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: not window.isActiveWindow(), timeout=WAIT_MS)
    # A step of an old finding is no news, nor is a negative.
    worklist.assign(api.database, "1.1", "bob", now=given.NOW)
    analysed(api.database, "1.5", 0.1)
    qtbot.waitUntil(lambda: workplace.worklist.model.rowCount() == 2, timeout=WAIT_MS)
    assert not workplace.announcer.banner.isVisible()
    analysed(api.database, "1.2", 0.9, findings=[finding("C5", 0.9)])
    qtbot.waitUntil(workplace.announcer.banner.isVisible, timeout=WAIT_MS)
    # Another series of the same study: once is enough. (All series of these tests are one study.)
    analysed(api.database, "1.3", 0.95, findings=[finding("C6", 0.95)])
    qtbot.waitUntil(lambda: workplace.worklist.model.rowCount() == 4, timeout=WAIT_MS)
    assert alerted == [window]
    (told,) = desktop.told
    assert "finding of the machine" in told
    assert not any(word in told for word in ("Doe", "Jane", "P1", "A1"))
    assert workplace.announcer.banner.text.text() == "▲ A new study has a finding of the machine."


def test_in_front_of_the_reader_the_banner_is_enough_and_it_is_silent(
    qtbot: QtBot, api: Api, sign_in: SignIn, window: ConsoleWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    beeps: list[bool] = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(True))
    workplace, desktop = watched(qtbot, sign_in)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    analysed(api.database, "1.2", 0.9, findings=[finding("C5", 0.9)])
    qtbot.waitUntil(workplace.announcer.banner.isVisible, timeout=WAIT_MS)
    assert (desktop.told, beeps) == ([], [])
    workplace.announcer.set_heard(True)
    workplace.announcer._announced.clear()
    analysed(api.database, "1.3", 0.9, findings=[finding("C5", 0.9)])
    qtbot.waitUntil(lambda: beeps == [True], timeout=WAIT_MS)
