"""The one way by which work leaves the thread of the windows, and comes back to it."""

from __future__ import annotations

import logging
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from PyQt6.QtCore import QObject, pyqtSignal, pyqtSlot

from pyqt_console.errors import BugError, ConsoleError
from pyqt_console.i18n import tr

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

WORKERS: Final = 4


def _ignore(_: object) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Task:
    """Work that was asked for."""

    done: Callable[[Any], None]
    failed: Callable[[ConsoleError], None]
    each: Callable[[Any], None] = _ignore
    cancelled: bool = field(default=False)

    def cancel(self) -> None:
        """Its answer is wanted no longer. What it does elsewhere is not undone."""
        self.cancelled = True


class Background(QObject):
    """Runs callables in other threads; their answers arrive in this object's thread.

    ``work`` may raise a ConsoleError, which goes to ``failed``. Anything else is a bug: it is
    logged, and ``failed`` is told so. Nothing arrives after ``close`` or ``Task.cancel``.
    """

    _arrived = pyqtSignal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = False
        self._arrived.connect(self._deliver)  # queued, since it is emitted by other threads

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ConsoleError], None],
    ) -> Task:
        """Do ``work`` by one of a few threads, in the order of asking."""
        task = Task(done, failed)
        if len(self._workers) < WORKERS:
            self._start(self._work_off)
        self._jobs.put(lambda: self._do(task, work))
        return task

    def follow(
        self,
        work: Callable[[Callable[[R], None]], T],
        each: Callable[[R], None],
        done: Callable[[T], None],
        failed: Callable[[ConsoleError], None],
    ) -> Task:
        """Do long ``work`` in a thread of its own; what it reports goes to ``each``."""
        task = Task(done, failed, each)
        self._start(
            lambda: self._do(task, lambda: work(lambda value: self._send(task, "each", value)))
        )
        return task

    def close(self) -> None:
        """Nothing arrives any more; threads end with what they are doing."""
        with self._lock:
            self._closed = True
        for _ in self._workers:
            self._jobs.put(None)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name="console-work", daemon=True)
        if target == self._work_off:
            self._workers.append(thread)
        thread.start()

    def _work_off(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _do(self, task: Task, work: Callable[[], object]) -> None:
        if task.cancelled:
            return
        try:
            answer = work()
        except ConsoleError as error:
            self._send(task, "failed", error)
        except Exception as error:  # noqa: BLE001 - the edge of a thread
            # The stack without the error's text, which may name a patient.
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("bug in the background: %s\n%s", type(error).__name__, where)
            message = tr("The console made a mistake. Its log says where; please report it.")
            self._send(task, "failed", BugError(message))
        else:
            self._send(task, "done", answer)

    def _send(self, task: Task, to: str, value: object) -> None:
        with self._lock:
            if not self._closed:
                self._arrived.emit(task, to, value)

    @pyqtSlot(object, str, object)
    def _deliver(self, task: Task, to: str, value: object) -> None:
        if self._closed or task.cancelled:
            return
        {"done": task.done, "failed": task.failed, "each": task.each}[to](value)
