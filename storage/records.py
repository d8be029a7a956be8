"""What crosses the border of this package: frozen dataclasses, and the states as tables.

All times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final


class SeriesState(StrEnum):
    """Where a series is on its way."""

    RECEIVING = "receiving"
    COMPLETE = "complete"
    QUEUED = "queued"
    ANALYSING = "analysing"
    ANALYSED = "analysed"
    REPORTED = "reported"
    NOT_ANALYSED = "not_analysed"
    FAILED = "failed"
    SUPERSEDED = "superseded"


SERIES_TRANSITIONS: Final[Mapping[SeriesState, frozenset[SeriesState]]] = {
    # receiving → receiving is a new instance pushing the quiet timer forward: no transition.
    SeriesState.RECEIVING: frozenset({SeriesState.COMPLETE}),
    SeriesState.COMPLETE: frozenset(
        {
            SeriesState.QUEUED,
            SeriesState.NOT_ANALYSED,
            SeriesState.RECEIVING,
            SeriesState.FAILED,  # it could not be judged
        }
    ),
    SeriesState.QUEUED: frozenset({SeriesState.ANALYSING, SeriesState.RECEIVING}),
    SeriesState.ANALYSING: frozenset(
        {
            SeriesState.ANALYSED,
            SeriesState.NOT_ANALYSED,
            SeriesState.QUEUED,  # the worker died or the node stopped
            SeriesState.FAILED,
            SeriesState.SUPERSEDED,  # a late slice came
        }
    ),
    SeriesState.ANALYSED: frozenset({SeriesState.REPORTED, SeriesState.SUPERSEDED}),
    SeriesState.REPORTED: frozenset({SeriesState.SUPERSEDED}),
    SeriesState.NOT_ANALYSED: frozenset({SeriesState.RECEIVING, SeriesState.SUPERSEDED}),
    SeriesState.FAILED: frozenset({SeriesState.RECEIVING, SeriesState.SUPERSEDED}),
    SeriesState.SUPERSEDED: frozenset(),
}
"""State → the states it may change to. NOT_ANALYSED and FAILED go back by a retry."""


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What the receiver read from one instance's header, before it is indexed.

    Empty text where the instance does not say.
    """

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    study_uid: str
    series_uid: str
    patient_id: str
    patient_name: str
    accession_number: str
    study_description: str
    series_description: str
    study_date: date | None
    modality: str
    source_aet: str
    called_aet: str
    source_host: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is durable under its final name."""

    path: Path
    sha256: str
    """Of transfer syntax and data set, without the file meta information."""
    size_bytes: int


class ReceiptOutcome(StrEnum):
    """What the receipt of an instance meant."""

    NEW = "new"
    DUPLICATE = "duplicate"  # the same content again: harmless
    CONFLICT = "conflict"  # the same SOP Instance UID, other content: kept aside


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One indexed instance."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    series_uid: str
    path: Path
    sha256: str
    size_bytes: int
    received_utc: datetime


@dataclass(frozen=True, slots=True)
class SeriesRecord:
    """One reading of a series.

    Late slices after the analysis began make a new row of the next ``generation`` whose
    ``predecessor_id`` is the superseded one.
    """

    id: int
    series_uid: str
    generation: int
    predecessor_id: int | None
    study_uid: str
    state: SeriesState
    reason_code: str | None
    reason_text: str | None
    patient_id: str
    patient_name: str
    accession_number: str
    study_description: str
    series_description: str
    study_date: date | None
    modality: str
    source_aet: str
    called_aet: str
    instance_count: int
    first_received_utc: datetime
    last_received_utc: datetime
    quiet_until_utc: datetime
    attempts: int
    fingerprint: str | None
    """SHA-256 over the sorted SOP Instance UIDs that were judged complete."""
    result: Mapping[str, Any] | None
    """The result.json of the analysis."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One step on a series' way."""

    at_utc: datetime
    state: SeriesState
    note: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to analyse a series until the lease ends. ``token`` fences a late writer."""

    series: SeriesRecord
    token: str
    lease_until_utc: datetime


@dataclass(frozen=True, slots=True)
class Peer:
    """Another DICOM application entity that this node knows."""

    name: str
    aet: str
    host: str
    port: int
    may_send: bool = False
    gets_results: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True)
class RefusedCaller:
    """A caller that was turned away; one row per calling AE title, called AE title and host."""

    calling_aet: str
    called_aet: str
    host: str
    reason: str
    count: int
    first_utc: datetime
    last_utc: datetime


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
