"""Series that ended without a reading, and the objects that tell the peers so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from math import inf
from time import monotonic
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.changes import latest_change
from storage.database import Database
from storage.errors import AlreadyExistsError
from storage.models import Report, Series, Timeline
from storage.outbox import add_results
from storage.records import NewDelivery, NewObject, Piece, SeriesRecord, SeriesState
from storage.transitions import add_note, locked_series

WITHOUT_READING: Final = (SeriesState.NOT_ANALYSED, SeriesState.FAILED)
NEW_MAX: Final = 500
"""Where there are more steps, all series are looked at."""
UNTELLABLE: Final = "no page could be made that says so to the PACS: tell the reader"


class Untold:
    """Finds what :func:`untold` finds, for one thread that looks again and again.

    Who becomes untold makes a step, so only series with steps since the last look in vain are
    looked at, however many were told before. PostgreSQL's steps may become visible in another order
    than that of their numbers: so now and then it looks at all.
    """

    def __init__(
        self, database: Database, *, whole_s: float = 60, clock: Callable[[], float] = monotonic
    ) -> None:
        self._database = database
        self._whole_s, self._clock = whole_s, clock
        self._seen = 0
        self._whole_at = -inf

    def look(self, *, since: datetime) -> tuple[SeriesRecord, ...]:
        """Some of them; all are found once it finds none."""
        newest, now = latest_change(self._database), self._clock()
        is_whole = now >= self._whole_at
        after = 0 if is_whole else self._seen
        found = untold(self._database, since=since, after=after) if newest > after else ()
        if not found:
            self._seen = newest
            if is_whole:
                self._whole_at = now + self._whole_s
        return found


def untold(
    db: Database, *, since: datetime, after: int = 0, limit: int = 10
) -> tuple[SeriesRecord, ...]:
    """Not analysed or failed, the last step not before ``since``, and nothing made that says so.

    Not those that :func:`give_up` was said of since they ended. The oldest first; only those with a
    step behind the number ``after``.
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
        if after:
            # Found first: in one statement SQLite would go through all series of these states.
            steps = select(Timeline.series_id).where(Timeline.id > after).order_by(Timeline.id)
            ids = session.scalars(steps.limit(NEW_MAX + 1)).all()
            if len(ids) <= NEW_MAX:
                statement = statement.where(Series.id.in_(set(ids)))
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
