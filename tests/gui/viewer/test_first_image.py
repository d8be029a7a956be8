"""The first image does not wait until the node has described the whole series."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest
from pydicom import Dataset
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.viewer import ImageViewer
from pyqt_console.viewer.window import PRESETS
from tests.gui.viewer.conftest import WAIT_MS, result_for

Store = Callable[..., list[Dataset]]


class SlowToDescribe(DicomwebImages):
    """The node's images; its description of the series comes when the gate is open."""

    gate: threading.Event

    def metadata(self, series_uid: str) -> Sequence[JsonDataset]:
        assert self.gate.wait(WAIT_MS / 1000)
        return super().metadata(series_uid)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def test_the_key_slice_is_seen_and_windowed_before_the_series_is_known(
    qtbot: QtBot, client: httpx.Client, viewer: ImageViewer, store: Store, gate: threading.Event
) -> None:
    sources = store(slices=20)
    images = SlowToDescribe(client, sources[0].StudyInstanceUID)
    images.gate = gate
    with qtbot.waitSignal(viewer.first_image, timeout=WAIT_MS):
        viewer.open_series(
            images, sources[0].SeriesInstanceUID, result=result_for(sources, ("C6", 15, 0.97))
        )
    preview = viewer.scene
    assert preview is not None
    assert (preview.count, preview.preview) == (1, True)
    assert [each.level for each in preview.reading.findings] == ["C6"]
    assert preview.overlays(Orientation.AXIAL) != []
    for key in (Qt.Key.Key_3, Qt.Key.Key_F, Qt.Key.Key_Right, Qt.Key.Key_End):
        qtbot.keyClick(viewer, key)
    viewer.draw_mark()  # on which slice of the series this would be is not known yet
    assert viewer.said.text() == "The images are still loading."
    shown = viewer.pane(Orientation.AXIAL).grab().toImage()
    assert viewer.pane(Orientation.SAGITTAL).isVisible()  # nothing moves when the others come
    width = viewer.pane(Orientation.AXIAL).width()
    with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
        gate.set()
    scene = viewer.scene
    assert scene is not None
    assert (scene.count, scene.index, scene.preview) == (20, 15, False)
    assert viewer.said.text() == ""
    assert scene.window == PRESETS["3"].window  # as the reader set it meanwhile
    assert viewer.pane(Orientation.AXIAL).width() == width
    assert (scene.volume.slice_hu(15) == preview.volume.slice_hu(0)).all()
    assert viewer.pane(Orientation.AXIAL).grab().toImage() != shown


def test_a_level_that_is_asked_for_meanwhile_is_gone_to_when_it_can_be(
    qtbot: QtBot, client: httpx.Client, viewer: ImageViewer, store: Store, gate: threading.Event
) -> None:
    sources = store(slices=20)
    images = SlowToDescribe(client, sources[0].StudyInstanceUID)
    images.gate = gate
    result = result_for(sources, ("C2", 4, 0.71), ("C6", 15, 0.97))
    with qtbot.waitSignal(viewer.first_image, timeout=WAIT_MS):
        viewer.open_series(images, sources[0].SeriesInstanceUID, result=result)
    qtbot.keyClick(viewer, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
        gate.set()
    assert viewer.scene is not None
    assert viewer.scene.index == 4


def test_without_a_finding_it_begins_at_the_image_that_the_node_names(
    qtbot: QtBot, client: httpx.Client, viewer: ImageViewer, store: Store, gate: threading.Event
) -> None:
    sources = store(slices=20)
    images = SlowToDescribe(client, sources[0].StudyInstanceUID)
    images.gate = gate
    with qtbot.waitSignal(viewer.first_image, timeout=WAIT_MS):
        viewer.open_series(
            images, sources[0].SeriesInstanceUID, middle=FrameRef(sources[8].SOPInstanceUID)
        )
    with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
        gate.set()
    assert viewer.scene is not None
    assert viewer.scene.index == 8
