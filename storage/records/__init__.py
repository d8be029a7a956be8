"""What crosses the border of this package: frozen dataclasses, and the states as tables.

All times are aware datetimes in UTC.
"""

from __future__ import annotations

from storage.records.instances import InstanceFacts, InstanceRecord, ReceiptOutcome, StoredFile
from storage.records.peers import Peer, PeerProtocol, RefusedCaller, Route
from storage.records.results import (
    Commitment,
    CommitmentOutcome,
    CommitmentState,
    Delivery,
    DeliveryState,
    DestinationHealth,
    FailedCommitment,
    NewDelivery,
    NewObject,
    Piece,
    ReportRecord,
)
from storage.records.series import (
    SERIES_TRANSITIONS,
    Claim,
    Priority,
    SeriesRecord,
    SeriesState,
    TimelineEntry,
)
from storage.records.verdicts import VerdictRecord

__all__ = [
    "SERIES_TRANSITIONS",
    "Claim",
    "Commitment",
    "CommitmentOutcome",
    "CommitmentState",
    "Delivery",
    "DeliveryState",
    "DestinationHealth",
    "FailedCommitment",
    "InstanceFacts",
    "InstanceRecord",
    "NewDelivery",
    "NewObject",
    "Peer",
    "PeerProtocol",
    "Piece",
    "Priority",
    "ReceiptOutcome",
    "RefusedCaller",
    "ReportRecord",
    "Route",
    "SeriesRecord",
    "SeriesState",
    "StoredFile",
    "TimelineEntry",
    "VerdictRecord",
]
