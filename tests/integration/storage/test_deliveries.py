from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from storage import deliveries, peers, series
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import Delivery, DeliveryState, Peer, SeriesRecord, SeriesState
from tests.integration.storage.given import (
    LATER,
    NOW,
    SERIES_UID,
    claimed,
    finish,
    queued,
    receive,
)

TICK = timedelta(microseconds=1)


def sent_to(db: Database, *destinations: str) -> tuple[SeriesRecord, tuple[Delivery, ...]]:
    queued(db)
    claim = claimed(db)
    finish(db, claim, *destinations)
    return series.get_series(db, SERIES_UID), deliveries.deliveries_of(db, claim.series.id)


def notes(db: Database, record: SeriesRecord) -> list[str]:
    return [step.note for step in series.timeline(db, record.id)]


def test_nothing_is_due_at_first(db: Database) -> None:
    assert deliveries.due_deliveries(db, LATER) == ()
    assert deliveries.deliveries_of(db, 1) == ()
    assert deliveries.report_of(db, 1) is None


def test_due_from_the_moment_on_and_the_longest_due_first(db: Database) -> None:
    _, (one, two) = sent_to(db, "a", "b")
    assert deliveries.due_deliveries(db, NOW - TICK) == ()
    assert deliveries.due_deliveries(db, NOW) == (one, two)
    assert deliveries.due_deliveries(db, NOW, limit=1) == (one,)
    deliveries.postpone(db, one.id, error="refused", next_attempt_utc=LATER, now=NOW)
    assert deliveries.due_deliveries(db, LATER - TICK) == (two,)
    assert [each.id for each in deliveries.due_deliveries(db, LATER)] == [two.id, one.id]


def test_the_last_delivery_makes_a_series_reported(db: Database) -> None:
    record, (one, two) = sent_to(db, "a", "b")
    deliveries.delivered(db, one.id, note="", now=LATER)
    assert series.get_series(db, SERIES_UID).state is SeriesState.ANALYSED
    deliveries.delivered(db, two.id, note="status 0x0000", now=LATER)
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED
    assert notes(db, record)[-2:] == ["delivered to a", "delivered to b: status 0x0000"]
    assert [step.state for step in series.timeline(db, record.id)[-2:]] == [
        SeriesState.ANALYSED,
        SeriesState.REPORTED,
    ]


def test_a_delivered_object_is_never_due_again(db: Database) -> None:
    _, (one,) = sent_to(db, "a")
    deliveries.delivered(db, one.id, note="", now=LATER)
    deliveries.postpone(db, one.id, error="late", next_attempt_utc=NOW, now=LATER)
    deliveries.park(db, one.id, error="late", now=LATER)
    deliveries.resume(db, one.id, LATER)
    assert deliveries.due_deliveries(db, LATER) == ()
    (after,) = deliveries.deliveries_of(db, one.series_id)
    assert (after.state, after.attempts, after.last_error) == (DeliveryState.DELIVERED, 1, None)


def test_delivered_twice_is_once(db: Database) -> None:
    record, (one, _) = sent_to(db, "a", "b")
    deliveries.delivered(db, one.id, note="", now=NOW)
    before = deliveries.deliveries_of(db, record.id), notes(db, record)
    deliveries.delivered(db, one.id, note="", now=LATER)
    assert (deliveries.deliveries_of(db, record.id), notes(db, record)) == before


def test_a_postponed_delivery_counts_its_attempts_and_is_told_once(db: Database) -> None:
    record, (one,) = sent_to(db, "a")
    for attempt in range(3):
        deliveries.postpone(
            db, one.id, error=f"no connection {attempt}", next_attempt_utc=LATER, now=NOW
        )
    (after,) = deliveries.deliveries_of(db, record.id)
    assert (after.attempts, after.last_error) == (3, "no connection 2")
    assert after.next_attempt_utc == LATER
    assert after.state is DeliveryState.PENDING
    assert [note for note in notes(db, record) if "postponed" in note] == [
        "delivery to a postponed: no connection 0"
    ]


def test_a_parked_delivery_waits_for_a_person(db: Database) -> None:
    record, (one,) = sent_to(db, "a")
    deliveries.park(db, one.id, error="no presentation context", now=NOW)
    (after,) = deliveries.deliveries_of(db, record.id)
    assert after.state is DeliveryState.PARKED
    assert (after.attempts, after.last_error) == (1, "no presentation context")
    assert deliveries.due_deliveries(db, LATER) == ()
    assert notes(db, record)[-1] == "delivery to a parked: no presentation context"
    assert series.get_series(db, SERIES_UID).state is SeriesState.ANALYSED


def test_a_parked_delivery_keeps_its_series_from_being_reported(db: Database) -> None:
    _, (one, two) = sent_to(db, "a", "b")
    deliveries.park(db, one.id, error="refused", now=NOW)
    deliveries.delivered(db, two.id, note="", now=NOW)
    assert series.get_series(db, SERIES_UID).state is SeriesState.ANALYSED
    deliveries.resume(db, one.id, LATER)
    (due,) = deliveries.due_deliveries(db, LATER)
    assert (due.id, due.attempts, due.next_attempt_utc) == (one.id, 1, LATER)
    deliveries.delivered(db, one.id, note="", now=LATER)
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED


def test_the_peer_may_be_gone(db: Database) -> None:
    peers.add_peer(db, Peer("a", "PACS", "192.0.2.1", 104, gets_results=True), now=NOW)
    sent_to(db, "a")
    peers.remove_peer(db, "a")
    (due,) = deliveries.due_deliveries(db, NOW)
    assert due.peer_name == "a"
    deliveries.park(db, due.id, error="the peer is gone", now=NOW)
    assert deliveries.due_deliveries(db, NOW) == ()


def test_the_report_of_a_superseded_reading_is_still_delivered(db: Database) -> None:
    record, (one,) = sent_to(db, "a")
    receive(db, "1.2.1000", now=LATER)
    assert deliveries.due_deliveries(db, LATER) == (one,)
    deliveries.delivered(db, one.id, note="", now=LATER)
    assert series.get_series_by_id(db, record.id).state is SeriesState.SUPERSEDED
    assert notes(db, record)[-1] == "delivered to a"


@pytest.mark.parametrize(
    "act",
    [
        lambda db: deliveries.delivered(db, 7, note="", now=NOW),
        lambda db: deliveries.postpone(db, 7, error="", next_attempt_utc=NOW, now=NOW),
        lambda db: deliveries.park(db, 7, error="", now=NOW),
        lambda db: deliveries.resume(db, 7, NOW),
    ],
)
def test_an_unknown_delivery(db: Database, act: Callable[[Database], None]) -> None:
    with pytest.raises(NotFoundError):
        act(db)
