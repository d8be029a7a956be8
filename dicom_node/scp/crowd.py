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


class Farewells:
    """Connections that were turned away unread; for the one thread that accepts.

    If a socket is closed while something that came is unread, or before it came, TCP resets the
    connection, and the peer may see that and not the rejection.
    """

    def __init__(self) -> None:
        self._open: deque[tuple[socket.socket, float]] = deque()

    def reject(self, connection: socket.socket, rejection: Rejection) -> None:
        """Answer a request that may not even have come yet."""
        pdu = A_ASSOCIATE_RJ()
        pdu.result, pdu.source = rejection.result, rejection.source
        pdu.reason_diagnostic = rejection.reason
        try:
            connection.setblocking(False)
            connection.send(pdu.encode())  # a few bytes into an empty buffer
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            connection.close()
            return
        if len(self._open) >= MAXIMUM_FAREWELLS:
            self._open.popleft()[0].close()
        self._open.append((connection, time.monotonic() + FAREWELL_S))

    def end(self, *, at_once: bool = False) -> None:
        """Close those whose peer has closed, or whose time is over."""
        now = math.inf if at_once else time.monotonic()
        for _ in range(len(self._open)):
            connection, until = self._open.popleft()
            if now < until and _is_open(connection):
                self._open.append((connection, until))
            else:
                connection.close()


def _is_open(connection: socket.socket) -> bool:
    """Whether the peer has not closed its side yet; what it said is dropped."""
    try:
        return bool(connection.recv(65_536))
    except BlockingIOError:
        return True
    except OSError:
        return False
