"""The outbox runner: every due result object to its destination, until accepted or refused.

The rows of the database say what is due; a crash at any point only repeats a send, of the same
object under the same SOP Instance UID. Each destination has a thread of its own while something
is due for it, so that one that hangs delays no other.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pydicom import dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from dicom_node.bugs import log_bug
from dicom_node.delivery.backoff import next_attempt
from dicom_node.errors import InputError, PeerRefusedError, PeerUnreachableError
from dicom_node.logs import log_context
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.store import send_instance
from storage import deliveries, peers
from storage.database import Database
from storage.errors import NotFoundError, StorageError
from storage.records import Delivery

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Who sends, and how patiently.

    Attributes:
        identity: who we are to the peers.
        first_retry_s: delay after the first failure; each further one doubles it.
        longest_retry_s: the delay grows no longer.
        stop_grace_s: how long sends under way may take to end when the node stops; what does not
            end in time is sent again by the next start.
    """

    identity: ScuIdentity
    first_retry_s: float = 30
    longest_retry_s: float = 600
    stop_grace_s: float = 10


class DeliveryRunner:
    """Sends what is due. :meth:`tick` is to be called again and again; it waits for no peer."""

    def __init__(self, database: Database, settings: DeliverySettings) -> None:
        self._database = database
        self._settings = settings
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._workers: dict[str, threading.Thread] = {}

    def tick(self) -> None:
        """Start sending to every destination that something is due for and that has no thread.

        Raises:
            StorageError: the database cannot be read.
        """
        with self._lock:
            served = set(self._workers)
        now = self._database.now()
        # Again until nothing is left: one destination's backlog may fill an answer.
        while due := deliveries.due_deliveries(self._database, now, not_to=served):
            by_peer: defaultdict[str, list[Delivery]] = defaultdict(list)
            for each in due:
                by_peer[each.peer_name].append(each)
            for name, batch in by_peer.items():
                self._start(name, batch)
            served.update(by_peer)

    def stop(self) -> None:
        """Begin nothing new and wait a while for what is under way; safe to call twice."""
        self._stopping.set()
        end = time.monotonic() + self._settings.stop_grace_s
        with self._lock:
            running = list(self._workers.values())
        for worker in running:
            worker.join(max(0.0, end - time.monotonic()))
            if worker.is_alive():
                logger.warning("%s did not end in time: its object will be sent again", worker.name)

    def _start(self, peer_name: str, batch: Sequence[Delivery]) -> None:
        # A daemon: a peer that hangs must not hold the process when the node stops.
        worker = threading.Thread(
            target=self._work, args=(peer_name, batch), name=f"delivery to {peer_name}", daemon=True
        )
        with self._lock:
            if self._stopping.is_set() or peer_name in self._workers:
                return
            self._workers[peer_name] = worker
            worker.start()

    def _work(self, peer_name: str, batch: Sequence[Delivery]) -> None:
        try:
            for delivery in batch:
                if self._stopping.is_set():
                    return
                with log_context(peer=peer_name, sop_instance_uid=delivery.sop_instance_uid):
                    self._deliver(delivery)
        except StorageError:
            # What was not written down stays due, and is sent again.
            logger.exception("deliveries to %s are interrupted", peer_name)
        finally:
            with self._lock:
                del self._workers[peer_name]

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._send(delivery)
        except NotFoundError:
            self._park(delivery, f"the peer {delivery.peer_name} is gone")
        except (PeerRefusedError, InputError) as error:
            self._park(delivery, str(error))
        except PeerUnreachableError as error:
            self._postpone(delivery, str(error))
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of this delivery
            # A bug must not stop the others, nor be tried every second.
            log_bug("in a delivery", error)
            self._postpone(delivery, "internal error")

    def _send(self, delivery: Delivery) -> None:
        peer = peers.get_peer(self._database, delivery.peer_name)
        _require_unchanged(delivery)
        outcome = send_instance(peer, delivery.path, self._settings.identity)
        note = outcome.warning or ""
        deliveries.delivered(self._database, delivery.id, note=note, now=self._database.now())
        logger.info("delivered%s", f" with a warning: {note}" if note else "")

    def _park(self, delivery: Delivery, error: str) -> None:
        deliveries.park(self._database, delivery.id, error=error, now=self._database.now())
        logger.error("delivery parked: %s", error)

    def _postpone(self, delivery: Delivery, error: str) -> None:
        now = self._database.now()
        at = next_attempt(
            now,
            delivery.attempts,
            first_retry_s=self._settings.first_retry_s,
            longest_retry_s=self._settings.longest_retry_s,
            random=random.random,
        )
        deliveries.postpone(self._database, delivery.id, error=error, next_attempt_utc=at, now=now)
        logger.warning("delivery postponed by %.0f s: %s", (at - now).total_seconds(), error)


def _require_unchanged(delivery: Delivery) -> None:
    """The file still is the object that was promised; InputError if it is another or damaged."""
    try:
        ds = dcmread(delivery.path)
        named = str(ds.SOPInstanceUID), str(ds.SOPClassUID)
    except (OSError, InvalidDicomError, AttributeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no DICOM file"
        raise InputError(f"the report cannot be read from disk: {reason}") from error
    if named != (delivery.sop_instance_uid, delivery.sop_class_uid):
        raise InputError("the file on disk is another object than the one to be sent")
    if _is_cut_off(ds):
        raise InputError("the file on disk is damaged: it ends too early")


def _is_cut_off(ds: Dataset) -> bool:
    """Whether a file ends inside its last element, which pydicom reads without a word."""
    last = cast("DataElement | RawDataElement", ds.get_item(max(ds.keys())))
    return isinstance(last, RawDataElement) and last.length != len(last.value or b"")
