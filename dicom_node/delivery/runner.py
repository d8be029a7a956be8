"""The outbox runner: every due result object to its destination, until accepted or refused.

The rows of the database say what is due; a crash at any point only repeats a send, of the same
object under the same SOP Instance UID. Each destination has a thread of its own while something
is due for it, so that one that hangs delays no other. What is sent is claimed before, so that two
nodes on one database do not send it twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from dicom_node.bugs import log_bug
from dicom_node.delivery.courier import Courier
from dicom_node.delivery.settings import DeliverySettings
from dicom_node.monitoring.instruments import Instruments
from storage import deliveries, destinations
from storage.database import Database
from storage.errors import StorageError

logger = logging.getLogger(__name__)


class DeliveryRunner:
    """Sends what is due. :meth:`tick` is to be called again and again; it waits for no peer.

    ``clock``: the time by which deliveries are due; that of the database if none is given.
    """

    def __init__(
        self,
        database: Database,
        settings: DeliverySettings,
        *,
        clock: Callable[[], datetime] | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        self._instruments = instruments or Instruments()
        self._database = database
        self._settings = settings
        self._clock = clock or database.now
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._couriers: dict[str, Courier] = {}
        self._workers: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Take back what an earlier life of this node had claimed.

        Raises:
            StorageError: the database cannot be written.
        """
        left = deliveries.release_claims(self._database, self._settings.owner)
        if left:
            logger.warning("%d deliveries were under way when the node ended: sent again", left)

    def adjust(self, settings: DeliverySettings) -> None:
        """Other pauses from now on; from any thread."""
        with self._lock:
            self._settings = settings
            for courier in self._couriers.values():
                courier.adjust(settings)

    def tick(self) -> None:
        """Renew the claims, and serve every destination that something is due for.

        Raises:
            StorageError: the database cannot be read or written.
        """
        with self._lock:
            served = set(self._workers)
        for name in served:
            self._couriers[name].renew()
        for name in destinations.due_peers(self._database, self._clock(), not_to=served):
            self._start_worker(name)

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

    def _start_worker(self, peer_name: str) -> None:
        # A daemon: a peer that hangs must not hold the process when the node stops.
        worker = threading.Thread(
            target=self._work, args=(peer_name,), name=f"delivery to {peer_name}", daemon=True
        )
        with self._lock:
            if self._stopping.is_set() or peer_name in self._workers:
                return
            if peer_name not in self._couriers:
                self._couriers[peer_name] = Courier(
                    self._database,
                    peer_name,
                    self._settings,
                    clock=self._clock,
                    instruments=self._instruments,
                    is_stopping=self._stopping.is_set,
                )
            self._workers[peer_name] = worker
            worker.start()

    def _work(self, peer_name: str) -> None:
        try:
            self._couriers[peer_name].run()
        except StorageError:
            # What was not written down stays due, and is sent again.
            logger.exception("deliveries to %s are interrupted", peer_name)
        except Exception as error:  # noqa: BLE001 - the edge of this thread
            log_bug("while sending", error)
        finally:
            with self._lock:
                del self._workers[peer_name]
