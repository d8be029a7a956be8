"""The instances: what the receiver read, and what was indexed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from storage.records.series import Priority


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
    station_name: str = ""
    """StationName (0008,1010) of the scanner."""
    priority: Priority = Priority.ROUTINE


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
