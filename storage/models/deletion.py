"""The rows that stay when a series is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Base
from storage.records import DeletedSeries


class DeletedSeriesRow(Base):
    """One deletion."""

    __tablename__ = "deleted_series"
    __table_args__ = (
        Index("ix_deleted_series_uid", "series_uid"),
        Index("ix_deleted_series_step", "step_id"),
    )

    token: Mapped[str] = mapped_column(primary_key=True)
    series_uid: Mapped[str]
    study_uid: Mapped[str]
    at_utc: Mapped[datetime]
    actor: Mapped[str]
    cause: Mapped[str]
    instance_count: Mapped[int]
    result_count: Mapped[int]
    verdict_count: Mapped[int]
    kept_by: Mapped[Mapping[str, Any]]
    not_sent: Mapped[int]
    step_id: Mapped[int] = mapped_column(BigInteger)
    """Its place among the steps of the timeline, which are gone."""

    def record(self) -> DeletedSeries:
        """What callers see."""
        return DeletedSeries(
            token=self.token,
            series_uid=self.series_uid,
            study_uid=self.study_uid,
            at_utc=self.at_utc,
            actor=self.actor,
            cause=self.cause,
            instance_count=self.instance_count,
            result_count=self.result_count,
            verdict_count=self.verdict_count,
            kept_by=self.kept_by,
            not_sent=self.not_sent,
        )


class DeletedResult(Base):
    """The SOP Instance UID of a result object that was made here and deleted: never taken back."""

    __tablename__ = "deleted_results"

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(ForeignKey("deleted_series.token"))
