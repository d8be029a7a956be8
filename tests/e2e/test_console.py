"""A whole session at the console: sign in, open the top study, judge, sign; it ends at the PACS."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import highdicom as hd
import pytest
from PyQt6.QtCore import QPoint, QSettings, Qt
from pytestqt.qtbot import QtBot

from dicom_node.api.passwords import Passwords
from pyqt_console.review.draft import ACCEPT, Added
from pyqt_console.review.form import VerdictForm
from pyqt_console.tokens import MemoryTokens
from pyqt_console.viewer.plane import Orientation
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
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
    qtbot.waitUntil(lambda: images.scene is not None and images.scene.complete, timeout=WAIT_MS)
    form = review.form
    assert form is not None
    for row in form.rows[:-1]:
        qtbot.keyClick(images, Qt.Key.Key_A)
        assert row.said().choice == ACCEPT
    if form.rows:  # the machine points to another place than the fracture's
        qtbot.keyClick(images, Qt.Key.Key_R)
    added = draw_another(qtbot, workplace, form)
    assert form.why_not.text() == ""
    qtbot.keyClick(images, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: review.card.title.text() == "Signed", timeout=WAIT_MS)
    wait_until(lambda: len(verified(orthanc)) == 1, what="the verified report is at the PACS")
    report = orthanc.dataset(verified(orthanc)[0])
    assert report.VerifyingObserverSequence[0].VerifyingObserverName == "Weiß^Ann"
    content = hd.sr.srread(BytesIO(orthanc.file(verified(orthanc)[0]))).content
    assert isinstance(content, hd.sr.MeasurementReport)
    groups = content.get_planar_roi_measurement_groups()
    (group,) = [each for each in groups if added.level in each.finding_sites[0].value.meaning]
    assert group.roi is not None
    x, y, width, height = added.box
    assert group.roi.value.min(axis=0).tolist() == [x, y]
    assert group.roi.value.max(axis=0).tolist() == [x + width, y + height]
    window.close()


def draw_another(qtbot: QtBot, workplace: Workplace, form: VerdictForm) -> Added:
    """Outline what the machine missed, as one of the level that was rejected, or of C7."""
    level = form.rows[-1].finding.level if form.rows else "C7"
    qtbot.keyClick(workplace.images, Qt.Key.Key_D)
    pane = workplace.images.pane(Orientation.AXIAL)
    start, end = QPoint(pane.width() // 3, pane.height() // 3), pane.rect().center()
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane, end)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=end)
    (row,) = form.added.rows
    row.level.setCurrentText(level)
    row.level.activated.emit(row.level.currentIndex())
    return form.draft.added[0]
