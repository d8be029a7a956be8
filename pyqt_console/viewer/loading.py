"""What is asked for images, and what loading them tells: events in a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pyqt_console.viewer.dicom_json import JsonDataset
from pyqt_console.viewer.errors import ViewerError
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.volume import GrowingVolume


class ImageSource(Protocol):
    """Where images come from. All methods block, and are called from several threads."""

    def metadata(self, series_uid: str, /) -> Sequence[JsonDataset]:
        """Of all instances of a series (PS3.18 annex F).

        Raises:
            UnreachableError: try again.
            ViewerError: there is no sense in trying again.
        """
        ...

    def instance_metadata(self, series_uid: str, sop_instance_uid: str, /) -> JsonDataset:
        """Of one instance: much sooner there than that of all.

        Raises:
            ViewerError: it cannot be had; the series may be had all the same.
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
class Previewed:
    """One slice is here, in a volume of its own; what the series is, is not known yet."""

    volume: GrowingVolume


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


Event: TypeAlias = (
    Previewed | Opened | Arrived | Online | Offline | Failed | Finished | HeatMapCame | Ended
)
