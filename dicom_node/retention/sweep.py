"""Removing files that crashes left: what is half written, and results that no row knows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from dicom_node.monitoring.instruments import Instruments
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir
from storage.orphans import SAFE_AGE, remove_orphans

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Looks through the data directory of a node; :meth:`tick` is for one thread."""

    database: Database
    data_dir: DataDir
    instruments: Instruments

    def tick(self) -> None:
        """Remove what is old enough; at the start of a node, and daily."""
        try:
            self._sweep()
        except StorageError as error:
            logger.error("files that crashes left are not removed: %s", error)

    def _sweep(self) -> None:
        now = self.database.now()
        half_written = self.data_dir.sweep_incoming(before=now - SAFE_AGE)
        found = remove_orphans(self.database, self.data_dir, now=now)
        count = len(found.orphans)
        if found.is_strange:
            logger.error(
                "%d result files have no row, %d have one: crashes do not leave so many, so none "
                "is removed. Is this the right database, or an older copy of it?",
                count,
                found.known,
            )
            count = 0
        if count or half_written:
            logger.warning(
                "removed what crashes left: %d result files without a row, %d half written files",
                count,
                half_written,
            )
        self.instruments.leftovers_removed(count + half_written)
