"""The node's own page: a part that is not ready, the disk in words, the certificate to compare."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dicom_node.api.certificate import certificate_of
from dicom_node.monitoring.worker_watch import WorkerFailure
from inference.types import ModelIdentity
from pyqt_console.admin.system import INFERENCE, PARTS, SystemPage
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.theme import DARK
from storage.records import Role
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import PASSWORD, Api, running
from tests.integration.storage import given


def system(qtbot: QtBot, opened: Opened) -> SystemPage:
    window = opened()
    window.go_to("system")
    page = cast("SystemPage", window.current)
    qtbot.waitUntil(lambda: page.verdict.text() != "", timeout=WAIT_MS)
    return page


def test_a_node_that_is_not_ready_says_which_part(qtbot: QtBot, api: Api, opened: Opened) -> None:
    given.queued(api.database, "1.3")
    page = system(qtbot, opened)
    assert page.verdict.text() == "✓ The node can do its work"
    assert page.queue.values["queued"].text() == "1"
    assert page.inference.values["Model"].text() == "tiny 0"
    assert page.inference.values["Runs on"].text() == "CPU, no GPU is used"
    api.context.instruments.worker.failed(WorkerFailure.START)
    api.context.instruments.listens = lambda: False
    page.refresh()
    qtbot.waitUntil(lambda: page.verdict.text() == "✕ The node is not ready", timeout=WAIT_MS)
    words = [each.text() for each in page.part_words.values()]
    assert words == [
        "✓ the database answers",
        "✓ the disk has room",
        "✕ the DICOM port is not open",
        "✕ the inference process does not start",
    ]
    assert page.inference.values["Failures"].text() == "1 since the node started"


def test_a_gpu_is_named(qtbot: QtBot, api: Api, opened: Opened) -> None:
    api.context.instruments.worker.is_warm(ModelIdentity("tiny", "0", "0" * 64), "NVIDIA H100")
    page = system(qtbot, opened)
    assert page.inference.values["Runs on"].text() == "GPU: NVIDIA H100"


def test_every_word_of_the_node_has_ours() -> None:
    from dicom_node.monitoring.readiness import PROBLEMS  # noqa: PLC0415 - not of the console
    from dicom_node.monitoring.worker_watch import WorkerState  # noqa: PLC0415

    assert set(PROBLEMS) <= set(PARTS)
    assert set(INFERENCE) == {each.value for each in WorkerState}
    assert {word for part, word in PARTS if part == "inference"} == set(INFERENCE)


def test_a_full_disk_and_a_certificate(qtbot: QtBot, tmp_path: Path, settings: QSettings) -> None:
    with running(tmp_path, reserve_mib=2**40, tls=True) as api:
        own = certificate_of(api.context.settings.api, api.context.data_dir.root)
        assert own is not None
        api.add_user("root", Role.ADMIN)
        address = api.url.replace("127.0.0.1", "localhost")
        client, background = NodeClient(address, ca_file=own.certificate), Background()
        page = SystemPage(client, background, DARK, client.sign_in("root", PASSWORD).user)
        qtbot.addWidget(page)
        page.refresh()
        qtbot.waitUntil(lambda: page.verdict.text() != "", timeout=WAIT_MS)
        assert page.disk_words.text().startswith("✕ Images are refused")
        qtbot.mouseClick(page.certificates.fingerprints["api"].button, Qt.MouseButton.LeftButton)
        board = QApplication.clipboard()
        assert board is not None
        assert board.text() == own.fingerprint()
        assert "until 20" in page.certificates.ends["api"].text()
        page.stop()
        background.close()
        client.close()
