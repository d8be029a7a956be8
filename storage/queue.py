"""The queue of analyses: claims by lease, fenced by a token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import Session

from storage import shadow_readings
from storage.database import Database
from storage.models import Series
from storage.outbox import add_results
from storage.records import Claim, NewDelivery, NewObject, Priority, SeriesState
from storage.transitions import change_state, locked_series

ANALYSIS_FAILED: Final = "analysis_failed"
"""The reason code of a series that was given up."""
COUNTS_AS_HIGH_AFTER: Final = timedelta(minutes=30)
"""A routine series that has waited this long."""
COUNTS_AS_STAT_AFTER: Final = timedelta(hours=4)
"""Any series that has waited this long: whatever else comes, nothing waits for ever."""


def claim_next(db: Database, *, owner: str, lease_s: float, now: datetime) -> Claim | None:
    """Take the most urgent series, or one whose lease has run out; ``None``: no work.

    Of the equally urgent (see :func:`_turn`) the one that waits longest.

    Each claim is one attempt. An attempt that ended with its process was charged but never
    judged: the caller looks at ``claim.series.attempts`` and, where it exceeds the allowed
    number, calls :func:`attempt_failed` at once.
    """
    waiting = or_(
        Series.state == SeriesState.QUEUED,
        and_(Series.state == SeriesState.ANALYSING, Series.lease_until_utc <= now),
    )
    statement = (
        select(Series)
        .where(waiting)
        .order_by(_turn(now), Series.queued_utc, Series.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with db.transaction() as session:
        series = session.scalars(statement).one_or_none()
        if series is None:
            return None
        if series.state is SeriesState.ANALYSING:
            note = f"the lease of {series.lease_owner} ran out"
            change_state(session, series, SeriesState.QUEUED, note=note, now=now)
        series.attempts += 1
        note = f"attempt {series.attempts} by {owner}"
        change_state(session, series, SeriesState.ANALYSING, note=note, now=now)
        token = secrets.token_hex(16)
        until = now + timedelta(seconds=lease_s)
        series.lease_owner, series.lease_token, series.lease_until_utc = owner, token, until
        return Claim(series=series.record(), token=token, lease_until_utc=until)


def renew(db: Database, claim: Claim, *, lease_s: float, now: datetime) -> bool:
    """Extend the lease. ``False``: fenced, the series belongs to another or was superseded."""
    with db.transaction() as session:
        series = _held(session, claim)
        if series is None:
            return False
        series.lease_until_utc = now + timedelta(seconds=lease_s)
        return True


def give_back(db: Database, claim: Claim, *, note: str, now: datetime) -> bool:
    """Analysing → queued at its old place, the attempt not charged. ``False``: fenced."""
    with db.transaction() as session:
        series = _held(session, claim)
        if series is None:
            return False
        series.attempts -= 1
        change_state(session, series, SeriesState.QUEUED, note=note, now=now)
        return True


def attempt_failed(
    db: Database, claim: Claim, *, text: str, max_attempts: int, now: datetime
) -> SeriesState | None:
    """Analysing → queued behind the others, or failed after ``max_attempts``. ``None``: fenced."""
    with db.transaction() as session:
        series = _held(session, claim)
        if series is None:
            return None
        if series.attempts < max_attempts:
            series.queued_utc = now
            change_state(session, series, SeriesState.QUEUED, note=text, now=now)
        else:
            series.reason_code, series.reason_text = ANALYSIS_FAILED, text
            change_state(session, series, SeriesState.FAILED, note=text, now=now)
        return series.state


def finish_not_analysed(
    db: Database,
    claim: Claim,
    *,
    code: str,
    text: str,
    objects: Sequence[NewObject] = (),
    deliveries: Sequence[NewDelivery] = (),
    now: datetime,
) -> bool:
    """Analysing → not_analysed with the reason, and what is to be sent of it. ``False``: fenced.

    Raises:
        AlreadyExistsError: as :func:`finish_analysed`.
    """
    with db.transaction() as session:
        series = _held(session, claim)
        if series is None:
            return False
        series.reason_code, series.reason_text = code, text
        change_state(session, series, SeriesState.NOT_ANALYSED, note=text, now=now)
        add_results(session, series, objects, deliveries, now=now)
        return True


def finish_analysed(
    db: Database,
    claim: Claim,
    *,
    result: Mapping[str, Any],
    objects: Sequence[NewObject],
    deliveries: Sequence[NewDelivery],
    note: str = "analysed",
    for_shadow: bool = False,
    now: datetime,
) -> bool:
    """Analysing → analysed: result, objects and deliveries (due at once) in one transaction.

    ``note`` goes into the timeline. A peer gets its objects in the order of ``deliveries``.
    ``for_shadow``: the shadow model is to read the series, too, when nothing else waits.
    ``False``: fenced, nothing was written.

    Raises:
        AlreadyExistsError: an object of that SOP Instance UID, or of that piece and ordinal, is
            recorded; nothing was written.
    """
    with db.transaction() as session:
        series = _held(session, claim)
        if series is None:
            return False
        series.result = dict(result)
        change_state(session, series, SeriesState.ANALYSED, note=note, now=now)
        add_results(session, series, objects, deliveries, now=now)
        if for_shadow:
            shadow_readings.ask(session, series.id, now=now)
        return True


def is_busy(db: Database, *, owner: str) -> bool:
    """Whether a series waits for the active model, or this owner is analysing one."""
    own = and_(Series.state == SeriesState.ANALYSING, Series.lease_owner == owner)
    busy = exists().where(or_(Series.state == SeriesState.QUEUED, own))
    with db.reading() as session:
        return bool(session.execute(select(busy)).scalar_one())


def release_owned(db: Database, owner: str, *, now: datetime) -> int:
    """At start: what this owner's former life was analysing → queued; how many.

    The attempts stay charged, so that a series that kills the node is given up in the end.
    """
    statement = (
        select(Series)
        .where(Series.state == SeriesState.ANALYSING, Series.lease_owner == owner)
        .order_by(Series.id)
        .with_for_update()
    )
    with db.transaction() as session:
        left = session.scalars(statement).all()
        for series in left:
            note = f"{owner} started anew"
            change_state(session, series, SeriesState.QUEUED, note=note, now=now)
        return len(left)


def _turn(now: datetime) -> ColumnElement[int]:
    """0 stat, 1 high, 2 routine; who waits long enough moves up."""
    return case(
        (Series.priority == Priority.STAT, 0),
        (Series.queued_utc <= now - COUNTS_AS_STAT_AFTER, 0),
        (Series.priority == Priority.HIGH, 1),
        (Series.queued_utc <= now - COUNTS_AS_HIGH_AFTER, 1),
        else_=2,
    )


def _held(session: Session, claim: Claim) -> Series | None:
    """The claimed row, if the claim still holds: every change of hands changes the token."""
    return locked_series(
        session,
        Series.id == claim.series.id,
        Series.state == SeriesState.ANALYSING,
        Series.lease_token == claim.token,
    )
