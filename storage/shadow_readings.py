"""The queue of the shadow model and what it said: beside the readings, never a part of them.

Nothing here changes a series, its timeline or its place in a list. One reading is asked for with
each result (:func:`storage.queue.finish_analysed`), so a series is read once, whatever restarts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.models import Series, ShadowRow, VerdictRow
from storage.records import (
    SeriesState,
    ShadowClaim,
    ShadowEnd,
    ShadowReading,
    TwiceRead,
    VerdictRecord,
)

READ_BY_BOTH: Final = (SeriesState.ANALYSED, SeriesState.REPORTED)
"""States of a series that has a result of the active model, and is not superseded."""
PAGE: Final = 200
"""Pairs in memory at once, where many are visited."""


def ask(session: Session, series_id: int, *, now: datetime) -> None:
    """Have a series read by the shadow model, in the transaction that records its result."""
    session.add(ShadowRow(series_id=series_id, asked_utc=now, attempts=0))


def waiting(db: Database) -> int:
    """How many series the shadow model has not read yet."""
    statement = (
        select(func.count())
        .select_from(ShadowRow)
        .join(Series, Series.id == ShadowRow.series_id)
        .where(ShadowRow.outcome.is_(None), Series.state.in_(READ_BY_BOTH))
    )
    with db.reading() as session:
        return session.execute(statement).scalar_one()


def claim_next(db: Database, *, owner: str, lease_s: float, now: datetime) -> ShadowClaim | None:
    """Take the series that was tried least and waits longest; ``None``: no work.

    Each claim is one attempt, see :func:`storage.queue.claim_next`. A superseded reading is not
    read any more: its instances are not those that the active model saw.
    """
    free = or_(ShadowRow.claim_until_utc.is_(None), ShadowRow.claim_until_utc <= now)
    statement = (
        select(ShadowRow, Series)
        .join(Series, Series.id == ShadowRow.series_id)
        .where(ShadowRow.outcome.is_(None), free, Series.state.in_(READ_BY_BOTH))
        .order_by(ShadowRow.attempts, ShadowRow.series_id)
        .limit(1)
        .with_for_update(of=ShadowRow, skip_locked=True)
    )
    with db.transaction() as session:
        _forget(session, _is_superseded())
        found = session.execute(statement).one_or_none()
        if found is None:
            return None
        row, series = found
        row.attempts += 1
        row.claim_owner, row.claim_token = owner, secrets.token_hex(16)
        row.claim_until_utc = now + timedelta(seconds=lease_s)
        return ShadowClaim(series.record(), row.claim_token, row.attempts)


def renew(db: Database, claim: ShadowClaim, *, lease_s: float, now: datetime) -> bool:
    """Extend the lease. ``False``: fenced, or the series is deleted or superseded."""
    with db.transaction() as session:
        row = _held(session, claim)
        if row is None:
            return False
        row.claim_until_utc = now + timedelta(seconds=lease_s)
        return True


def give_back(db: Database, claim: ShadowClaim) -> None:
    """It waits again at its old place, the attempt not charged; nothing if fenced."""
    with db.transaction() as session:
        row = _held(session, claim)
        if row is not None:
            row.attempts -= 1
            _free(row)


def attempt_failed(db: Database, claim: ShadowClaim) -> None:
    """It waits again, behind those that were tried less; nothing if fenced."""
    with db.transaction() as session:
        row = _held(session, claim)
        if row is not None:
            _free(row)


def finish(db: Database, claim: ShadowClaim, end: ShadowEnd, *, now: datetime) -> bool:
    """Write down what came of it. ``False``: fenced, or the series is deleted or superseded."""
    with db.transaction() as session:
        row = _held(session, claim)
        if row is None:
            return False
        row.model_name, row.model_version = end.model.name, end.model.version
        row.model_sha256 = end.model.sha256
        row.outcome, row.result = end.outcome, None if end.result is None else dict(end.result)
        row.reason_code, row.reason_text = end.reason_code, end.reason_text
        row.ended_utc, row.duration_s = now, end.duration_s
        _free(row)
        return True


def release_owned(db: Database, owner: str) -> int:
    """At start: what this owner's former life was at waits again; how many. Attempts stay."""
    statement = select(ShadowRow).where(ShadowRow.outcome.is_(None), ShadowRow.claim_owner == owner)
    with db.transaction() as session:
        left = session.scalars(statement.with_for_update()).all()
        for row in left:
            _free(row)
        return len(left)


def forget_waiting(db: Database) -> None:
    """There is no shadow model any more: what it has not read is not read later either."""
    with db.transaction() as session:
        _forget(session)


def reading_of(db: Database, series_id: int) -> ShadowReading | None:
    """What the shadow model said of one reading; ``None``: it was not asked."""
    statement = (
        select(ShadowRow, Series)
        .join(Series, Series.id == ShadowRow.series_id)
        .where(ShadowRow.series_id == series_id)
    )
    with db.reading() as session:
        found = session.execute(statement).one_or_none()
        return None if found is None else found[0].record(found[1])


def read_twice(db: Database, *, since: datetime) -> Iterator[TwiceRead]:
    """What the shadow model ended since then, in the order of the readings, some at a time.

    Not of superseded readings: each series counts once.
    """
    statement = (
        select(ShadowRow, Series)
        .join(Series, Series.id == ShadowRow.series_id)
        .where(ShadowRow.ended_utc >= since, Series.state.in_(READ_BY_BOTH))
        .order_by(ShadowRow.series_id)
        .limit(PAGE)
    )
    last_id = 0
    while True:
        with db.reading() as session:
            rows = session.execute(statement.where(ShadowRow.series_id > last_id)).all()
            said = _last_verdicts(session, [series.id for _, series in rows])
            found = [
                TwiceRead(series.record(), row.record(series), said.get(series.id))
                for row, series in rows
            ]
        if not found:
            return
        yield from found
        last_id = found[-1].series.id


def _last_verdicts(session: Session, ids: Sequence[int]) -> dict[int, VerdictRecord]:
    statement = select(VerdictRow).where(VerdictRow.series_id.in_(ids)).order_by(VerdictRow.id)
    return {row.series_id: row.record() for row in session.scalars(statement)}


def _held(session: Session, claim: ShadowClaim) -> ShadowRow | None:
    """The claimed row, locked, if the claim still holds and the series is as it was."""
    statement = (
        select(ShadowRow)
        .join(Series, Series.id == ShadowRow.series_id)
        .where(
            ShadowRow.series_id == claim.series.id,
            ShadowRow.claim_token == claim.token,
            Series.state.in_(READ_BY_BOTH),
        )
        .with_for_update(of=ShadowRow)
    )
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _free(row: ShadowRow) -> None:
    row.claim_owner = row.claim_token = row.claim_until_utc = None


def _forget(session: Session, *conditions: ColumnElement[bool]) -> None:
    session.execute(delete(ShadowRow).where(ShadowRow.outcome.is_(None), *conditions))


def _is_superseded() -> ColumnElement[bool]:
    return exists().where(Series.id == ShadowRow.series_id, Series.state == SeriesState.SUPERSEDED)
