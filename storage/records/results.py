"""The result objects, their ways to the peers, and what the peers committed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Piece(StrEnum):
    """What a result object is; the order is the one in which objects are listed."""

    REPORT = "report"
    KEY_IMAGE = "key-image"
    SUMMARY = "summary"
    KEY_OBJECTS = "key-objects"
    PRESENTATION = "presentation"
    HEAT_MAP = "heat-map"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class NewObject:
    """A result object that is durable on disk and about to be recorded."""

    piece: Piece
    ordinal: int
    """0, 1, … within the piece."""
    sop_instance_uid: str
    sop_class_uid: str
    path: Path
    sha256: str | None = None
    """Of the whole file; none: it is not looked whether it changes."""


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A recorded result object. Its SOP Instance UID never changes."""

    piece: Piece
    ordinal: int
    sop_instance_uid: str
    sop_class_uid: str
    series_id: int
    path: Path
    created_utc: datetime
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A result object that a peer is to get."""

    sop_instance_uid: str
    peer_name: str


class DeliveryState(StrEnum):
    """Where a result object is on its way to one destination."""

    PENDING = "pending"
    SENT = "sent"  # the peer took it, and is asked to commit to it
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
    position: int
    """Among the objects of its series for its peer: the earlier ones go first."""
    state: DeliveryState
    attempts: int
    """How often it was tried to send it."""
    next_attempt_utc: datetime
    sent_utc: datetime | None
    """When the peer last took it."""
    last_error: str | None
    made_utc: datetime
    """When the object was made."""
    piece: Piece
    sha256: str | None = None
    """Of its file as it was written, where that is known."""


@dataclass(frozen=True, slots=True)
class DestinationHealth:
    """How a destination is: what waits for it, how long, and why."""

    peer_name: str
    pending: int
    sent: int
    """Taken by the peer, which has not committed to them yet."""
    delivered: int
    parked: int
    waiting_since_utc: datetime | None
    """When the oldest object that is pending was made."""
    next_attempt_utc: datetime | None
    """When the first of them is to be sent."""
    last_error: str | None
    """Of what is pending or parked."""
    last_sent_utc: datetime | None
    """When the peer last took something."""


class CommitmentState(StrEnum):
    """Where a storage commitment request (PS3.4 annex J) is."""

    REQUESTED = "requested"
    ANSWERED = "answered"
    TIMED_OUT = "timed_out"


class CommitmentOutcome(StrEnum):
    """What a peer answered of one object."""

    COMMITTED = "committed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Commitment:
    """One request to a peer to commit to the storage of some objects."""

    transaction_uid: str
    peer_name: str
    requested_utc: datetime
    deadline_utc: datetime
    attempts: int
    """How often in a row its objects were asked about, this time included."""
    state: CommitmentState
    delivery_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FailedCommitment:
    """A sent object that the peer did not commit to."""

    delivery: Delivery
    reason: int | None
    """Failure Reason (0008,1197); none where the answer did not name the object."""
