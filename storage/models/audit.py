"""The rows of the audit trail. The database itself refuses to change or delete one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import AuditEntry, AuditExport


class AuditRow(Base):
    """One entry of the trail."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object", "seq"),)

    seq: Mapped[int] = mapped_column(ROW_ID, primary_key=True, autoincrement=False)
    at_utc: Mapped[datetime]
    actor: Mapped[str]
    address: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    before: Mapped[Mapping[str, Any] | None]
    after: Mapped[Mapping[str, Any] | None]
    previous_hash: Mapped[str]
    hash: Mapped[str]

    def record(self) -> AuditEntry:
        """What callers see."""
        return AuditEntry(
            seq=self.seq,
            at_utc=self.at_utc,
            actor=self.actor,
            address=self.address,
            action=self.action,
            object=self.object,
            before=self.before,
            after=self.after,
            previous_hash=self.previous_hash,
            hash=self.hash,
        )


class AuditHead(Base):
    """The last entry's number and hash, in one row: writers queue up here."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    seq: Mapped[int] = mapped_column(ROW_ID)
    hash: Mapped[str]


class AuditExportRow(Base):
    """How far the trail has come at one destination outside."""

    __tablename__ = "audit_exports"

    destination: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(ROW_ID)
    """The last entry that was sent; 0: none yet."""
    hash: Mapped[str]
    """Its hash: by it a trail that was put back from a copy is known."""
    failures: Mapped[int]
    """In a row."""
    next_attempt_utc: Mapped[datetime]
    sent_utc: Mapped[datetime | None]
    last_error: Mapped[str | None]
    claim_owner: Mapped[str | None]
    claim_until_utc: Mapped[datetime | None]

    def record(self) -> AuditExport:
        """What callers see."""
        return AuditExport(
            destination=self.destination,
            seq=self.seq,
            failures=self.failures,
            next_attempt_utc=self.next_attempt_utc,
            sent_utc=self.sent_utc,
            last_error=self.last_error,
        )
