"""The tables. These classes stay inside this package; callers get the records they turn into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import (
    Delivery,
    DeliveryState,
    InstanceRecord,
    Peer,
    RefusedCaller,
    ReportRecord,
    SeriesRecord,
    SeriesState,
    TimelineEntry,
)


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
            sqlite_where=text("state <> 'superseded'"),
            postgresql_where=text("state <> 'superseded'"),
        ),
        Index("ix_series_state_quiet", "state", "quiet_until_utc"),
        Index("ix_series_state_queued", "state", "queued_utc"),
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
        )


class Timeline(Base):
    """One step on a series' way."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_series", "series_id", "id"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    at_utc: Mapped[datetime]
    state: Mapped[SeriesState]
    note: Mapped[str]

    def record(self) -> TimelineEntry:
        """What callers see."""
        return TimelineEntry(at_utc=self.at_utc, state=self.state, note=self.note)


class StoredInstance:
    """The columns of an indexed instance and of one that was kept aside."""

    sop_class_uid: Mapped[str]
    transfer_syntax_uid: Mapped[str]
    study_uid: Mapped[str]
    series_uid: Mapped[str]
    path: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    source_aet: Mapped[str]
    called_aet: Mapped[str]
    source_host: Mapped[str]
    received_utc: Mapped[datetime]


class Instance(StoredInstance, Base):
    """One indexed instance; ``series_id`` is the generation it arrived in."""

    __tablename__ = "instances"
    __table_args__ = (Index("ix_instances_series", "series_uid", "sop_instance_uid"),)

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    sha256: Mapped[str]

    def record(self) -> InstanceRecord:
        """What callers see."""
        return _instance_record(self)


class Conflict(StoredInstance, Base):
    """Other content under a SOP Instance UID that is already there: kept aside."""

    __tablename__ = "conflicts"
    __table_args__ = (Index("ix_conflicts_series", "series_uid", "sop_instance_uid"),)

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)

    def record(self) -> InstanceRecord:
        """What callers see."""
        return _instance_record(self)


def _instance_record(row: Instance | Conflict) -> InstanceRecord:
    return InstanceRecord(
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        transfer_syntax_uid=row.transfer_syntax_uid,
        series_uid=row.series_uid,
        path=Path(row.path),
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        received_utc=row.received_utc,
    )


class Report(Base):
    """A result object; at most one of a reading."""

    __tablename__ = "reports"
    __table_args__ = (Index("uq_reports_series", "series_id", unique=True),)

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    sop_class_uid: Mapped[str]
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    path: Mapped[str]
    created_utc: Mapped[datetime]

    def record(self) -> ReportRecord:
        """What callers see."""
        return ReportRecord(
            sop_instance_uid=self.sop_instance_uid,
            sop_class_uid=self.sop_class_uid,
            series_id=self.series_id,
            path=Path(self.path),
            created_utc=self.created_utc,
        )


class DeliveryRow(Base):
    """One result object for one destination. The peer may be removed: its name stays as text."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("sop_instance_uid", "peer_name", name="uq_deliveries_object_peer"),
        Index("ix_deliveries_state_next", "state", "next_attempt_utc"),
        Index("ix_deliveries_series", "series_id"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    sop_instance_uid: Mapped[str] = mapped_column(ForeignKey("reports.sop_instance_uid"))
    peer_name: Mapped[str]
    state: Mapped[DeliveryState]
    attempts: Mapped[int]
    next_attempt_utc: Mapped[datetime]
    last_error: Mapped[str | None]

    def record(self, report: Report) -> Delivery:
        """What callers see."""
        return Delivery(
            id=self.id,
            series_id=self.series_id,
            sop_instance_uid=self.sop_instance_uid,
            sop_class_uid=report.sop_class_uid,
            path=Path(report.path),
            peer_name=self.peer_name,
            state=self.state,
            attempts=self.attempts,
            next_attempt_utc=self.next_attempt_utc,
            last_error=self.last_error,
        )


class PeerRow(Base):
    """Another application entity."""

    __tablename__ = "peers"
    __table_args__ = (Index("ix_peers_aet", "aet"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    aet: Mapped[str]
    host: Mapped[str]
    port: Mapped[int]
    may_send: Mapped[bool]
    gets_results: Mapped[bool]
    tls: Mapped[bool]
    added_utc: Mapped[datetime]

    def record(self) -> Peer:
        """What callers see."""
        return Peer(
            name=self.name,
            aet=self.aet,
            host=self.host,
            port=self.port,
            may_send=self.may_send,
            gets_results=self.gets_results,
            tls=self.tls,
        )


class Refused(Base):
    """A caller that was turned away."""

    __tablename__ = "refused_callers"
    __table_args__ = (
        UniqueConstraint("calling_aet", "called_aet", "host", name="uq_refused_callers"),
        Index("ix_refused_callers_last", "last_utc"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    calling_aet: Mapped[str]
    called_aet: Mapped[str]
    host: Mapped[str]
    reason: Mapped[str]
    count: Mapped[int] = mapped_column(BigInteger)
    first_utc: Mapped[datetime]
    last_utc: Mapped[datetime]

    def record(self) -> RefusedCaller:
        """What callers see."""
        return RefusedCaller(
            calling_aet=self.calling_aet,
            called_aet=self.called_aet,
            host=self.host,
            reason=self.reason,
            count=self.count,
            first_utc=self.first_utc,
            last_utc=self.last_utc,
        )
