"""Many at once: threads of one node, and processes that share one database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import pytest

from storage import deliveries, instances, peers, queue, series
from storage.database import Database, open_database
from storage.errors import AlreadyExistsError
from storage.records import Claim, Peer, ReceiptOutcome, SeriesState
from tests.integration.storage.given import (
    FINGERPRINT,
    LATER,
    LEASE_S,
    NOW,
    SERIES_UID,
    claimed,
    complete,
    facts,
    file_of,
    finish,
    for_peers,
    queued,
    receive,
    report_for,
    series_in,
)

THREADS = 12

T = TypeVar("T")


def at_once(act: Callable[[int], T], *, threads: int = THREADS) -> list[T]:
    """``act(0)`` … ``act(threads - 1)``, all started at the same moment."""
    start = threading.Barrier(threads)

    def run(number: int) -> T:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_one_instance_by_many_receivers_is_new_once(db: Database) -> None:
    outcomes = Counter(at_once(lambda _: receive(db)))
    assert outcomes == {ReceiptOutcome.NEW: 1, ReceiptOutcome.DUPLICATE: THREADS - 1}
    assert series.get_series(db, SERIES_UID).instance_count == 1


def test_no_instance_of_a_series_is_lost_in_the_count(db: Database) -> None:
    def receive_some(number: int) -> set[ReceiptOutcome]:
        return {receive(db, f"1.2.{number}.{k}") for k in range(5)}

    assert at_once(receive_some) == [{ReceiptOutcome.NEW}] * THREADS
    record = series.get_series(db, SERIES_UID)
    assert record.instance_count == THREADS * 5 == len(instances.instances_of(db, SERIES_UID))
    assert len(series.list_series(db, include_superseded=True)) == 1
    assert len(series.timeline(db, record.id)) == 1


def test_many_series_at_once(db: Database) -> None:
    at_once(lambda number: [receive(db, f"1.{number}.{k}", f"9.{number}") for k in range(5)])
    found = series.list_series(db)
    assert {each.series_uid for each in found} == {f"9.{number}" for number in range(THREADS)}
    assert {each.instance_count for each in found} == {5}


def test_one_uid_with_many_contents_in_many_series(db: Database) -> None:
    contents = "abcdef"
    outcomes = at_once(
        lambda number: receive(db, "1.2.3", f"9.{number}", content=contents[number]),
        threads=len(contents),
    )
    assert Counter(outcomes) == {ReceiptOutcome.NEW: 1, ReceiptOutcome.CONFLICT: 5}
    kept = [instances.conflicts_of(db, f"9.{number}") for number in range(len(contents))]
    assert sum(map(len, kept)) == 5
    assert len(series.list_series(db)) == 1, "a conflict makes no series"


def test_one_conflict_remembered_by_many(db: Database) -> None:
    at_once(lambda _: instances.record_conflict(db, facts(), file_of(content="b"), now=NOW))
    assert len(instances.conflicts_of(db, SERIES_UID)) == 1


@pytest.mark.parametrize("state", [SeriesState.QUEUED, SeriesState.REPORTED])
def test_late_instances_at_once_make_one_reading(db: Database, state: SeriesState) -> None:
    series_in(db, state)
    at_once(lambda number: receive(db, f"1.2.500.{number}", now=LATER))
    newest = series.get_series(db, SERIES_UID)
    assert newest.state is SeriesState.RECEIVING
    assert newest.instance_count == THREADS + 1
    generations = [each.generation for each in series.list_series(db, include_superseded=True)]
    assert generations == ([1] if state is SeriesState.QUEUED else [2, 1])


def test_a_series_is_judged_once(db: Database) -> None:
    receive(db, quiet_s=0)
    record = series.get_series(db, SERIES_UID)
    marked = at_once(
        lambda _: series.mark_complete(db, record.id, fingerprint=FINGERPRINT, now=NOW)
    )
    assert marked.count(True) == 1
    enqueued = at_once(lambda _: series.enqueue(db, record.id, fingerprint=FINGERPRINT, now=NOW))
    assert enqueued.count(True) == 1


@pytest.mark.parametrize("round_", range(5))
def test_queue_or_late_instance_never_both(db: Database, round_: int) -> None:
    record = complete(db)

    def act(number: int) -> object:
        if number == 0:
            return series.enqueue(db, record.id, fingerprint=FINGERPRINT, now=LATER)
        return receive(db, "1.2.1000", now=LATER)

    at_once(act, threads=2)
    after = series.get_series(db, SERIES_UID)
    # Whichever came first: the queue never has the series without its late instance.
    assert after.state is SeriesState.RECEIVING
    assert (after.generation, after.instance_count) == (1, 2)


def claim_all(db: Database, owner: str) -> list[int]:
    found = []
    while (claim := queue.claim_next(db, owner=owner, lease_s=LEASE_S, now=NOW)) is not None:
        found.append(claim.series.id)
    return found


def test_threads_never_claim_a_series_twice(db: Database) -> None:
    ids = sorted(queued(db, f"1.{number}").id for number in range(30))
    claims = at_once(lambda number: claim_all(db, f"worker-{number}"))
    assert sorted(id_ for each in claims for id_ in each) == ids


def claim_all_of(url: str, owner: str) -> list[int]:
    """Runs in a process of its own."""
    database = open_database(url)
    try:
        return claim_all(database, owner)
    finally:
        database.close()


def test_processes_never_claim_a_series_twice(database_url: str) -> None:
    database = open_database(database_url)
    ids = sorted(queued(database, f"1.{number}").id for number in range(60))
    database.close()
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        claims = pool.map(claim_all_of, [database_url] * 3, ["a", "b", "c"])
        assert sorted(id_ for each in claims for id_ in each) == ids


def receive_all_of(url: str, sender: int) -> list[ReceiptOutcome]:
    """Runs in a process of its own."""
    database = open_database(url)
    try:
        own = [receive(database, f"1.{sender}.{number}") for number in range(20)]
        shared = [receive(database, f"2.{number}") for number in range(20)]
        assert set(own) == {ReceiptOutcome.NEW}
        return shared
    finally:
        database.close()


def test_processes_lose_no_instance(database_url: str) -> None:
    open_database(database_url).close()
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        shared = [
            outcome
            for each in pool.map(receive_all_of, [database_url] * 3, range(3))
            for outcome in each
        ]
    assert Counter(shared) == {ReceiptOutcome.NEW: 20, ReceiptOutcome.DUPLICATE: 40}
    database = open_database(database_url)
    assert series.get_series(database, SERIES_UID).instance_count == 80
    database.close()


def test_an_expired_lease_is_taken_once_and_only_its_holder_finishes(db: Database) -> None:
    queued(db)
    old = claimed(db)

    def take_and_finish(number: int) -> tuple[Claim | None, bool]:
        claim = queue.claim_next(db, owner=f"worker-{number}", lease_s=LEASE_S, now=LATER)
        mine = claim or old
        return claim, queue.finish_analysed(
            db,
            mine,
            result={},
            objects=[report_for(mine.series)],
            deliveries=for_peers(report_for(mine.series), "pacs"),
            now=LATER,
        )

    results = at_once(take_and_finish)
    takers = [claim for claim, _ in results if claim is not None]
    assert len(takers) == 1
    assert takers[0].series.attempts == 2
    assert [done for _, done in results].count(True) == 1
    assert len(deliveries.deliveries_of(db, old.series.id)) == 1


@pytest.mark.parametrize("round_", range(5))
def test_the_last_two_deliveries_at_once_report_the_series(db: Database, round_: int) -> None:
    queued(db)
    claim = claimed(db)
    finish(db, claim, "a", "b")
    ids = [each.id for each in deliveries.deliveries_of(db, claim.series.id)]
    at_once(lambda number: deliveries.delivered(db, ids[number], note="", now=LATER), threads=2)
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED


def test_one_delivery_said_by_many_is_told_once(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    finish(db, claim, "a", "b")
    before = len(series.timeline(db, claim.series.id))
    one, _ = deliveries.deliveries_of(db, claim.series.id)
    at_once(lambda _: deliveries.delivered(db, one.id, note="", now=LATER))
    after, _ = deliveries.deliveries_of(db, claim.series.id)
    assert after.attempts == 1
    assert len(series.timeline(db, claim.series.id)) == before + 1


def test_deliveries_and_late_instances_at_once(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    finish(db, claim, "a")
    (delivery,) = deliveries.deliveries_of(db, claim.series.id)

    def act(number: int) -> None:
        if number == 0:
            deliveries.delivered(db, delivery.id, note="", now=LATER)
        else:
            receive(db, f"1.2.500.{number}", now=LATER)

    at_once(act)
    assert series.get_series_by_id(db, claim.series.id).state is SeriesState.SUPERSEDED
    assert series.get_series(db, SERIES_UID).instance_count == THREADS
    assert deliveries.due_deliveries(db, LATER) == ()


def test_one_refused_caller_by_many_is_one_row(db: Database) -> None:
    at_once(
        lambda _: peers.remember_refused(
            db, calling_aet="X", called_aet="Y", host="h", reason="r", now=NOW
        )
    )
    (found,) = peers.list_refused(db)
    assert found.count == THREADS


def test_a_flood_of_refused_callers_at_once(db: Database) -> None:
    at_once(
        lambda number: peers.remember_refused(
            db, calling_aet=f"X{number}", called_aet="Y", host="h", reason="r", now=NOW, keep=5
        )
    )
    assert len(peers.list_refused(db)) <= THREADS
    peers.remember_refused(
        db, calling_aet="last", called_aet="Y", host="h", reason="r", now=LATER, keep=5
    )
    assert len(peers.list_refused(db)) == 5


def test_one_peer_added_by_many_is_there_once(db: Database) -> None:
    def add(number: int) -> bool:
        try:
            peers.add_peer(db, Peer("pacs", "PACS", "h", number + 1), now=NOW)
        except AlreadyExistsError:
            return False
        return True

    assert at_once(add).count(True) == 1
    assert len(peers.list_peers(db)) == 1
