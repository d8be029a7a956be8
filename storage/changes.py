"""What changed, in the order of the timeline's rows: for whoever watches live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage.database import Database
from storage.models import Series, Timeline
from storage.records import Outcome, SeriesState


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """One step of one series; nothing of the patient."""

    id: int
    at_utc: datetime
    series_uid: str
    generation: int
    state: SeriesState
    outcome: Outcome
    """As it is now, which may be later than the step."""
    note: str


def latest_change(db: Database) -> int:
    """The number of the newest step; 0: none yet."""
    with db.reading() as session:
        return session.execute(select(func.coalesce(func.max(Timeline.id), 0))).scalar_one()


def changes_after(db: Database, after: int, *, limit: int = 500) -> tuple[SeriesChange, ...]:
    """The steps behind ``after``, the oldest first."""
    statement = (
        select(Timeline, Series.series_uid, Series.generation, Series.outcome)
        .join(Series, Series.id == Timeline.series_id)
        .where(Timeline.id > after)
        .order_by(Timeline.id)
        .limit(limit)
    )
    with db.reading() as session:
        return tuple(
            SeriesChange(
                id=row.id,
                at_utc=row.at_utc,
                series_uid=uid,
                generation=generation,
                state=row.state,
                outcome=outcome,
                note=row.note,
            )
            for row, uid, generation, outcome in session.execute(statement)
        )
