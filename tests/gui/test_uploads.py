"""Own files: dropped, sent, told one by one; and a window that locks itself."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from pyqt_console.about import AboutDialog
from pyqt_console.client import NodeClient
from pyqt_console.records import FileOutcome
from pyqt_console.uploads.dialog import UploadDialog
from pyqt_console.uploads.sender import Progress, Sender, items_of, requests_of, sentence
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage import series
from tests.ct_series import write_ct_series
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api, running

SignIn = Callable[..., Workplace]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A series, a zip of another one, a note, and what nobody wants to send."""
    root = tmp_path / "disc"
    write_ct_series(root / "ct", slices=3)
    other = write_ct_series(tmp_path / "other", slices=2)
    with zipfile.ZipFile(root / "second.zip", "w") as archive:
        for path in other:
            archive.write(path, path.name)
    (root / "note.txt").write_text("no image")
    (root / ".hidden").write_text("not for anybody")
    (root / "loop").symlink_to(root)
    return root


def outcomes_of(client: NodeClient, *paths: Path) -> tuple[list[FileOutcome], list[Progress], bool]:
    reports: list[Progress] = []
    whole = Sender(client, paths, pauses_s=()).run(reports.append)
    return [each for report in reports for each in report.outcomes], reports, whole


def test_a_folder_is_sent_and_each_file_has_an_outcome(
    api: Api, reader_client: NodeClient, folder: Path
) -> None:
    outcomes, reports, whole = outcomes_of(reader_client, folder)
    assert whole
    told = sorted((each.outcome, each.name) for each in outcomes)
    assert [kind for kind, _ in told] == ["skipped", *["stored"] * 5]
    assert told[0] == ("skipped", "disc/note.txt")
    assert len(series.list_series(api.database, limit=10)) == 2
    shares = [each.sent_bytes for each in reports]
    assert shares == sorted(shares)
    assert shares[-1] == reports[-1].total_bytes
    assert sentence(outcomes) == "5 images of 2 series stored; they are in the list. 1 skipped."
    again, _, _ = outcomes_of(reader_client, folder)
    assert sorted(each.outcome for each in again) == [kind for kind, _ in told]
    assert len(series.list_series(api.database, limit=10)) == 2


def test_requests_are_bounded_and_nothing_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = items_of([folder])
    assert {each.path.name for each in items} >= {"second.zip", "note.txt"}
    assert not any(each.name.startswith(".") or "loop" in each.name for each in items)
    monkeypatch.setattr("pyqt_console.uploads.sender.REQUEST_FILES", 2)
    groups = list(requests_of(items))
    assert [each for group in groups for each in group] == items
    assert max(len(group) for group in groups) == 2
    monkeypatch.setattr("pyqt_console.uploads.sender.REQUEST_BYTES", 1)
    assert all(len(group) == 1 for group in requests_of(items))


def test_what_a_node_that_is_away_did_not_get_is_named(tmp_path: Path, folder: Path) -> None:
    with running(tmp_path / "node") as api:
        client = NodeClient(api.url)
    outcomes, _, whole = outcomes_of(client, folder)
    assert not whole
    assert {each.outcome for each in outcomes} == {"not sent"}
    assert all("cannot be reached" in str(each.reason) for each in outcomes)
    client.close()


def test_a_file_that_vanished_stops_no_other(
    api: Api, reader_client: NodeClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = items_of([folder])
    monkeypatch.setattr("pyqt_console.uploads.sender.items_of", lambda _: items)
    (folder / "note.txt").unlink()
    outcomes, _, whole = outcomes_of(reader_client, folder)
    assert whole
    refused = [each for each in outcomes if each.outcome == "refused"]
    assert [(each.name, each.reason) for each in refused] == [
        ("disc/note.txt", "it cannot be read: No such file or directory")
    ]
    assert sum(each.outcome == "stored" for each in outcomes) == 5


def test_a_folder_dropped_on_the_window_is_in_the_list_soon(
    qtbot: QtBot, api: Api, sign_in: SignIn, folder: Path
) -> None:
    workplace = sign_in()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    drop = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    workplace.dropEvent(drop)
    dialog = workplace.findChild(UploadDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: "5 images of 2 series" in dialog.text.text(), timeout=WAIT_MS)
    assert "skipped: disc/note.txt – this is no DICOM file" in dialog.list.toPlainText()
    qtbot.waitUntil(lambda: workplace.worklist.model.rowCount() == 2, timeout=WAIT_MS)
    dialog.close()


def test_an_upload_that_could_not_be_sent_can_be_sent_again(
    qtbot: QtBot, api: Api, sign_in: SignIn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyqt_console.uploads.sender.PAUSES_S", ())
    workplace = sign_in()
    shutil.rmtree(folder / "ct")

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("dicom_node.api.uploads._result", broken)
    dialog = workplace.files.send([folder])
    qtbot.waitUntil(dialog.again.isVisible, timeout=WAIT_MS)
    assert "2 not sent" in dialog.text.text()
    monkeypatch.undo()
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "2 images of 1 series" in dialog.text.text(), timeout=WAIT_MS)
    dialog.close()


def test_who_is_away_for_long_must_sign_in_again(
    qtbot: QtBot, five: Api, window: ConsoleWindow, sign_in: SignIn
) -> None:
    seconds = [0.0]
    window.idle._monotonic_s = lambda: seconds[0]
    workplace = sign_in()
    qtbot.waitUntil(lambda: workplace.worklist.model.rowCount() == 5, timeout=WAIT_MS)
    seconds[0] += window.idle._after_s - 1
    qtbot.keyClick(workplace.worklist.table, Qt.Key.Key_Down)
    seconds[0] += window.idle._after_s - 1
    window.idle._look()
    assert window.workplace is workplace
    seconds[0] += 2
    qtbot.waitUntil(lambda: window.workplace is None, timeout=WAIT_MS)
    assert "Locked" in window.login.problem.text()
    assert window.login.name.text() == "ann"


def test_the_about_box_says_what_this_is_not(qtbot: QtBot, five: Api, sign_in: SignIn) -> None:
    workplace = sign_in()
    workplace._about()
    dialog = workplace.findChild(AboutDialog)
    assert dialog is not None
    words = " ".join(each.text() for each in dialog.findChildren(type(workplace.link)))
    assert "not for diagnosis" in words
    assert "Console 0." in words
    dialog.reject()
