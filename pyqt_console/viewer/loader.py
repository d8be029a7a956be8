"""Fetching a series into a volume, in threads of its own: what is looked at comes first.

A source answers a few questions (:class:`ImageSource`); :mod:`pyqt_console.viewer.dicomweb` asks
them of a server. Describing a whole series takes long, so the slice to begin with is asked for at
the same time. The loader reports by events in a queue, which the windows' thread empties.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final

from pyqt_console.i18n import tr
from pyqt_console.viewer.decode import decode
from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.errors import BusyError, DamagedImageError, UnreachableError, ViewerError
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.heat_map import heat_volume
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
from pyqt_console.viewer.order import Order
from pyqt_console.viewer.stack import Stack, stack_of
from pyqt_console.viewer.volume import GrowingVolume, VolumeCache

logger = logging.getLogger(__name__)

WORKERS: Final = 4
TRIES_MAX: Final = 3
"""Of one image for which the server says "not now"."""
RETRY_S: Final = (0.5, 1.0, 2.0, 5.0)
"""Pauses after a failure to reach the server; the last one repeats."""


class SeriesLoader:
    """Loads one series from :meth:`start` until it is whole, has failed, or is told to stop."""

    def __init__(
        self,
        source: ImageSource,
        series_uid: str,
        *,
        cache: VolumeCache,
        first: FrameRef | None = None,
        workers: int = WORKERS,
        retry_s: Sequence[float] = RETRY_S,
    ) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._source, self._series_uid, self._first = source, series_uid, first
        self._cache, self._workers, self._retry_s = cache, workers, retry_s
        self._stopped = threading.Event()
        self._offline = threading.Event()
        self._whole = False
        self._order: Order | None = None
        self._preview: GrowingVolume | None = None
        self._opened = False
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; answers come in :attr:`events`."""
        first = self._first
        if first is not None and self._series_uid not in self._cache:
            self._spawn(lambda: self._look_ahead(first))
        self._spawn(self._open)

    def stop(self) -> None:
        """Ask the threads to end; a request that is under way is not waited for."""
        self._stopped.set()

    def join(self) -> None:
        """Wait until the threads have ended, also those that the first one starts."""
        for thread in self._threads:  # it grows only while a thread of it runs
            thread.join()

    @property
    def is_busy(self) -> bool:
        """Whether a thread of it is still there."""
        return any(thread.is_alive() for thread in tuple(self._threads))

    def look_at(self, index: int) -> None:
        """The reader looks at this slice: fetch it and its neighbours first."""
        if self._order is not None:
            self._order.look_at(index)

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=(work,), name="images", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except ViewerError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 – the edge of a thread
            if self._stopped.is_set():  # such as a client that was closed meanwhile
                return
            # The type alone: a text might quote a header, and with it a patient.
            logger.error("loading images of series %s: %s", self._series_uid, type(error).__name__)
            self._fail(ViewerError(tr("The images cannot be shown: the viewer has a fault.")))

    def _fail(self, error: ViewerError) -> None:
        with self._lock:
            if self._stopped.is_set():
                return
            self._stopped.set()
        self.events.put(Failed(error))

    def _look_ahead(self, first: FrameRef) -> None:
        """The first slice before the series is described; it goes without, if that fails."""
        try:
            described = self._source.instance_metadata(self._series_uid, first.sop_instance_uid)
            stack = stack_of([described])
            if len(stack.slices) != 1:  # many frames: this was the whole description
                return
            part, volume = stack.slices[0], GrowingVolume(stack)
            volume.put(0, decode(self._source.frame(self._series_uid, part.frame), part.pixels))
        except ViewerError:
            return
        with self._lock:
            if self._opened or self._stopped.is_set():
                return
            self._preview = volume
            self.events.put(Previewed(volume))

    def _open(self) -> None:
        metadata = self._metadata()
        if metadata is None:
            return
        stack = stack_of(metadata)
        volume = self._cache.get(self._series_uid, lambda: GrowingVolume(stack))
        if not _same(volume.stack, stack):  # slices came late since it was last seen
            self._cache.forget(self._series_uid)
            volume = self._cache.get(self._series_uid, lambda: GrowingVolume(stack))
        volume.forget_damaged()
        with self._lock:
            self._opened = True
        if self._preview is not None:
            _take_over(self._preview, volume)
        order = Order(len(stack.slices), self._first_index(stack))
        for index in range(len(stack.slices)):
            if volume.has(index):
                order.drop(index)
        self._order = order
        self.events.put(Opened(volume))
        if volume.complete:
            self._finish()
            return
        for _ in range(min(self._workers, len(stack.slices))):
            self._spawn(lambda: self._fetch(volume, order))

    def _first_index(self, stack: Stack) -> int:
        if self._first is not None:
            index = stack.index_of(self._first.sop_instance_uid, self._first.frame_number)
            if index is not None:
                return index
        return len(stack.slices) // 2

    def _metadata(self) -> Sequence[JsonDataset] | None:
        attempt = 0
        while not self._stopped.is_set():
            try:
                found = self._source.metadata(self._series_uid)
            except UnreachableError as error:
                self._pause(error, attempt)
                attempt += 1
            else:
                self._answered()
                return found
        return None

    def _fetch(self, volume: GrowingVolume, order: Order) -> None:
        attempt = 0
        while not self._stopped.is_set() and (index := order.take()) is not None:
            part = volume.stack.slices[index]
            try:
                content = self._source.frame(self._series_uid, part.frame)
                volume.put(index, decode(content, part.pixels))
            except BusyError as error:
                if order.failed(index) < TRIES_MAX:
                    order.put_back(index)
                    self._stopped.wait(self._retry_s[0])
                    continue
                volume.put_damaged(index, tr("This image cannot be had. {why}").format(why=error))
            except UnreachableError as error:
                order.put_back(index)
                self._pause(error, attempt)
                attempt += 1
                continue
            except DamagedImageError as error:
                volume.put_damaged(index, str(error))
            attempt = 0
            self._answered()
            self.events.put(Arrived(index))
            if volume.complete:
                self._finish()

    def _finish(self) -> None:
        """All slices are settled; of those who see it one brings the heat map."""
        with self._lock:
            if self._stopped.is_set() or self._whole:
                return
            self._whole = True
        self.events.put(Finished())
        try:
            content = self._source.heat_map(self._series_uid)
            if content is not None:
                self.events.put(HeatMapCame(heat_volume(content)))
        except ViewerError:  # an extra: the images are here, and its key says that it is not
            logger.info("no heat map of series %s", self._series_uid)
        self._stopped.set()
        self.events.put(Ended())

    def _pause(self, error: UnreachableError, attempt: int) -> None:
        if not self._offline.is_set():
            self._offline.set()
            self.events.put(Offline(str(error)))
        self._stopped.wait(self._retry_s[min(attempt, len(self._retry_s) - 1)])

    def _answered(self) -> None:
        if self._offline.is_set():
            self._offline.clear()
            self.events.put(Online())


def _same(one: Stack, other: Stack) -> bool:
    return [each.frame for each in one.slices] == [each.frame for each in other.slices]


def _take_over(preview: GrowingVolume, volume: GrowingVolume) -> None:
    """The slice that is here already, unless it is of another grid."""
    frame = preview.stack.slices[0].frame
    index = volume.stack.index_of(frame.sop_instance_uid, frame.frame_number)
    if index is not None and preview.stack.shape[1:] == volume.stack.shape[1:]:
        volume.put(index, preview.slice_hu(0))
