from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from storage import instances, queue, series
from storage.database import Database
from storage.records import InstanceRecord, Priority, ReceiptOutcome, SeriesState
from tests.integration.storage.given import (
    LATER,
    LEASE_S,
    NOW,
    PEER,
    QUIET_S,
    SERIES_UID,
    claimed,
    facts,
    file_of,
    finish,
    queued,
    receive,
    series_in,
)

QUIET = timedelta(seconds=QUIET_S)


def test_the_first_instance_makes_its_series(db: Database) -> None:
    given = facts(priority=Priority.HIGH)
    assert receive(db, priority=Priority.HIGH) is ReceiptOutcome.NEW
    record = series.get_series(db, SERIES_UID)
    for name in (
        "study_uid",
        "series_uid",
        "patient_id",
        "patient_name",
        "accession_number",
        "study_description",
        "series_description",
        "study_date",
        "modality",
        "source_aet",
        "called_aet",
        "station_name",
        "priority",
    ):
        assert getattr(record, name) == getattr(given, name)
    assert record.state is SeriesState.RECEIVING
    assert (record.generation, record.predecessor_id) == (1, None)
    assert (record.instance_count, record.attempts) == (1, 0)
    assert record.first_received_utc == record.last_received_utc == NOW
    assert record.quiet_until_utc == NOW + QUIET
    assert (record.reason_code, record.reason_text) == (None, None)
    assert (record.fingerprint, record.result) == (None, None)


def test_each_further_instance_pushes_the_quiet_timer(db: Database) -> None:
    receive(db, "1.2.3", now=NOW)
    receive(db, "1.2.4", now=LATER)
    record = series.get_series(db, SERIES_UID)
    assert record.instance_count == 2
    assert record.first_received_utc == NOW
    assert record.last_received_utc == LATER
    assert record.quiet_until_utc == LATER + QUIET


def test_a_receiver_that_is_late_to_write_never_pulls_the_timer_back(db: Database) -> None:
    receive(db, "1.2.3", now=LATER)
    receive(db, "1.2.4", now=NOW)
    record = series.get_series(db, SERIES_UID)
    assert record.last_received_utc == LATER
    assert record.quiet_until_utc == LATER + QUIET


def test_a_duplicate_changes_nothing(db: Database) -> None:
    receive(db, now=NOW)
    before = series.get_series(db, SERIES_UID), instances.instances_of(db, SERIES_UID)
    assert receive(db, now=LATER) is ReceiptOutcome.DUPLICATE
    assert (series.get_series(db, SERIES_UID), instances.instances_of(db, SERIES_UID)) == before


def test_instances_come_back_as_they_were_by_uid(db: Database) -> None:
    for uid in ("1.2.5", "1.2.30", "1.2.4"):
        receive(db, uid)
    receive(db, "9.9.9", "9.9")
    found = instances.instances_of(db, SERIES_UID)
    assert [each.sop_instance_uid for each in found] == ["1.2.30", "1.2.4", "1.2.5"]
    file = file_of("1.2.30")
    assert found[0] == InstanceRecord(
        sop_instance_uid="1.2.30",
        sop_class_uid=facts().sop_class_uid,
        transfer_syntax_uid=facts().transfer_syntax_uid,
        series_uid=SERIES_UID,
        path=file.path,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        received_utc=NOW,
    )
    assert instances.instances_of(db, "1.2.3.4.5") == ()


def test_the_middle_one_is_that_by_arrival(db: Database) -> None:
    assert instances.middle_of(db, SERIES_UID) is None
    for number, uid in enumerate(("1.2.9", "1.2.5", "1.2.7", "1.2.1")):
        receive(db, uid, now=NOW + timedelta(seconds=number))
    receive(db, "9.9.9", "9.9")
    assert instances.middle_of(db, SERIES_UID) == "1.2.7"


def test_the_same_uid_in_another_series_is_a_conflict_and_makes_no_series(db: Database) -> None:
    receive(db, "1.2.3", "5.1", content="a")
    assert receive(db, "1.2.3", "5.2", content="b") is ReceiptOutcome.CONFLICT
    assert [each.series_uid for each in series.list_series(db)] == ["5.1"]
    assert instances.conflicts_of(db, "5.1") == ()
    (aside,) = instances.conflicts_of(db, "5.2")
    assert aside.sha256 == "b" * 64


def test_a_conflict_is_remembered_once_for_each_content(db: Database) -> None:
    receive(db)
    for content in "bcb":
        instances.record_conflict(db, facts(), file_of(content=content), now=LATER)
    found = instances.conflicts_of(db, SERIES_UID)
    assert [each.sha256[0] for each in found] == ["b", "c"]
    assert [each.sha256[0] for each in instances.instances_of(db, SERIES_UID)] == ["a"]
    assert series.get_series(db, SERIES_UID).instance_count == 1


def test_a_conflict_may_be_remembered_before_its_series_is_indexed(db: Database) -> None:
    instances.record_conflict(db, facts(), file_of(content="b"), now=NOW)
    assert len(instances.conflicts_of(db, SERIES_UID)) == 1


@pytest.mark.parametrize("state", [SeriesState.COMPLETE, SeriesState.QUEUED])
def test_a_late_instance_joins_a_reading_whose_analysis_has_not_begun(
    db: Database, state: SeriesState
) -> None:
    before, _ = series_in(db, state)
    assert receive(db, "1.2.1000", now=LATER) is ReceiptOutcome.NEW
    after = series.get_series(db, SERIES_UID)
    assert (after.id, after.generation) == (before.id, 1)
    assert after.instance_count == before.instance_count + 1
    assert after.quiet_until_utc == LATER + QUIET
    assert queue.claim_next(db, owner="x", lease_s=LEASE_S, now=LATER) is None


@pytest.mark.parametrize(
    "state",
    [
        SeriesState.ANALYSING,
        SeriesState.ANALYSED,
        SeriesState.REPORTED,
        SeriesState.NOT_ANALYSED,
        SeriesState.FAILED,
    ],
)
def test_a_late_instance_supersedes_a_reading_whose_analysis_has_begun(
    db: Database, state: SeriesState
) -> None:
    before, _ = series_in(db, state)
    late = dataclasses.replace(
        facts("1.2.1000", source_aet="ARCHIVE", patient_name="", priority=Priority.STAT),
        patient_id="",
        study_date=None,
        station_name="",
    )
    instances.record_instance(db, late, file_of("1.2.1000"), quiet_s=QUIET_S, now=LATER)
    old = series.get_series_by_id(db, before.id)
    assert old == dataclasses.replace(before, state=SeriesState.SUPERSEDED), "nothing else changed"
    new = series.get_series(db, SERIES_UID)
    assert new.state is SeriesState.RECEIVING
    assert (new.generation, new.predecessor_id) == (2, old.id)
    assert new.instance_count == before.instance_count + 1
    assert new.first_received_utc == before.first_received_utc
    assert new.quiet_until_utc == LATER + QUIET
    assert (new.attempts, new.fingerprint, new.result) == (0, None, None)
    assert (new.patient_id, new.patient_name) == (before.patient_id, before.patient_name)
    assert new.study_date == before.study_date
    assert (new.station_name, new.priority) == (before.station_name, before.priority)
    assert new.source_aet == "ARCHIVE"
    assert [step.state for step in series.timeline(db, new.id)] == [SeriesState.RECEIVING]
    assert len(instances.instances_of(db, SERIES_UID)) == new.instance_count


def test_a_new_generation_is_as_urgent_as_the_first_instance_said(db: Database) -> None:
    queued(db, priority=Priority.HIGH)
    claimed(db)
    receive(db, "1.2.1000", priority=Priority.ROUTINE)
    record = series.get_series(db, SERIES_UID)
    assert (record.generation, record.priority) == (2, Priority.HIGH)


def test_generations_go_on_and_name_their_predecessors(db: Database) -> None:
    receive(db, "1.2.1", quiet_s=0)
    for number in range(2, 5):
        record = series.get_series(db, SERIES_UID)
        assert series.mark_complete(db, record.id, fingerprint="f", now=NOW)
        assert series.enqueue(db, record.id, fingerprint="f", now=NOW)
        finish(db, claimed(db), PEER)
        receive(db, f"1.2.{number}", quiet_s=0)
    newest = series.get_series(db, SERIES_UID)
    assert newest.generation == 4
    chain = series.predecessors(db, newest)
    assert [each.generation for each in chain] == [3, 2, 1]
    assert [each.predecessor_id for each in (newest, *chain)] == [
        *(each.id for each in chain),
        None,
    ]
    assert series.predecessors(db, chain[-1]) == ()
    assert all(each.state is SeriesState.SUPERSEDED for each in chain)


def test_a_late_instance_fences_the_running_analysis(db: Database) -> None:
    queued(db)
    claim = claimed(db)
    receive(db, "1.2.1000", now=NOW)
    assert not queue.renew(db, claim, lease_s=LEASE_S, now=NOW)
    assert not queue.give_back(db, claim, note="", now=NOW)
    assert not queue.finish_not_analysed(db, claim, code="c", text="t", now=NOW)
    assert queue.attempt_failed(db, claim, text="t", max_attempts=1, now=NOW) is None


def test_text_that_no_database_takes_does_not_stop_the_receipt(db: Database) -> None:
    name = "Doe\0^Jane\udc80^ÄÖ語"
    instances.record_instance(db, facts(patient_name=name), file_of(), quiet_s=QUIET_S, now=NOW)
    assert series.get_series(db, SERIES_UID).patient_name == "Doe^Jane?^ÄÖ語"


def test_text_of_any_length_is_kept(db: Database) -> None:
    name = "x" * 100_000
    instances.record_instance(db, facts(patient_name=name), file_of(), quiet_s=QUIET_S, now=NOW)
    assert series.get_series(db, SERIES_UID).patient_name == name


def test_a_file_of_more_than_four_gibibytes_is_indexed(db: Database) -> None:
    file = dataclasses.replace(file_of(), size_bytes=5 << 30)
    instances.record_instance(db, facts(), file, quiet_s=QUIET_S, now=NOW)
    assert instances.instances_of(db, SERIES_UID)[0].size_bytes == 5 << 30


def test_files_without_a_row_are_found_whatever_batch_they_are_in(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "BATCH_SIZE", 3)
    paths = [Path(f"/data/instances/1/2/1.2.{number}.dcm") for number in range(8)]
    for known in (0, 2, 3, 7):
        receive(db, paths[known].stem)
    unknown = tuple(paths[number] for number in (1, 4, 5, 6))
    assert instances.unindexed(db, iter(paths)) == unknown
    assert instances.unindexed(db, []) == ()


def test_many_files_without_a_row(db: Database) -> None:
    paths = [Path(f"/data/instances/1/2/1.2.{number}.dcm") for number in range(2500)]
    receive(db, "1.2.1234")
    assert len(instances.unindexed(db, paths)) == 2499
