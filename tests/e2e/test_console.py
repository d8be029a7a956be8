"""A whole session at the console: sign in, open the top study, judge, sign; it ends at the PACS."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from dicom_node.api.passwords import Passwords
from pyqt_console.review.draft import ACCEPT
from pyqt_console.tokens import MemoryTokens
from pyqt_console.window import ConsoleWindow
from storage import users
from storage.records import Role, SeriesState
from tests.e2e.test_api import PASSWORD, url_of
from tests.e2e.test_main_job import send, series_uid_of
from tests.e2e.test_verdict import verified
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
WAIT_MS = 60_000


@pytest.fixture
def reader_of(quick: NodeProcess) -> NodeProcess:
    """A node with a radiologist."""
    with quick.database() as database:
        users.add_user(
            database,
            "ann",
            role=Role.RADIOLOGIST,
            password_hash=Passwords().hash(PASSWORD),
            display_name="Weiß^Ann",
            organization="Klinikum Nord",
            now=database.now(),
        )
    return quick


def test_from_signing_in_to_the_verified_report_at_the_pacs(
    qtbot: QtBot, reader_of: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path], tmp_path: Path
) -> None:
    settings = QSettings(str(tmp_path / "console.ini"), QSettings.Format.IniFormat)
    window = ConsoleWindow(settings, MemoryTokens(), tmp_path / "drafts")
    qtbot.addWidget(window)
    window.begin(url_of(reader_of))
    window.show()
    qtbot.keyClicks(window.login.name, "ann")
    qtbot.keyClicks(window.login.password, PASSWORD)
    qtbot.keyClick(window.login.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    workplace = window.workplace
    assert workplace is not None

    # The series comes while the reader looks at the empty list.
    send(reader_of, fractured_c5)
    reader_of.wait_for(series_uid_of(fractured_c5), SeriesState.REPORTED)
    view, review, images = workplace.worklist, workplace.review, workplace.images
    qtbot.waitUntil(lambda: [row.state for row in view.model.rows] == ["reported"], timeout=WAIT_MS)
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: review.form is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: images.scene is not None, timeout=WAIT_MS)
    form = review.form
    assert form is not None
    for row in form.rows:
        qtbot.keyClick(images, Qt.Key.Key_A)
        assert row.said().choice == ACCEPT
    if not form.rows:
        form.no_finding.click()
    assert form.why_not.text() == ""
    qtbot.keyClick(images, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: review.card.title.text() == "Signed", timeout=WAIT_MS)
    wait_until(lambda: len(verified(orthanc)) == 1, what="the verified report is at the PACS")
    report = orthanc.dataset(verified(orthanc)[0])
    assert report.VerifyingObserverSequence[0].VerifyingObserverName == "Weiß^Ann"
    window.close()
