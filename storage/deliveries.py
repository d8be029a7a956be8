"""The outbox: result objects on their way to peers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import DeliveryRow, Report, Series
from storage.records import Delivery, DeliveryState, ReportRecord, SeriesState
from storage.transitions import add_note, change_state, locked_series


def due_deliveries(
    db: Database, now: datetime, *, not_to: Collection[str] = (), limit: int = 100
) -> tuple[Delivery, ...]:
    """What is to be sent now, the longest due first, except to the peers ``not_to``."""
    statement = (
        _with_reports(
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.next_attempt_utc <= now,
            DeliveryRow.peer_name.not_in(not_to),
        )
        .order_by(DeliveryRow.next_attempt_utc, DeliveryRow.id)
        .limit(limit)
    )
    with db.reading() as session:
        return tuple(row.record(report) for row, report in session.execute(statement))


def deliveries_of(db: Database, series_id: int) -> tuple[Delivery, ...]:
    """All deliveries of one reading, in the order they were made."""
    statement = _with_reports(DeliveryRow.series_id == series_id).order_by(DeliveryRow.id)
    with db.reading() as session:
        return tuple(row.record(report) for row, report in session.execute(statement))


def report_of(db: Database, series_id: int) -> ReportRecord | None:
    """The result object of one reading."""
    with db.reading() as session:
        row = session.scalars(select(Report).where(Report.series_id == series_id)).one_or_none()
        return None if row is None else row.record()


def delivered(db: Database, delivery_id: int, *, note: str, now: datetime) -> None:
    """The peer has it. With the last one its series becomes reported. Saying it twice is harmless.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is DeliveryState.DELIVERED:
            return
        row.state, row.last_error = DeliveryState.DELIVERED, None
        row.attempts += 1
        text = f"delivered to {row.peer_name}" + (f": {note}" if note else "")
        session.flush()
        open_ = select(DeliveryRow.id).where(
            DeliveryRow.series_id == series.id, DeliveryRow.state != DeliveryState.DELIVERED
        )
        if series.state is SeriesState.ANALYSED and session.scalars(open_).first() is None:
            change_state(session, series, SeriesState.REPORTED, note=text, now=now)
        else:
            add_note(session, series, note=text, now=now)

    _change(db, delivery_id, change)


def postpone(
    db: Database, delivery_id: int, *, error: str, next_attempt_utc: datetime, now: datetime
) -> None:
    """It did not work: try again later. No effect on one that is no longer pending.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is not DeliveryState.PENDING:
            return
        if row.attempts == 0:  # the timeline tells that it waits; the row counts how often
            note = f"delivery to {row.peer_name} postponed: {error}"
            add_note(session, series, note=note, now=now)
        row.attempts += 1
        row.last_error, row.next_attempt_utc = error, next_attempt_utc

    _change(db, delivery_id, change)


def park(db: Database, delivery_id: int, *, error: str, now: datetime) -> None:
    """It will not work: a person decides. No effect on one that is no longer pending.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is DeliveryState.PENDING:
            row.attempts += 1
            row.state, row.last_error = DeliveryState.PARKED, error
            note = f"delivery to {row.peer_name} parked: {error}"
            add_note(session, series, note=note, now=now)

    _change(db, delivery_id, change)


def resume(db: Database, delivery_id: int, now: datetime) -> None:
    """Parked → pending, due at once. No effect on one that is not parked.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is DeliveryState.PARKED:
            row.state, row.next_attempt_utc = DeliveryState.PENDING, now
            add_note(session, series, note=f"delivery to {row.peer_name} resumed", now=now)

    _change(db, delivery_id, change)


def _change(
    db: Database, delivery_id: int, change: Callable[[Session, Series, DeliveryRow], None]
) -> None:
    """Apply ``change`` to a delivery under the lock of its series.

    The series is locked first, as everywhere: so two deliveries that end at once see each other,
    and no two writers wait for each other in a circle.
    """
    with db.transaction() as session:
        row = session.get(DeliveryRow, delivery_id)
        if row is None:
            raise NotFoundError(f"delivery {delivery_id} is not known")
        series = locked_series(session, Series.id == row.series_id)
        assert series is not None, "a foreign key holds it"
        session.refresh(row)
        change(session, series, row)


def _with_reports(*conditions: ColumnElement[bool]) -> Select[DeliveryRow, Report]:
    return (
        select(DeliveryRow, Report)
        .join(Report, Report.sop_instance_uid == DeliveryRow.sop_instance_uid)
        .where(*conditions)
    )
