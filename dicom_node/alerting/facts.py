"""Finding out how the node is: the only part of the alerts that looks."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from dicom_node.alerting.conditions import Facts
from dicom_node.config import Settings
from dicom_node.monitoring.certificates import certificate_ends
from dicom_node.monitoring.instruments import Instruments
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir
from storage.monitoring import failing_destinations, oldest_queued

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FactFinder:
    """Looks at one node. ``clock``: the time by which certificates end."""

    settings: Settings
    database: Database
    data_dir: DataDir
    instruments: Instruments
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def find(self) -> Facts:
        """As it is now. Never raises; what cannot be found out is None."""
        window_s = self.settings.alerts.worker_window_s
        answers, age_s, failing = self._in_database()
        return Facts(
            database_answers=answers,
            above_reserve_bytes=self._above_reserve(),
            queue_age_s=age_s,
            failing_destinations=failing,
            worker_failures=self.instruments.worker.failures_within(window_s),
            certificates_left_s={
                name: (end - self.clock()).total_seconds()
                for name, end in certificate_ends(self.settings, self.data_dir.root).items()
            },
        )

    def _in_database(self) -> tuple[bool, float | None, dict[str, float] | None]:
        try:
            now = self.database.now()
            queued = oldest_queued(self.database)
            failing = failing_destinations(self.database)
        except StorageError as error:
            logger.debug("the database does not answer: %s", error)
            return False, None, None
        age_s = 0.0 if queued is None else (now - queued).total_seconds()
        silent = {
            name: math.inf if last is None else (now - last).total_seconds()
            for name, last in failing.items()
        }
        return True, age_s, silent

    def _above_reserve(self) -> int | None:
        try:
            return self.data_dir.free_bytes() - self.settings.storage.reserve_mib * 2**20
        except (StorageError, OSError):
            return None
