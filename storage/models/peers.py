"""The rows of peers and of callers that were turned away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import Peer, RefusedCaller


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
