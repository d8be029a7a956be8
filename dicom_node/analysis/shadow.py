"""The shadow model: reads what the active one has read, when nothing else is to be done.

A thread and a process of its own. What it says stands beside the readings
(:mod:`storage.shadow_readings`); it is never sent, and its failures are nobody else's: a process
that is too slow, dies or does not start costs the shadow's reading only.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import dataclass
from typing import Final

from dicom_node.analysis.executor import Analysis, AnalysisJob, JobAbandonedError, Outcome
from dicom_node.analysis.local import LocalExecutor
from dicom_node.analysis.worker import WorkerSettings
from dicom_node.bugs import log_bug
from dicom_node.errors import CspineError, WorkerFailedError
from dicom_node.logs import log_context
from dicom_node.monitoring.instruments import Instruments
from dicom_node.reports.result import result_document
from inference.types import ModelIdentity
from storage import instances, queue, shadow_readings
from storage import records as stored
from storage.database import Database
from storage.errors import StorageError
from storage.records import ReadBy, SeriesState, ShadowClaim, ShadowEnd
from storage.triage import outcome_of

logger = logging.getLogger(__name__)

IDLE_POLL_S: Final = 2.0
TROUBLE_PAUSE_S: Final = 60.0
"""Between attempts while its process does not start, or the database is not to be had."""
READING_FAILED: Final = "shadow_failed"
"""The reason code of a series on which it died too often."""
PROCESS: Final = "shadow inference process"


@dataclass(frozen=True, slots=True)
class ShadowSettings:
    """Who claims, for how long, how often a series may kill the process, and when one hangs."""

    owner: str
    max_attempts: int
    deadline_s: float
    lease_s: float = 60.0


class ShadowRunner:
    """The thread of the shadow model; its process is there while it has something to read."""

    def __init__(
        self,
        database: Database,
        settings: ShadowSettings,
        wanted: WorkerSettings | None,
        instruments: Instruments,
    ) -> None:
        self._database = database
        self._settings = settings
        self._instruments = instruments
        self._wanted = self._loaded = wanted
        self._executor: LocalExecutor | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="shadow")

    @property
    def is_set(self) -> bool:
        """Whether there is a shadow model, so that readings are asked for."""
        return self._wanted is not None

    def start(self) -> None:
        """Give back what an earlier life of this node held, and begin."""
        shadow_readings.release_owned(self._database, self._settings.owner)
        self._thread.start()

    def adopt(self, wanted: WorkerSettings | None) -> None:
        """Read with another model from now on, or with none; from any thread."""
        self._wanted = wanted
        self._wake.set()

    def stop(self) -> None:
        """Give the running reading back and end thread and process; safe to call twice."""
        self._stopping.set()
        self._wake.set()
        executor = self._executor
        if executor is not None:
            executor.close()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            pause_s = IDLE_POLL_S
            try:
                if self._step():
                    continue
            except WorkerFailedError as error:
                self._instruments.shadow_problem = str(error)
                logger.error("the shadow model reads nothing for %g s: %s", TROUBLE_PAUSE_S, error)
                pause_s = TROUBLE_PAUSE_S
            except (CspineError, StorageError) as error:
                logger.error("the shadow model pauses for %g s: %s", TROUBLE_PAUSE_S, error)
                pause_s = TROUBLE_PAUSE_S
            except JobAbandonedError:
                pass  # closed while the process was starting
            except Exception as error:  # noqa: BLE001 - the edge of this thread
                log_bug("in the thread of the shadow model, which pauses", error)
                pause_s = TROUBLE_PAUSE_S
            self._wake.wait(pause_s)
            self._wake.clear()
        self._end_process()

    def _step(self) -> bool:
        """Read one series; False if none waits, or something else goes first."""
        wanted = self._wanted
        if wanted != self._loaded:
            self._end_process()
            self._loaded = wanted
        if wanted is None or self._is_busy() or not shadow_readings.waiting(self._database):
            return False
        executor = self._process_of(wanted)
        if self._stopping.is_set():
            return False
        model = executor.prepare().model  # before claiming: what does not start is no series' fault
        self._instruments.shadow_problem = None
        claim = shadow_readings.claim_next(
            self._database,
            owner=self._settings.owner,
            lease_s=self._settings.lease_s,
            now=self._database.now(),
        )
        if claim is None:
            return False
        with log_context(series_uid=claim.series.series_uid, series_id=claim.series.id):
            self._read(executor, model, claim)
        return True

    def _process_of(self, wanted: WorkerSettings) -> LocalExecutor:
        if self._executor is None:
            self._executor = LocalExecutor(
                wanted,
                deadline_s=self._settings.deadline_s,
                watch=self._instruments.shadow,
                name=PROCESS,
            )
        return self._executor

    def _end_process(self) -> None:
        self._instruments.shadow_problem = None
        if self._executor is not None:
            self._executor.reap()
            self._executor = None
            self._instruments.shadow.ended()

    def _read(self, executor: LocalExecutor, model: ModelIdentity, claim: ShadowClaim) -> None:
        of = claim.series
        if claim.attempts > self._settings.max_attempts:
            # Each earlier attempt took the whole node with it, so none was ever charged.
            self._failed(model, claim, "No attempt came to an end.")
            return
        logger.info("the shadow model reads, attempt %d", claim.attempts)
        paths = tuple(each.path for each in instances.instances_of(self._database, of.series_uid))
        job = AnalysisJob(of.id, of.series_uid, paths, with_pictures=False)
        began = time.monotonic()
        try:
            outcome = executor.run(job, lambda: self._goes_on(claim))
        except JobAbandonedError:
            self._instruments.shadow_ended("abandoned", time.monotonic() - began)
            shadow_readings.give_back(self._database, claim)
            logger.info("the shadow model's reading is put off")
            return
        except WorkerFailedError as error:
            if claim.attempts >= self._settings.max_attempts:
                self._failed(model, claim, str(error), time.monotonic() - began)
            else:
                self._instruments.shadow_ended("retried", time.monotonic() - began)
                shadow_readings.attempt_failed(self._database, claim)
                logger.error("the shadow model failed: %s", error)
            return
        self._finish(claim, _end_of(model, of.series_uid, outcome, time.monotonic() - began))

    def _failed(
        self, model: ModelIdentity, claim: ShadowClaim, text: str, duration_s: float | None = None
    ) -> None:
        end = ShadowEnd(
            _read_by(model),
            stored.Outcome.FAILED,
            reason_code=READING_FAILED,
            reason_text=text,
            duration_s=duration_s,
        )
        self._finish(claim, end)

    def _finish(self, claim: ShadowClaim, end: ShadowEnd) -> None:
        self._instruments.shadow_ended(end.outcome, end.duration_s or 0.0)
        recorded = shadow_readings.finish(self._database, claim, end, now=self._database.now())
        what = end.outcome.value if recorded else "dropped: the series changed meanwhile"
        logger.info("the shadow model's reading: %s", what)

    def _goes_on(self, claim: ShadowClaim) -> bool:
        """Whether the reading is still wanted and nothing goes before it; renews the lease."""
        if self._stopping.is_set() or self._wanted != self._loaded or self._is_busy():
            return False
        now = self._database.now()
        lease_s = self._settings.lease_s
        return shadow_readings.renew(self._database, claim, lease_s=lease_s, now=now)

    def _is_busy(self) -> bool:
        return queue.is_busy(self._database, owner=self._settings.owner)


def _end_of(
    model: ModelIdentity, series_uid: str, outcome: Outcome, duration_s: float
) -> ShadowEnd:
    """What is written down of what the process answered."""
    if not isinstance(outcome, Analysis):
        return ShadowEnd(
            _read_by(model),
            stored.Outcome.NOT_ANALYSED,
            reason_code=str(outcome.code),
            reason_text=outcome.text,
            duration_s=duration_s,
        )
    result = result_document(series_uid, outcome.prediction)
    try:
        json.dumps(result, allow_nan=False)
    except ValueError:
        return ShadowEnd(
            _read_by(model),
            stored.Outcome.FAILED,
            reason_code=READING_FAILED,
            reason_text="The model's answer has probabilities that are no numbers.",
            duration_s=duration_s,
        )
    said = outcome_of(SeriesState.ANALYSED, result)
    return ShadowEnd(_read_by(model), said, result, duration_s=duration_s)


def _read_by(model: ModelIdentity) -> ReadBy:
    return ReadBy(model.name, model.version, model.sha256)
