"""The one place where the state of a series changes: the table is checked, the timeline written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.errors import IllegalTransitionError
from storage.models import Series, Timeline
from storage.records import SERIES_TRANSITIONS, SeriesState
from storage.triage import outcome_of, triage_rank


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


def next_generation(
    session: Session, old: Series, *, cause: str, quiet_until: datetime, now: datetime
) -> Series:
    """Supersede a locked reading by a new one of the same instances, which is receiving.

    What the first one said of the patient stays.
    """
    note = f"{cause}: see generation {old.generation + 1}"
    change_state(session, old, SeriesState.SUPERSEDED, note=note, now=now)
    session.flush()  # the live row must be gone before the next one comes
    series = Series(
        series_uid=old.series_uid,
        generation=old.generation + 1,
        predecessor_id=old.id,
        study_uid=old.study_uid,
        state=SeriesState.RECEIVING,
        patient_id=old.patient_id,
        patient_name=old.patient_name,
        accession_number=old.accession_number,
        study_description=old.study_description,
        series_description=old.series_description,
        study_date=old.study_date,
        modality=old.modality,
        station_name=old.station_name,
        priority=old.priority,
        source_aet=old.source_aet,
        called_aet=old.called_aet,
        instance_count=old.instance_count,
        first_received_utc=old.first_received_utc,
        last_received_utc=old.last_received_utc,
        quiet_until_utc=quiet_until,
        attempts=0,
    )
    begin_reading(session, series, note=f"{cause} after generation {old.generation}", now=now)
    return series


def change_state(
    session: Session, series: Series, state: SeriesState, *, note: str, now: datetime
) -> None:
    """Move a locked series on; a lease ends with the state it was taken for.

    Its place in the worklist follows from the state and the result.

    Raises:
        IllegalTransitionError: the table does not allow it.
    """
    if state not in SERIES_TRANSITIONS[series.state]:
        raise IllegalTransitionError(
            f"series {series.series_uid} (generation {series.generation}) is {series.state}: "
            f"it cannot become {state}"
        )
    series.state = state
    if state is not SeriesState.SUPERSEDED:
        series.outcome = outcome_of(state, series.result)
        series.triage_rank = triage_rank(series.outcome, series.result)
    series.lease_owner = series.lease_token = series.lease_until_utc = None
    add_note(session, series, note=note, now=now)


def add_note(session: Session, series: Series, *, note: str, now: datetime) -> None:
    """A step that a reader should see, in the state the series is in."""
    session.add(Timeline(series_id=series.id, at_utc=now, state=series.state, note=note))
