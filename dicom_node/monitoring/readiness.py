"""Can the node do its work? Each part has one word; which words are good is a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dicom_node.monitoring.instruments import Instruments
from dicom_node.monitoring.worker_watch import WorkerState
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir
from storage.monitoring import ping

DATABASE, DISK, LISTENER, INFERENCE = "database", "disk", "listener", "inference"

PROBLEMS: Final[Mapping[tuple[str, str], str]] = {
    (DATABASE, "silent"): "the database does not answer",
    (DISK, "full"): "the disk is too full to receive",
    (DISK, "unreadable"): "the data directory cannot be read",
    (LISTENER, "closed"): "the DICOM port is not open",
    (INFERENCE, WorkerState.FAILED): "the inference process does not start",
}
"""(part, its word) → what is wrong. Any other word is a good one. Nothing of paths or hosts is
said: everybody may ask."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Part → its word."""

    parts: Mapping[str, str]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in the order of the parts."""
        return tuple(PROBLEMS[each] for each in self.parts.items() if each in PROBLEMS)


def readiness(
    database: Database, data_dir: DataDir, instruments: Instruments, *, reserve_bytes: int
) -> Readiness:
    """How each part is at this moment. Never raises."""
    return Readiness(
        {
            DATABASE: _database(database),
            DISK: _disk(data_dir, reserve_bytes),
            LISTENER: "open" if instruments.listens() else "closed",
            INFERENCE: instruments.worker.state,
        }
    )


def _database(database: Database) -> str:
    try:
        ping(database)
    except StorageError:
        return "silent"
    return "answers"


def _disk(data_dir: DataDir, reserve_bytes: int) -> str:
    try:
        free = data_dir.free_bytes()
    except (StorageError, OSError):
        return "unreadable"
    return "free" if free > reserve_bytes else "full"
