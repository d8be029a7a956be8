"""Run the model in a child process on this machine.

A child that crashes, is killed for memory or hangs in a driver never takes the listener with
it: the parent sees the pipe break or the deadline pass, reaps the child and starts another.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from dicom_node.analysis.executor import AnalysisJob, JobAbandonedError, Outcome, WorkerReady
from dicom_node.analysis.worker import Reply, WorkerError, WorkerSettings, worker_main
from dicom_node.errors import WorkerFailedError
from dicom_node.monitoring.worker_watch import WorkerFailure, WorkerWatch

logger = logging.getLogger(__name__)

HEARTBEAT_S: Final = 1.0
STARTUP_DEADLINE_S: Final = 300.0
"""A first load from a slow disk with a cold GPU driver takes a minute; more is a hang."""
REAP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    ready: WorkerReady


class LocalExecutor:
    """One warm child process. :meth:`run` is for one thread, :meth:`close` for any."""

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        deadline_s: float,
        watch: WorkerWatch | None = None,
        name: str = "inference process",
    ) -> None:
        self._name = name
        self._settings = self._wanted = settings
        self._watch = watch or WorkerWatch()
        self._deadline_s = deadline_s
        self._worker: _Worker | None = None
        self._closing = threading.Event()
        # Spawned, since a fork would copy the listener's sockets, locks and threads' state.
        self._spawn = multiprocessing.get_context("spawn")

    @property
    def worker_pid(self) -> int | None:
        """Process id of the warm child, if there is one."""
        return self._worker.process.pid if self._worker else None

    def adopt(self, settings: WorkerSettings) -> None:
        """Work with another model, from the next job on; from any thread.

        Its process is warm before the old one ends. If it does not start, the old one stays.
        """
        self._wanted = settings

    def prepare(self) -> WorkerReady:
        """See :meth:`Executor.prepare`."""
        if self._wanted != self._settings:
            self._hand_over(self._wanted)
        if self._worker is not None and not self._worker.process.is_alive():
            self._watch.failed(WorkerFailure.IDLE)
            self._discard(f"died while idle ({_cause_of_death(self._worker.process)})")
        if self._worker is None:
            self._worker = self._start()
        return self._worker.ready

    def run(self, job: AnalysisJob, heartbeat: Callable[[], bool]) -> Outcome:
        """See :meth:`Executor.run`."""
        self.prepare()
        assert self._worker is not None
        worker = self._worker
        try:
            worker.pipe.send(job)
            reply = self._receive(worker.process, worker.pipe, self._deadline_s, heartbeat)
        except JobAbandonedError:
            self._watch.ended()
            self._discard("ended with its job")
            raise
        except WorkerFailedError:
            self._watch.failed(WorkerFailure.JOB)
            self._discard("ended with its job")
            raise
        except (OSError, EOFError) as error:
            cause = _cause_of_death(worker.process)
            self._watch.failed(WorkerFailure.JOB)
            self._discard(cause)
            raise WorkerFailedError(f"the inference process died: {cause}") from error
        if isinstance(reply, WorkerError):
            raise WorkerFailedError(reply.text)
        if isinstance(reply, WorkerReady):
            self._watch.failed(WorkerFailure.JOB)
            self._discard("spoke out of turn")
            raise WorkerFailedError("the inference process spoke out of turn")
        return reply

    def close(self) -> None:
        """See :meth:`Executor.close`; the thread in :meth:`run` notices within a heartbeat."""
        self._closing.set()

    def reap(self) -> None:
        """End the child for good; called when no thread is in :meth:`run` any more."""
        self._closing.set()
        if self._worker is not None:
            self._discard("the node stops")

    def _hand_over(self, wanted: WorkerSettings) -> None:
        old, settings_before = self._worker, self._settings
        self._settings = wanted
        if old is None:
            return
        try:
            new = self._start()
        except WorkerFailedError as error:
            logger.error("%s stays, another model cannot be used: %s", old.ready.model.name, error)
            self._settings = settings_before
            if self._wanted is wanted:
                self._wanted = settings_before
            self._watch.is_warm(old.ready.model, old.ready.device)
            return
        self._discard("another model takes over")
        self._worker = new

    def _start(self) -> _Worker:
        self._watch.starts()
        try:
            worker = self._started()
        except WorkerFailedError:
            self._watch.failed(WorkerFailure.START)
            raise
        self._watch.is_warm(worker.ready.model, worker.ready.device)
        return worker

    def _started(self) -> _Worker:
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(
            target=worker_main, args=(self._settings, theirs), name=self._name, daemon=True
        )
        process.start()
        theirs.close()
        try:
            reply = self._receive(process, ours, STARTUP_DEADLINE_S, lambda: True)
        except (OSError, EOFError) as error:
            cause = _cause_of_death(process)
            _end(process, ours)
            raise WorkerFailedError(f"the inference process did not start: {cause}") from error
        except (WorkerFailedError, JobAbandonedError):
            _end(process, ours)
            raise
        if not isinstance(reply, WorkerReady):
            _end(process, ours)
            text = reply.text if isinstance(reply, WorkerError) else "it spoke out of turn"
            raise WorkerFailedError(f"the inference process did not start: {text}")
        logger.info(
            "%s %d is warm: %s %s on %s",
            self._name,
            process.pid,
            reply.model.name,
            reply.model.version,
            reply.device,
        )
        return _Worker(process, ours, reply)

    def _receive(
        self,
        process: SpawnProcess,
        pipe: Connection,
        deadline_s: float,
        heartbeat: Callable[[], bool],
    ) -> Reply:
        end = time.monotonic() + deadline_s
        while not pipe.poll(HEARTBEAT_S):
            if self._closing.is_set() or not heartbeat():
                raise JobAbandonedError
            if time.monotonic() > end:
                raise WorkerFailedError(f"the inference process gave no answer in {deadline_s:g} s")
            if not process.is_alive() and not pipe.poll():
                raise EOFError
        reply: Reply = pipe.recv()
        return reply

    def _discard(self, why: str) -> None:
        assert self._worker is not None
        logger.info("%s %d: %s", self._name, self._worker.process.pid, why)
        _end(self._worker.process, self._worker.pipe)
        self._worker = None


def _end(process: SpawnProcess, pipe: Connection) -> None:
    process.kill()
    process.join(REAP_S)
    pipe.close()
    if not process.is_alive():  # else it hangs in a driver; the kernel reaps it some day
        process.close()


def _cause_of_death(process: SpawnProcess) -> str:
    process.join(REAP_S)
    code = process.exitcode
    if code is None:
        return "it closed its pipe but still runs"
    return f"signal {-code}" if code < 0 else f"exit status {code}"
