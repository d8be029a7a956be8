"""From the loader's threads to the thread of the widgets, at the pace of the screen."""

from __future__ import annotations

import queue
from typing import Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.loader import SeriesLoader
from pyqt_console.viewer.loading import (
    Arrived,
    Ended,
    Event,
    Failed,
    Finished,
    HeatMapCame,
    ImageSource,
    Offline,
    Online,
    Opened,
    Previewed,
)
from pyqt_console.viewer.volume import VolumeCache

TICK_MS: Final = 30


class SeriesFeed(QObject):
    """Loads one series after the other; of the one before nothing arrives any more."""

    previewed = pyqtSignal(object)
    """A GrowingVolume of one slice, before the series is known."""
    opened = pyqtSignal(object)
    """A GrowingVolume."""
    arrived = pyqtSignal(object)
    """The set of slices that came since the last tick."""
    offline = pyqtSignal(str)
    online = pyqtSignal()
    failed = pyqtSignal(object)
    """A ViewerError."""
    finished = pyqtSignal()
    heat_map = pyqtSignal(object)
    """A GrowingVolume of thousandths, in the patient's space."""

    def __init__(self, cache: VolumeCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self._loader: SeriesLoader | None = None
        self._ending: list[SeriesLoader] = []
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._drain)

    def load(self, source: ImageSource, series_uid: str, first: FrameRef | None = None) -> None:
        """From now on this series."""
        self.stop()
        self._loader = SeriesLoader(source, series_uid, cache=self._cache, first=first)
        self._loader.start()
        self._timer.start()

    def look_at(self, index: int) -> None:
        """The reader looks at this slice."""
        if self._loader is not None:
            self._loader.look_at(index)

    def stop(self) -> None:
        """Load no more; a request that is under way ends by itself."""
        self._timer.stop()
        if self._loader is not None:
            self._loader.stop()
            self._ending = [each for each in self._ending if each.is_busy] + [self._loader]
        self._loader = None

    def settle(self) -> None:
        """After :meth:`stop`: wait until no request is under way. Not in the windows' thread."""
        for loader in self._ending:
            loader.join()

    def _drain(self) -> None:
        loader, came = self._loader, set[int]()
        while loader is not None and loader is self._loader:
            try:
                event = loader.events.get_nowait()
            except queue.Empty:
                break
            if isinstance(event, Arrived):
                came.add(event.index)
            else:
                self._tell(event)
        if came:
            self.arrived.emit(came)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Previewed):
            self.previewed.emit(event.volume)
        elif isinstance(event, Opened):
            self.opened.emit(event.volume)
        elif isinstance(event, Offline):
            self.offline.emit(event.sentence)
        elif isinstance(event, Online):
            self.online.emit()
        elif isinstance(event, Failed):
            self._timer.stop()
            self.failed.emit(event.error)
        elif isinstance(event, Finished):
            self.finished.emit()
        elif isinstance(event, HeatMapCame):
            self.heat_map.emit(event.volume)
        elif isinstance(event, Ended):
            self._timer.stop()
