"""What one destination's thread has claimed: nobody else sends it meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from storage import deliveries
from storage.database import Database
from storage.records import Delivery


class Claims:
    """Claims of one owner on the deliveries to one peer, renewed while they are needed.

    Usable from two threads: the one that sends, and the one that renews meanwhile.
    """

    def __init__(
        self,
        database: Database,
        peer_name: str,
        *,
        owner: str,
        lease_s: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._peer_name = peer_name
        self._owner = owner
        self._lease = timedelta(seconds=lease_s)
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[int, datetime] = {}

    def take(self, limit: int) -> tuple[Delivery, ...]:
        """Claim what is due, at most ``limit``.

        Raises:
            StorageError: the database fails; so do all methods here.
        """
        now = self._clock()
        found = deliveries.claim_due(
            self._database,
            self._peer_name,
            owner=self._owner,
            lease_s=self._lease.total_seconds(),
            now=now,
            limit=limit,
        )
        with self._lock:
            self._until |= dict.fromkeys((each.id for each in found), now + self._lease)
        return found

    def is_held(self, delivery: Delivery) -> bool:
        """Whether it is still ours, for long enough to begin with it."""
        self.renew()
        with self._lock:
            return delivery.id in self._until

    def renew(self) -> None:
        """Claim for longer what has less than half of its lease left; what was lost is dropped."""
        now = self._clock()
        with self._lock:
            short = [id_ for id_, until in self._until.items() if until - now < self._lease / 2]
            if not short:
                return
            until = now + self._lease
            kept = deliveries.renew_claims(
                self._database, short, owner=self._owner, until_utc=until
            )
            for id_ in short:
                del self._until[id_]
            self._until |= dict.fromkeys(kept, until)

    def decided(self, delivery: Delivery) -> None:
        """Its claim ended with what was written down of it."""
        with self._lock:
            self._until.pop(delivery.id, None)

    def give_back(self) -> None:
        """What was not sent is due for everybody again."""
        with self._lock:
            left = list(self._until)
            self._until.clear()
        if left:
            deliveries.release_claims(self._database, self._owner, delivery_ids=left)
