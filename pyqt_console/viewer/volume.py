"""A volume whose slices arrive in any order, and the volumes of a day within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import tr
from pyqt_console.viewer.decode import GAP
from pyqt_console.viewer.errors import DamagedImageError
from pyqt_console.viewer.stack import Stack

CACHE_BYTES: Final = 1 << 30


class GrowingVolume:
    """The pixels of a stack as far as they are known.

    Any thread may put slices in; a reader sees a slice whole or not at all.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._hu = np.zeros(stack.shape, np.int16)  # the system gives the pages as they are written
        self._present = np.zeros(len(stack.slices), np.bool_)
        self._damaged: dict[int, str] = {}
        self._lock = threading.Lock()
        self._version = 0

    @property
    def hu(self) -> NDArray[np.int16]:
        """(slices, rows, columns); of meaning only where :attr:`present`."""
        return self._hu

    @property
    def present(self) -> NDArray[np.bool_]:
        """(slices,): a copy."""
        with self._lock:
            return self._present.copy()

    @property
    def damaged(self) -> Mapping[int, str]:
        """Index → the sentence on why this slice cannot be shown; a copy."""
        with self._lock:
            return dict(self._damaged)

    @property
    def version(self) -> int:
        """Grows whenever something came."""
        return self._version

    @property
    def nbytes(self) -> int:
        """When it is full."""
        return self._hu.nbytes

    @property
    def settled(self) -> int:
        """How many slices are here or known to be damaged."""
        with self._lock:
            return int(self._present.sum()) + len(self._damaged)

    @property
    def complete(self) -> bool:
        """Nothing more will come."""
        return self.settled == len(self.stack.slices)

    def has(self, index: int) -> bool:
        """Whether this slice is here."""
        return bool(self._present[index])

    def is_settled(self, index: int) -> bool:
        """Whether this slice is here or known to be damaged."""
        with self._lock:
            return bool(self._present[index]) or index in self._damaged

    def put(self, index: int, hu: NDArray[np.int16]) -> None:
        """A slice came.

        Raises:
            DamagedImageError: it has another size than the others.
        """
        if hu.shape != self._hu.shape[1:]:
            raise DamagedImageError(
                tr("This image is damaged: it has another size than its header.")
            )
        self._hu[index] = hu
        with self._lock:
            self._damaged.pop(index, None)
            self._present[index] = True
            self._version += 1

    def put_damaged(self, index: int, sentence: str) -> None:
        """A slice cannot be shown."""
        with self._lock:
            if not self._present[index]:
                self._damaged[index] = sentence
                self._version += 1

    def forget_damaged(self) -> None:
        """What could not be shown may be tried again."""
        with self._lock:
            self._damaged.clear()

    def slice_hu(self, index: int) -> NDArray[np.int16]:
        """(rows, columns) of a slice; all ``GAP`` while it is not here."""
        plane: NDArray[np.int16] = self._hu[index]
        return plane if self.has(index) else np.full_like(plane, GAP)

    def hu_at(self, index: int, row: float, column: float) -> int | None:
        """The value of the nearest pixel of a slice; None outside, or while it is not here."""
        at_row, at_column = round(row), round(column)
        _, rows, columns = self._hu.shape
        if not (0 <= at_row < rows and 0 <= at_column < columns and self.has(index)):
            return None
        return int(self._hu[index, at_row, at_column])


class VolumeCache:
    """The volumes last seen, by series; the oldest goes when they are too large together.

    The newest always stays, however large it is.
    """

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._volumes: OrderedDict[str, GrowingVolume] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Of all volumes, when they are full."""
        return sum(each.nbytes for each in self._volumes.values())

    def __len__(self) -> int:
        return len(self._volumes)

    def __contains__(self, series_uid: object) -> bool:
        return series_uid in self._volumes

    def get(self, series_uid: str, make: Callable[[], GrowingVolume]) -> GrowingVolume:
        """The volume of a series, made if it is not here; now the newest."""
        with self._lock:
            if series_uid not in self._volumes:
                self._volumes[series_uid] = make()
            self._volumes.move_to_end(series_uid)
            while self.nbytes > self._max_bytes and len(self._volumes) > 1:
                self._volumes.popitem(last=False)
            return self._volumes[series_uid]

    def forget(self, series_uid: str) -> None:
        """Let go of a series, as when slices came late."""
        with self._lock:
            self._volumes.pop(series_uid, None)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._volumes.clear()
