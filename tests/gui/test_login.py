"""Signing in, and every way in which it is told no."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keyring
import keyring.backends.fail
from PyQt6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from pyqt_console.tokens import KeyringTokens, MemoryTokens
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage.records import Role
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import PASSWORD, Api, running


def typed(qtbot: QtBot, window: ConsoleWindow, name: str, password: str) -> None:
    window.login.name.clear()
    window.login.password.clear()
    qtbot.keyClicks(window.login.name, name)
    qtbot.keyClicks(window.login.password, password)
    qtbot.mouseClick(window.login.button, Qt.MouseButton.LeftButton)


def says(window: ConsoleWindow, words: str) -> Callable[[], bool]:
    return lambda: words in window.login.problem.text()


def test_name_and_password_open_the_worklist(
    qtbot: QtBot, window: ConsoleWindow, sign_in: Callable[..., Workplace], tokens: MemoryTokens
) -> None:
    workplace = sign_in("ann")
    assert workplace.isVisible()
    assert not window.login.isVisible()
    assert window.login.password.text() == ""
    assert tokens.load(window.login.address.text()) is None  # nobody asked to keep it


def test_a_wrong_password_says_so_and_waits_for_another(
    qtbot: QtBot, window: ConsoleWindow, api: Api
) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    window.begin(api.url)
    typed(qtbot, window, "ann", "not this one")
    qtbot.waitUntil(says(window, "Name or password is wrong."), timeout=WAIT_MS)
    assert window.login.button.isEnabled()
    typed(qtbot, window, "ann", PASSWORD)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)


def test_what_cannot_be_sent_is_told_before_it_is(qtbot: QtBot, window: ConsoleWindow) -> None:
    window.begin("http://node.example.org:8080")
    typed(qtbot, window, "", "")
    assert says(window, "Type your name")()
    typed(qtbot, window, "ann", "secret")
    assert says(window, "https:// only")()


def test_a_node_that_is_away_is_told(qtbot: QtBot, window: ConsoleWindow, tmp_path: Path) -> None:
    with running(tmp_path) as api:
        url = api.url
    window.begin(url)
    typed(qtbot, window, "ann", PASSWORD)
    qtbot.waitUntil(says(window, "cannot be reached"), timeout=WAIT_MS)
    assert window.workplace is None


def test_a_password_that_must_be_changed_is_changed_here(
    qtbot: QtBot, window: ConsoleWindow, api: Api
) -> None:
    api.add_user("ann", Role.RADIOLOGIST, must_change=True)
    window.begin(api.url)
    typed(qtbot, window, "ann", PASSWORD)
    qtbot.waitUntil(says(window, "Choose a new password first."), timeout=WAIT_MS)
    qtbot.keyClicks(window.login.new_password, "another long password")
    qtbot.keyClicks(window.login.repeated, "another long passwort")
    qtbot.keyClick(window.login.repeated, Qt.Key.Key_Return)
    assert says(window, "typed in two ways")()
    window.login.repeated.clear()
    qtbot.keyClicks(window.login.repeated, "another long password")
    qtbot.keyClick(window.login.repeated, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)


def test_a_kept_session_goes_on_without_a_password(
    qtbot: QtBot,
    window: ConsoleWindow,
    settings: QSettings,
    tokens: MemoryTokens,
    api: Api,
    tmp_path: Path,
) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    window.begin(api.url)
    qtbot.waitUntil(lambda: not window.login.keep.isEnabled(), timeout=WAIT_MS)
    window.login.keep.setChecked(True)
    typed(qtbot, window, "ann", PASSWORD)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    window.close()
    again = ConsoleWindow(settings, tokens, tmp_path)
    qtbot.addWidget(again)
    again.begin(api.url)
    qtbot.waitUntil(lambda: again.workplace is not None, timeout=WAIT_MS)
    # Signed out on purpose, it goes on no more.
    workplace = again.findChild(Workplace)
    assert workplace is not None
    workplace.leaving.emit("")
    assert not again.login.isHidden()
    assert tokens.load(api.url) is None
    again.close()


def test_the_end_of_the_session_brings_the_form_back(
    qtbot: QtBot, window: ConsoleWindow, sign_in: Callable[..., Workplace], api: Api
) -> None:
    workplace = sign_in("ann")
    api.clock.pass_(api.context.settings.api.session_idle_s + 1)
    workplace.worklist.refresh_now()
    qtbot.waitUntil(lambda: window.workplace is None, timeout=WAIT_MS)
    assert says(window, "Sign in again")()
    assert window.login.name.text() == "ann"


def test_without_a_keyring_a_token_is_kept_in_memory_and_the_form_says_so(
    qtbot: QtBot, settings: QSettings, tmp_path: Path
) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        tokens = KeyringTokens()
        assert not tokens.outlives()
        assert not tokens.save("https://node", "a token")
        assert tokens.load("https://node") == "a token"
        tokens.forget("https://node")
        assert tokens.load("https://node") is None
        window = ConsoleWindow(settings, tokens, tmp_path)
        qtbot.addWidget(window)
        qtbot.waitUntil(lambda: "has no keyring" in window.login.keep.text(), timeout=WAIT_MS)
        assert not window.login.keep.isEnabled()
        window.close()
    finally:
        keyring.set_keyring(before)
    assert not list(tmp_path.rglob("*token*"))


def test_a_window_left_on_a_screen_that_is_gone_comes_back_in_sight(
    qtbot: QtBot, settings: QSettings, tokens: MemoryTokens, tmp_path: Path
) -> None:
    first = ConsoleWindow(settings, tokens, tmp_path)
    qtbot.addWidget(first)
    first.show()
    first.setGeometry(9000, 5000, 900, 600)
    first.close()
    again = ConsoleWindow(settings, tokens, tmp_path)
    qtbot.addWidget(again)
    again.show()
    screen = again.screen()
    assert screen is not None
    assert screen.availableGeometry().contains(again.geometry().center())
    again.close()
