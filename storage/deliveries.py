"""The outbox: result objects on their way to peers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import DeliveryRow, Report, Series
from storage.outbox import (
    RESUMED,
    WANTED_AGAIN,
    is_due,
    mark_delivered,
    records,
    with_reports,
)
from storage.records import Delivery, DeliveryState, Piece, ReportRecord
from storage.transitions import add_note, locked_series

UNDECIDED: Final = frozenset({DeliveryState.PENDING, DeliveryState.SENT})
"""On its way, or waiting for the peer's commitment."""
_PIECES: Final = tuple(Piece)


def due_deliveries(
    db: Database, now: datetime, *, not_to: Collection[str] = (), limit: int = 100
) -> tuple[Delivery, ...]:
    """What is to be sent now, the longest due first, except to the peers ``not_to``.

    Of the objects of one series for one peer only the first that is still pending; nothing that
    somebody has claimed.
    """
    statement = (
        with_reports(is_due(now), DeliveryRow.peer_name.not_in(not_to))
        .order_by(DeliveryRow.next_attempt_utc, DeliveryRow.id)
        .limit(limit)
    )
    with db.reading() as session:
        return records(session, statement)


def claim_due(
    db: Database,
    peer_name: str | None,
    *,
    owner: str,
    lease_s: float,
    now: datetime,
    limit: int = 100,
) -> tuple[Delivery, ...]:
    """Take what is due (see :func:`due_deliveries`): nobody else gets it until the lease ends.

    ``peer_name`` ``None``: of all peers. The next object of a series is due once the one before it
    is sent or parked: claim again until nothing comes. A claim ends with :func:`sent`,
    :func:`delivered`, :func:`postpone` or :func:`park`.
    """
    statement = (
        with_reports(is_due(now))
        .order_by(DeliveryRow.next_attempt_utc, DeliveryRow.id)
        .limit(limit)
        .with_for_update(of=DeliveryRow, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if peer_name is not None:
        statement = statement.where(DeliveryRow.peer_name == peer_name)
    with db.transaction() as session:
        found = session.execute(statement).all()
        for row, _ in found:
            row.claim_owner = owner
            row.claim_until_utc = now + timedelta(seconds=lease_s)
        return tuple(row.record(report) for row, report in found)


def renew_claims(
    db: Database, delivery_ids: Collection[int], *, owner: str, until_utc: datetime
) -> frozenset[int]:
    """Hold what this owner has claimed for longer; the ids of what it still has."""
    statement = (
        update(DeliveryRow)
        .where(
            DeliveryRow.id.in_(delivery_ids),
            DeliveryRow.claim_owner == owner,
            DeliveryRow.state == DeliveryState.PENDING,
        )
        .values(claim_until_utc=until_utc)
        .returning(DeliveryRow.id)
    )
    with db.transaction() as session:
        return frozenset(session.scalars(statement))


def release_claims(db: Database, owner: str, *, delivery_ids: Collection[int] | None = None) -> int:
    """Give back what this owner has claimed and not sent, all or some of it; how many."""
    statement = (
        update(DeliveryRow)
        .where(
            DeliveryRow.claim_owner == owner,
            DeliveryRow.state == DeliveryState.PENDING,
        )
        .values(claim_owner=None, claim_until_utc=None)
        .returning(DeliveryRow.id)
    )
    if delivery_ids is not None:
        statement = statement.where(DeliveryRow.id.in_(delivery_ids))
    with db.transaction() as session:
        return len(session.scalars(statement).all())


def get_delivery(db: Database, delivery_id: int) -> Delivery:
    """One delivery.

    Raises:
        NotFoundError: there is no such delivery.
    """
    with db.reading() as session:
        found = records(session, with_reports(DeliveryRow.id == delivery_id))
    if not found:
        raise NotFoundError(f"delivery {delivery_id} is not known")
    return found[0]


def deliveries_of(db: Database, series_id: int) -> tuple[Delivery, ...]:
    """All deliveries of one reading, in the order they were made."""
    statement = with_reports(DeliveryRow.series_id == series_id).order_by(DeliveryRow.id)
    with db.reading() as session:
        return records(session, statement)


def pending_counts(db: Database) -> dict[str, int]:
    """How many objects wait to be sent, by the name of their peer; only peers that have some."""
    statement = (
        select(DeliveryRow.peer_name, func.count())
        .where(DeliveryRow.state == DeliveryState.PENDING)
        .group_by(DeliveryRow.peer_name)
    )
    with db.reading() as session:
        return dict(session.execute(statement).all())


def report_of(db: Database, series_id: int) -> ReportRecord | None:
    """The report of one reading."""
    statement = select(Report).where(
        Report.series_id == series_id, Report.piece == Piece.REPORT, Report.ordinal == 0
    )
    with db.reading() as session:
        row = session.scalars(statement).one_or_none()
        return None if row is None else row.record()


def objects_of(db: Database, series_id: int) -> tuple[ReportRecord, ...]:
    """All result objects of one reading, by the order of the pieces, then by ordinal."""
    with db.reading() as session:
        rows = session.scalars(select(Report).where(Report.series_id == series_id)).all()
    ordered = sorted(rows, key=lambda row: (_PIECES.index(row.piece), row.ordinal))
    return tuple(row.record() for row in ordered)


def sent(db: Database, delivery_id: int, *, note: str, now: datetime) -> None:
    """The peer took it and is to be asked for its commitment. No effect if it is not pending.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is not DeliveryState.PENDING:
            return
        row.state, row.last_error, row.sent_utc = DeliveryState.SENT, None, now
        row.attempts += 1
        text = f"sent to {row.peer_name}, to be committed" + (f": {note}" if note else "")
        add_note(session, series, note=text, now=now)

    _change(db, delivery_id, change)


def delivered(db: Database, delivery_id: int, *, note: str, now: datetime) -> None:
    """The peer has it. With the last one its series becomes reported. Saying it twice is harmless.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is DeliveryState.DELIVERED:
            return
        if row.state is not DeliveryState.SENT:
            row.attempts, row.sent_utc = row.attempts + 1, now
        text = f"delivered to {row.peer_name}" + (f": {note}" if note else "")
        mark_delivered(session, series, row, text=text, now=now)

    _change(db, delivery_id, change)


def postpone(
    db: Database,
    delivery_id: int,
    *,
    error: str,
    next_attempt_utc: datetime,
    now: datetime,
    owner: str | None = None,
) -> None:
    """It did not work, or the peer did not commit to it: send it later, and with it what follows.

    No effect on one that is delivered or parked, nor, with ``owner``, on one whose claim that
    owner has lost.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state not in UNDECIDED:
            return
        was_sent = row.state is DeliveryState.SENT
        # The timeline tells that it waits; the row counts how often.
        if row.attempts == 0 or was_sent:
            note = f"delivery to {row.peer_name} postponed: {error}"
            add_note(session, series, note=note, now=now)
        row.attempts += not was_sent
        row.state, row.last_error = DeliveryState.PENDING, error
        row.next_attempt_utc = next_attempt_utc
        row.claim_owner = row.claim_until_utc = None
        # What waits for this one comes no sooner: so nobody looks at it again and again.
        session.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.series_id == row.series_id,
                DeliveryRow.peer_name == row.peer_name,
                DeliveryRow.position > row.position,
                DeliveryRow.state == DeliveryState.PENDING,
                DeliveryRow.next_attempt_utc < next_attempt_utc,
            )
            .values(next_attempt_utc=next_attempt_utc)
        )

    _change(db, delivery_id, change, owner=owner)


def park(
    db: Database, delivery_id: int, *, error: str, now: datetime, owner: str | None = None
) -> None:
    """It will not work: a person decides. No effect in the cases that :func:`postpone` names.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state in UNDECIDED:
            row.attempts += row.state is DeliveryState.PENDING
            row.state, row.last_error = DeliveryState.PARKED, error
            note = f"delivery to {row.peer_name} parked: {error}"
            add_note(session, series, note=note, now=now)

    _change(db, delivery_id, change, owner=owner)


def resume(db: Database, delivery_id: int, now: datetime) -> None:
    """Parked → pending, due at once. No effect on one that is not parked.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        if row.state is DeliveryState.PARKED:
            row.state, row.next_attempt_utc = DeliveryState.PENDING, now
            add_note(session, series, note=RESUMED + row.peer_name, now=now)

    _change(db, delivery_id, change)


def resend(db: Database, delivery_id: int, *, now: datetime) -> None:
    """A person wants it sent again, also where the peer has it: pending, due at once.

    Raises:
        NotFoundError: there is no such delivery.
    """

    def change(session: Session, series: Series, row: DeliveryRow) -> None:
        row.next_attempt_utc = now
        if row.state is not DeliveryState.PENDING:
            row.state = DeliveryState.PENDING
            add_note(session, series, note=WANTED_AGAIN + row.peer_name, now=now)

    _change(db, delivery_id, change)


def _change(
    db: Database,
    delivery_id: int,
    change: Callable[[Session, Series, DeliveryRow], None],
    *,
    owner: str | None = None,
) -> None:
    """Apply ``change`` to a delivery under the lock of its series; one not pending has no claim.

    The series is locked first, as everywhere: so two deliveries that end at once see each other,
    and no two writers wait for each other in a circle.
    """
    with db.transaction() as session:
        row = session.get(DeliveryRow, delivery_id)
        if row is None:
            raise NotFoundError(f"delivery {delivery_id} is not known")
        series = locked_series(session, Series.id == row.series_id)
        if series is None:  # deleted a moment ago
            raise NotFoundError(f"delivery {delivery_id} is not known")
        session.refresh(row, with_for_update=True)  # claims lock the delivery alone
        if owner is not None and row.claim_owner != owner:
            return
        change(session, series, row)
        if row.state is not DeliveryState.PENDING:
            row.claim_owner = row.claim_until_utc = None
