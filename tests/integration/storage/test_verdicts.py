from __future__ import annotations

import pytest

from storage import deliveries, queue, series, verdicts
from storage.database import Database
from storage.errors import AlreadyExistsError, NotFoundError
from storage.records import Piece, SeriesRecord, SeriesState, VerdictRecord
from tests.integration.storage.given import (
    LATER,
    NOW,
    SERIES_UID,
    claimed,
    finish,
    for_peers,
    queued,
    report_for,
    series_in,
)


def judge(db: Database, record: SeriesRecord, ordinal: int = 0) -> VerdictRecord:
    report = report_for(record, Piece.VERDICT, ordinal)
    return verdicts.add_verdict(
        db,
        record.id,
        reader="Reader^Änne",
        organization="Hospital",
        document={"levels": {"C2": "reject"}, "number": ordinal},
        report=report,
        deliveries=for_peers(report, "pacs"),
        now=LATER,
    )


def test_verdicts_follow_one_another(db: Database) -> None:
    record, _ = series_in(db, SeriesState.REPORTED)
    assert verdicts.verdicts_of(db, record.id) == ()
    first, second = judge(db, record), judge(db, record, 1)
    assert verdicts.verdicts_of(db, record.id) == (first, second)
    assert (first.reader, first.organization, first.at_utc) == ("Reader^Änne", "Hospital", LATER)
    assert first.document == {"levels": {"C2": "reject"}, "number": 0}
    pieces = [(each.piece, each.ordinal) for each in deliveries.objects_of(db, record.id)]
    assert pieces == [(Piece.REPORT, 0), (Piece.VERDICT, 0), (Piece.VERDICT, 1)]
    assert all("Reader" not in step.note for step in series.timeline(db, record.id))


def test_a_verdict_is_sent_behind_the_reading_and_leaves_it_reported(db: Database) -> None:
    record, _ = series_in(db, SeriesState.REPORTED)
    judge(db, record)
    report, verdict = deliveries.deliveries_of(db, record.id)
    assert (report.position, verdict.position) == (0, 1)
    deliveries.delivered(db, verdict.id, note="", now=LATER)
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED


def test_a_verdict_that_does_not_know_the_last_one_is_refused_whole(db: Database) -> None:
    record, _ = series_in(db, SeriesState.REPORTED)
    judge(db, record)
    with pytest.raises(AlreadyExistsError, match="another verdict"):
        judge(db, record)
    assert len(verdicts.verdicts_of(db, record.id)) == 1
    assert len(deliveries.deliveries_of(db, record.id)) == 2


def test_a_verdict_on_nothing(db: Database) -> None:
    record, _ = series_in(db, SeriesState.REPORTED)
    report = report_for(record, Piece.VERDICT)
    with pytest.raises(NotFoundError):
        verdicts.add_verdict(
            db, 77, reader="", organization="", document={}, report=report, now=NOW
        )


def test_objects_are_listed_by_piece_and_ordinal(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    kinds = [(Piece.HEAT_MAP, 0), (Piece.KEY_IMAGE, 1), (Piece.REPORT, 0), (Piece.KEY_IMAGE, 0)]
    objects = [report_for(claim.series, piece, ordinal) for piece, ordinal in kinds]
    assert queue.finish_analysed(db, claim, result={}, objects=objects, deliveries=[], now=NOW)
    listed = deliveries.objects_of(db, claim.series.id)
    assert [(each.piece, each.ordinal) for each in listed] == [
        (Piece.REPORT, 0),
        (Piece.KEY_IMAGE, 0),
        (Piece.KEY_IMAGE, 1),
        (Piece.HEAT_MAP, 0),
    ]
    assert deliveries.report_of(db, claim.series.id) == listed[0]


def test_a_series_sent_out_as_not_analysed_is_retried_as_a_new_reading(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    summary = report_for(claim.series, Piece.SUMMARY)
    assert queue.finish_not_analysed(
        db,
        claim,
        code="c",
        text="No spine.",
        objects=[summary],
        deliveries=for_peers(summary, "pacs"),
        now=NOW,
    )
    (due,) = deliveries.due_deliveries(db, NOW)
    assert due.sop_instance_uid == summary.sop_instance_uid
    deliveries.delivered(db, due.id, note="", now=NOW)
    assert series.get_series(db, SERIES_UID).state is SeriesState.NOT_ANALYSED
    again = series.retry(db, SERIES_UID, now=LATER)
    assert again == series.get_series(db, SERIES_UID)
    assert (again.state, again.generation, again.predecessor_id) == (
        SeriesState.RECEIVING,
        2,
        claim.series.id,
    )
    assert [each.id for each in series.due(db, LATER)] == [again.id]
    assert (again.instance_count, again.attempts, again.reason_code) == (1, 0, None)
    series.mark_complete(db, again.id, fingerprint="f", now=LATER)
    series.enqueue(db, again.id, fingerprint="f", now=LATER)
    finish(db, claimed(db, now=LATER), "pacs", now=LATER)
    assert len(deliveries.objects_of(db, again.id)) == 1
