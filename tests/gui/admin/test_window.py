"""The administration as a whole: who sees which pages, and the states that every page has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pyqt_console.admin.pages import PAGES, pages_for
from pyqt_console.admin.peers import PeersPage
from pyqt_console.admin.routes import RoutesPage
from pyqt_console.workplace import Workplace
from storage.records import Role
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api


def test_a_key_of_the_worklist_opens_it_and_signing_out_closes_it(
    qtbot: QtBot, sign_in: Callable[..., Workplace]
) -> None:
    workplace = sign_in("root", Role.ADMIN)
    control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    workplace.activateWindow()
    qtbot.keyClick(workplace, Qt.Key.Key_A, control_shift)
    window = workplace.administration
    qtbot.waitUntil(window.isVisible, timeout=WAIT_MS)
    assert [window.list.item(row).text() for row in range(window.list.count())] == [  # type: ignore[union-attr]
        each.title for each in PAGES
    ]
    workplace.leaving.emit("")
    assert not window.isVisible()


def test_a_radiologist_sees_only_what_the_node_lets_one_read() -> None:
    hidden = {each.name for each in PAGES} - {each.name for each in pages_for("radiologist")}
    assert "callers" in hidden
    assert not hidden & {"peers", "routes", "retrieve"}
    assert pages_for("service") == ()


def test_a_node_that_goes_away_is_told_and_what_was_read_stays(
    qtbot: QtBot, api: Api, opened: Opened
) -> None:
    page = opened().current
    qtbot.waitUntil(lambda: page.as_of is not None, timeout=WAIT_MS)
    api.server.stop()
    page.refresh()
    qtbot.waitUntil(page.banner.isVisible, timeout=WAIT_MS)
    assert "as of" in page.banner.text.text()
    assert page.content.isVisible()


def test_a_failure_of_the_node_has_an_id_to_copy(
    qtbot: QtBot, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("dicom_node.api.peers.peers.list_peers", broken)
    page = opened().current
    qtbot.waitUntil(page.card.copy.isVisible, timeout=WAIT_MS)
    qtbot.mouseClick(page.card.copy, Qt.MouseButton.LeftButton)
    board = QApplication.clipboard()
    assert board is not None
    assert board.text() in page.card.text.text()
    monkeypatch.undo()
    qtbot.mouseClick(page.card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.content.isVisible, timeout=WAIT_MS)


def test_the_end_of_the_session_is_told(qtbot: QtBot, api: Api, opened: Opened) -> None:
    window = opened()
    page = window.current
    qtbot.waitUntil(lambda: page.as_of is not None, timeout=WAIT_MS)
    api.clock.pass_(api.context.settings.api.session_idle_s + 1)
    with qtbot.waitSignal(window.signed_out, timeout=WAIT_MS):
        page.refresh()


def test_a_key_is_that_of_the_page_in_sight(qtbot: QtBot, opened: Opened) -> None:
    window = opened()
    for name in ("peers", "routes"):
        window.go_to(name)
        page = window.current
        qtbot.waitUntil(lambda page=page: page.as_of is not None, timeout=WAIT_MS)  # type: ignore[misc]
    known, rules = window.pages["peers"], window.current
    assert isinstance(known, PeersPage)
    assert isinstance(rules, RoutesPage)
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    qtbot.keyClick(window.list, Qt.Key.Key_Insert)
    qtbot.waitUntil(lambda: rules.dialog is not None, timeout=WAIT_MS)
    assert known.dialog is None


class _Windows(QObject):
    """Which widgets are shown as windows."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[QObject] = []

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:  # noqa: N802
        if isinstance(a0, QWidget) and a1 is not None and a1.type() == QEvent.Type.Show:
            self.shown += [a0] if a0.isWindow() else []
        return False


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RADIOLOGIST])
def test_every_page_opens_and_none_flashes_a_window_of_its_own(
    qtbot: QtBot, opened: Opened, qapp: QApplication, role: Role
) -> None:
    seen = _Windows()
    qapp.installEventFilter(seen)
    window = opened(role)
    for entry in window.entries:
        window.go_to(entry.name)
        page = window.current
        qtbot.waitUntil(lambda page=page: page.as_of is not None, timeout=WAIT_MS)  # type: ignore[misc]
    assert seen.shown == [window]
    qapp.removeEventFilter(seen)
