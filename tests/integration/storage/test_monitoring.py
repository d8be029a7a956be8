"""What whoever watches the node counts from the rows, on each kind of database."""

from __future__ import annotations

from datetime import timedelta

from storage import commitments, deliveries, monitoring
from storage.changes import latest_change, steps_after, steps_of
from storage.database import Database
from storage.records import CommitmentState, DeliveryState, SeriesState
from tests.integration.storage import given


def test_the_queue_is_as_old_as_its_first(db: Database) -> None:
    assert monitoring.oldest_queued(db) is None
    given.queued(db, "1.2", now=given.LATER)
    given.queued(db, "1.1", now=given.NOW)
    assert monitoring.oldest_queued(db) == given.NOW
    assert monitoring.overview(db).oldest_queued_utc == given.NOW


def test_a_destination_fails_while_what_failed_waits_for_it(db: Database) -> None:
    for uid in ("1.1", "1.2"):
        given.queued(db, uid)
        given.finish(db, given.claimed(db), "pacs", "archive")
    assert monitoring.failing_destinations(db) == {}
    first, second = (each for each in deliveries.due_deliveries(db, given.NOW)
                     if each.peer_name == "pacs")  # fmt: skip
    deliveries.postpone(
        db, first.id, error="no connection", next_attempt_utc=given.LATER, now=given.NOW
    )
    assert monitoring.failing_destinations(db) == {"pacs": None}
    deliveries.delivered(db, second.id, note="", now=given.LATER)
    assert monitoring.failing_destinations(db) == {"pacs": given.LATER}
    deliveries.park(db, first.id, error="refused", now=given.LATER)
    assert monitoring.failing_destinations(db) == {}


def test_deliveries_and_commitments_by_peer_and_state(db: Database) -> None:
    given.queued(db)
    given.finish(db, given.claimed(db), "archive", "pacs")
    sent = deliveries.due_deliveries(db, given.NOW)[0]
    deliveries.sent(db, sent.id, note="", now=given.NOW)
    commitments.commitment_requested(
        db, "1.9", sent.peer_name, [sent.id], deadline_utc=given.LATER, now=given.NOW
    )
    found = monitoring.overview(db)
    assert found.deliveries == {
        ("archive", DeliveryState.SENT): 1,
        ("pacs", DeliveryState.PENDING): 1,
    }
    assert found.commitments == {("archive", CommitmentState.REQUESTED): 1}
    commitments.commitments_overdue(db, given.LATER + timedelta(seconds=1))
    overdue = {("archive", CommitmentState.TIMED_OUT): 1}
    assert monitoring.overview(db).commitments == overdue


def test_steps_are_told_in_their_order(db: Database) -> None:
    before = latest_change(db)
    first, other = given.queued(db, "1.1"), given.complete(db, "1.2")
    steps = steps_after(db, before, limit=100)
    assert [step.id for step in steps] == sorted(step.id for step in steps)
    assert {step.series_id for step in steps} == {first.id, other.id}
    assert [step.state for step in steps_of(db, first.id)] == [
        SeriesState.RECEIVING,
        SeriesState.COMPLETE,
        SeriesState.QUEUED,
    ]
    assert steps_after(db, before, limit=1) == steps[:1]
    assert steps_after(db, steps[-1].id, limit=1) == ()
