"""Who may send what: order within a series, claims, and what looking for work costs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import Engine, event, text

from storage import deliveries, destinations, queue, series
from storage.database import Database, open_database
from storage.records import (
    Claim,
    Delivery,
    DeliveryState,
    NewDelivery,
    Piece,
    SeriesState,
)
from tests.integration.storage.given import (
    LATER,
    NOW,
    SERIES_UID,
    claimed,
    finish,
    queued,
    report_for,
    series_in,
)

LEASE_S = 60
LEASE = timedelta(seconds=LEASE_S)
TICK = timedelta(microseconds=1)
PIECES = (Piece.REPORT, Piece.KEY_IMAGE, Piece.SUMMARY)


def analysed(db: Database, *peer_names: str, uid: str = SERIES_UID) -> list[Delivery]:
    """A series with three objects, all for all peers."""
    queued(db, uid)
    claim = claimed(db)
    finish_with(db, claim, *peer_names)
    return list(deliveries.deliveries_of(db, claim.series.id))


def finish_with(db: Database, claim: Claim, *peer_names: str) -> None:
    objects = [report_for(claim.series, piece) for piece in PIECES]
    assert queue.finish_analysed(
        db,
        claim,
        result={},
        objects=objects,
        deliveries=[
            NewDelivery(each.sop_instance_uid, name) for name in peer_names for each in objects
        ],
        now=NOW,
    )


def take(db: Database, owner: str = "a", peer: str | None = None, **when: Any) -> list[int]:
    now = when.get("now", NOW)
    return [
        each.id for each in deliveries.claim_due(db, peer, owner=owner, lease_s=LEASE_S, now=now)
    ]


def test_each_peer_gets_the_objects_of_a_series_in_their_order(db: Database) -> None:
    made = analysed(db, "x", "y")
    assert [(each.peer_name, each.position) for each in made] == [
        (name, position) for name in ("x", "y") for position in range(3)
    ]
    first, second, third, *of_y = [each.id for each in made]
    assert [each.id for each in deliveries.due_deliveries(db, NOW)] == [first, of_y[0]]
    assert take(db, peer="x") == [first]
    assert take(db, peer="x") == [], "the next waits for the first"
    deliveries.sent(db, first, note="", now=NOW)
    assert take(db, peer="x") == [second]
    deliveries.park(db, second, error="refused", now=NOW)
    assert take(db, peer="x") == [third]
    deliveries.postpone(db, third, error="busy", next_attempt_utc=LATER, now=NOW)
    assert take(db) == [of_y[0]], "another peer waits for nobody"


def test_a_postponed_object_holds_back_the_later_ones(db: Database) -> None:
    first, second, _ = [each.id for each in analysed(db, "x")]
    deliveries.postpone(db, first, error="busy", next_attempt_utc=LATER, now=NOW)
    assert take(db, now=LATER - TICK) == []
    assert take(db, now=LATER) == [first]
    deliveries.delivered(db, first, note="", now=LATER)
    assert take(db, now=LATER) == [second]


def test_a_claim_holds_until_its_lease_ends(db: Database) -> None:
    first, *_ = [each.id for each in analysed(db, "x")]
    assert take(db, "a") == [first]
    assert take(db, "b", now=NOW + LEASE - TICK) == []
    assert deliveries.due_deliveries(db, NOW) == ()
    assert take(db, "b", now=NOW + LEASE) == [first]
    late = NOW + LEASE
    deliveries.park(db, first, error="late", now=late, owner="a")
    deliveries.postpone(db, first, error="late", next_attempt_utc=LATER, now=late, owner="a")
    (unchanged, *_) = deliveries.deliveries_of(db, 1)
    assert (unchanged.state, unchanged.attempts) == (DeliveryState.PENDING, 0)
    deliveries.postpone(db, first, error="busy", next_attempt_utc=late, now=late, owner="b")
    assert take(db, "a", now=late) == [first], "it was given back with its postponement"


def test_what_waits_for_a_postponed_object_comes_no_sooner(db: Database) -> None:
    first, second, third, *of_y = [each.id for each in analysed(db, "x", "y")]
    deliveries.postpone(db, first, error="busy", next_attempt_utc=LATER, now=NOW)
    when = {each.id: each.next_attempt_utc for each in deliveries.deliveries_of(db, 1)}
    assert [when[each] for each in (first, second, third)] == [LATER] * 3
    assert {when[each] for each in of_y} == {NOW}


def test_a_claim_is_renewed_by_its_owner_only(db: Database) -> None:
    first, *_ = [each.id for each in analysed(db, "x")]
    take(db, "a")
    until = NOW + 2 * LEASE
    assert deliveries.renew_claims(db, [first], owner="b", until_utc=until) == frozenset()
    assert deliveries.renew_claims(db, [first], owner="a", until_utc=until) == {first}
    assert take(db, "b", now=NOW + LEASE) == []
    assert deliveries.release_claims(db, "a", delivery_ids=[first + 1]) == 0
    assert deliveries.release_claims(db, "a", delivery_ids=[first]) == 1
    assert take(db, "b", now=NOW + LEASE) == [first]


def test_a_peer_is_held_back_as_a_whole(db: Database) -> None:
    first, *rest = [each.id for each in analysed(db, "x", "y")]
    take(db, peer="x")
    assert destinations.due_peers(db, NOW, not_to={"y"}) == ()
    assert destinations.hold_back(db, "x", until_utc=LATER, now=NOW) == 2
    assert destinations.due_peers(db, NOW) == ("y",)
    when = {
        each.id: (each.next_attempt_utc, each.attempts) for each in deliveries.deliveries_of(db, 1)
    }
    assert when[first] == (NOW, 0), "what somebody has claimed stays with them"
    assert [when[each] for each in rest[:2]] == [(LATER, 0)] * 2
    assert destinations.due_peers(db, LATER) == ("x", "y")


def test_what_an_owner_left_behind_is_due_again(db: Database) -> None:
    first, *_ = [each.id for each in analysed(db, "x")]
    take(db, "a")
    assert deliveries.release_claims(db, "b") == 0
    assert deliveries.release_claims(db, "a") == 1
    assert take(db, "b") == [first]


def send_all(db: Database, owner: str, start: Barrier) -> list[tuple[int, int]]:
    """What a node would send, as (series, position), until nothing is due."""
    found = []
    start.wait()
    while batch := deliveries.claim_due(db, "x", owner=owner, lease_s=LEASE_S, now=NOW, limit=3):
        for each in batch:
            found.append((each.series_id, each.position))
            deliveries.sent(db, each.id, note="", now=NOW)
    return found


def test_two_nodes_never_send_an_object_twice(database_url: str) -> None:
    """Two handles of one database, as two nodes have."""
    one, two = open_database(database_url), open_database(database_url)
    for number in range(8):
        analysed(one, "x", uid=f"1.{number}")
    start = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(send_all, db, f"node-{db is one}", start) for db in (one, two)]
        sent = [run.result(timeout=120) for run in runs]
    # One may run dry while the other holds the last claims: what is left is sent afterwards.
    sent.append(send_all(one, "node-True", Barrier(1)))
    times = Counter(each for run in sent for each in run)
    assert len(times) == 24
    assert set(times.values()) == {1}
    for run in sent:
        for number in {series_id for series_id, _ in run}:
            positions = [position for series_id, position in run if series_id == number]
            assert positions == sorted(positions)
    one.close()
    two.close()


def test_a_sent_object_is_not_yet_delivered(db: Database) -> None:
    ids = [each.id for each in analysed(db, "x")]
    for number in ids:
        deliveries.sent(db, number, note="", now=NOW)
    assert series.get_series(db, SERIES_UID).state is SeriesState.ANALYSED
    for number in ids:
        deliveries.delivered(db, number, note="", now=LATER)
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED
    done = deliveries.deliveries_of(db, 1)
    assert {(each.state, each.attempts, each.sent_utc) for each in done} == {
        (DeliveryState.DELIVERED, 1, NOW)
    }


def test_a_person_may_send_again_what_was_delivered(db: Database) -> None:
    record, _ = series_in(db, SeriesState.REPORTED)
    (done,) = deliveries.deliveries_of(db, record.id)
    deliveries.resend(db, done.id, now=LATER)
    assert take(db, now=LATER) == [done.id]
    deliveries.delivered(db, done.id, note="", now=LATER)
    (again,) = deliveries.deliveries_of(db, record.id)
    assert (again.state, again.attempts) == (DeliveryState.DELIVERED, 2)
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED


def test_sending_again_by_hand_ends_a_wait_but_takes_no_claim_away(db: Database) -> None:
    first, *_ = [each.id for each in analysed(db, "x")]
    deliveries.postpone(db, first, error="busy", next_attempt_utc=LATER, now=NOW)
    deliveries.resend(db, first, now=NOW)
    assert take(db, "a") == [first]
    deliveries.resend(db, first, now=NOW)
    assert take(db, "b") == []


def test_pending_is_counted_by_peer(db: Database) -> None:
    assert deliveries.pending_counts(db) == {}
    first, *_ = [each.id for each in analysed(db, "x", "y")]
    deliveries.sent(db, first, note="", now=NOW)
    assert deliveries.pending_counts(db) == {"x": 2, "y": 3}


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """The SELECTs that reach a database meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT"):
            found.append((arguments[2], arguments[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def steps(path: Path, statement: str, parameters: Any) -> int:
    """Hundreds of instructions of SQLite's machine that a statement takes."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    with sqlite3.connect(path) as connection:
        connection.set_progress_handler(tick, 100)
        connection.execute(statement, parameters).fetchall()
    return count


def test_looking_for_work_costs_no_more_when_much_is_pending(tmp_path: Path) -> None:
    path = tmp_path / "cspine.sqlite3"
    db = open_database(f"sqlite:///{path}")
    queued(db)
    claim = claimed(db)
    finish(db, claim)
    costs = []
    for crowd in (200, 10_000):
        fill(db, crowd)
        with statements() as seen:
            deliveries.due_deliveries(db, LATER, limit=10)
            found = deliveries.claim_due(db, "p1", owner="a", lease_s=1, now=LATER, limit=10)
            deliveries.claim_due(db, None, owner="a", lease_s=1, now=NOW - LEASE)
            assert destinations.due_peers(db, LATER, not_to={"p1"}) == ("p0",)
        assert len(found) == 10
        costs.append([steps(path, *each) for each in seen])
        with sqlite3.connect(path) as connection:
            for statement, parameters in seen:
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                whole = ("SCAN deliveries", "SCAN reports", "USE TEMP")
                assert not [row[-1] for row in plan if row[-1].startswith(whole)]
    few, many = costs
    assert len(few) == 3 + 3 + 1
    assert all(after <= 2 * before + 2 for before, after in zip(few, many, strict=True))
    db.close()


def fill(db: Database, count: int) -> None:
    """``count`` objects for each of two peers, every one in a place of its own."""
    with db.transaction() as session:
        session.execute(text("DELETE FROM deliveries"))
        session.execute(text("DELETE FROM reports WHERE ordinal > 0"))
        session.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
                "INSERT INTO reports (sop_instance_uid, sop_class_uid, series_id, ordinal, path, "
                "created_utc) SELECT '1.9.' || i, '1', 1, i, '/x', :now FROM n"
            ),
            {"count": count, "now": "2026-03-01 12:00:00.000000"},
        )
        session.execute(
            text(
                "INSERT INTO deliveries (series_id, sop_instance_uid, peer_name, position, state, "
                "attempts, next_attempt_utc) SELECT 1, sop_instance_uid, peer, 0, 'pending', 0, "
                "created_utc FROM reports, (SELECT 'p0' AS peer UNION SELECT 'p1') "
                "WHERE ordinal > 0 ORDER BY peer, ordinal"
            )
        )
