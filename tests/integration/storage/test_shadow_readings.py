"""The queue of the shadow model on both databases: asked, claimed, ended, gone with its series."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from storage import deletion, queue, series, shadow_readings, verdicts, worklist
from storage.database import Database
from storage.records import (
    Outcome,
    Piece,
    ReadBy,
    SeriesState,
    ShadowClaim,
    ShadowEnd,
    ShadowReading,
)
from tests.integration.storage.given import (
    LATER,
    LEASE_S,
    NOW,
    OWNER,
    SERIES_UID,
    claimed,
    queued,
    receive,
    report_for,
)

LEASE = timedelta(seconds=LEASE_S)
MODEL = ReadBy("candidate", "2", "c" * 64)
RESULT = {"patient_overall": 0.75, "levels": {"C1": 0.75}}
END = ShadowEnd(MODEL, Outcome.POSITIVE, RESULT, duration_s=1.5)


def asked(db: Database, uid: str = SERIES_UID) -> int:
    """A series that was analysed while a shadow was set; its row."""
    record = queued(db, uid)
    assert queue.finish_analysed(
        db,
        claimed(db),
        result={"patient_overall": 0.25, "levels": {"C1": 0.25}},
        objects=[report_for(record)],
        deliveries=[],
        for_shadow=True,
        now=NOW,
    )
    return record.id


def claim_of(db: Database, *, owner: str = OWNER, now: object = NOW) -> ShadowClaim:
    claim = shadow_readings.claim_next(db, owner=owner, lease_s=LEASE_S, now=now)  # type: ignore[arg-type]
    assert claim is not None
    return claim


def nothing_waits(db: Database) -> bool:
    return shadow_readings.claim_next(db, owner=OWNER, lease_s=LEASE_S, now=LATER) is None


def reading(db: Database, series_id: int) -> ShadowReading:
    found = shadow_readings.reading_of(db, series_id)
    assert found is not None
    return found


def test_only_with_a_shadow_a_second_reading_is_asked_for(db: Database) -> None:
    record = queued(db)
    queue.finish_analysed(
        db, claimed(db), result={}, objects=[report_for(record)], deliveries=[], now=NOW
    )
    assert nothing_waits(db)
    assert shadow_readings.reading_of(db, record.id) is None


def test_what_it_says_stands_beside_and_changes_nothing(db: Database) -> None:
    series_id = asked(db)
    before = (
        series.get_series(db, SERIES_UID),
        series.timeline(db, series_id),
        worklist.counts(db, "a"),
    )
    assert shadow_readings.waiting(db) == 1
    claim = claim_of(db)
    assert (claim.series.id, claim.attempts) == (series_id, 1)
    assert shadow_readings.finish(db, claim, END, now=LATER)
    assert reading(db, series_id) == ShadowReading(
        series_id=series_id,
        series_uid=SERIES_UID,
        generation=1,
        asked_utc=NOW,
        attempts=1,
        ended_utc=LATER,
        duration_s=1.5,
        model=MODEL,
        outcome=Outcome.POSITIVE,
        reason_code=None,
        reason_text=None,
        result=RESULT,
    )
    assert (shadow_readings.waiting(db), nothing_waits(db)) == (0, True)
    assert not shadow_readings.finish(db, claim, END, now=LATER), "it ends once"
    after = (
        series.get_series(db, SERIES_UID),
        series.timeline(db, series_id),
        worklist.counts(db, "a"),
    )
    assert after == before


def test_of_two_nodes_one_reads(db: Database) -> None:
    for number in range(6):
        asked(db, f"1.{number}")
    both = Barrier(2)

    def read(owner: str) -> list[int]:
        both.wait()
        found = []
        while (
            claim := shadow_readings.claim_next(db, owner=owner, lease_s=LEASE_S, now=NOW)
        ) is not None:
            assert shadow_readings.finish(db, claim, END, now=NOW)
            found.append(claim.series.id)
        return found

    with ThreadPoolExecutor() as pool:
        read_by = list(pool.map(read, ["node-1", "node-2"]))
    assert len(read_by[0] + read_by[1]) == len({*read_by[0], *read_by[1]}) == 6


def test_a_lease_protects_until_it_ends_and_a_late_writer_is_fenced(db: Database) -> None:
    asked(db)
    late = claim_of(db)
    assert shadow_readings.renew(db, late, lease_s=LEASE_S, now=NOW)
    assert shadow_readings.claim_next(db, owner="x", lease_s=LEASE_S, now=NOW + LEASE / 2) is None
    holder = claim_of(db, owner="node-2", now=NOW + LEASE)
    assert holder.attempts == 2
    assert not shadow_readings.renew(db, late, lease_s=LEASE_S, now=LATER)
    assert not shadow_readings.finish(db, late, END, now=LATER)
    shadow_readings.give_back(db, late)
    shadow_readings.attempt_failed(db, late)
    assert shadow_readings.finish(db, holder, END, now=LATER)


def test_given_back_failed_and_a_node_that_starts_anew(db: Database) -> None:
    first, second = asked(db, "1.1"), asked(db, "1.2")
    shadow_readings.give_back(db, claim_of(db))
    claim = claim_of(db)
    assert (claim.series.id, claim.attempts) == (first, 1), "not charged, at its place"
    shadow_readings.attempt_failed(db, claim)
    claim_of(db, owner="node-2")
    again = claim_of(db)
    assert (again.series.id, again.attempts) == (first, 2), "charged, behind the other"
    assert shadow_readings.release_owned(db, OWNER) == 1
    assert (claim_of(db).series.id, reading(db, second).attempts) == (first, 1)


def test_late_slices_and_deletion_end_it(db: Database) -> None:
    asked(db, "1.1")
    under_way = claim_of(db)
    waits = asked(db, "1.2")
    for uid in ("1.1", "1.2"):
        receive(db, f"{uid}.99", uid)  # supersedes
    assert not shadow_readings.renew(db, under_way, lease_s=LEASE_S, now=NOW)
    assert not shadow_readings.finish(db, under_way, END, now=NOW)
    assert shadow_readings.waiting(db) == 0
    assert nothing_waits(db)
    assert shadow_readings.reading_of(db, waits) is None

    kept, gone = asked(db, "1.3"), asked(db, "1.4")
    ended, read = claim_of(db), claim_of(db)
    assert shadow_readings.finish(db, ended, END, now=NOW)
    for uid in ("1.3", "1.4"):
        deletion.forget_series(db, uid, token=uid, actor="a", cause="c", now=LATER)
    assert not shadow_readings.finish(db, read, END, now=NOW)
    assert shadow_readings.reading_of(db, kept) is shadow_readings.reading_of(db, gone) is None


def test_without_a_shadow_what_waits_is_forgotten_and_what_ended_stays(db: Database) -> None:
    ended = asked(db, "1.1")
    assert shadow_readings.finish(db, claim_of(db), END, now=NOW)
    asked(db, "1.2")
    asked(db, "1.3")
    under_way = claim_of(db)
    shadow_readings.forget_waiting(db)
    assert nothing_waits(db)
    assert not shadow_readings.finish(db, under_way, END, now=NOW)
    assert reading(db, ended).outcome is Outcome.POSITIVE


@pytest.mark.parametrize("page", [1, 200])
def test_both_readings_with_the_last_verdict(
    db: Database, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(shadow_readings, "PAGE", page)
    ids = [asked(db, f"1.{number}") for number in range(4)]
    for at in (NOW, LATER, LATER):
        assert shadow_readings.finish(db, claim_of(db), END, now=at)
    for known in range(2):
        verdicts.add_verdict(
            db,
            ids[1],
            reader="Doe^Ann",
            organization="Trust",
            document={"comment": str(known)},
            report=report_for(series.get_series(db, "1.1"), Piece.VERDICT, known),
            now=LATER,
        )
    found = list(shadow_readings.read_twice(db, since=LATER))
    assert [each.series.id for each in found] == ids[1:3]
    assert [each.shadow.outcome for each in found] == [Outcome.POSITIVE] * 2
    said = found[0].verdict
    assert said is not None
    assert (said.document, found[1].verdict) == ({"comment": "1"}, None)
    receive(db, "1.1.99", "1.1")
    assert [each.series.id for each in shadow_readings.read_twice(db, since=LATER)] == [ids[2]]


def test_the_active_model_is_busy(db: Database) -> None:
    assert not queue.is_busy(db, owner=OWNER)
    queued(db)
    assert queue.is_busy(db, owner=OWNER)
    claim = claimed(db)
    assert queue.is_busy(db, owner=OWNER)
    assert not queue.is_busy(db, owner="node-2"), "another machine's work is not in the way"
    queue.attempt_failed(db, claim, text="t", max_attempts=1, now=NOW)
    assert not queue.is_busy(db, owner=OWNER)
    assert series.get_series(db, SERIES_UID).state is SeriesState.FAILED
