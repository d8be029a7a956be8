"""Deleting a series with everything that belongs to it; a tombstone without the patient stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError
from storage.models import (
    CommitmentItem,
    CommitmentRow,
    Conflict,
    DeletedResult,
    DeletedSeriesRow,
    DeliveryRow,
    Instance,
    Report,
    Series,
    ShadowRow,
    Timeline,
    VerdictRow,
)
from storage.records import DeletedSeries, DeliveryState, Forgotten, SeriesState
from storage.transitions import locked_series

ENDED: Final = (SeriesState.REPORTED, SeriesState.NOT_ANALYSED, SeriesState.FAILED)
"""States of a reading in which nothing more happens by itself."""
HAS_IT: Final = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})
"""The peer took the object."""


def expired_series(db: Database, ended_before: datetime, *, limit: int) -> tuple[str, ...]:
    """The UIDs of series that have ended and were delivered, the oldest first.

    Ended: no step since ``ended_before``. Delivered: a peer has its results, and no object of any
    of its generations waits, is parked or is still to be committed. Not one that a reader has
    taken and not judged.
    """
    statement = (
        select(Series.series_uid)
        .where(*_expired(ended_before))
        .order_by(Series.quiet_until_utc, Series.id)
        .limit(limit)
    )
    with db.reading() as session:
        return tuple(session.scalars(statement))


def forget_series(
    db: Database,
    series_uid: str,
    *,
    token: str,
    actor: str,
    cause: str,
    ended_before: datetime | None = None,
    now: datetime,
) -> Forgotten:
    """Remove all generations of a series with their rows; the caller sees to the files.

    Args:
        db: an open database, in a transaction that the files are set aside in.
        series_uid: which.
        token: a new name for this deletion.
        actor: who.
        cause: why.
        ended_before: only if :func:`expired_series` still names it.
        now: when.

    Raises:
        NotFoundError: there is no such series, or it does not meet ``ended_before`` any more.
        IllegalTransitionError: it is being analysed, or something of it is being sent.
    """
    with db.transaction() as session:
        conditions = () if ended_before is None else _expired(ended_before)
        live = locked_series(
            session,
            Series.series_uid == series_uid,
            Series.state != SeriesState.SUPERSEDED,
            *conditions,
        )
        if live is None:
            raise NotFoundError(f"series {series_uid} is not known")
        if live.state is SeriesState.ANALYSING:
            raise IllegalTransitionError(f"series {series_uid} is being analysed: try again later")
        ids = session.scalars(select(Series.id).where(Series.series_uid == series_uid)).all()
        sends = session.scalars(
            select(DeliveryRow).where(DeliveryRow.series_id.in_(ids)).with_for_update()
        ).all()
        if any(each.claim_until_utc is not None and each.claim_until_utc > now for each in sends):
            raise IllegalTransitionError(f"series {series_uid} is being sent: try again later")
        last_step = Timeline(series_id=live.id, at_utc=now, state=live.state, note="deleted")
        session.add(last_step)
        session.flush()  # its number is the place of the deletion among all steps
        verdicts = select(func.count()).where(VerdictRow.series_id.in_(ids))
        files, results = _files(session, series_uid, ids)
        tombstone = DeletedSeries(
            token=token,
            series_uid=series_uid,
            study_uid=live.study_uid,
            at_utc=now,
            actor=actor,
            cause=cause,
            instance_count=live.instance_count,
            result_count=len(results),
            verdict_count=session.execute(verdicts).scalar_one(),
            kept_by=dict(sorted(Counter(s.peer_name for s in sends if s.state in HAS_IT).items())),
            not_sent=sum(each.state not in HAS_IT for each in sends),
        )
        session.add(DeletedSeriesRow(**asdict(tombstone), step_id=last_step.id))
        session.flush()
        session.add_all(DeletedResult(sop_instance_uid=each, token=token) for each in results)
        _remove_rows(session, series_uid, ids)
        return Forgotten(tombstone, files)


def tombstone_of(db: Database, series_uid: str) -> DeletedSeries | None:
    """The last deletion of a series."""
    statement = (
        select(DeletedSeriesRow)
        .where(DeletedSeriesRow.series_uid == series_uid)
        .order_by(DeletedSeriesRow.step_id.desc())
        .limit(1)
    )
    with db.reading() as session:
        row = session.scalars(statement).first()
        return None if row is None else row.record()


def is_deleted(db: Database, token: str) -> bool:
    """Whether that deletion was committed; waits for a transaction that is at it."""
    with db.transaction() as session:
        return session.get(DeletedSeriesRow, token) is not None


def _expired(ended_before: datetime) -> tuple[ColumnElement[bool], ...]:
    generation = aliased(Series)
    return (
        Series.state.in_(ENDED),
        Series.quiet_until_utc < ended_before,
        or_(Series.assigned_to.is_(None), Series.read_utc.is_not(None)),
        ~exists().where(Timeline.series_id == Series.id, Timeline.at_utc >= ended_before),
        exists().where(
            DeliveryRow.series_id == Series.id, DeliveryRow.state == DeliveryState.DELIVERED
        ),
        ~exists().where(
            generation.series_uid == Series.series_uid,
            DeliveryRow.series_id == generation.id,
            DeliveryRow.state != DeliveryState.DELIVERED,
        ),
    )


def _files(
    session: Session, series_uid: str, ids: Sequence[int]
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """All files of a series, and the SOP Instance UIDs of its results."""
    reports = session.execute(
        select(Report.sop_instance_uid, Report.path).where(Report.series_id.in_(ids))
    ).all()
    paths = [path for _, path in reports]
    paths += session.scalars(select(Instance.path).where(Instance.series_uid == series_uid))
    paths += session.scalars(select(Conflict.path).where(Conflict.series_uid == series_uid))
    return tuple(map(Path, paths)), tuple(uid for uid, _ in reports)


def _remove_rows(session: Session, series_uid: str, ids: Sequence[int]) -> None:
    """In the order in which rows point to each other."""
    of_series = select(DeliveryRow.id).where(DeliveryRow.series_id.in_(ids))
    asked = session.scalars(
        select(CommitmentItem.transaction_uid)
        .where(CommitmentItem.delivery_id.in_(of_series))
        .distinct()
    ).all()
    session.execute(delete(CommitmentItem).where(CommitmentItem.delivery_id.in_(of_series)))
    session.execute(
        delete(CommitmentRow).where(
            CommitmentRow.transaction_uid.in_(asked),
            ~exists().where(CommitmentItem.transaction_uid == CommitmentRow.transaction_uid),
        )
    )
    for kind in (DeliveryRow, VerdictRow, ShadowRow, Report, Timeline):
        session.execute(delete(kind).where(kind.series_id.in_(ids)))
    for stored in (Instance, Conflict):
        session.execute(delete(stored).where(stored.series_uid == series_uid))
    for each in sorted(ids, reverse=True):  # a generation points to the one before
        session.execute(delete(Series).where(Series.id == each))
