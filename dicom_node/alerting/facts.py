"""Finding out how the node is: the only part of the alerts that looks."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dicom_node.alerting.conditions import Facts
from dicom_node.audit_messages.build import destination_of
from dicom_node.config import Settings
from dicom_node.monitoring.certificates import certificate_ends
from dicom_node.monitoring.instruments import Instruments
from storage.audit_exports import backlog
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
        return replace(
            self._in_database(),
            above_reserve_bytes=self._above_reserve(),
            worker_failures=self.instruments.worker.failures_within(window_s),
            certificates_left_s={
                name: (end - self.clock()).total_seconds()
                for name, end in certificate_ends(self.settings, self.data_dir.root).items()
            },
        )

    def _in_database(self) -> Facts:
        try:
            now = self.database.now()
            return Facts(
                queue_age_s=_age_s(oldest_queued(self.database), now),
                failing_destinations={
                    name: math.inf if last is None else _age_s(last, now)
                    for name, last in failing_destinations(self.database).items()
                },
                audit_age_s=_age_s(self._oldest_entry(), now),
            )
        except StorageError as error:
            logger.debug("the database does not answer: %s", error)
            return Facts(database_answers=False)

    def _oldest_entry(self) -> datetime | None:
        destination = destination_of(self.settings.audit)
        return None if destination is None else backlog(self.database, destination).oldest_utc

    def _above_reserve(self) -> int | None:
        try:
            return self.data_dir.free_bytes() - self.settings.storage.reserve_mib * 2**20
        except (StorageError, OSError):
            return None


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else (now - since).total_seconds()
