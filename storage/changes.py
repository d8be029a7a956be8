"""What changed, in the order of the timeline's rows: for whoever watches live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from storage.database import Database
from storage.models import DeletedSeriesRow, Series, Timeline
from storage.records import Outcome, SeriesState


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """One step of one series; nothing of the patient. The last step of all is its deletion."""

    id: int
    at_utc: datetime
    series_uid: str
    generation: int | None
    state: SeriesState | None
    """As the outcome none where the series was deleted."""
    outcome: Outcome | None
    """As it is now, which may be later than the step."""
    note: str
    was: SeriesState | None = None
    """The state at the step before; the same where only something was noted."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one reading, for whoever only times it."""

    id: int
    series_id: int
    at_utc: datetime
    state: SeriesState


def latest_change(db: Database) -> int:
    """The number of the newest step; 0: none yet."""
    with db.reading() as session:
        numbers = (func.max(Timeline.id), func.max(DeletedSeriesRow.step_id))
        return max(session.execute(select(number)).scalar_one() or 0 for number in numbers)


def changes_after(db: Database, after: int, *, limit: int = 500) -> tuple[SeriesChange, ...]:
    """The steps behind ``after``, the oldest first."""
    before = aliased(Timeline)
    was = (
        select(before.state)
        .where(before.series_id == Timeline.series_id, before.id < Timeline.id)
        .order_by(before.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(Timeline, Series.series_uid, Series.generation, Series.outcome, was)
        .join(Series, Series.id == Timeline.series_id)
        .where(Timeline.id > after)
        .order_by(Timeline.id)
        .limit(limit)
    )
    deletions = (
        select(DeletedSeriesRow)
        .where(DeletedSeriesRow.step_id > after)
        .order_by(DeletedSeriesRow.step_id)
        .limit(limit)
    )
    with db.reading() as session:
        steps = [
            SeriesChange(
                id=row.id,
                at_utc=row.at_utc,
                series_uid=uid,
                generation=generation,
                state=row.state,
                outcome=outcome,
                note=row.note,
                was=before_state,
            )
            for row, uid, generation, outcome, before_state in session.execute(statement)
        ]
        steps += [
            SeriesChange(
                id=row.step_id,
                at_utc=row.at_utc,
                series_uid=row.series_uid,
                generation=None,
                state=None,
                outcome=None,
                note=f"deleted: {row.cause}",
                deleted=True,
            )
            for row in session.scalars(deletions)
        ]
    return tuple(sorted(steps, key=lambda step: step.id)[:limit])


def steps_after(db: Database, after: int, *, limit: int) -> tuple[Step, ...]:
    """The steps behind ``after``, the oldest first."""
    return _steps(db, Timeline.id > after, limit)


def steps_of(db: Database, series_id: int) -> tuple[Step, ...]:
    """All steps of one reading, in their order."""
    return _steps(db, Timeline.series_id == series_id, None)


def _steps(db: Database, chosen: ColumnElement[bool], limit: int | None) -> tuple[Step, ...]:
    statement = select(Timeline.id, Timeline.series_id, Timeline.at_utc, Timeline.state)
    with db.reading() as session:
        rows = session.execute(statement.where(chosen).order_by(Timeline.id).limit(limit))
        return tuple(Step(id_, series_id, at, state) for id_, series_id, at, state in rows)
