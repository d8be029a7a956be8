"""Series without a reading are told of once, whoever tells, or given up in sight."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage import deliveries, notices, series
from storage.changes import latest_change
from storage.database import Database
from storage.models import Series
from storage.records import Piece, SeriesRecord, SeriesState
from tests.integration.storage.given import (
    LATER,
    NOW,
    SERIES_UID,
    complete,
    for_peers,
    report_for,
    series_in,
)

WITHOUT_READING = [SeriesState.NOT_ANALYSED, SeriesState.FAILED]


def untold(db: Database) -> list[int]:
    return [each.id for each in notices.untold(db, since=NOW)]


def tell(db: Database, record: SeriesRecord, ordinal: int = 0) -> bool:
    page = report_for(record, Piece.SUMMARY, ordinal)
    return notices.add_objects(db, record.id, [page], for_peers(page, "pacs"), now=LATER)


@pytest.mark.parametrize("state", list(SeriesState))
def test_only_series_that_ended_without_a_reading_are_untold(
    db: Database, state: SeriesState
) -> None:
    record, _ = series_in(db, state)
    assert untold(db) == ([record.id] if state in WITHOUT_READING else [])
    assert tell(db, record) is (state in WITHOUT_READING)
    assert untold(db) == []


@pytest.mark.parametrize("state", WITHOUT_READING)
def test_what_was_told_is_recorded_and_sent_once(db: Database, state: SeriesState) -> None:
    record, _ = series_in(db, state)
    assert tell(db, record)
    assert not tell(db, record)
    (page,) = deliveries.objects_of(db, record.id)
    (due,) = deliveries.due_deliveries(db, LATER)
    assert (page.piece, due.sop_instance_uid) == (Piece.SUMMARY, page.sop_instance_uid)
    deliveries.delivered(db, due.id, note="", now=LATER)
    assert series.get_series(db, SERIES_UID).state is state


def test_what_was_told_is_not_looked_at_again(db: Database) -> None:
    """A later look asks only for series with newer steps: as fast after 20,000 as after none."""
    record, _ = series_in(db, SeriesState.NOT_ANALYSED)
    looking = notices.Untold(db, clock=lambda: 0)
    assert [each.id for each in looking.look(since=NOW)] == [record.id]
    assert [each.id for each in looking.look(since=NOW)] == [record.id], "it is not told yet"
    tell(db, record)
    assert looking.look(since=NOW) == ()
    newest = latest_change(db)
    other = complete(db, "1.2.10")
    assert notices.untold(db, since=NOW, after=newest) == ()
    assert series.refuse(db, other.id, code="localizer", text="A localizer.", now=LATER)
    assert notices.untold(db, since=NOW, after=latest_change(db)) == ()
    assert [each.id for each in looking.look(since=NOW)] == [other.id]


def test_a_step_that_became_visible_late_is_found_at_the_next_whole_look(db: Database) -> None:
    now = 0.0
    looking = notices.Untold(db, whole_s=60, clock=lambda: now)
    record, _ = series_in(db, SeriesState.NOT_ANALYSED)
    complete(db, "1.2.10")
    with db.transaction() as session:  # as if its steps were written and not committed yet
        session.execute(update(Series).where(Series.id == record.id).values(state="queued"))
    assert looking.look(since=NOW) == ()
    with db.transaction() as session:
        session.execute(update(Series).where(Series.id == record.id).values(state="not_analysed"))
    now = 59
    assert looking.look(since=NOW) == ()
    now = 60
    assert [each.id for each in looking.look(since=NOW)] == [record.id]


def test_what_ended_long_ago_is_left_alone(db: Database) -> None:
    series_in(db, SeriesState.NOT_ANALYSED)
    assert notices.untold(db, since=NOW + timedelta(seconds=1)) == ()
    assert len(notices.untold(db, since=NOW - timedelta(seconds=1))) == 1


def test_what_was_given_up_comes_back_with_a_retry(db: Database) -> None:
    record, _ = series_in(db, SeriesState.NOT_ANALYSED)
    notices.give_up(db, record.id, now=LATER)
    assert untold(db) == []
    assert series.timeline(db, record.id)[-1].note == notices.UNTELLABLE
    again = series.retry(db, SERIES_UID, now=LATER)
    assert series.mark_complete(db, again.id, fingerprint="f", now=LATER)
    assert series.refuse(db, again.id, code="localizer", text="A localizer.", now=LATER)
    assert untold(db) == [again.id]


def test_giving_up_a_series_that_went_on_says_nothing(db: Database) -> None:
    record, _ = series_in(db, SeriesState.REPORTED)
    notices.give_up(db, record.id, now=LATER)
    assert series.timeline(db, record.id)[-1].note != notices.UNTELLABLE


def test_no_more_than_asked_for(db: Database) -> None:
    series_in(db, SeriesState.FAILED)
    assert notices.untold(db, since=NOW, limit=0) == ()
