"""The index of received instances, and what a receipt means for its series."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.models import Conflict, DeletedResult, Instance, Report, Series
from storage.records import (
    InstanceFacts,
    InstanceRecord,
    ReceiptOutcome,
    SeriesState,
    StoredFile,
)
from storage.transitions import begin_reading, change_state, locked_series, next_generation

BATCH_SIZE: Final = 500
REOPENED: Final = frozenset({SeriesState.COMPLETE, SeriesState.QUEUED})
"""States in which a late slice joins the reading: its analysis has not begun."""


def record_instance(
    db: Database, facts: InstanceFacts, file: StoredFile, *, quiet_s: float, now: datetime
) -> ReceiptOutcome:
    """Index a durable instance and push its series' quiet timer to ``now + quiet_s``.

    The first instance of a series makes its row. A late one sends a complete or queued series
    back to receiving; once the analysis has begun it supersedes that reading (a running analysis
    loses its lease) by a new generation that has all instances.

    Returns:
        NEW; DUPLICATE if it is indexed with the same content (nothing changes); CONFLICT if it is
        indexed with other content (in another series or study, since one path holds one content):
        the file is remembered as by :func:`record_conflict`.
    """

    def work(session: Session) -> ReceiptOutcome:
        known = session.get(Instance, facts.sop_instance_uid)
        if known is not None:
            if known.sha256 == file.sha256:
                return ReceiptOutcome.DUPLICATE
            _remember_conflict(session, facts, file, now)
            return ReceiptOutcome.CONFLICT
        series = _receiving_series(session, facts, quiet_s=quiet_s, now=now)
        session.add(
            Instance(
                sop_instance_uid=facts.sop_instance_uid,
                series_id=series.id,
                sha256=file.sha256,
                **_columns(facts, file, now),
            )
        )
        return ReceiptOutcome.NEW

    return db.converge(work)


def record_conflict(db: Database, facts: InstanceFacts, file: StoredFile, *, now: datetime) -> None:
    """Remember a file that was kept aside; once, however often the same content comes."""
    db.converge(lambda session: _remember_conflict(session, facts, file, now))


def conflicts_of(db: Database, series_uid: str) -> tuple[InstanceRecord, ...]:
    """What was kept aside of a series, oldest first."""
    statement = (
        select(Conflict)
        .where(Conflict.series_uid == series_uid)
        .order_by(Conflict.received_utc, Conflict.sop_instance_uid, Conflict.sha256)
    )
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def instances_of(db: Database, series_uid: str) -> tuple[InstanceRecord, ...]:
    """The instances of a series, by SOP Instance UID."""
    statement = (
        select(Instance)
        .where(Instance.series_uid == series_uid)
        .order_by(Instance.sop_instance_uid)
    )
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def middle_of(db: Database, series_uid: str) -> str | None:
    """The SOP Instance UID that came as the middle one; None where nothing is left."""
    mine = Instance.series_uid == series_uid
    with db.reading() as session:
        count = session.scalar(select(func.count()).select_from(Instance).where(mine)) or 0
        statement = (
            select(Instance.sop_instance_uid)
            .where(mine)
            .order_by(Instance.received_utc, Instance.sop_instance_uid)
            .offset(count // 2)
            .limit(1)
        )
        return session.scalar(statement)


def is_result(db: Database, sop_instance_uid: str) -> bool:
    """Whether this node made the object of that UID itself, also if it was deleted since."""
    with db.reading() as session:
        return any(
            session.get(kind, sop_instance_uid) is not None for kind in (Report, DeletedResult)
        )


def unindexed(db: Database, paths: Iterable[Path]) -> tuple[Path, ...]:
    """Those instance files (named by their SOP Instance UID) that the index does not know."""
    found: list[Path] = []
    rest = iter(paths)
    while batch := list(islice(rest, BATCH_SIZE)):
        statement = select(Instance.sop_instance_uid).where(
            Instance.sop_instance_uid.in_([path.stem for path in batch])
        )
        with db.reading() as session:
            known = set(session.scalars(statement))
        found += [path for path in batch if path.stem not in known]
    return tuple(found)


def _receiving_series(
    session: Session, facts: InstanceFacts, *, quiet_s: float, now: datetime
) -> Series:
    """The live series row, receiving, with one instance more."""
    quiet_until = now + timedelta(seconds=quiet_s)
    series = locked_series(
        session, Series.series_uid == facts.series_uid, Series.state != SeriesState.SUPERSEDED
    )
    if series is None:
        return _first_generation(session, facts, quiet_until=quiet_until, now=now)
    if series.state is not SeriesState.RECEIVING:
        if series.state not in REOPENED:
            series = next_generation(
                session, series, cause="a late instance came", quiet_until=quiet_until, now=now
            )
            series.source_aet, series.called_aet = facts.source_aet, facts.called_aet
            series.instance_count += 1
            series.last_received_utc = max(series.last_received_utc, now)
            return series
        change_state(
            session, series, SeriesState.RECEIVING, note="a further instance came", now=now
        )
        series.queued_utc = None
    series.instance_count += 1
    # Receivers run side by side: their clocks' readings need not come in order.
    series.last_received_utc = max(series.last_received_utc, now)
    series.quiet_until_utc = max(series.quiet_until_utc, quiet_until)
    return series


def _first_generation(
    session: Session, facts: InstanceFacts, *, quiet_until: datetime, now: datetime
) -> Series:
    series = Series(
        series_uid=facts.series_uid,
        generation=1,
        study_uid=facts.study_uid,
        state=SeriesState.RECEIVING,
        patient_id=facts.patient_id,
        patient_name=facts.patient_name,
        accession_number=facts.accession_number,
        study_description=facts.study_description,
        series_description=facts.series_description,
        study_date=facts.study_date,
        modality=facts.modality,
        station_name=facts.station_name,
        priority=facts.priority,
        source_aet=facts.source_aet,
        called_aet=facts.called_aet,
        instance_count=1,
        first_received_utc=now,
        last_received_utc=now,
        quiet_until_utc=quiet_until,
        attempts=0,
    )
    begin_reading(session, series, note="the first instance came", now=now)
    return series


def _remember_conflict(
    session: Session, facts: InstanceFacts, file: StoredFile, now: datetime
) -> None:
    if session.get(Conflict, (facts.sop_instance_uid, file.sha256)) is None:
        session.add(
            Conflict(
                sop_instance_uid=facts.sop_instance_uid,
                sha256=file.sha256,
                **_columns(facts, file, now),
            )
        )


def _columns(facts: InstanceFacts, file: StoredFile, now: datetime) -> dict[str, Any]:
    return {
        "sop_class_uid": facts.sop_class_uid,
        "transfer_syntax_uid": facts.transfer_syntax_uid,
        "study_uid": facts.study_uid,
        "series_uid": facts.series_uid,
        "path": str(file.path),
        "size_bytes": file.size_bytes,
        "source_aet": facts.source_aet,
        "called_aet": facts.called_aet,
        "source_host": facts.source_host,
        "received_utc": now,
    }
