"""The rows of what a shadow model said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.models.series import Series
from storage.records import Outcome, ReadBy, ShadowReading

WAITING: Final = "outcome IS NULL"


class ShadowRow(Base):
    """The reading of one series by the shadow model; without outcome it waits or is under way."""

    __tablename__ = "shadow_readings"
    __table_args__ = (
        Index(
            "ix_shadow_waiting",
            "attempts",
            "series_id",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index("ix_shadow_ended", "ended_utc"),
    )

    series_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("series.id"), primary_key=True)
    asked_utc: Mapped[datetime]
    attempts: Mapped[int]
    claim_owner: Mapped[str | None]
    claim_token: Mapped[str | None]
    claim_until_utc: Mapped[datetime | None]
    ended_utc: Mapped[datetime | None]
    duration_s: Mapped[float | None]
    model_name: Mapped[str | None]
    model_version: Mapped[str | None]
    model_sha256: Mapped[str | None]
    outcome: Mapped[Outcome | None]
    reason_code: Mapped[str | None]
    reason_text: Mapped[str | None]
    result: Mapped[Mapping[str, Any] | None]

    def record(self, series: Series) -> ShadowReading:
        """What callers see."""
        return ShadowReading(
            series_id=self.series_id,
            series_uid=series.series_uid,
            generation=series.generation,
            asked_utc=self.asked_utc,
            attempts=self.attempts,
            ended_utc=self.ended_utc,
            duration_s=self.duration_s,
            model=self._model(),
            outcome=self.outcome,
            reason_code=self.reason_code,
            reason_text=self.reason_text,
            result=self.result,
        )

    def _model(self) -> ReadBy | None:
        if self.model_name is None or self.model_version is None or self.model_sha256 is None:
            return None
        return ReadBy(self.model_name, self.model_version, self.model_sha256)
