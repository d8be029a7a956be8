"""The rows of peers, of routes, and of callers that were turned away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import Peer, PeerProtocol, RefusedCaller, Route


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
    commitment: Mapped[bool] = mapped_column(server_default=false())
    protocol: Mapped[PeerProtocol] = mapped_column(server_default=PeerProtocol.DICOM.value)
    url: Mapped[str | None]
    shadow: Mapped[bool] = mapped_column(server_default=false())
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
            commitment=self.commitment,
            protocol=self.protocol,
            url=self.url,
            shadow=self.shadow,
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


class RouteRow(Base):
    """A rule that says which results go where."""

    __tablename__ = "routes"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    enabled: Mapped[bool]
    rule: Mapped[Mapping[str, Any]]
    created_utc: Mapped[datetime]
    changed_utc: Mapped[datetime]

    def record(self) -> Route:
        """What callers see."""
        return Route(
            name=self.name,
            position=self.position,
            enabled=self.enabled,
            rule=self.rule,
            created_utc=self.created_utc,
            changed_utc=self.changed_utc,
        )
