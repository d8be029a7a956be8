"""How far the audit trail has come outside, and what its entries are about.

A destination's position is the number of the last entry that was sent there. Numbers have no gap,
so the position says it all: nothing is marked, nothing is copied.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.audit import FIRST_HASH
from storage.database import Database
from storage.models import AuditExportRow, AuditHead, AuditRow, DeliveryRow, Series
from storage.records import AuditBacklog, AuditEntry, AuditExport, AuditSubject


def last_seq(db: Database) -> int:
    """The number of the newest entry; 0: the trail is empty."""
    with db.reading() as session:
        return session.scalar(select(AuditHead.seq)) or 0


def exports(db: Database) -> tuple[AuditExport, ...]:
    """Every destination that entries were ever sent to, by name."""
    with db.reading() as session:
        rows = session.scalars(select(AuditExportRow).order_by(AuditExportRow.destination))
        return tuple(row.record() for row in rows)


def backlog(db: Database, destination: str) -> AuditBacklog:
    """What waits to be sent there."""
    with db.reading() as session:
        newest = session.scalar(select(AuditHead.seq)) or 0
        row = session.get(AuditExportRow, destination)
        sent_up_to = 0 if row is None or row.seq > newest else row.seq
        oldest = session.scalar(select(AuditRow.at_utc).where(AuditRow.seq == sent_up_to + 1))
        return AuditBacklog(newest - sent_up_to, oldest)


def claim(
    db: Database, destination: str, *, owner: str, lease_s: float, now: datetime
) -> AuditExport | None:
    """The position of a destination, kept from others for ``lease_s``.

    It is 0 again if the trail is not the one that was sent: a copy of the database was put back.
    None: another node of this database has it, or it is not due after a failure.
    """

    def work(session: Session) -> AuditExport | None:
        row = session.get(AuditExportRow, destination, with_for_update=True)
        if row is None:
            row = AuditExportRow(
                destination=destination,
                seq=0,
                hash=FIRST_HASH,
                failures=0,
                next_attempt_utc=now,
                claim_owner=None,
                claim_until_utc=None,
            )
            session.add(row)
        taken = row.claim_until_utc is not None and row.claim_until_utc > now
        if row.next_attempt_utc > now or (taken and row.claim_owner != owner):
            return None
        row.claim_owner, row.claim_until_utc = owner, now + timedelta(seconds=lease_s)
        if row.seq and not _is_of_this_trail(session, row):
            row.seq, row.hash = 0, FIRST_HASH
        return row.record()

    return db.converge(work)


def sent(
    db: Database, destination: str, last: AuditEntry, *, owner: str, lease_s: float, now: datetime
) -> bool:
    """All up to ``last`` is there; False: another node took over meanwhile, so go no further."""
    with db.transaction() as session:
        row = _owned(session, destination, owner)
        if row is None:
            return False
        row.seq, row.hash, row.sent_utc = last.seq, last.hash, now
        row.failures, row.last_error, row.next_attempt_utc = 0, None, now
        row.claim_until_utc = now + timedelta(seconds=lease_s)
        return True


def failed(
    db: Database, destination: str, *, error: str, next_attempt_utc: datetime, owner: str
) -> None:
    """Nothing more went there; it is left alone until ``next_attempt_utc``."""
    with db.transaction() as session:
        row = _owned(session, destination, owner)
        if row is not None:
            row.failures += 1
            row.last_error, row.next_attempt_utc = error, next_attempt_utc
            row.claim_owner = row.claim_until_utc = None


def release(db: Database, destination: str, *, owner: str) -> None:
    """Another node may go on."""
    with db.transaction() as session:
        row = _owned(session, destination, owner)
        if row is not None:
            row.claim_owner = row.claim_until_utc = None


def subject_of(db: Database, uid: str) -> AuditSubject | None:
    """The study of a series, or the study itself; None: there is none of that UID."""
    if not uid:
        return None
    with db.reading() as session:
        for column in (Series.series_uid, Series.study_uid):
            statement = select(Series.study_uid, Series.patient_id).where(column == uid)
            found = session.execute(statement.order_by(Series.id.desc()).limit(1)).first()
            if found is not None:
                return AuditSubject(found[0], found[1])
    return None


def subject_of_delivery(db: Database, delivery_id: int) -> AuditSubject | None:
    """The study of which a delivery carries an object."""
    statement = (
        select(Series.study_uid, Series.patient_id, DeliveryRow.peer_name)
        .join(DeliveryRow, DeliveryRow.series_id == Series.id)
        .where(DeliveryRow.id == delivery_id)
    )
    with db.reading() as session:
        found = session.execute(statement).first()
    return None if found is None else AuditSubject(found[0], found[1], found[2])


def _is_of_this_trail(session: Session, row: AuditExportRow) -> bool:
    found = session.scalar(select(AuditRow.hash).where(AuditRow.seq == row.seq))
    return found == row.hash


def _owned(session: Session, destination: str, owner: str) -> AuditExportRow | None:
    row = session.get(AuditExportRow, destination, with_for_update=True, populate_existing=True)
    return row if row is not None and row.claim_owner == owner else None
