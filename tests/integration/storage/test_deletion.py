"""Deleting a series on both databases: what goes, what stays, and what is not deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage import changes, commitments, deletion, deliveries, instances, series, verdicts
from storage.columns import Base
from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError
from storage.records import Forgotten, NewObject, Piece, SeriesState
from tests.integration.storage.given import (
    LATER,
    NOW,
    PEER,
    SERIES_UID,
    claimed,
    facts,
    file_of,
    finish,
    for_peers,
    queued,
    receive,
    report_for,
    series_in,
)

KEPT = {"deleted_series", "deleted_results"}


def forget(db: Database, uid: str = SERIES_UID, *, token: str = "t", **more: object) -> Forgotten:
    return deletion.forget_series(
        db,
        uid,
        token=token,
        actor="ann",
        cause="a person asked",
        now=LATER,
        **more,  # type: ignore[arg-type]
    )


def rows(db: Database) -> dict[str, int]:
    with db.reading() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name not in KEPT
        }


def reported(db: Database, uid: str) -> None:
    queued(db, uid)
    finish(db, claimed(db), PEER)
    (due,) = deliveries.due_deliveries(db, NOW)
    deliveries.delivered(db, due.id, note="", now=NOW)


@pytest.mark.parametrize("state", SeriesState)
def test_a_series_goes_with_all_its_rows_in_every_state_but_one(
    db: Database, state: SeriesState
) -> None:
    empty = rows(db)
    series_in(db, state)
    if state is SeriesState.ANALYSING:
        before = rows(db)
        with pytest.raises(IllegalTransitionError, match="being analysed"):
            forget(db)
        assert rows(db) == before
        return
    forget(db)
    assert rows(db) == empty
    with pytest.raises(NotFoundError):
        forget(db, token="u")


def test_verdicts_conflicts_and_commitments_go_too_and_another_series_stays(db: Database) -> None:
    reported(db, "1.2.7")
    other = rows(db)
    queued(db)
    finish(db, claimed(db), PEER)
    of = series.get_series(db, SERIES_UID)
    instances.record_conflict(db, facts("1.2.9.1"), file_of("1.2.9.1", content="b"), now=NOW)
    report = NewObject(Piece.VERDICT, 0, "2.25.77", "1.2.840", report_for(of).path)
    verdicts.add_verdict(
        db,
        of.id,
        reader="R^A",
        organization="T",
        document={},
        report=report,
        deliveries=for_peers(report, PEER),
        now=NOW,
    )
    (due,) = deliveries.due_deliveries(db, NOW)
    deliveries.sent(db, due.id, note="", now=NOW)
    commitments.commitment_requested(db, "2.25.5", PEER, [due.id], deadline_utc=LATER, now=NOW)

    gone = forget(db)

    assert rows(db) == other
    left = gone.tombstone
    assert (left.instance_count, left.result_count, left.verdict_count) == (1, 2, 1)
    assert (left.kept_by, left.not_sent) == ({PEER: 1}, 1)
    assert len(gone.paths) == 4
    assert deletion.tombstone_of(db, SERIES_UID) == left
    assert deletion.tombstone_of(db, "1.2.7") is None
    assert commitments.peer_asked(db, "2.25.5") is None
    assert instances.is_result(db, "2.25.77"), "what was made here is never taken back"


def test_what_is_being_sent_is_not_deleted_under_the_courier(db: Database) -> None:
    queued(db)
    finish(db, claimed(db), PEER)
    deliveries.claim_due(db, PEER, owner="a", lease_s=7200, now=NOW)
    with pytest.raises(IllegalTransitionError, match="being sent"):
        forget(db)
    deliveries.release_claims(db, "a")
    forget(db)


def test_a_deleted_series_can_come_again_and_go_again(db: Database) -> None:
    for token in ("a", "b"):
        reported(db, SERIES_UID)
        forget(db, token=token)
        left = deletion.tombstone_of(db, SERIES_UID)
        assert left is not None
        assert left.token == token
        with db.transaction() as session:  # its report's UID would be used again by ``given``
            session.execute(Base.metadata.tables["deleted_results"].delete())


def test_who_watches_hears_of_it_and_misses_nothing_after_it(db: Database) -> None:
    series_in(db, SeriesState.NOT_ANALYSED)
    seen = changes.latest_change(db)
    forget(db)
    (last,) = changes.changes_after(db, seen)
    assert (last.series_uid, last.deleted, last.state) == (SERIES_UID, True, None)
    assert changes.latest_change(db) == last.id
    receive(db, "1.2.88", "1.2.8")
    assert [each.series_uid for each in changes.changes_after(db, last.id)] == ["1.2.8"]


DAY = timedelta(days=1)


def test_only_what_ended_and_was_delivered_long_ago_is_expired(db: Database) -> None:
    reported(db, "1.2.7")
    reported(db, "1.2.6")
    queued(db, "1.2.5")
    assert deletion.expired_series(db, NOW, limit=9) == (), "not yet"
    assert deletion.expired_series(db, NOW + DAY, limit=9) == ("1.2.7", "1.2.6")
    assert deletion.expired_series(db, NOW + DAY, limit=1) == ("1.2.7",)


def _resent(db: Database) -> None:
    deliveries.resend(db, deliveries.deliveries_of(db, _id(db))[0].id, now=NOW)


def _retried(db: Database) -> None:
    receive(db, "1.2.999")


def _noted(db: Database) -> None:
    report = NewObject(Piece.VERDICT, 0, "2.25.77", "1.2.840", file_of().path)
    verdicts.add_verdict(
        db, _id(db), reader="R^A", organization="T", document={}, report=report, now=NOW + 2 * DAY
    )


def _id(db: Database) -> int:
    return series.get_series(db, SERIES_UID).id


@pytest.mark.parametrize("then", [_resent, _retried, _noted])
def test_what_still_lives_is_not_expired(db: Database, then: Callable[[Database], None]) -> None:
    reported(db, SERIES_UID)
    then(db)
    assert deletion.expired_series(db, NOW + DAY, limit=9) == ()
    with pytest.raises(NotFoundError):
        forget(db, ended_before=NOW + DAY)
    assert series.get_series(db, SERIES_UID).series_uid == SERIES_UID


@pytest.mark.parametrize(
    "state", [state for state in SeriesState if state is not SeriesState.REPORTED]
)
def test_what_nobody_got_is_not_expired(db: Database, state: SeriesState) -> None:
    series_in(db, state)
    assert deletion.expired_series(db, NOW + 400 * DAY, limit=9) == ()
