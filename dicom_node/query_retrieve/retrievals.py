"""Retrievals in the background: asked for, run some at a time, cancelled, remembered.

They live in memory, and their beginnings and ends in the audit trail. After a restart the list is
made from there; what had begun and not ended then is ``interrupted``, and a person asks again.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from dicom_node.bugs import log_bug
from dicom_node.errors import EnvironmentFailedError
from dicom_node.query_retrieve.retrieval import (
    ASKED,
    ENDED,
    Retrieval,
    RetrievalState,
    ask,
    end,
    perform,
    remembered,
)
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.cancellation import Cancellation
from dicom_node.scu.move import MoveRequest, Progress
from storage import audit
from storage.database import Database
from storage.errors import NotFoundError, StorageError
from storage.records import Actor, Peer

logger = logging.getLogger(__name__)

AT_A_TIME: Final = 2
UNFINISHED_MAX: Final = 50
KEPT_MAX: Final = 200
"""Retrievals that are shown; older ones are in the audit trail only."""
STOP_S: Final = 3.0


@dataclass(slots=True)
class _Job:
    retrieval: Retrieval
    peer: Peer | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)


class Retrievals:
    """The retrievals of this node; usable from many threads."""

    def __init__(self, database: Database, identity: ScuIdentity, node: str) -> None:
        self._database, self._identity, self._node = database, identity, node
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_stopping = False

    def start(self) -> None:
        """Remember what an earlier life of this node did, and begin to work."""
        entries = audit.latest(self._database, limit=2 * KEPT_MAX, actions=(ASKED, ENDED))
        for each in remembered(entries, self._node):
            self._jobs[each.id] = _Job(each if each.is_over else self._interrupted(each))
        for number in range(AT_A_TIME):
            thread = threading.Thread(target=self._work, name=f"retrieval-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Cancel what runs, and give it a moment to end. Safe to call twice."""
        with self._lock:
            self._is_stopping = True
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancellation.request()
        for _ in self._threads:
            self._queue.put(None)
        end_s = time.monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, end_s - time.monotonic()))
        self._threads.clear()

    def ask(self, peer: Peer, request: MoveRequest, *, by: Actor, now: datetime) -> Retrieval:
        """Have ``peer`` send ``request``; the one that is under way already, if there is one.

        Raises:
            InputError: it cannot be asked for.
            EnvironmentFailedError: too many wait already.
        """
        with self._lock:
            unfinished = [job for job in self._jobs.values() if not job.retrieval.is_over]
            for job in unfinished:
                if (job.retrieval.peer_name, job.retrieval.request) == (peer.name, request):
                    return job.retrieval
            if len(unfinished) >= UNFINISHED_MAX or self._is_stopping:
                raise EnvironmentFailedError(f"{len(unfinished)} retrievals wait already")
            asked = ask(self._database, peer, request, by=by, now=now, node=self._node)
            job = self._jobs[asked.id] = _Job(asked, peer)
            self._forget_oldest()
        self._queue.put(job)
        return asked

    def cancel(self, identifier: str) -> Retrieval:
        """The peer is told to stop; what came until then stays. One that is over stays so.

        Raises:
            NotFoundError: there is no such retrieval.
        """
        with self._lock:
            job = self._jobs.get(identifier)
        if job is None:
            raise NotFoundError("there is no such retrieval")
        job.cancellation.request()
        return job.retrieval

    def newest(self) -> list[Retrieval]:
        """As they stand, the newest first."""
        with self._lock:
            return [job.retrieval for job in reversed(self._jobs.values())]

    def _interrupted(self, retrieval: Retrieval) -> Retrieval:
        return end(self._database, _stopped(retrieval), now=self._database.now())

    def _forget_oldest(self) -> None:
        over = [key for key, job in self._jobs.items() if job.retrieval.is_over]
        for key in over[: max(0, len(self._jobs) - KEPT_MAX)]:
            del self._jobs[key]

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                self._run(job)
            except StorageError as error:
                logger.error("a retrieval's end cannot be written down: %s", error)
            except Exception as error:  # noqa: BLE001 - the edge of a thread
                log_bug("in a retrieval", error)
                text = "The node has a bug; its log has more."
                job.retrieval = replace(job.retrieval, state=RetrievalState.FAILED, text=text)

    def _run(self, job: _Job) -> None:
        assert job.peer is not None
        if job.cancellation.is_requested:
            text = "It was cancelled before it began."
            over = replace(job.retrieval, state=RetrievalState.CANCELLED, text=text)
        else:
            job.retrieval = replace(job.retrieval, state=RetrievalState.RUNNING)

            def note(progress: Progress) -> None:
                job.retrieval = replace(job.retrieval, progress=progress)

            over = perform(
                job.retrieval,
                job.peer,
                self._identity,
                on_progress=note,
                cancellation=job.cancellation,
            )
        if self._is_stopping and over.state is RetrievalState.CANCELLED:
            over = _stopped(over)
        try:
            over = end(self._database, over, now=self._database.now())
        finally:
            job.retrieval = over
        logger.info(
            "retrieval of study %s from %s: %s",
            over.request.study_uid,
            over.peer_name,
            over.state,
        )


def _stopped(retrieval: Retrieval) -> Retrieval:
    text = "The node stopped meanwhile. What came until then is here: ask again for the rest."
    return replace(retrieval, state=RetrievalState.INTERRUPTED, text=text)
