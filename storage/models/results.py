"""The rows of result objects, of their deliveries, and of storage commitment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import (
    Commitment,
    CommitmentOutcome,
    CommitmentState,
    Delivery,
    DeliveryState,
    Piece,
    ReportRecord,
    VerdictRecord,
)


class Report(Base):
    """A result object of a reading."""

    __tablename__ = "reports"
    __table_args__ = (Index("uq_reports_piece", "series_id", "piece", "ordinal", unique=True),)

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    sop_class_uid: Mapped[str]
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    piece: Mapped[Piece] = mapped_column(server_default=Piece.REPORT.value)
    ordinal: Mapped[int] = mapped_column(server_default="0")
    path: Mapped[str]
    created_utc: Mapped[datetime]
    sha256: Mapped[str | None]
    """Of the file as it was written; none: an older version wrote it."""

    def record(self) -> ReportRecord:
        """What callers see."""
        return ReportRecord(
            piece=self.piece,
            ordinal=self.ordinal,
            sop_instance_uid=self.sop_instance_uid,
            sop_class_uid=self.sop_class_uid,
            series_id=self.series_id,
            path=Path(self.path),
            created_utc=self.created_utc,
            sha256=self.sha256,
        )


class DeliveryRow(Base):
    """One result object for one destination. The peer may be removed: its name stays as text."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("sop_instance_uid", "peer_name", name="uq_deliveries_object_peer"),
        Index("ix_deliveries_state_next", "state", "next_attempt_utc"),
        Index("ix_deliveries_peer", "peer_name", "state", "next_attempt_utc"),
        Index("ix_deliveries_order", "series_id", "peer_name", "position"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    sop_instance_uid: Mapped[str] = mapped_column(ForeignKey("reports.sop_instance_uid"))
    peer_name: Mapped[str]
    position: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[DeliveryState]
    attempts: Mapped[int]
    next_attempt_utc: Mapped[datetime]
    sent_utc: Mapped[datetime | None]
    claim_owner: Mapped[str | None]
    claim_until_utc: Mapped[datetime | None]
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
            position=self.position,
            state=self.state,
            attempts=self.attempts,
            next_attempt_utc=self.next_attempt_utc,
            sent_utc=self.sent_utc,
            last_error=self.last_error,
            made_utc=report.created_utc,
            piece=report.piece,
            sha256=report.sha256,
        )


class CommitmentRow(Base):
    """One storage commitment request."""

    __tablename__ = "commitments"
    __table_args__ = (Index("ix_commitments_state_deadline", "state", "deadline_utc"),)

    transaction_uid: Mapped[str] = mapped_column(primary_key=True)
    peer_name: Mapped[str]
    requested_utc: Mapped[datetime]
    deadline_utc: Mapped[datetime]
    attempts: Mapped[int]
    state: Mapped[CommitmentState]

    def record(self, delivery_ids: Iterable[int]) -> Commitment:
        """What callers see."""
        return Commitment(
            transaction_uid=self.transaction_uid,
            peer_name=self.peer_name,
            requested_utc=self.requested_utc,
            deadline_utc=self.deadline_utc,
            attempts=self.attempts,
            state=self.state,
            delivery_ids=tuple(delivery_ids),
        )


class CommitmentItem(Base):
    """One object of a storage commitment request; without outcome until it is answered."""

    __tablename__ = "commitment_items"
    __table_args__ = (Index("ix_commitment_items_delivery", "delivery_id"),)

    transaction_uid: Mapped[str] = mapped_column(
        ForeignKey("commitments.transaction_uid"), primary_key=True
    )
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    outcome: Mapped[CommitmentOutcome | None]
    reason: Mapped[int | None]


class VerdictRow(Base):
    """A reader's verdict. Rows are only ever added."""

    __tablename__ = "verdicts"
    __table_args__ = (
        Index("ix_verdicts_series", "series_id", "id"),
        Index("uq_verdicts_object", "sop_instance_uid", unique=True),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    at_utc: Mapped[datetime]
    reader: Mapped[str]
    organization: Mapped[str]
    document: Mapped[Mapping[str, Any]]
    sop_instance_uid: Mapped[str] = mapped_column(ForeignKey("reports.sop_instance_uid"))

    def record(self) -> VerdictRecord:
        """What callers see."""
        return VerdictRecord(
            id=self.id,
            series_id=self.series_id,
            at_utc=self.at_utc,
            reader=self.reader,
            organization=self.organization,
            document=self.document,
            sop_instance_uid=self.sop_instance_uid,
        )
