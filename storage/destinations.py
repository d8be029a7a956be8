"""The outbox by destination: who is to be served, who has to wait, and how each of them is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from storage.database import Database
from storage.models import DeliveryRow, Report, Series
from storage.outbox import is_due, records, with_reports
from storage.records import Delivery, DeliveryState, DestinationHealth


def due_peers(db: Database, now: datetime, *, not_to: Collection[str] = ()) -> tuple[str, ...]:
    """The names of the peers that something is due for now, except ``not_to``."""
    with db.reading() as session:
        return tuple(
            name
            for name in _peer_names(session)
            if name not in not_to and _is_anything_due(session, name, now)
        )


def pending_of(
    db: Database, peer_name: str, series_ids: Collection[int], *, limit: int
) -> tuple[Delivery, ...]:
    """What these readings still have for a peer, in the order in which it is sent."""
    statement = (
        with_reports(
            DeliveryRow.series_id.in_(series_ids),
            DeliveryRow.peer_name == peer_name,
            DeliveryRow.state == DeliveryState.PENDING,
        )
        .order_by(DeliveryRow.series_id, DeliveryRow.position)
        .limit(limit)
    )
    with db.reading() as session:
        return records(session, statement)


def hold_back(db: Database, peer_name: str, *, until_utc: datetime, now: datetime) -> int:
    """The peer itself is at fault: nothing that is pending for it is due before; how many moved.

    No object is charged an attempt. What somebody has claimed stays with them.
    """
    statement = (
        update(DeliveryRow)
        .where(
            DeliveryRow.peer_name == peer_name,
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.next_attempt_utc < until_utc,
            or_(DeliveryRow.claim_until_utc.is_(None), DeliveryRow.claim_until_utc <= now),
        )
        .values(next_attempt_utc=until_utc)
        .returning(DeliveryRow.id)
    )
    with db.transaction() as session:
        return len(session.scalars(statement).all())


def list_deliveries(
    db: Database,
    *,
    peer_name: str | None = None,
    state: DeliveryState | None = None,
    series_uid: str | None = None,
    limit: int = 100,
) -> tuple[Delivery, ...]:
    """Deliveries, the newest first: of one peer, in one state, of all readings of one series."""
    statement = with_reports().order_by(DeliveryRow.id.desc()).limit(limit)
    if peer_name is not None:
        statement = statement.where(DeliveryRow.peer_name == peer_name)
    if state is not None:
        statement = statement.where(DeliveryRow.state == state)
    if series_uid is not None:
        of_series = select(Series.id).where(Series.series_uid == series_uid)
        statement = statement.where(DeliveryRow.series_id.in_(of_series))
    with db.reading() as session:
        return records(session, statement)


def parked_count(db: Database, peer_name: str) -> int:
    """How many objects for a peer wait for a person."""
    statement = select(func.count()).where(
        DeliveryRow.peer_name == peer_name, DeliveryRow.state == DeliveryState.PARKED
    )
    with db.reading() as session:
        return session.scalar(statement) or 0


def states_by_peer(db: Database, series_uid: str) -> Counter[tuple[str, DeliveryState]]:
    """(peer, state) → how many objects of all readings of a series."""
    statement = (
        select(DeliveryRow.peer_name, DeliveryRow.state, func.count())
        .join(Series, Series.id == DeliveryRow.series_id)
        .where(Series.series_uid == series_uid)
        .group_by(DeliveryRow.peer_name, DeliveryRow.state)
    )
    with db.reading() as session:
        return Counter({(row[0], row[1]): row[2] for row in session.execute(statement)})


def destination_health(db: Database) -> tuple[DestinationHealth, ...]:
    """How each destination is that anything was ever for, by name."""
    with db.reading() as session:
        return tuple(_health(session, name) for name in _peer_names(session))


def _peer_names(session: Session) -> Iterator[str]:
    """Each name once, by steps along the index: the rows may be many."""
    name = session.scalar(select(func.min(DeliveryRow.peer_name)))
    while name is not None:
        yield name
        name = session.scalar(
            select(func.min(DeliveryRow.peer_name)).where(DeliveryRow.peer_name > name)
        )


def _is_anything_due(session: Session, peer_name: str, now: datetime) -> bool:
    statement = select(DeliveryRow.id).where(DeliveryRow.peer_name == peer_name, is_due(now))
    return session.scalar(statement.limit(1)) is not None


def _health(session: Session, peer_name: str) -> DestinationHealth:
    of_peer = DeliveryRow.peer_name == peer_name
    pending = DeliveryRow.state == DeliveryState.PENDING
    counts = dict(
        session.execute(
            select(DeliveryRow.state, func.count()).where(of_peer).group_by(DeliveryRow.state)
        ).all()
    )
    undelivered = DeliveryRow.state.in_((DeliveryState.PENDING, DeliveryState.PARKED))
    return DestinationHealth(
        peer_name=peer_name,
        pending=counts.get(DeliveryState.PENDING, 0),
        sent=counts.get(DeliveryState.SENT, 0),
        delivered=counts.get(DeliveryState.DELIVERED, 0),
        parked=counts.get(DeliveryState.PARKED, 0),
        waiting_since_utc=session.scalar(
            select(Report.created_utc)
            .join(DeliveryRow, DeliveryRow.sop_instance_uid == Report.sop_instance_uid)
            .where(of_peer, pending)
            .order_by(DeliveryRow.id)
            .limit(1)
        ),
        next_attempt_utc=session.scalar(
            select(func.min(DeliveryRow.next_attempt_utc)).where(of_peer, pending)
        ),
        last_error=session.scalar(
            select(DeliveryRow.last_error)
            .where(of_peer, undelivered, DeliveryRow.last_error.is_not(None))
            .order_by(DeliveryRow.next_attempt_utc.desc(), DeliveryRow.id.desc())
            .limit(1)
        ),
        last_sent_utc=session.scalar(select(func.max(DeliveryRow.sent_utc)).where(of_peer)),
    )
