from __future__ import annotations

from datetime import timedelta

import pytest

from storage import queue, series
from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError
from storage.records import SeriesState
from tests.integration.storage.given import (
    FINGERPRINT,
    LATER,
    NOW,
    QUIET_S,
    SERIES_UID,
    claimed,
    complete,
    queued,
    receive,
    series_in,
)

S = SeriesState
TICK = timedelta(microseconds=1)
QUIET_UNTIL = NOW + timedelta(seconds=QUIET_S)


def test_what_is_not_there_is_not_found(db: Database) -> None:
    with pytest.raises(NotFoundError):
        series.get_series(db, SERIES_UID)
    with pytest.raises(NotFoundError):
        series.get_series_by_id(db, 1)
    assert series.timeline(db, 1) == ()
    assert not series.mark_complete(db, 1, fingerprint=FINGERPRINT, now=LATER)


def test_times_come_back_exactly_and_in_utc(db: Database) -> None:
    receive(db)
    record = series.get_series(db, SERIES_UID)
    assert record.first_received_utc == NOW
    assert record.first_received_utc.utcoffset() == timedelta(0)


def test_a_series_is_due_from_the_end_of_its_quiet_time_on(db: Database) -> None:
    receive(db)
    assert series.due(db, QUIET_UNTIL - TICK) == ()
    assert [each.series_uid for each in series.due(db, QUIET_UNTIL)] == [SERIES_UID]


def test_the_longest_quiet_is_due_first(db: Database) -> None:
    receive(db, "1", "1.3", now=NOW + TICK)
    receive(db, "2", "1.1", now=NOW + 2 * TICK)
    receive(db, "3", "1.2", now=NOW)
    assert [each.series_uid for each in series.due(db, LATER)] == ["1.2", "1.3", "1.1"]


def test_complete_only_when_quiet(db: Database) -> None:
    receive(db)
    record = series.get_series(db, SERIES_UID)
    assert not series.mark_complete(db, record.id, fingerprint=FINGERPRINT, now=QUIET_UNTIL - TICK)
    assert series.mark_complete(db, record.id, fingerprint=FINGERPRINT, now=QUIET_UNTIL)
    after = series.get_series(db, SERIES_UID)
    assert (after.state, after.fingerprint) == (S.COMPLETE, FINGERPRINT)
    assert [each.id for each in series.complete_series(db)] == [record.id]


def test_an_instance_between_look_and_mark_wins(db: Database) -> None:
    receive(db, "1.2.3")
    (record,) = series.due(db, QUIET_UNTIL)
    receive(db, "1.2.4", now=QUIET_UNTIL)
    assert not series.mark_complete(db, record.id, fingerprint=FINGERPRINT, now=QUIET_UNTIL)
    assert series.get_series(db, SERIES_UID).state is S.RECEIVING


def test_an_instance_between_judgement_and_queue_wins(db: Database) -> None:
    record = complete(db)
    receive(db, "1.2.4", now=LATER)
    assert not series.enqueue(db, record.id, fingerprint=FINGERPRINT, now=LATER)
    assert not series.refuse(db, record.id, code="c", text="t", now=LATER)
    assert series.get_series(db, SERIES_UID).state is S.RECEIVING


def test_a_judgement_of_other_instances_queues_nothing(db: Database) -> None:
    record = complete(db)
    assert not series.enqueue(db, record.id, fingerprint="0" * 64, now=LATER)
    assert series.get_series(db, SERIES_UID).state is S.COMPLETE


def test_a_refusal_gives_its_reason(db: Database) -> None:
    record = complete(db)
    assert series.refuse(db, record.id, code="localizer", text="A localizer.", now=LATER)
    after = series.get_series(db, SERIES_UID)
    assert (after.reason_code, after.reason_text) == ("localizer", "A localizer.")
    assert series.timeline(db, record.id)[-1].note == "A localizer."
    assert series.complete_series(db) == ()


def test_a_series_that_cannot_be_judged_is_parked_with_its_reason(db: Database) -> None:
    record = complete(db)
    assert series.park(db, record.id, code="internal_error", text="A bug.", now=LATER)
    after = series.get_series(db, SERIES_UID)
    assert (after.state, after.reason_code, after.reason_text) == (
        S.FAILED,
        "internal_error",
        "A bug.",
    )
    assert series.complete_series(db) == ()
    assert series.retry(db, SERIES_UID, now=LATER).state is S.RECEIVING


@pytest.mark.parametrize("state", [S.NOT_ANALYSED, S.FAILED])
def test_a_retry_starts_afresh(db: Database, state: SeriesState) -> None:
    before, _ = series_in(db, state)
    after = series.retry(db, SERIES_UID, now=LATER)
    assert after == series.get_series(db, SERIES_UID)
    assert (after.id, after.state) == (before.id, S.RECEIVING)
    assert after.quiet_until_utc == LATER
    assert (after.attempts, after.reason_code, after.reason_text) == (0, None, None)
    assert [each.id for each in series.due(db, LATER)] == [before.id]


@pytest.mark.parametrize("state", sorted(set(SeriesState) - {S.NOT_ANALYSED, S.FAILED}))
def test_nothing_else_is_retried(db: Database, state: SeriesState) -> None:
    series_in(db, state)
    with pytest.raises(IllegalTransitionError):
        series.retry(db, SERIES_UID, now=LATER)


def test_the_list_has_the_newest_first_and_hides_the_superseded(db: Database) -> None:
    old, _ = series_in(db, S.SUPERSEDED)
    receive(db, "1", "1.3")
    receive(db, "2", "1.1")
    everything = series.list_series(db, include_superseded=True)
    assert [each.series_uid for each in everything] == ["1.1", "1.3", SERIES_UID, SERIES_UID]
    assert everything[-1].id == old.id
    assert series.list_series(db) == everything[:-1]
    assert series.list_series(db, limit=2) == everything[:2]


def test_the_list_can_be_narrowed_to_states(db: Database) -> None:
    queued(db)
    receive(db, "1", "1.3")
    assert [each.state for each in series.list_series(db, states={S.QUEUED})] == [S.QUEUED]
    assert len(series.list_series(db, states=[S.QUEUED, S.RECEIVING])) == 2
    assert series.list_series(db, states=()) == ()


def test_counts_name_every_state(db: Database) -> None:
    assert series.counts(db) == dict.fromkeys(SeriesState, 0)
    series_in(db, S.SUPERSEDED)
    receive(db, "1", "1.3")
    found = series.counts(db)
    assert found[S.SUPERSEDED] == 1
    assert found[S.RECEIVING] == 2
    assert sum(found.values()) == 3


def test_the_timeline_tells_the_whole_way_in_order(db: Database) -> None:
    record = queued(db)
    claim = claimed(db)
    queue.give_back(db, claim, note="The node stops.", now=LATER)
    steps = series.timeline(db, record.id)
    assert [step.state for step in steps] == [
        S.RECEIVING,
        S.COMPLETE,
        S.QUEUED,
        S.ANALYSING,
        S.QUEUED,
    ]
    assert steps[-1].note == "The node stops."
    assert steps[-1].at_utc == LATER
