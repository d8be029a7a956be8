"""Claim → run → record, in one thread; the database decides who may."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Final

from dicom_node.analysis.executor import AnalysisJob, Executor, JobAbandonedError, Outcome
from dicom_node.analysis.record import Recorder
from dicom_node.bugs import log_bug
from dicom_node.errors import CspineError, WorkerFailedError
from dicom_node.logs import log_context
from dicom_node.monitoring.instruments import Instruments
from inference.types import NotAnalysed
from storage import instances, queue
from storage.database import Database
from storage.errors import StorageError
from storage.records import Claim

logger = logging.getLogger(__name__)

IDLE_POLL_S: Final = 2.0
"""A wake-up may come from another process than this one; then this is the longest wait."""
TROUBLE_PAUSE_S: Final = 10.0
"""Between attempts while the worker or the database is not to be had."""


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """Who claims, for how long, and how often a series may kill its worker."""

    owner: str
    max_attempts: int
    lease_s: float = 60.0


class AnalysisRunner:
    """The thread that empties the queue."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        recorder: Recorder,
        settings: RunnerSettings,
        instruments: Instruments | None = None,
    ) -> None:
        self._instruments = instruments or Instruments()
        self._database = database
        self._executor = executor
        self._recorder = recorder
        self._settings = settings
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="analysis")

    def start(self) -> None:
        """Give back what an earlier life of this node held, and begin."""
        released = queue.release_owned(
            self._database, self._settings.owner, now=self._database.now()
        )
        if released:
            logger.warning("%d series were being analysed when the node died: queued", released)
        self._thread.start()

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    def stop(self) -> None:
        """Give the running job back to the queue and end the thread; safe to call twice."""
        self._stopping.set()
        self._wake.set()
        self._executor.close()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._step():
                    continue
                pause_s = IDLE_POLL_S
            except (CspineError, StorageError) as error:
                logger.error("analysis pauses for %g s: %s", TROUBLE_PAUSE_S, error)
                pause_s = TROUBLE_PAUSE_S
            except JobAbandonedError:
                return  # closed while the worker was starting
            except Exception as error:  # noqa: BLE001 - the edge of this thread
                # The thread's edge: a bug must not end the analysis of all series for ever.
                log_bug("in the analysis thread, which pauses", error)
                pause_s = TROUBLE_PAUSE_S
            if pause_s == TROUBLE_PAUSE_S:
                self._stopping.wait(pause_s)
            else:
                self._wake.wait(pause_s)
            self._wake.clear()

    def _step(self) -> bool:
        """Analyse one series; False if none waits."""
        self._executor.prepare()  # before claiming: a worker that cannot start is no series' fault
        claim = queue.claim_next(
            self._database,
            owner=self._settings.owner,
            lease_s=self._settings.lease_s,
            now=self._database.now(),
        )
        if claim is None:
            return False
        with log_context(series_uid=claim.series.series_uid, series_id=claim.series.id):
            self._analyse(claim)
        return True

    def _analyse(self, claim: Claim) -> None:
        of = claim.series
        if of.attempts > self._settings.max_attempts:
            # Each earlier attempt took the whole node with it, so none was ever charged.
            self._charge(claim, "The node died during each attempt.", max_attempts=1)
            return
        logger.info("analysing, attempt %d", of.attempts)
        paths = tuple(each.path for each in instances.instances_of(self._database, of.series_uid))
        job = AnalysisJob(of.id, of.series_uid, paths)
        try:
            outcome = self._run(job, claim)
        except JobAbandonedError:
            self._give_back(claim, "the node stopped")
            return
        except WorkerFailedError as error:
            self._charge(claim, str(error), self._settings.max_attempts)
            return
        try:
            recorded = self._recorder.record(claim, outcome)
        except StorageError:
            self._give_back(claim, "the result could not be stored")
            raise
        except Exception as error:  # noqa: BLE001 - the edge of this series
            # The same report would fail again, so it is parked in sight. Only our own errors are
            # known to name no patient.
            log_bug("while reporting", error)
            why = str(error) if isinstance(error, CspineError) else type(error).__name__
            self._charge(claim, f"The result could not be reported: {why}", max_attempts=1)
            return
        what = outcome.code if isinstance(outcome, NotAnalysed) else "analysed"
        logger.info("%s", what if recorded else "late slices came: this result was dropped")

    def _run(self, job: AnalysisJob, claim: Claim) -> Outcome:
        began = time.monotonic()
        said = "failed"
        try:
            outcome = self._executor.run(job, lambda: self._renew(claim))
            said = "not_analysed" if isinstance(outcome, NotAnalysed) else "analysed"
        except JobAbandonedError:
            said = "abandoned"
            raise
        finally:
            self._instruments.inference_ended(said, time.monotonic() - began)
        return outcome

    def _renew(self, claim: Claim) -> bool:
        if self._stopping.is_set():
            return False
        now = self._database.now()
        return queue.renew(self._database, claim, lease_s=self._settings.lease_s, now=now)

    def _give_back(self, claim: Claim, note: str) -> None:
        if queue.give_back(self._database, claim, note=note, now=self._database.now()):
            logger.info("given back to the queue: %s", note)

    def _charge(self, claim: Claim, text: str, max_attempts: int) -> None:
        state = queue.attempt_failed(
            self._database, claim, text=text, max_attempts=max_attempts, now=self._database.now()
        )
        logger.error("%s: %s", state.value if state else "dropped", text)
