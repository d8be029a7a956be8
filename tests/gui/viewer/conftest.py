"""A viewer that is drawn to nowhere, and a real API with DICOMweb behind it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import Dataset
from pytestqt.qtbot import QtBot

from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.viewer import ImageViewer
from storage.records import Role
from tests.ct_series import write_ct_series
from tests.integration.api.conftest import Api, api
from tests.integration.api.dicomweb.conftest import stored

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

__all__ = ["api"]

WAIT_MS = 20_000


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ImageViewer]:
    made = ImageViewer()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    made.setFocus()
    yield made
    made.close()


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    """A reader's client, at the root of the API."""
    with api.signed_in(Role.RADIOLOGIST) as made:
        yield made


@pytest.fixture
def store(client: httpx.Client, tmp_path: Path) -> Callable[..., list[Dataset]]:
    """Put a CT series into the node by STOW-RS; its data sets, from head to feet."""

    def put(**series: Any) -> list[Dataset]:
        paths = write_ct_series(tmp_path / f"ct-{len(list(tmp_path.iterdir()))}", **series)
        with httpx.Client(
            base_url=f"{client.base_url}/dicomweb", headers=client.headers, timeout=60
        ) as web:
            return stored(web, paths)

    return put


@pytest.fixture
def open_series(
    qtbot: QtBot, viewer: ImageViewer, client: httpx.Client
) -> Callable[..., ImageViewer]:
    """Open the series of these instances and wait until all of it is here."""

    def opened(sources: list[Dataset], **arguments: Any) -> ImageViewer:
        images = DicomwebImages(client, sources[0].StudyInstanceUID)
        with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
            viewer.open_series(images, sources[0].SeriesInstanceUID, **arguments)
        return viewer

    return opened


def result_for(sources: list[Dataset], *marked: tuple[str, int, float]) -> dict[str, Any]:
    """A result.json with findings (level, index of the slice, probability) on a series."""
    levels = {f"C{number}": 0.03 for number in range(1, 8)}
    levels |= {level: probability for level, _, probability in marked}
    count = len(sources)
    bounds = [round(count * each / 8) for each in range(9)]
    return {
        "status": "analysed",
        "model": {"name": "test-model", "version": "7"},
        "operating_point": 0.5,
        "coverage": "Overall covers all seven levels.",
        "levels": levels,
        "level_slices": {f"C{n}": [bounds[n - 1], max(bounds[n] - 1, 0)] for n in range(1, 8)},
        "level_coverage": dict.fromkeys(levels, "whole"),
        "findings": [
            {
                "level": level,
                "probability": probability,
                "key_slice_sop_uid": sources[index].SOPInstanceUID,
                "key_slice_frame": None,
                "key_slice_index": index,
                "box": [20, 24, 12, 10],
            }
            for level, index, probability in marked
        ],
    }
