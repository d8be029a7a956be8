"""The console's viewer, drawn to nowhere at 1600 × 1000: frames a second, first image, memory.

Series of 512 × 512 pixels. Each frame draws all three planes. The first image, and a whole series,
come from a real node over loopback HTTP; node and viewer share one process, so both are slower than
they would be apart.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from PyQt6.QtWidgets import QApplication

from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.viewer import ImageViewer
from storage.records import Role
from tests.bench.measure import Figure, side_by_side
from tests.ct_series import write_ct_series
from tests.integration.api.conftest import Api, running
from tests.integration.api.dicomweb.conftest import stored
from tests.unit.viewer.series import image

SLICES: Final = 300
MANY_SLICES: Final = 2000
FRAMES: Final = 40
STUDIES: Final = 50
SIDE: Final = 512
DEADLINE_S: Final = 120


class Noise:
    """A source in memory: one noisy slice again and again."""

    def __init__(self, slices: int) -> None:
        self._slices = slices
        noise = np.random.default_rng(1).integers(-200, 1200, (SIDE, SIDE))
        self._frame: NDArray[np.int16] = noise.astype(np.int16)

    def metadata(self, _series_uid: str, /) -> list[JsonDataset]:
        """Slices 0.6 mm apart, pixels of 0.4 mm."""
        size = {"Rows": SIDE, "Columns": SIDE, "PixelSpacing": [0.4, 0.4]}
        return [image(each, [-100, -100, -0.6 * each], **size) for each in range(self._slices)]

    def instance_metadata(self, series_uid: str, _sop_instance_uid: str, /) -> JsonDataset:
        """Of any."""
        return self.metadata(series_uid)[0]

    def frame(self, _series_uid: str, _frame: FrameRef, /) -> bytes:
        """The same for all."""
        return self._frame.tobytes()

    def heat_map(self, _series_uid: str, /) -> bytes | None:
        """There is none."""
        return None


def viewing(scratch: Path) -> list[Figure]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with ExitStack() as stack:
        few = stack.enter_context(_viewer(app, SLICES))
        many = stack.enter_context(_viewer(app, MANY_SLICES))
        figures = side_by_side(
            "drawing",
            "frames/s",
            {
                f"scrolling, {SLICES} slices": partial(_rate, few, _scroll),
                f"scrolling, {MANY_SLICES} slices": partial(_rate, many, _scroll),
                "dragging the window": partial(_rate, few, _window),
                f"dragging the window, {MANY_SLICES} slices": partial(_rate, many, _window),
                "moving the crosshair": partial(_rate, few, _crosshair),
                f"moving the crosshair, {MANY_SLICES} slices": partial(_rate, many, _crosshair),
            },
            rounds=2,
        )
    with running(scratch) as api:
        web = {"base_url": f"{api.url}/dicomweb"}
        with api.signed_in(Role.RADIOLOGIST) as client:
            client.base_url = web["base_url"]
            paths = write_ct_series(scratch / "ct", slices=SLICES, rows=SIDE, columns=SIDE)
            first = stored(client, paths)[0]
        figures += side_by_side(
            "from a node",
            "s",
            {
                "first image": partial(_seconds, app, api, first, "first_image"),
                f"all of {SLICES} slices": partial(_seconds, app, api, first, "loaded"),
            },
            rounds=2,
        )
    return [*figures, *_memory(app)]


@contextmanager
def _viewer(app: QApplication, slices: int) -> Iterator[ImageViewer]:
    viewer = _shown()
    _wait(app, viewer, lambda: viewer.open_series(Noise(slices), f"1.{slices}"), "loaded")
    yield viewer
    viewer.close_series()
    viewer.cache.clear()
    viewer.close()


def _shown() -> ImageViewer:
    viewer = ImageViewer()
    viewer.resize(1600, 1000)
    viewer.show()
    return viewer


def _rate(viewer: ImageViewer, move: Callable[[ImageViewer, int], None]) -> float:
    begin = time.perf_counter()
    for at in range(FRAMES):
        move(viewer, at)
        for orientation in Orientation:
            viewer.pane(orientation).repaint()
    return FRAMES / (time.perf_counter() - begin)


def _scroll(viewer: ImageViewer, at: int) -> None:
    viewer.go_to(at)


def _window(viewer: ImageViewer, at: int) -> None:
    viewer.drag_window(1, 1 if at % 2 else -1)


def _crosshair(viewer: ImageViewer, at: int) -> None:
    assert viewer.scene is not None
    viewer.point_at(viewer.scene.stack.point(at, 150 + at, 150 + at))


def _seconds(app: QApplication, api: Api, first: Dataset, signal: str) -> float:
    """From opening to the signal, with nothing in memory."""
    viewer = _shown()
    with api.signed_in(Role.RADIOLOGIST) as client:
        images = DicomwebImages(client, first.StudyInstanceUID)
        begin = time.perf_counter()
        middle = FrameRef(first.SOPInstanceUID)  # the console knows one from the worklist's detail
        uid = first.SeriesInstanceUID
        _wait(app, viewer, lambda: viewer.open_series(images, uid, middle=middle), signal)
        found = time.perf_counter() - begin
        viewer.close_series()
        viewer._feed.settle()
    viewer.close()
    return found


def _memory(app: QApplication) -> list[Figure]:
    """What a day of studies leaves behind."""
    viewer, source = _shown(), Noise(100)
    sizes = []
    for study in range(STUDIES):
        _wait(app, viewer, partial(viewer.open_series, source, f"2.{study}"), "loaded")
        sizes.append(_resident_mib())
    viewer.close()
    return [
        Figure("memory", f"after study {study}", "MiB", (sizes[study - 1],))
        for study in (1, STUDIES // 2, STUDIES)
    ]


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _wait(app: QApplication, viewer: ImageViewer, act: Callable[[], None], signal: str) -> None:
    seen: list[bool] = []
    bound = getattr(viewer, signal)
    connection = bound.connect(lambda: seen.append(True))
    act()
    end = time.monotonic() + DEADLINE_S
    while not seen:
        assert time.monotonic() < end, f"no {signal} within {DEADLINE_S} s"
        app.processEvents()
        time.sleep(0.001)
    bound.disconnect(connection)
