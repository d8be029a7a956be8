"""What the tests of storage start from: instances, and a series in each state."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from storage import deliveries, instances, queue, series
from storage.database import Database
from storage.records import (
    Claim,
    InstanceFacts,
    NewDelivery,
    NewObject,
    Piece,
    Priority,
    ReceiptOutcome,
    SeriesRecord,
    SeriesState,
    StoredFile,
)

NOW: Final = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER: Final = NOW + timedelta(hours=1)
QUIET_S: Final = 30
LEASE_S: Final = 60
MAX_ATTEMPTS: Final = 3
SERIES_UID: Final = "1.2.9"
FINGERPRINT: Final = "f" * 64
OWNER: Final = "node-1"
PEER: Final = "pacs"


def facts(
    sop_instance_uid: str = "1.2.3",
    series_uid: str = SERIES_UID,
    *,
    source_aet: str = "SCANNER",
    patient_name: str = "Doe^Jane",
    station_name: str = "CT 1",
    priority: Priority = Priority.ROUTINE,
) -> InstanceFacts:
    return InstanceFacts(
        sop_instance_uid=sop_instance_uid,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        study_uid="1.2.1",
        series_uid=series_uid,
        patient_id="P1",
        patient_name=patient_name,
        accession_number="A1",
        study_description="Neck",
        series_description="Bone 1.0",
        study_date=date(2026, 2, 28),
        modality="CT",
        source_aet=source_aet,
        called_aet="CSPINE",
        source_host="192.0.2.7",
        station_name=station_name,
        priority=priority,
    )


def file_of(sop_instance_uid: str = "1.2.3", *, content: str = "a") -> StoredFile:
    """A stored file's description; the database never opens it."""
    path = Path(f"/data/instances/1.2.1/1.2.9/{sop_instance_uid}.dcm")
    return StoredFile(path, (content * 64)[:64], 1000)


def receive(
    db: Database,
    sop_instance_uid: str = "1.2.3",
    series_uid: str = SERIES_UID,
    *,
    now: datetime = NOW,
    quiet_s: float = QUIET_S,
    content: str = "a",
    priority: Priority = Priority.ROUTINE,
) -> ReceiptOutcome:
    return instances.record_instance(
        db,
        facts(sop_instance_uid, series_uid, priority=priority),
        file_of(sop_instance_uid, content=content),
        quiet_s=quiet_s,
        now=now,
    )


def complete(
    db: Database,
    series_uid: str = SERIES_UID,
    *,
    now: datetime = NOW,
    priority: Priority = Priority.ROUTINE,
) -> SeriesRecord:
    receive(db, f"{series_uid}.1", series_uid, now=now, quiet_s=0, priority=priority)
    record = series.get_series(db, series_uid)
    assert series.mark_complete(db, record.id, fingerprint=FINGERPRINT, now=now)
    return series.get_series(db, series_uid)


def queued(
    db: Database,
    series_uid: str = SERIES_UID,
    *,
    now: datetime = NOW,
    priority: Priority = Priority.ROUTINE,
) -> SeriesRecord:
    record = complete(db, series_uid, now=now, priority=priority)
    assert series.enqueue(db, record.id, fingerprint=FINGERPRINT, now=now)
    return series.get_series(db, series_uid)


def claimed(
    db: Database, *, owner: str = OWNER, lease_s: float = LEASE_S, now: datetime = NOW
) -> Claim:
    claim = queue.claim_next(db, owner=owner, lease_s=lease_s, now=now)
    assert claim is not None
    return claim


def report_for(record: SeriesRecord, piece: Piece = Piece.REPORT, ordinal: int = 0) -> NewObject:
    uid = f"2.25.{record.id}"
    if piece is not Piece.REPORT:
        uid += f".{list(Piece).index(piece)}.{ordinal}"
    path = Path(f"/data/reports/{uid}.dcm")
    return NewObject(piece, ordinal, uid, "1.2.840.10008.5.1.4.1.1.88.34", path)


def for_peers(obj: NewObject, *peer_names: str) -> list[NewDelivery]:
    return [NewDelivery(obj.sop_instance_uid, name) for name in peer_names]


def finish(db: Database, claim: Claim, *destinations: str, now: datetime = NOW) -> None:
    assert queue.finish_analysed(
        db,
        claim,
        result={"patient_overall": 0.25, "levels": {"C1": 0.5, "C2": None}},
        objects=[report_for(claim.series)],
        deliveries=for_peers(report_for(claim.series), *destinations),
        now=now,
    )


def series_in(db: Database, state: SeriesState) -> tuple[SeriesRecord, Claim | None]:
    """A series brought to ``state`` by the public functions, and the claim it once had."""
    claim = None
    if state is SeriesState.RECEIVING:
        receive(db)
    elif state is SeriesState.COMPLETE:
        complete(db)
    elif state is SeriesState.NOT_ANALYSED:
        record = complete(db)
        assert series.refuse(db, record.id, code="localizer", text="A localizer.", now=NOW)
    else:
        queued(db)
    if state in {
        SeriesState.ANALYSING,
        SeriesState.ANALYSED,
        SeriesState.REPORTED,
        SeriesState.FAILED,
        SeriesState.SUPERSEDED,
    }:
        claim = claimed(db)
    if claim and state is SeriesState.FAILED:
        queue.attempt_failed(db, claim, text="It crashed.", max_attempts=1, now=NOW)
    if claim and state in {SeriesState.ANALYSED, SeriesState.REPORTED}:
        finish(db, claim, PEER)
    if claim and state is SeriesState.REPORTED:
        (delivery,) = deliveries.due_deliveries(db, NOW)
        deliveries.delivered(db, delivery.id, note="", now=NOW)
    record = series.get_series(db, SERIES_UID)
    if state is SeriesState.SUPERSEDED:
        receive(db, "1.2.999")
    record = series.get_series_by_id(db, record.id)
    assert record.state is state
    return record, claim
