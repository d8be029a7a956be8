from __future__ import annotations

import math
from datetime import timedelta

import pytest

from storage import deliveries, queue, series
from storage.database import Database
from storage.errors import AlreadyExistsError, StorageError
from storage.records import Claim, DeliveryState, Priority, SeriesState
from tests.integration.storage.given import (
    LATER,
    LEASE_S,
    MAX_ATTEMPTS,
    NOW,
    OWNER,
    SERIES_UID,
    claimed,
    finish,
    for_peers,
    queued,
    receive,
    report_for,
)

S = SeriesState
TICK = timedelta(microseconds=1)
LEASE = timedelta(seconds=LEASE_S)


def test_no_work_is_no_claim(db: Database) -> None:
    receive(db)
    assert queue.claim_next(db, owner=OWNER, lease_s=LEASE_S, now=LATER) is None


def test_a_claim_has_the_series_a_token_and_a_lease(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    assert claim.series == series.get_series(db, SERIES_UID)
    assert claim.series.state is S.ANALYSING
    assert claim.series.attempts == 1
    assert claim.lease_until_utc == NOW + LEASE
    assert claim.token


def test_the_longest_waiting_comes_first(db: Database) -> None:
    for number, uid in enumerate(["1.3", "1.1", "1.2"]):
        queued(db, uid, now=NOW + number * TICK)
    order = [claimed(db, now=LATER).series.series_uid for _ in range(3)]
    assert order == ["1.3", "1.1", "1.2"]
    assert queue.claim_next(db, owner=OWNER, lease_s=LEASE_S, now=LATER) is None


@pytest.mark.parametrize(
    ("others_wait", "order"),
    [
        (timedelta(0), ["stat", "high", "routine"]),
        (queue.COUNTS_AS_HIGH_AFTER - TICK, ["stat", "high", "routine"]),
        (queue.COUNTS_AS_HIGH_AFTER, ["stat", "routine", "high"]),
        (queue.COUNTS_AS_STAT_AFTER - TICK, ["stat", "routine", "high"]),
        (queue.COUNTS_AS_STAT_AFTER, ["routine", "stat", "high"]),
    ],
)
def test_the_urgent_come_first_but_nobody_waits_for_ever(
    db: Database, others_wait: timedelta, order: list[str]
) -> None:
    queued(db, "1.1", now=NOW, priority=Priority.ROUTINE)
    for uid, priority in (("1.2", Priority.HIGH), ("1.3", Priority.STAT)):
        queued(db, uid, now=NOW + others_wait, priority=priority)
    claims = [claimed(db, now=NOW + others_wait) for _ in range(3)]
    assert [each.series.priority.value for each in claims] == order


def test_a_high_series_that_waited_long_goes_before_a_new_stat_one(db: Database) -> None:
    end = NOW + queue.COUNTS_AS_STAT_AFTER
    queued(db, "1.1", now=NOW, priority=Priority.HIGH)
    queued(db, "1.2", now=end, priority=Priority.STAT)
    assert [claimed(db, now=end).series.series_uid for _ in range(2)] == ["1.1", "1.2"]


def test_a_lease_protects_until_it_ends(db: Database) -> None:
    queued(db)
    first = claimed(db)
    assert queue.claim_next(db, owner="x", lease_s=LEASE_S, now=NOW + LEASE - TICK) is None
    second = claimed(db, owner="node-2", now=NOW + LEASE)
    assert second.series.id == first.series.id
    assert second.series.attempts == 2
    assert second.token != first.token
    notes = [step.note for step in series.timeline(db, first.series.id)[-2:]]
    assert OWNER in notes[0]
    assert "node-2" in notes[1]


def test_a_renewed_lease_lasts_longer(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    assert queue.renew(db, claim, lease_s=LEASE_S, now=NOW + LEASE - TICK)
    assert queue.claim_next(db, owner="x", lease_s=LEASE_S, now=NOW + LEASE) is None


def test_a_lease_that_nobody_else_took_may_still_be_renewed_and_used(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    assert queue.renew(db, claim, lease_s=LEASE_S, now=LATER)
    finish(db, claim, now=LATER)


def test_a_late_writer_is_fenced(db: Database) -> None:
    queued(db)
    late = claimed(db)
    holder = claimed(db, owner="node-2", now=LATER)
    before = series.get_series(db, SERIES_UID), series.timeline(db, late.series.id)
    assert_fenced(db, late)
    assert (series.get_series(db, SERIES_UID), series.timeline(db, late.series.id)) == before
    assert queue.renew(db, holder, lease_s=LEASE_S, now=LATER)


def test_a_claim_that_was_given_back_is_worth_nothing(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    assert queue.give_back(db, claim, note="The node stops.", now=NOW)
    assert_fenced(db, claim)
    again = claimed(db)
    assert_fenced(db, claim)
    assert again.series.attempts == 1, "the attempt was not charged"


def assert_fenced(db: Database, claim: Claim) -> None:
    assert not queue.renew(db, claim, lease_s=LEASE_S, now=LATER)
    assert not queue.give_back(db, claim, note="n", now=LATER)
    assert not queue.finish_not_analysed(db, claim, code="c", text="t", now=LATER)
    assert queue.attempt_failed(db, claim, text="t", max_attempts=1, now=LATER) is None
    assert not queue.finish_analysed(
        db,
        claim,
        result={},
        objects=[report_for(claim.series)],
        deliveries=for_peers(report_for(claim.series), "p"),
        now=LATER,
    )
    assert deliveries.report_of(db, claim.series.id) is None
    assert deliveries.deliveries_of(db, claim.series.id) == ()


def test_a_series_given_back_keeps_its_place(db: Database) -> None:
    queued(db, "1.1", now=NOW)
    queued(db, "1.2", now=NOW + TICK)
    queue.give_back(db, claimed(db, now=LATER), note="The node stops.", now=LATER)
    assert claimed(db, now=LATER).series.series_uid == "1.1"


def test_a_failed_attempt_goes_behind_the_others(db: Database) -> None:
    queued(db, "1.1", now=NOW)
    queued(db, "1.2", now=NOW + TICK)
    state = queue.attempt_failed(
        db, claimed(db, now=LATER), text="It crashed.", max_attempts=MAX_ATTEMPTS, now=LATER
    )
    assert state is S.QUEUED
    assert claimed(db, now=LATER).series.series_uid == "1.2"


def test_a_series_is_given_up_after_so_many_attempts(db: Database) -> None:
    record = queued(db)
    states = [
        queue.attempt_failed(
            db, claimed(db), text=f"Crash {number}.", max_attempts=MAX_ATTEMPTS, now=NOW
        )
        for number in range(MAX_ATTEMPTS)
    ]
    assert states == [S.QUEUED, S.QUEUED, S.FAILED]
    after = series.get_series(db, SERIES_UID)
    assert (after.reason_code, after.reason_text) == (queue.ANALYSIS_FAILED, "Crash 2.")
    assert series.timeline(db, record.id)[-1].note == "Crash 2."
    assert queue.claim_next(db, owner=OWNER, lease_s=LEASE_S, now=LATER) is None


def test_not_analysed_gives_its_reason(db: Database) -> None:
    queued(db)
    assert queue.finish_not_analysed(db, claimed(db), code="c", text="No spine.", now=LATER)
    after = series.get_series(db, SERIES_UID)
    assert (after.state, after.reason_code, after.reason_text) == (S.NOT_ANALYSED, "c", "No spine.")
    assert deliveries.report_of(db, after.id) is None


def test_an_analysis_leaves_result_report_and_deliveries(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    result = {"patient_overall": 0.1, "levels": {"C1": None}, "findings": [], "text": "ü\0"}
    report = report_for(claim.series)
    assert queue.finish_analysed(
        db,
        claim,
        result=result,
        objects=[report],
        deliveries=for_peers(report, "a", "b"),
        now=LATER,
    )
    after = series.get_series(db, SERIES_UID)
    assert after.state is S.ANALYSED
    assert after.result == result
    recorded = deliveries.report_of(db, after.id)
    assert recorded is not None
    assert recorded.sop_instance_uid == report.sop_instance_uid
    assert recorded.sop_class_uid == report.sop_class_uid
    assert recorded.path == report.path
    assert (recorded.series_id, recorded.created_utc) == (after.id, LATER)
    found = deliveries.deliveries_of(db, after.id)
    assert [each.peer_name for each in found] == ["a", "b"]
    for each in found:
        assert each.state is DeliveryState.PENDING
        assert (each.attempts, each.last_error) == (0, None)
        assert each.next_attempt_utc == LATER
        assert (each.sop_instance_uid, each.path) == (report.sop_instance_uid, report.path)
        assert each.sop_class_uid == report.sop_class_uid


def test_without_destinations_an_analysis_stays_analysed(db: Database) -> None:
    queued(db)
    finish(db, claimed(db))
    assert series.get_series(db, SERIES_UID).state is S.ANALYSED
    assert deliveries.due_deliveries(db, LATER) == ()


def test_a_uid_that_another_report_has_writes_nothing(db: Database) -> None:
    queued(db, "1.1")
    first = claimed(db)
    finish(db, first)
    queued(db, "1.2")
    second = claimed(db)
    with pytest.raises(AlreadyExistsError):
        queue.finish_analysed(
            db, second, result={}, objects=[report_for(first.series)], deliveries=[], now=LATER
        )
    assert series.get_series(db, "1.2").state is S.ANALYSING
    assert series.get_series(db, "1.2").result is None
    finish(db, second)


@pytest.mark.parametrize("value", [math.nan, math.inf, object()])
def test_a_result_that_is_no_json_writes_nothing(db: Database, value: object) -> None:
    queued(db)
    claim = claimed(db)
    with pytest.raises(StorageError):
        queue.finish_analysed(
            db,
            claim,
            result={"patient_overall": value},
            objects=[report_for(claim.series)],
            deliveries=[],
            now=LATER,
        )
    assert series.get_series(db, SERIES_UID).state is S.ANALYSING


def test_a_former_life_s_work_is_released_with_its_attempts(db: Database) -> None:
    for uid in ("1.1", "1.2", "1.3"):
        queued(db, uid)
    mine = {claimed(db).series.series_uid for _ in range(2)}
    other = claimed(db, owner="node-2")
    assert queue.release_owned(db, OWNER, now=NOW) == 2
    assert queue.release_owned(db, OWNER, now=NOW) == 0
    again = [claimed(db), claimed(db)]
    assert {claim.series.series_uid for claim in again} == mine
    assert [claim.series.attempts for claim in again] == [2, 2]
    assert queue.renew(db, other, lease_s=LEASE_S, now=NOW)


def test_reports_of_two_generations_are_two(db: Database) -> None:
    queued(db)
    first = claimed(db)
    finish(db, first)
    receive(db, "1.2.1000", quiet_s=0, now=NOW)
    record = series.get_series(db, SERIES_UID)
    series.mark_complete(db, record.id, fingerprint="f", now=NOW)
    series.enqueue(db, record.id, fingerprint="f", now=NOW)
    second = claimed(db)
    finish(db, second)
    one, two = (deliveries.report_of(db, claim.series.id) for claim in (first, second))
    assert one is not None
    assert two is not None
    assert one.sop_instance_uid != two.sop_instance_uid
