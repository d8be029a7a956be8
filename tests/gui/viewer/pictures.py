"""Pictures of the viewer for the documents, of a phantom at a real API.

python -m tests.gui.viewer.pictures SERIES RESULT OUTPUT

SERIES is a folder of ``cspine-node phantom``, RESULT one of ``cspine-node analyze``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget

from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.viewer import ImageViewer
from storage.records import Role
from tests.integration.api.conftest import running
from tests.integration.api.dicomweb.conftest import stored

BANNER = "PHANTOM, C5   ·   ID CSPINE-1   ·   acc. A1023   ·   CT C-spine 2026-01-12 03:07"


class WithHeatMap(DicomwebImages):
    """The images of the node, and the heat map of a file: nothing was analysed here."""

    file: Path

    def heat_map(self, _series_uid: str) -> bytes | None:
        return self.file.read_bytes()


def main(series: Path, result: Path, output: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    output.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        running(Path(scratch)) as api,
        api.signed_in(Role.RADIOLOGIST) as client,
        httpx.Client(base_url=f"{api.url}/dicomweb", headers=client.headers, timeout=120) as web,
    ):
        first = stored(web, sorted(series.glob("*.dcm")))[0]
        viewer = ImageViewer()
        viewer.resize(1280, 860)
        viewer.show()
        document = json.loads((result / "result.json").read_text())
        images = WithHeatMap(client, first.StudyInstanceUID)
        images.file = result / "set" / "heat-map-1.dcm"
        viewer.open_series(images, first.SeriesInstanceUID, banner=BANNER, result=document)
        wait(app, lambda: viewer.scene is not None and viewer.scene.volume.settled > 30)
        take(viewer, output / "viewer-loading.png")
        wait(app, lambda: viewer.scene is not None and viewer.scene.complete)
        wait(app, lambda: viewer.scene is not None and viewer.scene.heat is not None)
        pause(app, 0.3)
        take(viewer, output / "viewer.png")
        viewer.toggle("heat")
        take(viewer, output / "viewer-heat-map.png")
        viewer.toggle("heat")
        viewer.preset("2")
        pane = viewer.pane(Orientation.AXIAL)
        viewer.use_tool("ruler")
        drag(pane, (260, 300), (360, 330))
        viewer.use_tool("angle")
        drag(pane, (200, 420), (300, 470))
        mouse(pane, QEvent.Type.MouseMove, (400, 400))
        drag(pane, (400, 400))
        viewer.use_tool("point")
        pause(app, 0.1)
        take(viewer, output / "viewer-measure.png")
        viewer.close()


def take(viewer: ImageViewer, path: Path) -> None:
    viewer.grab().save(str(path))


def drag(pane: QWidget, *way: tuple[int, int]) -> None:
    """Press at the first place, go over the others, and let go at the last."""
    mouse(pane, QEvent.Type.MouseButtonPress, way[0])
    for place in way:
        mouse(pane, QEvent.Type.MouseMove, place)
    mouse(pane, QEvent.Type.MouseButtonRelease, way[-1])


def mouse(pane: QWidget, kind: QEvent.Type, at: tuple[int, int]) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(pane, QMouseEvent(kind, QPointF(*at), QPointF(*at), left, left, none))


def pause(app: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    wait(app, lambda: time.monotonic() > end)


def wait(app: QApplication, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        app.processEvents()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
