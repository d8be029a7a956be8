"""Series that ended without a reading, and the objects that tell the peers so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import AlreadyExistsError
from storage.models import Report, Series, Timeline
from storage.outbox import add_results
from storage.records import NewDelivery, NewObject, Piece, SeriesRecord, SeriesState
from storage.transitions import add_note, locked_series

WITHOUT_READING: Final = (SeriesState.NOT_ANALYSED, SeriesState.FAILED)
UNTELLABLE: Final = "no page could be made that says so to the PACS: tell the reader"


def untold(db: Database, *, since: datetime, limit: int = 10) -> tuple[SeriesRecord, ...]:
    """Not analysed or failed, the last step not before ``since``, and nothing made that says so.

    Not those that :func:`give_up` was said of since they ended. The oldest first.
    """
    last = (
        select(Timeline.id)
        .where(Timeline.series_id == Series.id)
        .order_by(Timeline.id.desc())
        .limit(1)
        .correlate(Series)
        .scalar_subquery()
    )
    statement = (
        select(Series)
        .where(
            Series.state.in_(WITHOUT_READING),
            ~exists().where(Report.series_id == Series.id, Report.piece == Piece.SUMMARY),
            exists().where(
                Timeline.id == last, Timeline.at_utc >= since, Timeline.note != UNTELLABLE
            ),
        )
        .order_by(Series.id)
        .limit(limit)
    )
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def add_objects(
    db: Database,
    series_id: int,
    objects: Sequence[NewObject],
    deliveries: Sequence[NewDelivery],
    *,
    now: datetime,
) -> bool:
    """Record what tells of a series without a reading, and its deliveries, due at once.

    ``False``, and nothing written: somebody else did, or the series went on meanwhile.
    """
    try:
        with db.transaction() as session:
            series = _ended(session, series_id)
            if series is None:
                return False
            add_results(session, series, objects, deliveries, now=now)
            return True
    except AlreadyExistsError:
        return False


def give_up(db: Database, series_id: int, *, now: datetime) -> None:
    """Nothing can be made of its files: the timeline says so, and it is not tried again."""
    with db.transaction() as session:
        series = _ended(session, series_id)
        if series is not None:
            add_note(session, series, note=UNTELLABLE, now=now)


def _ended(session: Session, series_id: int) -> Series | None:
    return locked_series(session, Series.id == series_id, Series.state.in_(WITHOUT_READING))
