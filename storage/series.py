"""The series and their way: what is due, complete, refused, tried again, and what was."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError
from storage.models import Report, Series, Timeline
from storage.records import SeriesRecord, SeriesState, TimelineEntry
from storage.transitions import change_state, locked_series, next_generation

TAKEN_OUT: Final = "taken_out"
"""The reason code of a series that a person took out of the queue."""
PAGE: Final = 200
"""Readings in memory at once, where all are visited."""
RETRIED: Final = frozenset({SeriesState.FAILED, SeriesState.NOT_ANALYSED})
"""States that a person may send through again."""


def get_series(db: Database, series_uid: str) -> SeriesRecord:
    """The newest generation of a series.

    Raises:
        NotFoundError: there is none.
    """
    return _only(db, f"series {series_uid}", *_live(series_uid))


def get_series_by_id(db: Database, series_id: int) -> SeriesRecord:
    """One generation.

    Raises:
        NotFoundError: there is none.
    """
    return _only(db, f"series row {series_id}", Series.id == series_id)


def list_series(
    db: Database,
    *,
    states: Collection[SeriesState] | None = None,
    include_superseded: bool = False,
    limit: int = 100,
) -> tuple[SeriesRecord, ...]:
    """The newest readings first; ``states`` narrows the list, superseded ones only on request."""
    statement = select(Series).order_by(Series.id.desc()).limit(limit)
    if states is not None:
        statement = statement.where(Series.state.in_(states))
    if not include_superseded:
        statement = statement.where(Series.state != SeriesState.SUPERSEDED)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def every_reading(
    db: Database, *, since: datetime | None = None, before: datetime | None = None
) -> Iterator[SeriesRecord]:
    """The newest generation of each series in the order in which they came, some at a time.

    Args:
        db: an open database.
        since: only those whose first instance came then or later.
        before: only those whose first instance came earlier.
    """
    statement = select(Series).where(Series.state != SeriesState.SUPERSEDED).order_by(Series.id)
    if since is not None:
        statement = statement.where(Series.first_received_utc >= since)
    if before is not None:
        statement = statement.where(Series.first_received_utc < before)
    last_id = 0
    while True:
        with db.reading() as session:
            page = statement.where(Series.id > last_id).limit(PAGE)
            found = [row.record() for row in session.scalars(page)]
        if not found:
            return
        yield from found
        last_id = found[-1].id


def timeline(db: Database, series_id: int) -> tuple[TimelineEntry, ...]:
    """The steps of one generation, in order."""
    statement = select(Timeline).where(Timeline.series_id == series_id).order_by(Timeline.id)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def predecessors(db: Database, series: SeriesRecord) -> tuple[SeriesRecord, ...]:
    """The readings that this one supersedes, the nearest first."""
    statement = (
        select(Series)
        .where(Series.series_uid == series.series_uid, Series.generation < series.generation)
        .order_by(Series.generation.desc())
    )
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def series_uids(db: Database, series_ids: Collection[int]) -> dict[int, str]:
    """Number of a reading → Series Instance UID."""
    statement = select(Series.id, Series.series_uid).where(Series.id.in_(series_ids))
    with db.reading() as session:
        return dict(session.execute(statement).all())


def due(db: Database, now: datetime) -> tuple[SeriesRecord, ...]:
    """The series of which nothing more came in time, the longest quiet first."""
    statement = (
        select(Series)
        .where(Series.state == SeriesState.RECEIVING, Series.quiet_until_utc <= now)
        .order_by(Series.quiet_until_utc, Series.id)
    )
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def complete_series(db: Database) -> tuple[SeriesRecord, ...]:
    """Complete, but neither queued nor refused: a crash came between."""
    statement = select(Series).where(Series.state == SeriesState.COMPLETE).order_by(Series.id)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def counts(db: Database) -> dict[SeriesState, int]:
    """How many readings are in each state, zeros too."""
    statement = select(Series.state, func.count()).group_by(Series.state)
    with db.reading() as session:
        found: dict[SeriesState, int] = dict(session.execute(statement).all())
    return {state: found.get(state, 0) for state in SeriesState}


def mark_complete(db: Database, series_id: int, *, fingerprint: str, now: datetime) -> bool:
    """Receiving → complete, if it is still receiving and quiet; says whether."""
    with db.transaction() as session:
        series = locked_series(
            session,
            Series.id == series_id,
            Series.state == SeriesState.RECEIVING,
            Series.quiet_until_utc <= now,
        )
        if series is None:
            return False
        series.fingerprint = fingerprint
        note = f"quiet: {series.instance_count} instances"
        change_state(session, series, SeriesState.COMPLETE, note=note, now=now)
        return True


def enqueue(db: Database, series_id: int, *, fingerprint: str, now: datetime) -> bool:
    """Complete → queued, if it is still complete with the same instances; says whether."""
    with db.transaction() as session:
        series = locked_series(
            session,
            Series.id == series_id,
            Series.state == SeriesState.COMPLETE,
            Series.fingerprint == fingerprint,
        )
        if series is None:
            return False
        series.queued_utc = now
        change_state(session, series, SeriesState.QUEUED, note="fit for analysis", now=now)
        return True


def refuse(db: Database, series_id: int, *, code: str, text: str, now: datetime) -> bool:
    """Complete → not_analysed with the reason, if it is still complete; says whether."""
    return _end(db, series_id, SeriesState.NOT_ANALYSED, code=code, text=text, now=now)


def park(db: Database, series_id: int, *, code: str, text: str, now: datetime) -> bool:
    """Complete → failed with the reason, if it is still complete; says whether.

    For a series whose judgement itself fails: in sight, and out of the others' way.
    """
    return _end(db, series_id, SeriesState.FAILED, code=code, text=text, now=now)


def take_out(db: Database, series_uid: str, *, now: datetime) -> SeriesRecord:
    """Queued → failed: a person does not want it analysed now. A retry brings it back.

    Raises:
        NotFoundError: there is no such series.
        IllegalTransitionError: it does not wait in the queue.
    """
    with db.transaction() as session:
        series = locked_series(session, *_live(series_uid))
        if series is None:
            raise NotFoundError(f"series {series_uid} is not known")
        if series.state is not SeriesState.QUEUED:
            raise IllegalTransitionError(f"series {series_uid} is {series.state}: it does not wait")
        text = "A person took it out of the queue."
        series.reason_code, series.reason_text = TAKEN_OUT, text
        change_state(session, series, SeriesState.FAILED, note=text, now=now)
        return series.record()


def retry(db: Database, series_uid: str, *, now: datetime) -> SeriesRecord:
    """Send a failed or not analysed series through again, from its completeness on.

    A reading that has result objects keeps them: it is superseded by a new one.

    Raises:
        NotFoundError: there is no such series.
        IllegalTransitionError: it is in another state.
    """
    with db.transaction() as session:
        series = locked_series(session, *_live(series_uid))
        if series is None:
            raise NotFoundError(f"series {series_uid} is not known")
        if series.state not in RETRIED:
            raise IllegalTransitionError(f"series {series_uid} is {series.state}: nothing to retry")
        sent_out = select(Report.sop_instance_uid).where(Report.series_id == series.id)
        if session.scalars(sent_out.limit(1)).first() is not None:
            return next_generation(
                session, series, cause="a person asked again", quiet_until=now, now=now
            ).record()
        change_state(session, series, SeriesState.RECEIVING, note="a person asked again", now=now)
        series.quiet_until_utc = now
        series.attempts = 0
        series.reason_code = series.reason_text = series.queued_utc = None
        return series.record()


def _end(
    db: Database, series_id: int, state: SeriesState, *, code: str, text: str, now: datetime
) -> bool:
    with db.transaction() as session:
        series = locked_series(
            session, Series.id == series_id, Series.state == SeriesState.COMPLETE
        )
        if series is None:
            return False
        series.reason_code, series.reason_text = code, text
        change_state(session, series, state, note=text, now=now)
        return True


def _live(series_uid: str) -> tuple[ColumnElement[bool], ...]:
    return Series.series_uid == series_uid, Series.state != SeriesState.SUPERSEDED


def _only(db: Database, what: str, *conditions: ColumnElement[bool]) -> SeriesRecord:
    with db.reading() as session:
        series = session.scalars(select(Series).where(*conditions)).one_or_none()
        if series is None:
            raise NotFoundError(f"{what} is not known")
        return series.record()
