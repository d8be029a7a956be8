"""The rows of result objects and of their deliveries."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import Delivery, DeliveryState, ReportRecord


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
