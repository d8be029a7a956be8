"""How many may be connected at once, and how those are told who are too many. Without threads.

A connection costs two threads and a descriptor before its caller has said who it is, so that is
limited too, for each host and in all.
"""

from __future__ import annotations

import math
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pynetdicom.pdu import A_ASSOCIATE_RJ

from dicom_node.scp.policy import Refusal, Rejection

FAREWELL_S: Final = 2.0
"""How long one who was turned away may take to read that."""
MAXIMUM_FAREWELLS: Final = 64
"""So many at most get that time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many at once.

    Attributes:
        associations: in all.
        associations_per_host: None: four fifths of them, so that one host never has all.
        waiting: connections that are not admitted, in all.
        waiting_per_host: likewise, from one host.
    """

    associations: int
    associations_per_host: int | None
    waiting: int
    waiting_per_host: int

    def refusal(self, host: str, admitted: Sequence[str]) -> Refusal | None:
        """Why ``host`` gets no association while the hosts ``admitted`` have one each."""
        if len(admitted) >= self.associations:
            return Refusal.LOCAL_LIMIT
        of_host = self.associations_per_host or math.ceil(self.associations * 4 / 5)
        return Refusal.HOST_LIMIT if admitted.count(host) >= of_host else None

    def is_crowd(self, host: str, waiting: Sequence[str]) -> bool:
        """Whether ``host`` gets no connection while the hosts ``waiting`` have one each."""
        return len(waiting) >= self.waiting or waiting.count(host) >= self.waiting_per_host


@dataclass(slots=True)
class _Farewell:
    """One who is turned away; ``answer``: what is still to be said."""

    connection: socket.socket
    answer: bytes
    until: float


class Farewells:
    """Connections that are turned away unread; for the one thread that accepts.

    Nothing is said before the peer has begun to speak: until then it need not expect an answer.
    If a socket is closed while something that came is unread, TCP resets the connection, and the
    peer may see that and not the rejection: so the peer gets a moment to close it.
    """

    def __init__(self) -> None:
        self._open: deque[_Farewell] = deque()

    def reject(self, connection: socket.socket, rejection: Rejection) -> None:
        """Answer a request, which may not have come yet."""
        pdu = A_ASSOCIATE_RJ()
        pdu.result, pdu.source = rejection.result, rejection.source
        pdu.reason_diagnostic = rejection.reason
        connection.setblocking(False)
        if len(self._open) >= MAXIMUM_FAREWELLS:
            self._open.popleft().connection.close()
        until = time.monotonic() + FAREWELL_S
        self._open.append(_Farewell(connection, pdu.encode(), until))

    def go_on(self) -> None:
        """Answer those who have spoken; close those who have closed, or whose time is over."""
        now = time.monotonic()
        for _ in range(len(self._open)):
            each = self._open.popleft()
            if now < each.until and _is_open(each):
                self._open.append(each)
            else:
                each.connection.close()

    def end(self) -> None:
        """Close all."""
        while self._open:
            self._open.popleft().connection.close()


def _is_open(farewell: _Farewell) -> bool:
    """Whether the peer has not closed its side yet; what it says is dropped, and answered once."""
    connection = farewell.connection
    try:
        if not connection.recv(65_536):
            return False
        if farewell.answer:
            connection.send(farewell.answer)  # a few bytes into an empty buffer
            connection.shutdown(socket.SHUT_WR)
            farewell.answer = b""
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True
