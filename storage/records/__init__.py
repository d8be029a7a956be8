"""What crosses the border of this package: frozen dataclasses, and the states as tables.

All times are aware datetimes in UTC.
"""

from __future__ import annotations

from storage.records.instances import InstanceFacts, InstanceRecord, ReceiptOutcome, StoredFile
from storage.records.peers import Peer, RefusedCaller
from storage.records.results import Delivery, DeliveryState, NewReport, ReportRecord
from storage.records.series import (
    SERIES_TRANSITIONS,
    Claim,
    SeriesRecord,
    SeriesState,
    TimelineEntry,
)

__all__ = [
    "SERIES_TRANSITIONS",
    "Claim",
    "Delivery",
    "DeliveryState",
    "InstanceFacts",
    "InstanceRecord",
    "NewReport",
    "Peer",
    "ReceiptOutcome",
    "RefusedCaller",
    "ReportRecord",
    "SeriesRecord",
    "SeriesState",
    "StoredFile",
    "TimelineEntry",
]
