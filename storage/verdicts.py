"""What readers said of results. Rows are only ever added: a changed mind is a further verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from storage.database import Database
from storage.errors import AlreadyExistsError, NotFoundError
from storage.models import Series, VerdictRow
from storage.outbox import add_results
from storage.records import NewDelivery, NewObject, VerdictRecord
from storage.transitions import add_note, locked_series


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
        AlreadyExistsError: another verdict came first, or the SOP Instance UID is taken.
    """
    try:
        with db.transaction() as session:
            series = locked_series(session, Series.id == series_id)
            if series is None:
                raise NotFoundError(f"series row {series_id} is not known")
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


def verdicts_of(db: Database, series_id: int) -> tuple[VerdictRecord, ...]:
    """All verdicts on one reading, the oldest first."""
    statement = select(VerdictRow).where(VerdictRow.series_id == series_id).order_by(VerdictRow.id)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))
