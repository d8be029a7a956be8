"""The one place where the state of a series changes: the table is checked, the timeline written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.errors import IllegalTransitionError
from storage.models import Series, Timeline
from storage.records import SERIES_TRANSITIONS, SeriesState


def locked_series(session: Session, *conditions: ColumnElement[bool]) -> Series | None:
    """The one series row that meets the conditions, locked until the transaction ends.

    PostgreSQL waits for another writer and then looks at the row anew; on SQLite the
    transaction is already the only writer.
    """
    statement = select(Series).where(*conditions).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def begin_reading(session: Session, series: Series, *, note: str, now: datetime) -> None:
    """Add a new generation and the first step of its way."""
    session.add(series)
    session.flush()  # gives it its id
    add_note(session, series, note=note, now=now)


def change_state(
    session: Session, series: Series, state: SeriesState, *, note: str, now: datetime
) -> None:
    """Move a locked series on; a lease ends with the state it was taken for.

    Raises:
        IllegalTransitionError: the table does not allow it.
    """
    if state not in SERIES_TRANSITIONS[series.state]:
        raise IllegalTransitionError(
            f"series {series.series_uid} (generation {series.generation}) is {series.state}: "
            f"it cannot become {state}"
        )
    series.state = state
    series.lease_owner = series.lease_token = series.lease_until_utc = None
    add_note(session, series, note=note, now=now)


def add_note(session: Session, series: Series, *, note: str, now: datetime) -> None:
    """A step that a reader should see, in the state the series is in."""
    session.add(Timeline(series_id=series.id, at_utc=now, state=series.state, note=note))
