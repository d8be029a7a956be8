"""The result objects and their ways to the peers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NewReport:
    """A result object that is durable on disk and about to be recorded."""

    sop_instance_uid: str
    sop_class_uid: str
    path: Path


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A recorded result object. Its SOP Instance UID never changes."""

    sop_instance_uid: str
    sop_class_uid: str
    series_id: int
    path: Path
    created_utc: datetime


class DeliveryState(StrEnum):
    """Where a result object is on its way to one destination."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"  # refused for good, or the peer is gone; a person decides


@dataclass(frozen=True, slots=True)
class Delivery:
    """One result object for one destination."""

    id: int
    series_id: int
    sop_instance_uid: str
    sop_class_uid: str
    path: Path
    peer_name: str
    state: DeliveryState
    attempts: int
    next_attempt_utc: datetime
    last_error: str | None
