"""How a reading and what belongs to it look in the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from storage.records import (
    Delivery,
    DeliveryState,
    Outcome,
    Piece,
    Priority,
    ReportRecord,
    SeriesRecord,
    SeriesState,
    ShadowReading,
    TimelineEntry,
    VerdictRecord,
)


class SeriesRow(BaseModel):
    """One line of the worklist. A probability that is not known is ``null``, never small."""

    series_uid: str
    generation: int
    study_uid: str
    state: SeriesState
    outcome: Outcome
    triage_rank: int
    reading_id: int
    """The place in the worklist is (``triage_rank``, ``reading_id``), the lower first."""
    reason_code: str | None
    reason_text: str | None
    patient_name: str
    patient_id: str
    accession_number: str
    study_description: str
    series_description: str
    study_date: date | None
    modality: str
    station_name: str
    source_aet: str
    priority: Priority
    instance_count: int
    first_received_utc: datetime
    last_received_utc: datetime
    patient_overall: float | None
    levels: dict[str, float | None]
    coverage: str | None
    """What the overall probability covers, as a sentence."""
    read_utc: datetime | None
    assigned_to: str | None
    assigned_utc: datetime | None
    research_use_only: bool = True

    @classmethod
    def of(cls, record: SeriesRecord) -> SeriesRow:
        """As the worklist shows it."""
        return cls.model_validate(row_values(record))


class TimelineView(BaseModel):
    """One step on the way."""

    at_utc: datetime
    state: SeriesState
    note: str

    @classmethod
    def of(cls, entry: TimelineEntry) -> TimelineView:
        """As the API shows it."""
        return cls.model_validate(entry, from_attributes=True)


class ObjectView(BaseModel):
    """A result object, to be fetched by DICOMweb."""

    sop_instance_uid: str
    sop_class_uid: str
    piece: Piece
    ordinal: int
    created_utc: datetime

    @classmethod
    def of(cls, record: ReportRecord) -> ObjectView:
        """As the API shows it."""
        return cls.model_validate(record, from_attributes=True)


class DeliveryView(BaseModel):
    """One object on its way to one peer."""

    id: int
    sop_instance_uid: str
    peer_name: str
    state: DeliveryState
    attempts: int
    next_attempt_utc: datetime
    sent_utc: datetime | None
    last_error: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        """As the API shows it."""
        return cls.model_validate(delivery, from_attributes=True)


class VerdictView(BaseModel):
    """What a reader said."""

    id: int
    at_utc: datetime
    reader: str
    organization: str
    document: dict[str, Any]
    sop_instance_uid: str
    """Of the verified report."""

    @classmethod
    def of(cls, record: VerdictRecord) -> VerdictView:
        """As the API shows it."""
        return cls.model_validate(record, from_attributes=True)


class EarlierReading(BaseModel):
    """A reading that a later one supersedes."""

    generation: int
    first_received_utc: datetime
    instance_count: int
    patient_overall: float | None


class ModelName(BaseModel):
    """A model, as results name it."""

    name: str
    version: str
    sha256: str


class ShadowReadingView(BaseModel):
    """What the shadow model said of one reading; without outcome it has not read it yet."""

    model: ModelName | None
    outcome: Outcome | None
    reason_code: str | None
    reason_text: str | None
    patient_overall: float | None
    levels: dict[str, float | None]
    findings: list[dict[str, Any]]
    asked_utc: datetime
    ended_utc: datetime | None
    duration_s: float | None

    @classmethod
    def of(cls, reading: ShadowReading) -> ShadowReadingView:
        """As the API shows it."""
        result: Mapping[str, Any] = reading.result or {}
        return cls(
            model=None if reading.model is None else ModelName(**asdict(reading.model)),
            outcome=reading.outcome,
            reason_code=reading.reason_code,
            reason_text=reading.reason_text,
            patient_overall=result.get("patient_overall"),
            levels=dict(result.get("levels") or {}),
            findings=list(result.get("findings") or []),
            asked_utc=reading.asked_utc,
            ended_utc=reading.ended_utc,
            duration_s=reading.duration_s,
        )


class SeriesDetail(SeriesRow):
    """Everything about one reading."""

    result: dict[str, Any] | None
    """The result.json of the analysis: model, levels, findings with their boxes."""
    middle_sop_uid: str | None
    """The image that came as the middle one: a viewer may show it before it knows the others."""
    attempts: int
    timeline: list[TimelineView]
    objects: list[ObjectView]
    deliveries: list[DeliveryView]
    verdicts: list[VerdictView]
    """The oldest first; their number is what a new verdict must name as known."""
    supersedes: list[EarlierReading]
    shadow: ShadowReadingView | None
    """What the shadow model said; for administrators only, None for anybody else."""


def row_values(record: SeriesRecord) -> dict[str, Any]:
    """The fields of a row."""
    result: Mapping[str, Any] = record.result or {}
    fields = SeriesRow.model_fields
    plain = {name: getattr(record, name) for name in fields if hasattr(record, name)}
    return plain | {
        "reading_id": record.id,
        "patient_overall": result.get("patient_overall"),
        "levels": dict(result.get("levels") or {}),
        "coverage": result.get("coverage"),
    }
