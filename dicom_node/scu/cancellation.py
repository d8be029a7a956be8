"""Ending a C-FIND or C-MOVE that is under way: C-CANCEL, and an abort if that is not heard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pynetdicom.association import Association

MESSAGE_ID: Final = 1
"""Of the one request that such an association carries."""
MEDIUM: Final = 0
"""Its priority (PS3.7 9.1.2.1.6); pynetdicom would ask for a low one."""


class Cancellation:
    """The wish, from any thread and at any time, that an operation ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requested = False
        self._act: Callable[[], None] | None = None

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked."""
        return self._requested

    def request(self) -> None:
        """Ask; returns at once, and asking twice is asking once."""
        with self._lock:
            if self._requested:
                return
            self._requested = True
            act = self._act
        if act is not None:
            act()

    @contextmanager
    def calls(self, act: Callable[[], None]) -> Iterator[None]:
        """Inside the block a request calls ``act``, once; also one that came before."""
        with self._lock:
            self._act = act
            early = self._requested
        if early:
            act()
        try:
            yield
        finally:
            with self._lock:
                self._act = None


@contextmanager
def cancellable(
    assoc: Association, query_model: str, cancellation: Cancellation, *, grace_s: float
) -> Iterator[None]:
    """Inside the block, where the request is out, a cancellation becomes a C-CANCEL.

    A peer that goes on for ``grace_s`` longer loses the association.
    """
    abort = threading.Timer(grace_s, _abort, [assoc])
    abort.daemon = True

    def act() -> None:
        with suppress(RuntimeError, ValueError):  # the association is over
            assoc.send_c_cancel(MESSAGE_ID, query_model=query_model)
        abort.start()

    with cancellation.calls(act):
        try:
            yield
        finally:
            abort.cancel()


def _abort(assoc: Association) -> None:
    assoc.abort()
    # Whoever waits for the next response would wait on for the whole time-out.
    assoc.dimse.msg_queue.put((None, None))
