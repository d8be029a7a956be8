"""Live changes: reads the node's Server-Sent Events, and comes back when the connection breaks."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

import httpx

from pyqt_console.client import NodeClient
from pyqt_console.errors import AnswerError, OfflineError, SignedOutError
from pyqt_console.i18n import tr
from pyqt_console.records import Change

PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Before each further attempt; the last one repeats."""
DELETED: Final = "deleted"
"""The state in a change that took the series away."""


class Link(Enum):
    """How the console stands to the node."""

    LIVE = "live"
    OFFLINE = "offline"
    SIGNED_OUT = "signed out"


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The link is now this, because …; ``OFFLINE`` is told again for each attempt in vain."""

    link: Link
    why: str = ""


def parse_events(lines: Iterable[str]) -> Iterator[tuple[int | None, Change | None]]:
    """(id, change) of each event (WHATWG HTML 9.2); one without a change only moves the id.

    What cannot be read is passed over: the worklist is read anew anyway.
    """
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            continue
        id_ = int(fields["id"]) if fields.get("id", "").isdecimal() else None
        change = None
        if fields.get("event") in {"series", DELETED} and id_ is not None:
            change = _change(id_, fields["event"], fields.get("data", ""))
        if id_ is not None or change is not None:
            yield id_, change
        fields = {}


def _change(id_: int, event: str, data: str) -> Change | None:
    try:
        given = json.loads(data)
        if event == DELETED:
            return Change(id_, given["series_uid"], DELETED, "")
        return Change(id_, given["series_uid"], given["state"], given["outcome"], given.get("was"))
    except (ValueError, KeyError, TypeError):
        return None


class ChangeFeed:
    """Follows one node until it is stopped or the session ends."""

    def __init__(self, client: NodeClient, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self._client = client
        self._pauses_s = pauses_s
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._answer: httpx.Response | None = None
        self._last_id: int | None = None

    def run(self, report: Callable[[Change | LinkChange], None]) -> None:
        """Report changes as they happen, and how the link stands. Ends with ``stop``."""
        failures = 0
        while not self._stopped.is_set():
            try:
                with self._client.event_stream(self._last_id) as answer:
                    self._keep(answer)
                    failures = 0
                    report(LinkChange(Link.LIVE))
                    self._read(answer, report)
                why = tr("The node ended the connection.")
            except SignedOutError as error:
                report(LinkChange(Link.SIGNED_OUT, str(error)))
                return
            except (OfflineError, AnswerError) as error:
                why = str(error)
            finally:
                self._keep(None)
            if self._stopped.is_set():
                return
            if failures:
                # A stream that ends well is opened again at once; only then is it news.
                report(LinkChange(Link.OFFLINE, why))
            pause_s = self._pauses_s[min(failures, len(self._pauses_s) - 1)]
            failures += 1
            self._stopped.wait(pause_s if failures > 1 else 0)

    def stop(self) -> None:
        """End ``run``, also while it waits for news."""
        self._stopped.set()
        with self._lock:
            answer = self._answer
        if answer is not None:
            stream = answer.extensions["network_stream"]
            with suppress(OSError):  # it is closed already
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _keep(self, answer: httpx.Response | None) -> None:
        with self._lock:
            self._answer = answer

    def _read(self, answer: httpx.Response, report: Callable[[Change | LinkChange], None]) -> None:
        for id_, change in parse_events(answer.iter_lines()):
            if self._stopped.is_set():
                return
            if id_ is not None:
                self._last_id = id_
            if change is not None:
                report(change)
