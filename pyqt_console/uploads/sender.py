"""Sends files and folders to the node, in requests of bounded size. Free of Qt.

What the node answered for is durable there; a request that broke is sent again as a whole, which
changes nothing where it had arrived: the same instance is the same instance.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError, OfflineError, SignedOutError
from pyqt_console.i18n import tr, tr_n
from pyqt_console.records import FileOutcome

REQUEST_BYTES: Final = 32 * 2**20
REQUEST_FILES: Final = 100
PAUSES_S: Final = (1.0, 4.0, 10.0)
"""Before each further attempt at a request that broke."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file to be sent, and how it is called in the list of outcomes."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    sent_bytes: int
    total_bytes: int
    outcomes: tuple[FileOutcome, ...] = ()
    """Those that came since the last report."""
    waiting_for: str = ""
    """Why it does not go on at the moment."""


def items_of(paths: Iterable[Path]) -> list[Item]:
    """All files in these files and folders; hidden ones and links out of them are left alone."""
    found = []
    for given in paths:
        if given.is_file():
            found.append(_item(given, given.parent))
            continue
        for folder, folders, files in os.walk(given):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            visible = sorted(each for each in files if not each.startswith("."))
            here = (Path(folder) / each for each in visible)
            found += [_item(each, given.parent) for each in here if each.is_file()]
    return found


def _item(path: Path, root: Path) -> Item:
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # that it cannot be read is told when it is
    return Item(path, str(path.relative_to(root)), size)


def requests_of(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Groups of at most REQUEST_FILES and, but for one large file, REQUEST_BYTES."""
    group: list[Item] = []
    size = 0
    for item in items:
        if group and (len(group) >= REQUEST_FILES or size + item.size > REQUEST_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += item.size
    if group:
        yield group


class _Counted(io.BufferedReader):
    """A file that tells how much of it was read."""

    def __init__(self, file: io.FileIO, tell: Callable[[int], None]) -> None:
        super().__init__(file)
        self._tell = tell

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self._tell(len(piece))
        return piece


class Sender:
    """One upload; ``cancel`` ends it between two requests. What was sent stays."""

    def __init__(
        self, client: NodeClient, paths: Sequence[Path], pauses_s: Sequence[float] = PAUSES_S
    ) -> None:
        self._client = client
        self._paths = paths
        self._pauses_s = pauses_s
        self._cancelled = threading.Event()
        self._sent = 0
        self._total = 0

    def cancel(self) -> None:
        """Send nothing further."""
        self._cancelled.set()

    def run(self, report: Callable[[Progress], None]) -> bool:
        """Send everything. Returns whether it did; what was not sent has an outcome that says so.

        Raises:
            SignedOutError: the session has ended.
        """
        items = items_of(self._paths)
        self._total = sum(item.size for item in items)
        report(Progress(0, self._total))
        whole = True
        for group in requests_of(items):
            outcomes, arrived = self._request(group, report)
            whole = whole and arrived
            report(Progress(self._sent, self._total, tuple(outcomes)))
        return whole

    def _request(
        self, group: list[Item], report: Callable[[Progress], None]
    ) -> tuple[list[FileOutcome], bool]:
        why = tr("it was cancelled")
        before = self._sent
        for pause_s in (*self._pauses_s, None):
            if self._cancelled.is_set():
                break
            self._sent = before
            try:
                return self._send(group, report), True
            except SignedOutError:
                raise
            except OfflineError as error:
                why = str(error)
                if pause_s is not None:
                    report(Progress(before, self._total, waiting_for=why))
                    self._cancelled.wait(pause_s)
            except ConsoleError as error:
                why = str(error)
                break
        self._sent = before + sum(item.size for item in group)
        return [FileOutcome(item.name, "not sent", reason=why) for item in group], False

    def _send(self, group: list[Item], report: Callable[[Progress], None]) -> list[FileOutcome]:
        outcomes: list[FileOutcome] = []
        with ExitStack() as stack:
            files: list[tuple[str, BinaryIO]] = []
            for item in group:
                try:
                    raw = io.FileIO(item.path)
                except OSError as error:
                    reason = tr("it cannot be read: {why}").format(why=error.strerror)
                    outcomes.append(FileOutcome(item.name, "refused", reason=reason))
                    continue
                counted = _Counted(raw, lambda size: self._read(size, report))
                files.append((item.name, stack.enter_context(counted)))
            if files:
                found = self._client.upload(files)
                outcomes += [
                    FileOutcome(each["name"], each["outcome"], each["series_uid"], each["reason"])
                    for each in found["files"]
                ]
        return outcomes

    def _read(self, size: int, report: Callable[[Progress], None]) -> None:
        self._sent = min(self._sent + size, self._total)
        report(Progress(self._sent, self._total))


def sentence(outcomes: Sequence[FileOutcome]) -> str:
    """What became of all files together."""
    stored = [each for each in outcomes if each.outcome == "stored"]
    series = {each.series_uid for each in stored}
    parts = []
    if stored:
        words = tr("{images} of {series} stored; they are in the list.")
        images = tr_n("%n image", "%n images", len(stored))
        where = tr_n("%n series", "%n series", len(series))
        parts.append(words.format(images=images, series=where))
    others = {
        "skipped": tr("{n} skipped."),
        "refused": tr("{n} refused."),
        "not sent": tr("{n} not sent."),
    }
    counted = {kind: sum(each.outcome == kind for each in outcomes) for kind in others}
    parts += [others[kind].format(n=count) for kind, count in counted.items() if count]
    return " ".join(parts) or tr("There was no file to send.")
