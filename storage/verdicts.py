"""What readers said of results. Rows are only ever added: a changed mind is a further verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import AlreadyExistsError, IllegalTransitionError, NotFoundError
from storage.models import Series, VerdictRow
from storage.outbox import add_results
from storage.records import NewDelivery, NewObject, SeriesState, VerdictRecord
from storage.transitions import add_note, locked_series

JUDGED: Final = frozenset(
    {SeriesState.ANALYSED, SeriesState.REPORTED, SeriesState.NOT_ANALYSED, SeriesState.FAILED}
)
"""States in which a reading has come to an end that a reader may judge."""


def add_verdict(
    db: Database,
    series_id: int,
    *,
    reader: str,
    organization: str,
    document: Mapping[str, Any],
    report: NewObject,
    deliveries: Sequence[NewDelivery] = (),
    now: datetime,
) -> VerdictRecord:
    """Record a verdict, its report and the deliveries of it in one transaction.

    ``report.ordinal`` is the number of verdicts that the reader knew of: so nobody's verdict
    passes by another one unseen.

    Raises:
        NotFoundError: there is no such reading.
        IllegalTransitionError: it is in a state in which nobody may judge it, as superseded.
        AlreadyExistsError: the reader knew of fewer or more verdicts than there are, or the SOP
            Instance UID is taken.
    """
    try:
        with db.transaction() as session:
            series = locked_series(session, Series.id == series_id)
            if series is None:
                raise NotFoundError(f"series row {series_id} is not known")
            if series.state not in JUDGED:
                raise IllegalTransitionError(f"the reading is {series.state}")
            _require_known(session, series_id, report.ordinal)
            add_results(session, series, [report], deliveries, now=now)
            row = VerdictRow(
                series_id=series_id,
                at_utc=now,
                reader=reader,
                organization=organization,
                document=dict(document),
                sop_instance_uid=report.sop_instance_uid,
            )
            session.add(row)
            series.read_utc, series.assigned_to, series.assigned_utc = now, None, None
            # The reader's name stays out of the timeline, which is shown and logged.
            add_note(session, series, note="a reader gave a verdict", now=now)
            session.flush()
            return row.record()
    except AlreadyExistsError:
        raise AlreadyExistsError("another verdict on this reading came first") from None


def _require_known(session: Session, series_id: int, known: int) -> None:
    """Raise unless a reading has exactly as many verdicts as the reader knew of."""
    count = select(func.count()).where(VerdictRow.series_id == series_id)
    if session.scalar(count) != known:
        raise AlreadyExistsError("the verdicts are not those that the reader knew of")


def verdicts_of(db: Database, series_id: int) -> tuple[VerdictRecord, ...]:
    """All verdicts on one reading, the oldest first."""
    statement = select(VerdictRow).where(VerdictRow.series_id == series_id).order_by(VerdictRow.id)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))
