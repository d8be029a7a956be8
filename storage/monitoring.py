"""Numbers for whoever watches the node: counted from the rows, so that a restart loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, text

from storage import shadow_readings
from storage.database import Database
from storage.models import CommitmentRow, DeliveryRow, Series, VerdictRow
from storage.models.series import LIVE
from storage.records import CommitmentState, DeliveryState, Outcome, SeriesState


@dataclass(frozen=True, slots=True)
class Overview:
    """The node at one moment."""

    series_by_state: Mapping[SeriesState, int]
    unread_by_outcome: Mapping[Outcome, int]
    deliveries: Mapping[tuple[str, DeliveryState], int]
    """(peer, state) → how many."""
    verdicts: int
    commitments: Mapping[tuple[str, CommitmentState], int]
    """(peer, state) → how many requests for storage commitment."""
    waiting_for_shadow: int
    """Readings that the shadow model has not read yet."""
    oldest_queued_utc: datetime | None
    oldest_unread_utc: datetime | None
    oldest_pending_delivery_utc: datetime | None

    @property
    def parked_deliveries(self) -> int:
        """What waits for a person."""
        return sum(n for (_, state), n in self.deliveries.items() if state is DeliveryState.PARKED)


def overview(db: Database) -> Overview:
    """All numbers; each is counted in an index, never in the wide rows."""
    states = select(Series.state, func.count()).group_by(Series.state)
    unread = (
        select(Series.outcome, func.count(), func.min(Series.first_received_utc))
        .where(text(LIVE), Series.read_utc.is_(None))
        .group_by(Series.outcome)
    )
    sent = select(DeliveryRow.peer_name, DeliveryRow.state, func.count()).group_by(
        DeliveryRow.peer_name, DeliveryRow.state
    )
    asked = select(CommitmentRow.peer_name, CommitmentRow.state, func.count()).group_by(
        CommitmentRow.peer_name, CommitmentRow.state
    )
    pending = select(func.min(DeliveryRow.next_attempt_utc)).where(
        DeliveryRow.state == DeliveryState.PENDING
    )
    waiting_for_shadow = shadow_readings.waiting(db)
    with db.reading() as session:
        by_state = {row[0]: row[1] for row in session.execute(states)}
        by_outcome = {row[0]: (row[1], row[2]) for row in session.execute(unread)}
        return Overview(
            series_by_state={state: by_state.get(state, 0) for state in SeriesState},
            unread_by_outcome={each: by_outcome.get(each, (0, None))[0] for each in Outcome},
            deliveries={(row[0], row[1]): row[2] for row in session.execute(sent)},
            verdicts=session.execute(select(func.count(VerdictRow.id))).scalar_one(),
            commitments={(row[0], row[1]): row[2] for row in session.execute(asked)},
            waiting_for_shadow=waiting_for_shadow,
            oldest_queued_utc=session.execute(_queued()).scalar_one(),
            oldest_unread_utc=min((row[1] for row in by_outcome.values()), default=None),
            oldest_pending_delivery_utc=session.execute(pending).scalar_one(),
        )


def oldest_queued(db: Database) -> datetime | None:
    """Since when the first in the queue waits; None: nobody does."""
    with db.reading() as session:
        return session.execute(_queued()).scalar_one()


def failing_destinations(db: Database) -> dict[str, datetime | None]:
    """Peers for which something waits that failed to be sent → when they last took something."""
    failing = (
        select(DeliveryRow.peer_name)
        .where(DeliveryRow.state == DeliveryState.PENDING, DeliveryRow.last_error.is_not(None))
        .distinct()
    )
    with db.reading() as session:
        names = session.scalars(failing).all()
        return {
            name: session.scalar(
                select(func.max(DeliveryRow.sent_utc)).where(DeliveryRow.peer_name == name)
            )
            for name in names
        }


def _queued() -> Select[datetime | None]:
    return select(func.min(Series.queued_utc)).where(Series.state == SeriesState.QUEUED)


def ping(db: Database) -> None:
    """Does the database answer?

    Raises:
        StorageError: it does not.
    """
    with db.reading() as session:
        session.execute(select(1))
