"""Fetching a series into a volume, in threads of its own: what is looked at comes first.

A source is two questions (:class:`ImageSource`); :mod:`pyqt_console.viewer.dicomweb` asks them of a
server. The loader reports by events in a queue, which the widgets empty from the GUI's thread.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from pyqt_console.i18n import tr
from pyqt_console.viewer.decode import decode
from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.errors import BusyError, DamagedImageError, UnreachableError, ViewerError
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.heat_map import heat_volume
from pyqt_console.viewer.stack import Stack, stack_of
from pyqt_console.viewer.volume import GrowingVolume, VolumeCache

logger = logging.getLogger(__name__)

WORKERS: Final = 4
TRIES_MAX: Final = 3
"""Of one image for which the server says "not now"."""
RETRY_S: Final = (0.5, 1.0, 2.0, 5.0)
"""Pauses after a failure to reach the server; the last one repeats."""


class ImageSource(Protocol):
    """Where images come from. Both methods block, and are called from several threads."""

    def metadata(self, series_uid: str, /) -> Sequence[JsonDataset]:
        """Of all instances of a series (PS3.18 annex F).

        Raises:
            UnreachableError: try again.
            ViewerError: there is no sense in trying again.
        """
        ...

    def frame(self, series_uid: str, frame: FrameRef, /) -> bytes:
        """One frame, uncompressed, little endian.

        Raises:
            UnreachableError: try again.
            RefusedError: no frame can be had any more.
            DamagedImageError: this one cannot be had.
        """
        ...

    def heat_map(self, series_uid: str, /) -> bytes | None:
        """The newest heat map of a series as a DICOM file; None where there is none.

        Raises:
            ViewerError: it cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """The series is known: there is a volume, still empty or from before."""

    volume: GrowingVolume


@dataclass(frozen=True, slots=True)
class Arrived:
    """A slice is here, or is known to be damaged."""

    index: int


@dataclass(frozen=True, slots=True)
class Online:
    """The server answers again."""


@dataclass(frozen=True, slots=True)
class Offline:
    """The server does not answer; the loader goes on trying."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing more will come."""

    error: ViewerError


@dataclass(frozen=True, slots=True)
class Finished:
    """Every slice is here or known to be damaged."""


@dataclass(frozen=True, slots=True)
class HeatMapCame:
    """The series has a heat map, and it is here."""

    volume: GrowingVolume


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more will come."""


Event: TypeAlias = Opened | Arrived | Online | Offline | Failed | Finished | HeatMapCame | Ended


def outward(count: int, first: int) -> Iterator[int]:
    """All of ``range(count)``, the nearest to ``first`` first."""
    first = min(max(first, 0), count - 1)
    yield first
    for distance in range(1, count):
        if first + distance < count:
            yield first + distance
        if first - distance >= 0:
            yield first - distance


class Order:
    """Which slice is to be fetched next. Any thread may ask, or look elsewhere."""

    def __init__(self, count: int, first: int) -> None:
        self._waiting = set(range(count))
        self._failures: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._count = count
        self._rank = outward(count, first)

    def look_at(self, index: int) -> None:
        """From now on the nearest to this slice come first."""
        with self._lock:
            self._rank = outward(self._count, index)

    def drop(self, index: int) -> None:
        """This slice is here already."""
        with self._lock:
            self._waiting.discard(index)

    def put_back(self, index: int) -> None:
        """It could not be fetched now."""
        with self._lock:
            self._waiting.add(index)
            self._rank = outward(self._count, index)

    def failed(self, index: int) -> int:
        """How often this slice could not be had, this time among them."""
        with self._lock:
            self._failures[index] += 1
            return self._failures[index]

    def take(self) -> int | None:
        """The next; None where nothing waits."""
        with self._lock:
            for index in self._rank:
                if index in self._waiting:
                    self._waiting.remove(index)
                    return index
            return None


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
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; answers come in :attr:`events`."""
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
