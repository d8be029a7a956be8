"""Steps inside a transaction that the queue, deliveries, commitments and verdicts share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from storage.models import DeliveryRow, PeerRow, Report, Series
from storage.records import (
    Delivery,
    DeliveryState,
    NewDelivery,
    NewObject,
    SeriesState,
)
from storage.transitions import add_note, change_state

SHADOW: Final = "shadow: nothing sent"
NOWHERE: Final = "no destination: nothing sent"
RESUMED: Final = "a person resumed the delivery to "
WANTED_AGAIN: Final = "a person wants it sent again to "
AGAIN: Final = (RESUMED, WANTED_AGAIN)
"""How notes of the timeline begin from which on a delivery has all its attempts again; the peer's
name follows."""


def add_results(
    session: Session,
    series: Series,
    objects: Sequence[NewObject],
    deliveries: Sequence[NewDelivery],
    *,
    now: datetime,
) -> None:
    """Record objects of a locked series and their deliveries, due at once, behind earlier ones.

    Objects without any delivery leave a note, so that nobody waits for them.
    """
    session.add_all(
        Report(
            sop_instance_uid=each.sop_instance_uid,
            sop_class_uid=each.sop_class_uid,
            series_id=series.id,
            piece=each.piece,
            ordinal=each.ordinal,
            path=str(each.path),
            created_utc=now,
            sha256=each.sha256,
        )
        for each in objects
    )
    session.flush()  # before the deliveries that point to them
    last = (
        select(DeliveryRow.peer_name, func.max(DeliveryRow.position) + 1)
        .where(DeliveryRow.series_id == series.id)
        .group_by(DeliveryRow.peer_name)
    )
    positions: Counter[str] = Counter(dict(session.execute(last).all()))
    for each in deliveries:
        session.add(
            DeliveryRow(
                series_id=series.id,
                sop_instance_uid=each.sop_instance_uid,
                peer_name=each.peer_name,
                position=positions[each.peer_name],
                state=DeliveryState.PENDING,
                attempts=0,
                next_attempt_utc=now,
            )
        )
        positions[each.peer_name] += 1
    if objects and not deliveries:
        shadow = select(PeerRow.name).where(PeerRow.aet == series.source_aet, PeerRow.shadow)
        kept = session.scalars(shadow.limit(1)).first() is not None
        add_note(session, series, note=SHADOW if kept else NOWHERE, now=now)


def mark_delivered(
    session: Session, series: Series, row: DeliveryRow, *, text: str, now: datetime
) -> None:
    """The peer has it; with the last one its locked series becomes reported."""
    row.state, row.last_error = DeliveryState.DELIVERED, None
    session.flush()
    open_ = select(DeliveryRow.id).where(
        DeliveryRow.series_id == series.id, DeliveryRow.state != DeliveryState.DELIVERED
    )
    if series.state is SeriesState.ANALYSED and session.scalars(open_.limit(1)).first() is None:
        change_state(session, series, SeriesState.REPORTED, note=text, now=now)
    else:
        add_note(session, series, note=text, now=now)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Pending, its time has come, nobody is at it, and nothing of its series goes before it."""
    earlier = aliased(DeliveryRow)
    return (
        (DeliveryRow.state == DeliveryState.PENDING)
        & (DeliveryRow.next_attempt_utc <= now)
        & or_(DeliveryRow.claim_until_utc.is_(None), DeliveryRow.claim_until_utc <= now)
        & ~exists().where(
            earlier.series_id == DeliveryRow.series_id,
            earlier.peer_name == DeliveryRow.peer_name,
            earlier.position < DeliveryRow.position,
            earlier.state == DeliveryState.PENDING,
        )
    )


def with_reports(*conditions: ColumnElement[bool]) -> Select[DeliveryRow, Report]:
    """Deliveries, each with its object."""
    return (
        select(DeliveryRow, Report)
        .join(Report, Report.sop_instance_uid == DeliveryRow.sop_instance_uid)
        .where(*conditions)
    )


def records(session: Session, statement: Select[DeliveryRow, Report]) -> tuple[Delivery, ...]:
    """What callers see of :func:`with_reports`."""
    return tuple(row.record(report) for row, report in session.execute(statement))
