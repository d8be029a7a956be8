"""Storage commitment: asking the peers to keep what they took, until each has said yes or no.

The rows of the database say what waits for an answer, so that one that comes after a restart is
honoured. Each peer has a thread of its own while it is asked, so that one that hangs delays no
other.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from dicom_node.bugs import log_bug
from dicom_node.delivery.backoff import next_attempt
from dicom_node.errors import PeerRefusedError, PeerUnreachableError
from dicom_node.logs import log_context
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.commitment import Reference, request_commitment
from dicom_node.uids import new_uid
from dicom_node.wire import ReportReply
from storage import commitments, deliveries, peers
from storage.database import Database
from storage.errors import NotFoundError, StorageError
from storage.records import Delivery, FailedCommitment, Peer

if TYPE_CHECKING:
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FailureMeaning:
    """What a Failure Reason says, and whether sending the object again may help."""

    text: str
    send_again: bool


FAILURE_REASONS: Final[Mapping[int, FailureMeaning]] = {
    0x0110: FailureMeaning("processing failure", send_again=True),
    0x0112: FailureMeaning("it does not have the object", send_again=True),
    0x0213: FailureMeaning("resource limitation", send_again=True),
    0x0122: FailureMeaning("it does not support the SOP class", send_again=False),
    0x0119: FailureMeaning("it has the object with another SOP class", send_again=False),
    # Ours are random, so this is a repetition of the request on the way; a new one is made.
    0x0131: FailureMeaning("it has seen the transaction before", send_again=True),
}
"""Failure Reason (0008,1197), PS3.3 C.14.1.1."""
UNKNOWN_REASON: Final = FailureMeaning("an unknown reason", send_again=True)
NOT_NAMED: Final = FailureMeaning("its answer does not name the object", send_again=True)


def failure_meaning(reason: int | None) -> FailureMeaning:
    """What the reason, or its absence, says."""
    return NOT_NAMED if reason is None else FAILURE_REASONS.get(reason, UNKNOWN_REASON)


@dataclass(frozen=True, slots=True)
class CommitmentSettings:
    """How patiently commitment is waited for.

    Attributes:
        identity: who we are to the peers.
        answer_s: a request that is not answered this long is made again.
        attempts: so many requests without an answer, or so many answers that did not commit,
            and the delivery is parked.
        wait_s: how long an association is kept open for the answer.
        gather_s: what was sent within this time before is asked about together with what follows.
        first_retry_s, longest_retry_s: the pauses where a peer cannot be asked, and before an
            object is sent again.
        stop_grace_s: how long requests under way may take to end when the node stops.
    """

    identity: ScuIdentity
    answer_s: float = 3600
    attempts: int = 5
    wait_s: float = 2
    gather_s: float = 2
    first_retry_s: float = 30
    longest_retry_s: float = 600
    stop_grace_s: float = 10


@dataclass(frozen=True, slots=True)
class Postponed:
    """A peer that could not be asked: how often in a row, and when to try again."""

    times: int
    until_utc: datetime


class CommitmentRunner:
    """Asks for commitment. :meth:`tick` is to be called again and again; it waits for no peer.

    ``on_report`` writes down a report that comes on the association of its request, given the
    peer's name; it never raises.
    """

    def __init__(
        self,
        database: Database,
        settings: CommitmentSettings,
        *,
        on_report: Callable[[Event, Collection[str]], ReportReply],
    ) -> None:
        self._database = database
        self._settings = settings
        self._on_report = on_report
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._workers: dict[str, threading.Thread] = {}
        # Only pauses between polls: after a restart everybody is asked at once; it harms nobody.
        self._postponed: dict[str, Postponed] = {}

    def adjust(self, settings: CommitmentSettings) -> None:
        """Another patience from now on; from any thread."""
        self._settings = settings

    def tick(self) -> None:
        """Act on what is overdue or failed, and start asking every peer that has something to say.

        Raises:
            StorageError: the database cannot be read.
        """
        now = self._database.now()
        for overdue in commitments.commitments_overdue(self._database, now):
            logger.warning(
                "%s did not answer request %d for commitment to %d objects (transaction %s)",
                overdue.peer_name,
                overdue.attempts,
                len(overdue.delivery_ids),
                overdue.transaction_uid,
            )
        for failed in commitments.failed_commitments(self._database):
            self._act_on(failed)
        for name in commitments.peers_to_ask(self._database, self._gathered(now)):
            self._start(name, now)

    def stop(self) -> None:
        """Begin nothing new and wait a while for what is under way; safe to call twice."""
        self._stopping.set()
        end = time.monotonic() + self._settings.stop_grace_s
        with self._lock:
            running = list(self._workers.values())
        for worker in running:
            worker.join(max(0.0, end - time.monotonic()))

    def _gathered(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self._settings.gather_s)

    def _act_on(self, failed: FailedCommitment) -> None:
        """Send it again, or leave it to a person."""
        delivery, meaning = failed.delivery, failure_meaning(failed.reason)
        code = "" if failed.reason is None else f" (0x{failed.reason:04X})"
        text = f"{delivery.peer_name} did not commit to it: {meaning.text}{code}"
        answers = commitments.answers_to(self._database, delivery.id)
        if not meaning.send_again:
            self._park(delivery, text)
        elif answers >= self._settings.attempts:
            self._park(delivery, f"{text}; after {answers} answers")
        else:
            now = self._database.now()
            at = self._next_attempt(now, answers - 1)
            deliveries.postpone(
                self._database, delivery.id, error=text, next_attempt_utc=at, now=now
            )
            logger.warning("to be sent again: %s", text)

    def _start(self, peer_name: str, now: datetime) -> None:
        # A daemon: a peer that hangs must not hold the process when the node stops.
        worker = threading.Thread(
            target=self._work, args=(peer_name,), name=f"commitment of {peer_name}", daemon=True
        )
        with self._lock:
            postponed = self._postponed.get(peer_name)
            if self._stopping.is_set() or peer_name in self._workers:
                return
            if postponed is not None and now < postponed.until_utc:
                return
            self._workers[peer_name] = worker
            worker.start()

    def _work(self, peer_name: str) -> None:
        try:
            with log_context(peer=peer_name):
                while not self._stopping.is_set() and self._ask(peer_name):
                    pass
        except StorageError:
            logger.exception("asking %s for commitment is interrupted", peer_name)
        except Exception as error:  # noqa: BLE001 - the edge of this thread
            log_bug("while asking for commitment", error)
            self._postpone_peer(peer_name, "internal error")
        finally:
            with self._lock:
                del self._workers[peer_name]

    def _ask(self, peer_name: str) -> bool:
        """Ask about one batch; ``False``: there was none, or the peer cannot be asked now."""
        now = self._database.now()
        waiting = commitments.commitments_to_request(self._database, peer_name, self._gathered(now))
        if not waiting:
            return False
        try:
            peer = peers.get_peer(self._database, peer_name)
        except NotFoundError:
            for each in waiting:
                self._park(each, f"the peer {peer_name} is gone; it took the object before")
            return True
        if not peer.commitment:
            note = "its commitment is no longer asked for"
            for each in waiting:
                deliveries.delivered(self._database, each.id, note=note, now=now)
            return True
        return self._request(peer, self._still_worth_asking(waiting))

    def _still_worth_asking(self, waiting: Sequence[Delivery]) -> list[Delivery]:
        """Park what was asked about in vain too often; the rest."""
        asked = Counter(commitments.times_asked(self._database, [each.id for each in waiting]))
        worth = []
        for each in waiting:
            if asked[each.id] < self._settings.attempts:
                worth.append(each)
            else:
                self._park(
                    each,
                    f"{each.peer_name} took it, but did not answer {asked[each.id]} requests to "
                    "commit to it",
                )
        return worth

    def _request(self, peer: Peer, batch: Sequence[Delivery]) -> bool:
        if not batch:
            return True
        transaction_uid = new_uid()
        now = self._database.now()
        asked = commitments.commitment_requested(
            self._database,
            transaction_uid,
            peer.name,
            [each.id for each in batch],
            deadline_utc=now + timedelta(seconds=self._settings.answer_s),
            now=now,
        )
        if not asked:
            return True
        try:
            responded = request_commitment(
                peer,
                transaction_uid,
                [Reference(each.sop_class_uid, each.sop_instance_uid) for each in asked],
                self._settings.identity,
                on_report=lambda event: self._on_report(event, (peer.name,)),
                answer_wait_s=self._settings.wait_s,
            )
        except PeerUnreachableError as error:
            commitments.commitment_withdrawn(self._database, transaction_uid)
            self._postpone_peer(peer.name, str(error))
            return False
        except PeerRefusedError as error:
            commitments.commitment_withdrawn(self._database, transaction_uid)
            for each in asked:
                self._park(each, f"it was taken, but {error}")
            return True
        if not responded:
            self._request_broke_off(peer.name, transaction_uid)
            return False
        self._postponed.pop(peer.name, None)
        logger.info("asked to commit to %d objects (transaction %s)", len(asked), transaction_uid)
        return True

    def _request_broke_off(self, peer_name: str, transaction_uid: str) -> None:
        """The association ended before the response: it may or may not have the request."""
        again = self._database.now() + timedelta(seconds=self._settings.longest_retry_s)
        commitments.commitment_unsure(self._database, transaction_uid, deadline_utc=again)
        self._postpone_peer(
            peer_name, f"no response to the request for commitment (transaction {transaction_uid})"
        )

    def _park(self, delivery: Delivery, error: str) -> None:
        deliveries.park(self._database, delivery.id, error=error, now=self._database.now())
        logger.error("delivery parked: %s", error)

    def _postpone_peer(self, peer_name: str, error: str) -> None:
        before = self._postponed.get(peer_name)
        times = 0 if before is None else before.times
        until = self._next_attempt(self._database.now(), times)
        self._postponed[peer_name] = Postponed(times + 1, until)
        # Told once: the pauses that follow say nothing new.
        level = logging.DEBUG if before else logging.WARNING
        logger.log(level, "cannot ask for commitment: %s", error)

    def _next_attempt(self, now: datetime, failures: int) -> datetime:
        return next_attempt(
            now,
            failures,
            first_retry_s=self._settings.first_retry_s,
            longest_retry_s=self._settings.longest_retry_s,
            random=random.random,
        )
