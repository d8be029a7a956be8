"""The loader: what is looked at comes first; what fails is said, and costs nothing else."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.errors import (
    BusyError,
    DamagedImageError,
    RefusedError,
    UnreachableError,
    ViewerError,
)
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.loader import SeriesLoader
from pyqt_console.viewer.loading import (
    Arrived,
    Event,
    Failed,
    Finished,
    Offline,
    Online,
    Opened,
    Previewed,
)
from pyqt_console.viewer.order import Order, outward
from pyqt_console.viewer.volume import GrowingVolume, VolumeCache
from tests.unit.viewer.series import image

COUNT = 9


class Series:
    """A source in memory. ``errors`` come in turn for a frame (or the metadata: 0; of one: < 0)."""

    def __init__(
        self, count: int = COUNT, errors: Mapping[int, Sequence[ViewerError | bytes]] | None = None
    ) -> None:
        self._errors = {key: list(found) for key, found in (errors or {}).items()}
        self._lock = threading.Lock()
        self.count = count
        self.asked: list[int] = []

    def metadata(self, _series_uid: str) -> Sequence[JsonDataset]:
        self._raise(0)
        return [image(number, -float(number)) for number in range(1, self.count + 1)]

    def instance_metadata(self, _series_uid: str, sop_instance_uid: str) -> JsonDataset:
        last = sop_instance_uid.rpartition(".")[2]
        if not last.isdecimal():
            raise DamagedImageError("It is not here.")
        number = int(last)
        self._raise(-number)
        return image(number, -float(number))

    def frame(self, _series_uid: str, frame: FrameRef) -> bytes:
        number = int(frame.sop_instance_uid.rpartition(".")[2])
        with self._lock:
            self.asked.append(number)
        return self._raise(number) or np.full(24, number, "<i2").tobytes()

    def heat_map(self, _series_uid: str) -> bytes | None:
        return None

    def _raise(self, number: int) -> bytes | None:
        with self._lock:
            found = self._errors.get(number)
            if not found:
                return None
            error = found.pop(0)
        if isinstance(error, ViewerError):
            raise error
        return error


def loaded(
    source: Series,
    *,
    cache: VolumeCache | None = None,
    first: FrameRef | None = None,
    workers: int = 1,
) -> tuple[list[Event], GrowingVolume | None]:
    """All events until the loader is done, and the volume."""
    loader = SeriesLoader(
        source,
        "1.2",
        cache=VolumeCache() if cache is None else cache,
        first=first,
        workers=workers,
        retry_s=(0.001,),
    )
    loader.start()
    events: list[Event] = []
    while not events or not isinstance(events[-1], (Failed, Finished)):
        events.append(loader.events.get(timeout=20))
    loader.join()
    opened = [each for each in events if isinstance(each, Opened)]
    return events, opened[0].volume if opened else None


def test_the_middle_comes_first_and_then_its_neighbours() -> None:
    source = Series()
    events, volume = loaded(source)
    assert source.asked == [5, 6, 4, 7, 3, 8, 2, 9, 1]
    assert [each.index for each in events if isinstance(each, Arrived)] == [
        4,
        5,
        3,
        6,
        2,
        7,
        1,
        8,
        0,
    ]
    assert isinstance(events[0], Opened)
    assert volume is not None
    assert volume.complete
    assert [int(volume.slice_hu(index)[0, 0]) for index in range(COUNT)] == list(range(1, 10))


def test_the_key_slice_comes_first_where_there_is_one() -> None:
    source = Series()
    loaded(source, first=FrameRef("1.2.2"))
    assert list(dict.fromkeys(source.asked))[:4] == [2, 3, 1, 4]
    source = Series()
    loaded(source, first=FrameRef("not.here"))
    assert source.asked[0] == 5


@pytest.mark.parametrize("count", [1, 2, 7])
def test_outward_is_everything_once_the_nearest_first(count: int) -> None:
    for first in range(-1, count + 1):
        found = list(outward(count, first))
        assert sorted(found) == list(range(count))
        distances = [abs(each - found[0]) for each in found]
        assert distances == sorted(distances)


def test_looking_elsewhere_changes_the_order_of_what_waits() -> None:
    order = Order(10, 5)
    assert [order.take() for _ in range(3)] == [5, 6, 4]
    order.look_at(0)
    order.drop(1)
    assert [order.take() for _ in range(3)] == [0, 2, 3]
    order.put_back(4)
    assert list(iter(order.take, None)) == [4, 7, 8, 9]


def test_several_workers_bring_everything_once() -> None:
    source = Series(200)
    events, volume = loaded(source, workers=6)
    assert sorted(source.asked) == list(range(1, 201))
    assert volume is not None
    assert volume.present.all()
    assert sum(isinstance(each, Finished) for each in events) == 1


def test_two_thousand_slices_come_whole_the_middle_first() -> None:
    source = Series(2000)
    _, volume = loaded(source, workers=4)
    assert volume is not None
    assert volume.complete
    assert source.asked[0] == 1001
    assert len(source.asked) == 2000


def test_a_damaged_image_is_said_and_the_others_come() -> None:
    source = Series(errors={3: [DamagedImageError("This image is damaged.")], 4: [b"short"]})
    events, volume = loaded(source)
    assert volume is not None
    assert volume.damaged[2] == "This image is damaged."
    assert "5 bytes where its header says 48" in volume.damaged[3]
    assert volume.present.sum() == COUNT - 2
    assert isinstance(events[-1], Finished)


def test_one_image_that_is_never_ready_is_given_up_after_three_tries() -> None:
    source = Series(errors={3: [BusyError("HTTP 503.")] * 3, 7: [BusyError("HTTP 503.")] * 2})
    events, volume = loaded(source)
    assert volume is not None
    assert volume.damaged == {2: "This image cannot be had. HTTP 503."}
    assert source.asked.count(3) == source.asked.count(7) == 3
    assert not any(isinstance(each, Offline) for each in events)


def test_a_server_that_goes_away_is_waited_for() -> None:
    gone = [UnreachableError("The server does not answer.")] * 6
    events, volume = loaded(Series(errors={0: gone, 6: gone}))
    kinds = [type(each) for each in events if isinstance(each, (Offline, Online))]
    assert kinds == [Offline, Online, Offline, Online]
    assert volume is not None
    assert volume.present.all()


@pytest.mark.parametrize("at", [0, 6])
def test_signed_out_ends_it(at: int) -> None:
    refused = RefusedError("You are signed out.")
    events, _ = loaded(Series(errors={at: [refused]}))
    assert events[-1] == Failed(refused)
    assert sum(isinstance(each, Failed) for each in events) == 1


def test_a_series_without_images_fails_with_a_sentence() -> None:
    events, volume = loaded(Series(0))
    assert volume is None
    assert isinstance(events[-1], Failed)
    assert str(events[-1].error) == "This series has no image that can be shown."


def test_what_is_known_is_not_fetched_again_but_what_was_damaged_is() -> None:
    cache = VolumeCache()
    first, second = Series(errors={3: [DamagedImageError("Damaged.")]}), Series()
    _, before = loaded(first, cache=cache)
    events, after = loaded(second, cache=cache)
    assert after is before
    assert second.asked == [3]
    assert after is not None
    assert after.present.all()
    third = Series()
    events, _ = loaded(third, cache=cache)
    assert third.asked == []
    assert [type(each) for each in events] == [Opened, Finished]


def test_late_slices_make_a_new_volume() -> None:
    cache = VolumeCache()
    _, before = loaded(Series(5), cache=cache)
    _, after = loaded(Series(6), cache=cache)
    assert after is not before
    assert after is not None
    assert after.present.sum() == 6


def test_a_stopped_loader_asks_no_more() -> None:
    gate, begun = threading.Event(), threading.Event()

    class Slow(Series):
        def frame(self, series_uid: str, frame: FrameRef, /) -> bytes:
            begun.set()
            assert gate.wait(20)
            return super().frame(series_uid, frame)

    source = Slow()
    loader = SeriesLoader(source, "1.2", cache=VolumeCache(), workers=2)
    loader.start()
    assert begun.wait(20)
    loader.stop()
    gate.set()
    loader.join()
    assert len(source.asked) <= 2


def test_a_fault_of_the_viewer_is_a_sentence_and_tells_nothing_of_the_patient(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Faulty(Series):
        def metadata(self, _series_uid: str, /) -> Sequence[JsonDataset]:
            raise KeyError("DOE^JANE")

    events, _ = loaded(Faulty())
    assert isinstance(events[-1], Failed)
    assert "the viewer has a fault" in str(events[-1].error)
    assert "KeyError" in caplog.text
    assert "DOE" not in caplog.text


class Undescribed(Series):
    """Its series is described only when the gate is open."""

    def __init__(self) -> None:
        super().__init__(errors={-3: [DamagedImageError("Not this one.")]})
        self.gate = threading.Event()

    def metadata(self, series_uid: str, /) -> Sequence[JsonDataset]:
        self.gate.wait(20)
        return super().metadata(series_uid)


def test_the_slice_to_begin_with_is_here_before_the_series_is_described() -> None:
    source = Undescribed()
    loader = SeriesLoader(source, "1.2", cache=VolumeCache(), first=FrameRef("1.2.7"), workers=1)
    loader.start()
    preview = loader.events.get(timeout=20)
    assert isinstance(preview, Previewed)
    assert (preview.volume.slice_hu(0) == 7).all()
    source.gate.set()
    opened = loader.events.get(timeout=20)
    assert isinstance(opened, Opened)
    loader.join()
    assert source.asked[0] == 7
    assert sorted(source.asked) == list(range(1, 10))  # nothing is asked for twice
    assert opened.volume.complete


def test_without_the_first_slice_the_series_comes_all_the_same() -> None:
    source = Undescribed()
    source.gate.set()
    events, volume = loaded(source, first=FrameRef("1.2.3"))
    assert not any(isinstance(each, Previewed) for each in events)
    assert volume is not None
    assert volume.complete


def test_what_is_in_memory_is_not_looked_ahead_for() -> None:
    cache = VolumeCache()
    loaded(Series(), cache=cache)
    source = Series()
    events, _ = loaded(source, cache=cache, first=FrameRef("1.2.7"))
    assert source.asked == []
    assert not any(isinstance(each, Previewed) for each in events)


def test_events_tell_of_every_slice_exactly_once() -> None:
    events, _ = loaded(Series(50), workers=4)
    arrived = [each.index for each in events if isinstance(each, Arrived)]
    assert sorted(arrived) == list(range(50))
    for one, other in itertools.pairwise(events):
        assert not isinstance(one, Finished), other
