"""Stages are timed once, from the moment the node started, whoever writes the steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dicom_node.monitoring import stages
from dicom_node.monitoring.instruments import Instruments
from dicom_node.monitoring.stages import StageFollower
from storage import deliveries, series
from storage.database import Database, open_database
from storage.models import Timeline
from storage.records import SeriesState
from tests.integration.storage import given


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'cspine.sqlite3'}")
    yield database
    database.close()


def timed(instruments: Instruments, stage: str) -> tuple[float | None, float | None]:
    """How many, and how long together."""
    name, labels = "cspine_stage_duration_seconds", {"stage": stage}
    value = instruments.registry.get_sample_value
    return value(f"{name}_count", labels), value(f"{name}_sum", labels)


def test_a_series_on_its_whole_way(db: Database) -> None:
    instruments = Instruments()
    follower = StageFollower(db, instruments)
    for stage in stages.ONWARD:
        assert timed(instruments, stage) == (0, 0)
    record = given.complete(db)
    follower.tick()
    later = given.NOW + timedelta(seconds=8)
    assert series.enqueue(db, record.id, fingerprint=given.FINGERPRINT, now=later)
    later += timedelta(seconds=20)
    claim = given.claimed(db, now=later)
    follower.tick()
    follower.tick()
    later += timedelta(seconds=30)
    given.finish(db, claim, given.PEER, now=later)
    (delivery,) = deliveries.due_deliveries(db, later)
    deliveries.delivered(db, delivery.id, note="", now=later + timedelta(seconds=4))
    follower.tick()
    follower.tick()
    assert timed(instruments, "complete") == (1, 8)
    assert timed(instruments, "queued") == (1, 20)
    assert timed(instruments, "analysing") == (1, 30)
    assert timed(instruments, "analysed") == (1, 4)
    whole = instruments.registry.get_sample_value("cspine_turnaround_seconds_sum")
    assert whole == 62


def test_what_an_earlier_life_did_is_not_counted_again(db: Database) -> None:
    record = given.complete(db)
    instruments = Instruments()
    follower = StageFollower(db, instruments)
    follower.tick()
    assert timed(instruments, "receiving") == (0, 0)
    later = given.NOW + timedelta(seconds=9)
    assert series.enqueue(db, record.id, fingerprint=given.FINGERPRINT, now=later)
    follower.tick()
    assert timed(instruments, "complete") == (1, 9), "it began before, and ended after"


def test_more_than_one_batch_at_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "BATCH", 7)
    monkeypatch.setattr(stages, "LATE_MAX", 3)
    instruments = Instruments()
    follower = StageFollower(db, instruments)
    for number in range(20):
        given.queued(db, f"1.{number}")
    follower.tick()
    assert timed(instruments, "receiving") == (20, 0)
    assert timed(instruments, "complete") == (20, 0)


def test_a_step_that_becomes_visible_late_is_timed(db: Database) -> None:
    """PostgreSQL numbers a row when it is written, and shows it when its transaction ends."""
    instruments = Instruments()
    follower = StageFollower(db, instruments)
    record = given.complete(db)
    with db.transaction() as session:
        moved = session.get(Timeline, 2)
        assert moved is not None
        session.delete(moved)
    given.receive(db, "9.9", "1.8")
    follower.tick()
    assert timed(instruments, "receiving") == (0, 0)
    with db.transaction() as session:
        at = given.NOW + timedelta(seconds=3)
        late = Timeline(id=2, series_id=record.id, at_utc=at, state=SeriesState.COMPLETE, note="")
        session.add(late)
    follower.tick()
    follower.tick()
    assert timed(instruments, "receiving") == (1, 3)
