"""The viewer in the workplace: a study that is opened in the list is seen, by its keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.viewer import ImageViewer
from pyqt_console.viewer.window import PRESETS
from pyqt_console.workplace import Workplace
from storage.records import SeriesRecord
from tests.gui.conftest import WAIT_MS
from tests.gui.reading import with_two_findings
from tests.gui.test_verdict import opened, press
from tests.integration.api.conftest import Api

SignIn = Callable[..., Workplace]


@pytest.fixture
def reading(api: Api, tmp_path: Path) -> SeriesRecord:
    return with_two_findings(api, tmp_path / "ct")


def viewer_of(qtbot: QtBot, workplace: Workplace) -> ImageViewer:
    """With all of the series in it."""
    viewer = workplace.images
    qtbot.waitUntil(lambda: viewer.scene is not None and viewer.scene.complete, timeout=WAIT_MS)
    return viewer


def test_an_opened_study_is_seen_with_its_findings_and_its_heat_map(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    viewer = viewer_of(qtbot, workplace)
    scene = viewer.scene
    assert scene is not None
    assert [each.level for each in scene.reading.findings] == ["C2", "C5"]
    assert scene.volume.damaged == {}
    qtbot.waitUntil(lambda: scene.heat is not None, timeout=WAIT_MS)
    assert scene.heat is not None
    assert scene.heat.hu.max() == 750
    hottest = np.unravel_index(int(scene.heat.hu.argmax()), scene.heat.hu.shape)
    viewer.point_at(scene.heat.stack.point(*map(int, hottest)))
    pane = viewer.pane(Orientation.AXIAL)
    without = pane.grab().toImage()
    qtbot.keyClick(viewer, Qt.Key.Key_H)
    assert scene.shown.heat
    assert pane.grab().toImage() != without


def test_the_keys_of_the_review_take_the_images_along(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    viewer = viewer_of(qtbot, workplace)
    scene = viewer.scene
    assert scene is not None
    seen = set()
    for _ in range(2):
        press(qtbot, workplace, Qt.Key.Key_F)
        seen.add(viewer.said.text())
    assert {each[:4] for each in seen} == {"◇ C2", "◇ C5"}
    qtbot.keyClick(viewer, Qt.Key.Key_3)
    assert scene.window == PRESETS["3"].window


def test_signing_out_leaves_no_pixel(qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    viewer = viewer_of(qtbot, workplace)
    assert len(viewer.cache) == 1
    workplace.stop()
    assert len(viewer.cache) == 0
    assert viewer.scene is None
    assert viewer.banner.text() == ""
