"""Whom the console believes: a self-made certificate is compared once, and another one refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PyQt6.QtCore import QObject, QSettings, Qt, QUrl, pyqtSlot
from PyQt6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from dicom_node.api.certificate import own_certificate
from dicom_node.config_security import OidcSection
from pyqt_console.background import Background
from pyqt_console.provider import PATH
from pyqt_console.trust import CertificateQuestion, Trusted
from pyqt_console.window import ConsoleWindow
from storage.records import Role
from tests.gui.conftest import WAIT_MS
from tests.gui.test_login import says, typed
from tests.integration.api.conftest import PASSWORD, Api, running
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Api]:
    """A node with a certificate that it made for itself."""
    own = own_certificate(tmp_path, bind="127.0.0.1")
    with running(tmp_path, tls_cert=own.certificate, tls_key=own.key) as api:
        api.add_user("ann", Role.RADIOLOGIST)
        yield api


def question(qtbot: QtBot, window: ConsoleWindow) -> CertificateQuestion:
    def open_ones() -> list[CertificateQuestion]:
        return [each for each in window.findChildren(CertificateQuestion) if each.isVisible()]

    qtbot.waitUntil(lambda: bool(open_ones()), timeout=WAIT_MS)
    return open_ones()[0]


def test_the_fingerprint_is_compared_once_and_then_only_this_certificate_will_do(
    qtbot: QtBot, secured: Api, window: ConsoleWindow, settings: QSettings, tmp_path: Path
) -> None:
    window.begin(secured.url)
    dialog = question(qtbot, window)
    doctor_says = own_certificate(tmp_path, bind="127.0.0.1").fingerprint()
    assert dialog.fingerprint.text().replace("\n", "") == doctor_says
    dialog.reject()
    assert Trusted(settings, None).of(secured.url) is None
    typed(qtbot, window, "ann", PASSWORD)
    dialog = question(qtbot, window)
    assert says(window, "not trusted")()
    assert window.workplace is None
    dialog.accept()
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: window.workplace.link.text() == "● live", timeout=WAIT_MS)  # type: ignore[union-attr]
    # Somebody else's certificate in the same place, however good it looks.
    window.lock()
    (tmp_path / "other").mkdir()
    other = own_certificate(tmp_path / "other", bind="127.0.0.1")
    port = int(secured.url.rpartition(":")[2])
    secured.server.stop()
    with running(
        tmp_path / "two", tls_cert=other.certificate, tls_key=other.key, port=port
    ) as thief:
        thief.add_user("ann", Role.RADIOLOGIST)
        typed(qtbot, window, "ann", PASSWORD)
        qtbot.waitUntil(says(window, "another certificate than the one"), timeout=WAIT_MS)
        assert other.fingerprint() in window.login.problem.text().replace("\n", "")
        assert not any(each.isVisible() for each in window.findChildren(CertificateQuestion))
        assert window.workplace is None
        # On purpose it is asked about again.
        Trusted(settings, None).forget(thief.url)
        qtbot.mouseClick(window.login.button, Qt.MouseButton.LeftButton)
        question(qtbot, window).accept()
        qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
        window.lock()


def test_one_answer_about_the_certificate_is_enough_for_who_is_quick(
    qtbot: QtBot, secured: Api, window: ConsoleWindow
) -> None:
    window.begin(secured.url)  # asks for the provider, which meets the certificate first
    typed(qtbot, window, "ann", PASSWORD)
    question(qtbot, window).accept()
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    window.lock()


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as found:
        yield found


@pytest.fixture
def with_provider(provider: OidcProvider, tmp_path: Path) -> Iterator[Api]:
    secret = tmp_path / "client-secret"
    secret.write_text(CLIENT_SECRET)
    section = OidcSection(
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret_file=secret,
        roles={"radiology": Role.RADIOLOGIST},
        organization="Trust",
    )
    with running(tmp_path, oidc=section) as api:
        yield api


class Browser(QObject):
    """Goes where the desktop sends it, beside the windows' thread, and follows."""

    def __init__(self) -> None:
        super().__init__()
        self._background = Background()
        self.said: list[str] = []
        self.is_closed = False
        self.before: str | None = None
        """Added to where it was sent back, by somebody who guesses the port."""

    @pyqtSlot(QUrl)
    def open(self, url: QUrl) -> None:
        def go() -> str:
            there = httpx.get(url.toString()).headers["location"]
            if self.before is not None:
                forged = httpx.get(f"{there.partition('?')[0]}?{self.before}")
                self.said.append(f"{forged.status_code}")
            return httpx.get(there).text

        if not self.is_closed:
            self._background.run(go, self.said.append, lambda error: self.said.append(str(error)))


@pytest.fixture
def browser() -> Iterator[Browser]:
    made = Browser()
    QDesktopServices.setUrlHandler("http", made, "open")
    yield made
    QDesktopServices.unsetUrlHandler("http")


def test_the_hospital_s_account_signs_in_by_the_browser_and_no_forged_answer_does(
    qtbot: QtBot, with_provider: Api, window: ConsoleWindow, browser: Browser
) -> None:
    browser.before = "state=guessed&code=stolen"
    window.begin(with_provider.url)
    qtbot.waitUntil(window.login.provider.isVisible, timeout=WAIT_MS)
    qtbot.mouseClick(window.login.provider, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    assert window.workplace is not None
    assert window.workplace.session.user.name == "ann.reader"
    qtbot.waitUntil(lambda: len(browser.said) == 2, timeout=WAIT_MS)
    assert browser.said == ["400", "Go back to the console. This page can be closed."]


def test_who_may_not_in_is_told_and_who_gives_up_has_the_form_back(
    qtbot: QtBot,
    with_provider: Api,
    window: ConsoleWindow,
    provider: OidcProvider,
    browser: Browser,
) -> None:
    provider.person["roles"] = ["kitchen"]
    window.begin(with_provider.url)
    qtbot.waitUntil(window.login.provider.isVisible, timeout=WAIT_MS)
    window.login.provider.click()
    qtbot.waitUntil(says(window, "role"), timeout=WAIT_MS)
    browser.is_closed = True
    window.login.provider.click()
    qtbot.waitUntil(lambda: "give up" in window.login.provider.text())
    window.login.provider.click()
    qtbot.waitUntil(says(window, "Nobody signed in at the provider."), timeout=WAIT_MS)
    assert window.login.button.isEnabled()
    assert PATH not in window.login.problem.text()


def test_a_node_without_a_provider_offers_none(
    qtbot: QtBot, window: ConsoleWindow, api: Api
) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    window.begin(api.url)
    typed(qtbot, window, "ann", PASSWORD)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    assert window.login.provider.isHidden()


def test_who_was_wrong_too_often_is_told_how_long_to_wait(
    qtbot: QtBot, window: ConsoleWindow, api: Api
) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    window.begin(api.url)
    for _ in range(5):
        window.login.problem.clear()
        typed(qtbot, window, "ann", "not this one")
        qtbot.waitUntil(says(window, "Name or password is wrong."), timeout=WAIT_MS)
    typed(qtbot, window, "ann", PASSWORD)
    qtbot.waitUntil(says(window, "Too many attempts. Try again in"), timeout=WAIT_MS)
    assert window.workplace is None
