"""Deleting by age: what has ended and was delivered ``keep_days`` ago, the oldest first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dicom_node.logs import log_context
from dicom_node.retention.deletion import delete_series, told
from storage import deletion
from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError, StorageError
from storage.files import DataDir
from storage.records import Actor

logger = logging.getLogger(__name__)

PAUSE_S: Final = 60.0
"""Between looks, once nothing is left to delete."""
BATCH: Final = 20
"""Series a look, so that nothing else waits long for the database."""
NODE: Final = Actor("retention", "node")
"""Who deletes by age, in the audit trail."""


@dataclass(slots=True)
class Retention:
    """Deletes by age; :meth:`tick` is for one thread.

    Attributes:
        keep_days: asked at each tick; ``None``: nothing is deleted.
        clock: UTC; ``None`` is the database's.
    """

    database: Database
    data_dir: DataDir
    keep_days: Callable[[], int | None]
    clock: Callable[[], datetime] | None = None
    _not_before_s: float = field(default=0.0, init=False)

    def tick(self) -> None:
        """Delete some of what is old enough."""
        days = self.keep_days()
        if days is None or time.monotonic() < self._not_before_s:
            return
        try:
            deleted = self._delete(days)
        except StorageError as error:
            logger.error("deleting by age pauses for %g s: %s", PAUSE_S, error)
            deleted = 0
        if deleted < BATCH:
            self._not_before_s = time.monotonic() + PAUSE_S

    def _delete(self, days: int) -> int:
        now = self.clock() if self.clock is not None else self.database.now()
        ended_before, count = now - timedelta(days=days), 0
        for uid in deletion.expired_series(self.database, ended_before, limit=BATCH):
            with log_context(series_uid=uid):
                try:
                    gone = delete_series(
                        self.database,
                        self.data_dir,
                        uid,
                        by=NODE,
                        cause=f"older than {days} days",
                        ended_before=ended_before,
                        now=now,
                    )
                except NotFoundError:
                    continue  # something happened to it meanwhile
                except IllegalTransitionError as error:
                    logger.warning("kept: %s", error)
                    continue
                count += 1
                logger.info("deleted, older than %d days. %s", days, told(gone))
        return count
