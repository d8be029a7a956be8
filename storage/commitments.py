"""Storage commitment (PS3.4 annex J): what peers were asked to commit to, and their answers.

A delivery that was sent waits until its peer commits to it. It is asked about by one request at a
time; a request made before the object was last sent says nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import AlreadyExistsError
from storage.models import CommitmentItem, CommitmentRow, DeliveryRow, Report, Series, Timeline
from storage.outbox import AGAIN, mark_delivered, records, with_reports
from storage.records import (
    Commitment,
    CommitmentOutcome,
    CommitmentState,
    Delivery,
    DeliveryState,
    FailedCommitment,
)


def commitments_to_request(
    db: Database, peer_name: str, now: datetime, *, limit: int = 100
) -> tuple[Delivery, ...]:
    """What was sent to a peer until ``now`` and has neither an open request nor a refusal.

    The longest sent first.
    """
    statement = (
        with_reports(DeliveryRow.peer_name == peer_name, _unasked(), DeliveryRow.sent_utc <= now)
        .order_by(DeliveryRow.sent_utc, DeliveryRow.id)
        .limit(limit)
    )
    with db.reading() as session:
        return records(session, statement)


def peers_to_ask(db: Database, until: datetime) -> tuple[str, ...]:
    """The names of those for whom :func:`commitments_to_request` has something, by name."""
    statement = (
        select(DeliveryRow.peer_name)
        .where(_unasked(), DeliveryRow.sent_utc <= until)
        .distinct()
        .order_by(DeliveryRow.peer_name)
    )
    with db.reading() as session:
        return tuple(session.scalars(statement))


def times_asked(db: Database, delivery_ids: Collection[int]) -> dict[int, int]:
    """How often each was asked about since it was last sent; only those that were."""
    with db.reading() as session:
        return _times_asked(session, delivery_ids)


def commitment_requested(
    db: Database,
    transaction_uid: str,
    peer_name: str,
    delivery_ids: Collection[int],
    *,
    deadline_utc: datetime,
    now: datetime,
) -> tuple[Delivery, ...]:
    """Note a request before it is made, so that no answer comes too early.

    Returns:
        What to ask about: without what another node asks about, or what is no longer waiting.
        Nothing is noted if nothing is left.

    Raises:
        AlreadyExistsError: that transaction UID was used before.
    """
    chosen = and_(DeliveryRow.id.in_(delivery_ids), DeliveryRow.peer_name == peer_name, _unasked())
    locked = (
        select(DeliveryRow.id)
        .where(DeliveryRow.id.in_(delivery_ids))
        .order_by(DeliveryRow.id)
        .with_for_update()
    )
    try:
        with db.transaction() as session:
            session.scalars(locked).all()
            asked = records(session, with_reports(chosen).order_by(DeliveryRow.id))
            if not asked:
                return ()
            ids = [each.id for each in asked]
            session.add(
                CommitmentRow(
                    transaction_uid=transaction_uid,
                    peer_name=peer_name,
                    requested_utc=now,
                    deadline_utc=deadline_utc,
                    attempts=max(_times_asked(session, ids).values(), default=0) + 1,
                    state=CommitmentState.REQUESTED,
                )
            )
            session.flush()
            session.add_all(
                CommitmentItem(transaction_uid=transaction_uid, delivery_id=each) for each in ids
            )
            return asked
    except AlreadyExistsError:
        raise AlreadyExistsError(f"transaction {transaction_uid} was used before") from None


def commitment_withdrawn(db: Database, transaction_uid: str) -> None:
    """The request did not reach its peer, or was refused: as if it had never been noted.

    No effect on one that is answered.
    """
    with db.transaction() as session:
        request = session.get(CommitmentRow, transaction_uid, with_for_update=True)
        if request is None or request.state is CommitmentState.ANSWERED:
            return
        session.execute(
            delete(CommitmentItem).where(CommitmentItem.transaction_uid == transaction_uid)
        )
        session.delete(request)


def commitment_unsure(db: Database, transaction_uid: str, *, deadline_utc: datetime) -> None:
    """Nobody knows whether the request reached its peer: it need not be waited for as long.

    No effect on one that is answered, or whose deadline is sooner.
    """
    with db.transaction() as session:
        request = session.get(CommitmentRow, transaction_uid, with_for_update=True)
        if request is not None and request.state is CommitmentState.REQUESTED:
            request.deadline_utc = min(request.deadline_utc, deadline_utc)


def peer_asked(db: Database, transaction_uid: str) -> str | None:
    """The name of the peer that a request was for; none: there is no such transaction."""
    statement = select(CommitmentRow.peer_name).where(
        CommitmentRow.transaction_uid == transaction_uid
    )
    with db.reading() as session:
        return session.scalars(statement).one_or_none()


def commitment_answered(
    db: Database,
    transaction_uid: str,
    *,
    committed: Collection[str],
    failed: Mapping[str, int],
    now: datetime,
) -> bool:
    """The peer's answer; late ones count, the same one again changes nothing.

    ``committed`` are SOP Instance UIDs; ``failed`` are such with their Failure Reason (0008,1197),
    and wins. Committed objects are delivered. Others stay sent until :func:`failed_commitments` is
    acted upon; one that the answer does not name has failed without a reason.

    Returns:
        ``False``: no such transaction.
    """
    with db.transaction() as session:
        request = session.get(CommitmentRow, transaction_uid, with_for_update=True)
        if request is None:
            return False
        if request.state is CommitmentState.ANSWERED:
            return True
        request.state = CommitmentState.ANSWERED
        known = _locked_series(session, transaction_uid)
        items = (
            select(CommitmentItem, DeliveryRow)
            .join(DeliveryRow, DeliveryRow.id == CommitmentItem.delivery_id)
            .where(CommitmentItem.transaction_uid == transaction_uid)
            .order_by(DeliveryRow.id)
            .with_for_update(of=DeliveryRow)
        )
        for item, row in session.execute(items).all():
            uid = row.sop_instance_uid
            if uid in failed or uid not in committed:
                item.outcome, item.reason = CommitmentOutcome.FAILED, failed.get(uid)
                continue
            item.outcome = CommitmentOutcome.COMMITTED
            if _waits_for(request, row):
                text = f"delivered to {row.peer_name}: committed"
                mark_delivered(session, known[row.series_id], row, text=text, now=now)
        return True


def failed_commitments(db: Database) -> tuple[FailedCommitment, ...]:
    """What was sent but not committed to: to be postponed (sent again) or parked."""
    statement = (
        select(DeliveryRow, Report, CommitmentItem.reason)
        .join(Report, Report.sop_instance_uid == DeliveryRow.sop_instance_uid)
        .join(CommitmentItem, CommitmentItem.delivery_id == DeliveryRow.id)
        .join(CommitmentRow, CommitmentRow.transaction_uid == CommitmentItem.transaction_uid)
        .where(
            DeliveryRow.state == DeliveryState.SENT,
            CommitmentItem.outcome == CommitmentOutcome.FAILED,
            CommitmentRow.requested_utc >= DeliveryRow.sent_utc,
        )
        .order_by(DeliveryRow.id, CommitmentRow.requested_utc)
    )
    with db.reading() as session:
        found = {
            row.id: FailedCommitment(row.record(report), reason)
            for row, report, reason in session.execute(statement)
        }
    return tuple(found.values())


def commitments_overdue(db: Database, now: datetime) -> tuple[Commitment, ...]:
    """Requested → timed out for those not answered by their deadline; each is told once.

    Their objects are to be requested again, unless the caller sends them again or gives up.
    """
    overdue = (
        select(CommitmentRow)
        .where(CommitmentRow.state == CommitmentState.REQUESTED, CommitmentRow.deadline_utc <= now)
        .order_by(CommitmentRow.deadline_utc, CommitmentRow.transaction_uid)
        .with_for_update(skip_locked=True)
    )
    with db.transaction() as session:
        rows = session.scalars(overdue).all()
        for row in rows:
            row.state = CommitmentState.TIMED_OUT
        return tuple(row.record(session.scalars(_deliveries_in(row))) for row in rows)


def answers_to(db: Database, delivery_id: int) -> int:
    """How often its peer answered, since a person last wanted it sent again."""
    wanted = (
        select(func.max(Timeline.at_utc))
        .join(DeliveryRow, DeliveryRow.series_id == Timeline.series_id)
        .where(
            DeliveryRow.id == delivery_id,
            Timeline.note.in_([each + DeliveryRow.peer_name for each in AGAIN]),
        )
        .scalar_subquery()
    )
    answers = (
        select(func.count())
        .select_from(CommitmentItem)
        .join(CommitmentRow, CommitmentRow.transaction_uid == CommitmentItem.transaction_uid)
        .where(
            CommitmentItem.delivery_id == delivery_id,
            CommitmentRow.state == CommitmentState.ANSWERED,
            wanted.is_(None) | (CommitmentRow.requested_utc >= wanted),
        )
    )
    with db.reading() as session:
        return session.execute(answers).scalar_one()


def commitments_of(db: Database, delivery_id: int) -> tuple[Commitment, ...]:
    """All requests about one delivery, the oldest first."""
    statement = (
        select(CommitmentRow)
        .join(CommitmentItem, CommitmentItem.transaction_uid == CommitmentRow.transaction_uid)
        .where(CommitmentItem.delivery_id == delivery_id)
        .order_by(CommitmentRow.requested_utc, CommitmentRow.transaction_uid)
    )
    with db.reading() as session:
        rows = session.scalars(statement).all()
        return tuple(row.record(session.scalars(_deliveries_in(row))) for row in rows)


def _unasked() -> ColumnElement[bool]:
    """Sent, without an open request or a refusal since."""
    open_or_failed = (CommitmentRow.state == CommitmentState.REQUESTED) | (
        CommitmentItem.outcome == CommitmentOutcome.FAILED
    )
    return and_(
        DeliveryRow.state == DeliveryState.SENT,
        ~exists().where(
            CommitmentItem.delivery_id == DeliveryRow.id,
            CommitmentRow.transaction_uid == CommitmentItem.transaction_uid,
            CommitmentRow.requested_utc >= DeliveryRow.sent_utc,
            open_or_failed,
        ),
    )


def _times_asked(session: Session, delivery_ids: Collection[int]) -> dict[int, int]:
    """Delivery → requests about it since it was last sent."""
    statement = (
        select(DeliveryRow.id, func.count())
        .select_from(CommitmentItem)
        .join(CommitmentRow, CommitmentRow.transaction_uid == CommitmentItem.transaction_uid)
        .join(DeliveryRow, DeliveryRow.id == CommitmentItem.delivery_id)
        .where(
            DeliveryRow.id.in_(delivery_ids), CommitmentRow.requested_utc >= DeliveryRow.sent_utc
        )
        .group_by(DeliveryRow.id)
    )
    return dict(session.execute(statement).all())


def _locked_series(session: Session, transaction_uid: str) -> dict[int, Series]:
    """The series of a request's objects, by id: locked before the deliveries, as everywhere."""
    of = (
        select(DeliveryRow.series_id)
        .join(CommitmentItem, CommitmentItem.delivery_id == DeliveryRow.id)
        .where(CommitmentItem.transaction_uid == transaction_uid)
    )
    statement = select(Series).where(Series.id.in_(of)).order_by(Series.id).with_for_update()
    return {series.id: series for series in session.scalars(statement)}


def _waits_for(request: CommitmentRow, row: DeliveryRow) -> bool:
    return (
        row.state is DeliveryState.SENT
        and row.sent_utc is not None
        and request.requested_utc >= row.sent_utc
    )


def _deliveries_in(row: CommitmentRow) -> Select[int]:
    return (
        select(CommitmentItem.delivery_id)
        .where(CommitmentItem.transaction_uid == row.transaction_uid)
        .order_by(CommitmentItem.delivery_id)
    )
