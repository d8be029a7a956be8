"""What the catalogue is asked (PS3.4 C.2.2.2), and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudyMatch:
    """The studies that are asked for; ``None`` matches all (universal matching).

    Text is a pattern where it holds ``*`` or ``?``, and then without regard to case; other text
    must be equal (a patient's name: without regard to case).
    """

    study_uids: tuple[str, ...] | None = None
    series_uids: tuple[str, ...] | None = None
    """Studies that hold one of these received series."""
    patient_id: str | None = None
    patient_name: str | None = None
    accession_number: str | None = None
    study_description: str | None = None
    study_date_from: date | None = None
    study_date_until: date | None = None
    """Inclusive, as the first day."""
    modalities: tuple[str, ...] | None = None
    """Studies with a received series of one of these modalities, …"""
    result_class_uids: tuple[str, ...] = ()
    """… or with a result object of one of these SOP classes."""
    has_results: bool = False
    """Only studies with result objects."""


@dataclass(frozen=True, slots=True)
class StudyKey:
    """A study, and its place in the order of the newest."""

    study_uid: str
    key: int


@dataclass(frozen=True, slots=True)
class CatalogueInstance:
    """An object that the node holds: received, or made by it (then with ``is_result``)."""

    sop_instance_uid: str
    sop_class_uid: str
    study_uid: str
    series_uid: str | None
    """None of a result: only its file says which series it is in."""
    transfer_syntax_uid: str | None
    """None of a result: its file says it."""
    path: Path
    digest: str | None
    """SHA-256 of transfer syntax and data set; None of a result, which never changes."""
    is_result: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueSeries:
    """A received series."""

    series_uid: str
    modality: str
    series_description: str
    instance_count: int
    first_path: Path
    """Of one of its instances: always the same one as long as no more come."""


@dataclass(frozen=True, slots=True)
class CatalogueStudy:
    """A study: what was received of it, and what the node made of it."""

    study_uid: str
    patient_id: str
    patient_name: str
    accession_number: str
    study_description: str
    study_date: date | None
    series: tuple[CatalogueSeries, ...]
    results: tuple[CatalogueInstance, ...]
