"""In which order slices are fetched: the nearest to where the reader looks come first."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator


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
