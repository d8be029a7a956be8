"""The application entities that this node knows, and those it turned away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import AlreadyExistsError, NotFoundError
from storage.models import PeerRow, Refused
from storage.records import Peer, RefusedCaller


def add_peer(db: Database, peer: Peer, *, now: datetime) -> None:
    """Remember a peer.

    Raises:
        AlreadyExistsError: one of that name is there.
    """
    try:
        with db.transaction() as session:
            session.add(
                PeerRow(
                    name=peer.name,
                    aet=peer.aet,
                    host=peer.host,
                    port=peer.port,
                    may_send=peer.may_send,
                    gets_results=peer.gets_results,
                    tls=peer.tls,
                    commitment=peer.commitment,
                    protocol=peer.protocol,
                    url=peer.url,
                    shadow=peer.shadow,
                    added_utc=now,
                )
            )
    except AlreadyExistsError:
        raise AlreadyExistsError(f"a peer named {peer.name} is already there") from None


def update_peer(db: Database, name: str, change: Callable[[Peer], Peer]) -> Peer:
    """Replace a peer by what ``change`` makes of it, as one step; returns the new one.

    What ``change`` raises leaves the peer as it was. The name stays.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.transaction() as session:
        row = _row(session, name)
        session.refresh(row, with_for_update=True)
        new = change(row.record())
        row.aet, row.host, row.port = new.aet, new.host, new.port
        row.may_send, row.gets_results = new.may_send, new.gets_results
        row.tls, row.commitment, row.shadow = new.tls, new.commitment, new.shadow
        row.protocol, row.url = new.protocol, new.url
        return row.record()


def remove_peer(db: Database, name: str) -> None:
    """Forget a peer. What is on its way to it keeps its name.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.transaction() as session:
        session.delete(_row(session, name))


def get_peer(db: Database, name: str) -> Peer:
    """One peer.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.reading() as session:
        return _row(session, name).record()


def list_peers(db: Database) -> tuple[Peer, ...]:
    """All peers, by name."""
    return _peers(db)


def senders(db: Database, calling_aet: str) -> tuple[Peer, ...]:
    """The peers of that AE title that may send; the caller compares their hosts."""
    return _peers(db, PeerRow.aet == calling_aet, PeerRow.may_send.is_(True))


def callers(db: Database, calling_aet: str) -> tuple[Peer, ...]:
    """The peers of that AE title that may call: to send, or to report what they commit to."""
    may_call = PeerRow.may_send.is_(True) | PeerRow.commitment.is_(True)
    return _peers(db, PeerRow.aet == calling_aet, may_call)


def remember_refused(
    db: Database,
    *,
    calling_aet: str,
    called_aet: str,
    host: str,
    reason: str,
    now: datetime,
    keep: int = 1000,
) -> None:
    """Count a caller that was turned away, with the last reason.

    Only the ``keep`` that called last are kept: no scanner of networks fills the disk.
    """
    key = (
        Refused.calling_aet == calling_aet,
        Refused.called_aet == called_aet,
        Refused.host == host,
    )

    def work(session: Session) -> None:
        known = session.scalars(select(Refused).where(*key).with_for_update()).one_or_none()
        if known is not None:
            known.count += 1
            known.reason = reason
            known.last_utc = max(known.last_utc, now)
            return
        session.add(
            Refused(
                calling_aet=calling_aet,
                called_aet=called_aet,
                host=host,
                reason=reason,
                count=1,
                first_utc=now,
                last_utc=now,
            )
        )
        session.flush()
        # Skipping what another receiver is dropping at this moment: nobody waits in a circle.
        surplus = (
            select(Refused.id)
            .order_by(Refused.last_utc.desc(), Refused.id.desc())
            .offset(keep)
            .with_for_update(skip_locked=True)
        )
        session.execute(delete(Refused).where(Refused.id.in_(session.scalars(surplus).all())))

    db.converge(work)


def list_refused(db: Database, limit: int = 100) -> tuple[RefusedCaller, ...]:
    """Who was turned away, the latest caller first."""
    statement = select(Refused).order_by(Refused.last_utc.desc(), Refused.id.desc()).limit(limit)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def _row(session: Session, name: str) -> PeerRow:
    row = session.get(PeerRow, name)
    if row is None:
        raise NotFoundError(f"there is no peer named {name}")
    return row


def _peers(db: Database, *conditions: ColumnElement[bool]) -> tuple[Peer, ...]:
    statement = select(PeerRow).where(*conditions).order_by(PeerRow.name)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))
