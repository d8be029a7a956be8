"""What crosses the border of this package: frozen dataclasses, and the states as tables.

All times are aware datetimes in UTC.
"""

from __future__ import annotations

from storage.records.audit import (
    Actor,
    AuditBacklog,
    AuditEntry,
    AuditExport,
    AuditFault,
    AuditSubject,
)
from storage.records.deletion import DeletedSeries, Forgotten
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
    Outcome,
    Priority,
    SeriesRecord,
    SeriesState,
    TimelineEntry,
)
from storage.records.shadow import (
    ReadBy,
    ShadowClaim,
    ShadowEnd,
    ShadowReading,
    TwiceRead,
)
from storage.records.users import LiveSession, Role, SessionToken, User
from storage.records.verdicts import VerdictRecord

__all__ = [
    "SERIES_TRANSITIONS",
    "Actor",
    "AuditBacklog",
    "AuditEntry",
    "AuditExport",
    "AuditFault",
    "AuditSubject",
    "Claim",
    "Commitment",
    "CommitmentOutcome",
    "CommitmentState",
    "DeletedSeries",
    "Delivery",
    "DeliveryState",
    "DestinationHealth",
    "FailedCommitment",
    "Forgotten",
    "InstanceFacts",
    "InstanceRecord",
    "LiveSession",
    "NewDelivery",
    "NewObject",
    "Outcome",
    "Peer",
    "PeerProtocol",
    "Piece",
    "Priority",
    "ReadBy",
    "ReceiptOutcome",
    "RefusedCaller",
    "ReportRecord",
    "Role",
    "Route",
    "SeriesRecord",
    "SeriesState",
    "SessionToken",
    "ShadowClaim",
    "ShadowEnd",
    "ShadowReading",
    "StoredFile",
    "TimelineEntry",
    "TwiceRead",
    "User",
    "VerdictRecord",
]
