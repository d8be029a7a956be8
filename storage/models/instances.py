"""The rows of indexed instances and of those kept aside."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Base
from storage.records import InstanceRecord


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
