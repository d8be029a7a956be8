"""The console's worklist of 100,000 readings, drawn to nowhere at 1440 × 900.

A real node over loopback HTTP; node and console share one process, so both are slower than they
would be apart. Frames are drawn whole, as fast as they can be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PyQt6.QtCore import pyqtBoundSignal
from PyQt6.QtWidgets import QApplication
from sqlalchemy import update

from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.query import WorklistQuery
from pyqt_console.theme import DARK, style_sheet
from pyqt_console.worklist.strip import ROW_PX
from pyqt_console.worklist.view import WorklistView
from pyqt_console.worklist.views import ViewsFile
from storage.models import Series
from tests.bench.measure import Figure, side_by_side
from tests.bench.worklist import PASSWORD, SERIES, listening

FRAMES: Final = 60
REFRESHES: Final = 20
DEADLINE_S: Final = 300


def listing(scratch: Path) -> list[Figure]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    app.setStyleSheet(style_sheet(DARK))
    with listening(scratch / "node", None) as context_and_url:
        context, url = context_and_url
        client = NodeClient(url)
        client.sign_in("ann", PASSWORD)
        background = Background()
        view = WorklistView(client, background, DARK, ViewsFile(scratch, url, "ann"))
        view.resize(1440, 900)
        view.show()
        view.table.setFocus()
        figures = side_by_side(
            "opening", "ms", {"opening, to the first rows": partial(_open, app, view)}, rounds=5
        )
        empty_mib = _resident_mib()
        figures.append(Figure("all", "all rows loaded, in pages", "s", (_all(app, view),)))
        rows_mib = _resident_mib() - empty_mib
        figures.append(Figure("memory", "memory of all rows", "MiB", (rows_mib,)))
        figures += side_by_side(
            "drawing",
            "frames/s",
            {
                "scrolling by a row": partial(_scroll, view, ROW_PX),
                "scrolling by a page": partial(_scroll, view, 20 * ROW_PX),
                "anywhere": partial(_scroll, view, 997 * ROW_PX),
            },
        )

        def touch(number: int) -> None:
            with context.database.transaction() as session:
                session.execute(
                    update(Series)
                    .where(Series.series_uid == f"1.2.{number}")
                    .values(triage_rank=Series.triage_rank + 1)
                )

        figures += side_by_side(
            "live",
            "ms",
            {
                "one series changed": partial(_change, app, view, touch),
                "F5": partial(_refresh, app, view),
            },
            rounds=REFRESHES,
        )
        view.stop()
        background.close()
        view.close()
        client.close()
        app.setStyleSheet("")
    return figures


def _open(app: QApplication, view: WorklistView) -> float:
    return _until(app, view, view.loader.first, lambda: view.loader.show(WorklistQuery("all")))


def _until(
    app: QApplication, view: WorklistView, signal: pyqtBoundSignal, act: Callable[[], None]
) -> float:
    """Milliseconds from acting to what it brought, drawn."""
    seen: list[bool] = []
    connection = signal.connect(lambda _: seen.append(True))
    begin = time.perf_counter()
    act()
    _wait(app, lambda: bool(seen))
    view.repaint()
    took_s = time.perf_counter() - begin
    signal.disconnect(connection)
    return 1000 * took_s


def _all(app: QApplication, view: WorklistView) -> float:
    begin = time.perf_counter()
    while view.model.rowCount() < SERIES:
        before = view.model.rowCount()
        view.loader.more()
        _wait(app, partial(_is_longer, view, before))
    return time.perf_counter() - begin


def _is_longer(view: WorklistView, rows: int) -> bool:
    return view.model.rowCount() > rows


def _scroll(view: WorklistView, step_px: int) -> float:
    bar, viewport = view.table.verticalScrollBar(), view.table.viewport()
    assert bar is not None
    assert viewport is not None
    begin = time.perf_counter()
    for at in range(FRAMES):
        bar.setValue(bar.maximum() // 3 + at * step_px)
        viewport.repaint()
    return FRAMES / (time.perf_counter() - begin)


def _change(app: QApplication, view: WorklistView, touch: Callable[[int], None]) -> float:
    """From asking for it to its row in its new place."""
    row = view.model.row_at(view.table.rowAt(5))
    touch(int(row.series_uid.rpartition(".")[2]))
    return _until(app, view, view.loader.news, lambda: view.loader.changed([row.series_uid]))


def _refresh(app: QApplication, view: WorklistView) -> float:
    return _until(app, view, view.loader.news, view.refresh_now)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _wait(app: QApplication, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"nothing within {DEADLINE_S} s"
        app.processEvents()
        time.sleep(0.0005)
