"""The rows of a series and of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import Outcome, Priority, SeriesRecord, SeriesState, TimelineEntry
from storage.triage import search_text, triage_rank

LIVE: Final = "state <> 'superseded'"


def _search_text(context: DefaultExecutionContext) -> str:
    row: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return search_text(row["patient_name"], row["patient_id"], row["accession_number"])


class Series(Base):
    """One reading (generation) of a series."""

    __tablename__ = "series"
    __table_args__ = (
        UniqueConstraint("series_uid", "generation", name="uq_series_uid_generation"),
        # The newest generation is the one that is not superseded: there is never a second.
        Index(
            "uq_series_live",
            "series_uid",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index("ix_series_state_quiet", "state", "quiet_until_utc"),
        Index("ix_series_state_queued", "state", "queued_utc"),
        Index(
            "ix_series_study",
            "study_uid",
            "id",
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index("ix_series_study_all", "study_uid"),
        Index("ix_series_patient", "patient_id"),
        Index("ix_series_accession", "accession_number"),
        # It holds all that the worklist filters by: no filter needs to visit the wide rows.
        Index(
            "ix_series_worklist",
            "triage_rank",
            "id",
            "search_text",
            "outcome",
            "state",
            "read_utc",
            "assigned_to",
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index(
            "ix_series_unread",
            "outcome",
            "assigned_to",
            "first_received_utc",
            sqlite_where=text(f"{LIVE} AND read_utc IS NULL"),
            postgresql_where=text(f"{LIVE} AND read_utc IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    series_uid: Mapped[str]
    generation: Mapped[int]
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    study_uid: Mapped[str]
    state: Mapped[SeriesState]
    reason_code: Mapped[str | None]
    reason_text: Mapped[str | None]
    patient_id: Mapped[str]
    patient_name: Mapped[str]
    accession_number: Mapped[str]
    study_description: Mapped[str]
    series_description: Mapped[str]
    study_date: Mapped[date | None]
    modality: Mapped[str]
    source_aet: Mapped[str]
    called_aet: Mapped[str]
    instance_count: Mapped[int]
    first_received_utc: Mapped[datetime]
    last_received_utc: Mapped[datetime]
    quiet_until_utc: Mapped[datetime]
    queued_utc: Mapped[datetime | None]
    """Its place in the queue."""
    attempts: Mapped[int]
    fingerprint: Mapped[str | None]
    result: Mapped[Mapping[str, Any] | None]
    station_name: Mapped[str] = mapped_column(server_default=text("''"))
    priority: Mapped[Priority] = mapped_column(server_default=Priority.ROUTINE.value)
    outcome: Mapped[Outcome] = mapped_column(server_default=Outcome.PENDING.value)
    triage_rank: Mapped[int] = mapped_column(server_default=str(triage_rank(Outcome.PENDING, None)))
    search_text: Mapped[str] = mapped_column(default=_search_text, server_default=text("''"))
    read_utc: Mapped[datetime | None]
    assigned_to: Mapped[str | None]
    assigned_utc: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    lease_token: Mapped[str | None]
    lease_until_utc: Mapped[datetime | None]

    def record(self) -> SeriesRecord:
        """What callers see."""
        return SeriesRecord(
            id=self.id,
            series_uid=self.series_uid,
            generation=self.generation,
            predecessor_id=self.predecessor_id,
            study_uid=self.study_uid,
            state=self.state,
            reason_code=self.reason_code,
            reason_text=self.reason_text,
            patient_id=self.patient_id,
            patient_name=self.patient_name,
            accession_number=self.accession_number,
            study_description=self.study_description,
            series_description=self.series_description,
            study_date=self.study_date,
            modality=self.modality,
            source_aet=self.source_aet,
            called_aet=self.called_aet,
            instance_count=self.instance_count,
            first_received_utc=self.first_received_utc,
            last_received_utc=self.last_received_utc,
            quiet_until_utc=self.quiet_until_utc,
            attempts=self.attempts,
            fingerprint=self.fingerprint,
            result=self.result,
            station_name=self.station_name,
            priority=self.priority,
            outcome=self.outcome,
            triage_rank=self.triage_rank,
            read_utc=self.read_utc,
            assigned_to=self.assigned_to,
            assigned_utc=self.assigned_utc,
        )


class Timeline(Base):
    """One step on a series' way."""

    __tablename__ = "timeline"
    __table_args__ = (
        Index("ix_timeline_series", "series_id", "id"),
        {"sqlite_autoincrement": True},  # a number never comes again, also after a deletion
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    at_utc: Mapped[datetime]
    state: Mapped[SeriesState]
    note: Mapped[str]

    def record(self) -> TimelineEntry:
        """What callers see."""
        return TimelineEntry(at_utc=self.at_utc, state=self.state, note=self.note)
