"""What goes wrong in the middle of a reading: one sentence, and nothing that was begun is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydicom import Dataset
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dicom_node.api.server import ApiServer
from pyqt_console.review.draft import ACCEPT
from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.viewer import ImageViewer
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage.records import Role
from tests.ct_series import write_ct_series
from tests.gui.conftest import WAIT_MS
from tests.gui.reading import with_two_findings
from tests.gui.test_missed import draw, images_of
from tests.gui.test_verdict import opened, press
from tests.integration.api.conftest import PASSWORD, Api
from tests.integration.api.dicomweb.conftest import stored
from tests.unit.viewer.series import image

SignIn = Callable[..., Workplace]
SOME = 5


class Broken(DicomwebImages):
    """The node's images; after some of them every further one waits for the gate."""

    def __init__(self, client: httpx.Client, study_uid: str) -> None:
        super().__init__(client, study_uid)
        self.gate = threading.Event()
        self._left = SOME
        self._lock = threading.Lock()

    def frame(self, series_uid: str, frame: FrameRef) -> bytes:
        with self._lock:
            self._left -= 1
            waits = self._left < 0
        if waits:
            assert self.gate.wait(WAIT_MS / 1000)
        return super().frame(series_uid, frame)


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ImageViewer]:
    made = ImageViewer()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    yield made
    made.close()


def put(client: httpx.Client, folder: Path, **series: Any) -> list[Dataset]:
    paths = write_ct_series(folder, **series)
    web = httpx.Client(base_url=f"{client.base_url}/dicomweb", headers=client.headers, timeout=60)
    with web:
        return stored(web, paths)


def test_a_node_that_goes_in_the_middle_of_loading_is_waited_for_and_what_is_here_is_read(
    qtbot: QtBot, api: Api, viewer: ImageViewer, tmp_path: Path
) -> None:
    with api.signed_in(Role.RADIOLOGIST) as client:
        (first, *_) = put(client, tmp_path / "ct", slices=12)
        images = Broken(client, first.StudyInstanceUID)
        viewer.open_series(images, first.SeriesInstanceUID)
        qtbot.waitUntil(
            lambda: viewer.scene is not None and viewer.scene.volume.settled >= SOME,
            timeout=WAIT_MS,
        )
        port = api.server.port
        api.server.stop()
        images.gate.set()
        qtbot.waitUntil(viewer.trouble.isVisible, timeout=WAIT_MS)
        assert "What is here can be read." in viewer.trouble.text()
        scene = viewer.scene
        assert scene is not None
        before = scene.index
        viewer.go_to(before + 1)
        assert scene.volume.has(scene.index)
        settings = api.context.settings
        again = settings.model_copy(update={"api": settings.api.model_copy(update={"port": port})})
        server = ApiServer(replace(api.context, settings=again))
        with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
            server.start()
        server.stop()
    assert not viewer.trouble.isVisible()
    assert (scene.index, scene.volume.damaged) == (before + 1, {})


def test_a_session_that_ends_in_mid_review_keeps_the_draft_and_the_box(
    qtbot: QtBot, api: Api, sign_in: SignIn, window: ConsoleWindow, tmp_path: Path
) -> None:
    reading = with_two_findings(api, tmp_path / "ct")
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    images_of(qtbot, workplace)
    draw(qtbot, workplace, (10, 12, 20, 22))
    press(qtbot, workplace, Qt.Key.Key_A)
    press(qtbot, workplace, Qt.Key.Key_R)
    api.clock.pass_(api.context.settings.api.session_idle_s + 1)
    press(qtbot, workplace, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: window.workplace is None, timeout=WAIT_MS)
    assert not window.login.isHidden()
    qtbot.keyClicks(window.login.password, PASSWORD)
    qtbot.keyClick(window.login.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    assert window.workplace is not None
    form = opened(qtbot, window.workplace, reading.series_uid)
    assert form.rows[0].said().choice == ACCEPT
    assert [each.box for each in form.draft.added] == [(10, 12, 20, 22)]


NAMES = (
    ("ISO_IR 192", "Ñandú^Zoë", "Ñandú, Zoë"),
    ("ISO_IR 144", "Люкceмбypг^Яна", "Люкceмбypг, Яна"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou (山田, 太郎)"),
    ("GB18030", "Wang^XiaoDong=王^小东", "Wang, XiaoDong (王, 小东)"),
    ("ISO_IR 192", "<b>Doe</b>^&amp;", "<b>Doe</b>, &amp;"),
    ("ISO_IR 192", "", "(no name)"),
)
"""Character set, the name in the file, and how a reader sees it."""


def test_names_of_all_the_world_stand_in_the_banner_as_they_are(
    qtbot: QtBot, api: Api, sign_in: SignIn, tmp_path: Path
) -> None:
    expected = {}
    with api.signed_in(Role.RADIOLOGIST, "bob") as client:
        for number, (charset, name, shown) in enumerate(NAMES):
            attributes = {"SpecificCharacterSet": charset, "PatientName": name}
            (first,) = put(client, tmp_path / str(number), slices=1, attributes=attributes)
            expected[str(first.SeriesInstanceUID)] = shown
    workplace = sign_in()
    workplace.worklist.show_tab("all")
    for series_uid, shown in expected.items():
        opened(qtbot, workplace, series_uid)
        images, scene = images_of(qtbot, workplace)
        assert images.banner.text().startswith(f"{shown} · ")
        assert workplace.review.summary.patient.text() == shown
        assert scene.count == 1  # and a series of one slice is read like any


class Long:
    """2,000 small slices in memory, of which every hundredth is damaged."""

    def metadata(self, _series_uid: str, /) -> list[JsonDataset]:
        size = {"Rows": 32, "Columns": 32, "PixelSpacing": [1.0, 1.0]}
        return [image(each, [-16, -16, -0.6 * each], **size) for each in range(2000)]

    def instance_metadata(self, series_uid: str, _sop_instance_uid: str, /) -> JsonDataset:
        return self.metadata(series_uid)[0]

    def frame(self, _series_uid: str, frame: FrameRef, /) -> bytes:
        number = int(frame.sop_instance_uid.rpartition(".")[2])
        return np.full(32 * 32, number, "<i2").tobytes()[: 100 if number % 100 == 0 else None]

    def heat_map(self, _series_uid: str, /) -> bytes | None:
        return None


def test_two_thousand_slices_are_a_series(qtbot: QtBot, viewer: ImageViewer) -> None:
    with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
        viewer.open_series(Long(), "1.2")
    scene = viewer.scene
    assert scene is not None
    assert (scene.count, len(scene.volume.damaged)) == (2000, 20)
    assert viewer.status.text() == "1980 images · 20 cannot be shown"
    viewer.go_to(10**6)
    assert scene.index == 1999
    for orientation in Orientation:
        viewer.pane(orientation).grab()
