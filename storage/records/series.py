"""The series: their states as a table, and one reading with its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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


class Priority(StrEnum):
    """How soon a series is to be read; in each, the one that waits longest goes first."""

    STAT = "stat"
    HIGH = "high"
    ROUTINE = "routine"


class Outcome(StrEnum):
    """What a reading came to, as the worklist is sorted by it."""

    POSITIVE = "positive"
    PARTIAL = "partial"  # nothing found, but not all seven levels were assessed whole
    NOT_ANALYSED = "not_analysed"
    FAILED = "failed"
    PENDING = "pending"  # still arriving, waiting or being analysed
    NEGATIVE = "negative"


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
    SeriesState.QUEUED: frozenset(
        {
            SeriesState.ANALYSING,
            SeriesState.RECEIVING,
            SeriesState.FAILED,  # a person took it out of the queue
        }
    ),
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
    station_name: str = ""
    """StationName (0008,1010) of the scanner."""
    priority: Priority = Priority.ROUTINE
    outcome: Outcome = Outcome.PENDING
    triage_rank: int = 0
    """Its place in the worklist, the smallest first."""
    read_utc: datetime | None = None
    """Of the last verdict."""
    assigned_to: str | None = None
    """The user who took it for reading."""
    assigned_utc: datetime | None = None


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
