"""Guessing of passwords is slowed down: by user and address together, by each alone."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """After ``free`` failures in a row each further one closes the door, longer each time."""

    free: int
    first_s: float
    longest_s: float
    forget_s: float
    """A key that did not fail for this long begins anew."""


LIMITS: Final[Mapping[str, Limit]] = {
    # One stranger at one address who guesses at one user.
    "user and address": Limit(free=5, first_s=30, longest_s=900, forget_s=3600),
    # One address that tries many users.
    "address": Limit(free=30, first_s=30, longest_s=900, forget_s=3600),
    # One user from many addresses: later and shorter, or anybody could lock a reader out.
    "user": Limit(free=50, first_s=10, longest_s=60, forget_s=3600),
}
KEYS_MAX: Final = 10_000
"""The longest unused are forgotten: no scanner fills the memory."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last_s: float = 0.0
    closed_until_s: float = 0.0


class SignInGuard:
    """Counts failures in memory; a restart forgives. Unknown users count as known ones do."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()

    def wait_s(self, user: str, address: str) -> int:
        """Whole seconds until this may be tried; 0: now."""
        now = self._clock()
        with self._lock:
            ends = [
                self._records[key].closed_until_s
                for key in _keys(user, address)
                if key in self._records
            ]
        return max(0, ceil(max(ends, default=0.0) - now))

    def failed(self, user: str, address: str) -> None:
        """A wrong password, or a user that does not exist."""
        now = self._clock()
        with self._lock:
            for key in _keys(user, address):
                limit = LIMITS[key[0]]
                record = self._records.setdefault(key, _Record())
                self._records.move_to_end(key)
                if now - record.last_s > limit.forget_s:
                    record.failures = 0
                record.failures += 1
                record.last_s = now
                beyond = record.failures - limit.free
                if beyond >= 0:
                    pause_s = min(limit.first_s * 2.0 ** min(beyond, 32), limit.longest_s)
                    record.closed_until_s = now + pause_s
            while len(self._records) > KEYS_MAX:
                self._records.popitem(last=False)

    def succeeded(self, user: str, address: str) -> None:
        """The password was right: this user at this address begins anew."""
        with self._lock:
            self._records.pop(_keys(user, address)[0], None)


def _keys(user: str, address: str) -> tuple[tuple[str, str], ...]:
    return ("user and address", f"{user}\0{address}"), ("address", address), ("user", user)
