"""The worklist on both databases: order, filters, pages, counts, who reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from storage import instances, queue, series, verdicts, worklist
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import NewObject, Outcome, Piece, SeriesState
from storage.worklist import Order, Place, Query, Tab
from tests.integration.storage.given import (
    LATER,
    NOW,
    claimed,
    complete,
    facts,
    file_of,
    queued,
    receive,
    report_for,
)


def analysed(db: Database, uid: str, overall: float, **more: Any) -> int:
    record = queued(db, uid)
    claim = claimed(db)
    document = {
        "status": "analysed",
        "patient_overall": overall,
        "operating_point": 0.5,
        "levels": {"C1": overall},
        "level_coverage": {"C1": "whole"},
        "findings": [],
        "partial": None,
    }
    assert queue.finish_analysed(
        db,
        claim,
        result=document | more,
        objects=[report_for(record)],
        deliveries=[],
        now=NOW,
    )
    return record.id


@pytest.fixture
def seven(db: Database) -> dict[str, int]:
    """One of each kind, in no order; uid → id."""
    ids = {"1.7": analysed(db, "1.7", 0.1), "1.1": analysed(db, "1.1", 0.97)}
    ids["1.3"] = analysed(db, "1.3", 0.2, not_assessed=["C7"])
    refused = complete(db, "1.4")
    assert series.refuse(db, refused.id, code="localizer", text="A localizer.", now=NOW)
    queued(db, "1.5")
    crashed = claimed(db)
    queue.attempt_failed(db, crashed, text="It crashed.", max_attempts=1, now=NOW)
    ids |= {"1.4": refused.id, "1.5": crashed.series.id}
    ids["1.2"] = analysed(db, "1.2", 0.6)
    receive(db, "9.9", "1.6")
    return ids | {"1.6": series.get_series(db, "1.6").id}


def uids(db: Database, **query: Any) -> list[str]:
    return [each.series_uid for each in worklist.page(db, Query(**query)).items]


ORDER = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"]


def test_the_most_urgent_go_first_and_negatives_last(db: Database, seven: dict[str, int]) -> None:
    assert uids(db) == ORDER


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_everything_once(db: Database, seven: dict[str, int], limit: int) -> None:
    found: list[str] = []
    place: Place | None = None
    while True:
        page = worklist.page(db, Query(after=place, limit=limit))
        found += [each.series_uid for each in page.items]
        if page.next is None:
            break
        place = page.next
    assert found == ORDER


def test_a_page_is_not_disturbed_by_what_comes_meanwhile(
    db: Database, seven: dict[str, int]
) -> None:
    first = worklist.page(db, Query(limit=3))
    analysed(db, "1.0", 0.99)
    second = worklist.page(db, Query(after=first.next, limit=10))
    assert [each.series_uid for each in second.items] == ORDER[3:]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tab": Tab.CRITICAL}, ["1.1", "1.2"]),
        ({"tab": Tab.NOT_ANALYSED}, ["1.4", "1.5"]),
        ({"tab": Tab.UNREAD}, ORDER),
        ({"tab": Tab.MINE, "reader": "ann"}, []),
        ({"outcomes": frozenset({Outcome.NEGATIVE, Outcome.PARTIAL})}, ["1.3", "1.7"]),
        ({"states": frozenset({SeriesState.RECEIVING})}, ["1.6"]),
        ({"read": True}, []),
        ({"assigned_to": "ann"}, []),
        ({"taken": True}, []),
        ({"taken": False}, ORDER),
        ({"sources": frozenset({"SCANNER", "OTHER"})}, ORDER),
        ({"sources": frozenset({"OTHER"})}, []),
        ({"series_uids": frozenset({"1.7", "1.4", "1.999"})}, ["1.4", "1.7"]),
        ({"series_uids": frozenset({"1.7", "1.4"}), "tab": Tab.NOT_ANALYSED}, ["1.4"]),
        ({"words": "JANE a1"}, ORDER),
        ({"words": "doe nobody"}, []),
        ({"words": "%"}, []),
        ({"words": "_"}, []),
        ({"words": "' OR 1=1 --"}, []),
    ],
)
def test_filters(
    db: Database, seven: dict[str, int], query: dict[str, Any], found: list[str]
) -> None:
    assert uids(db, **query) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (Order.NEWEST, ["1.6", "1.2", "1.5", "1.4", "1.3", "1.1", "1.7"]),
        (Order.OLDEST, ["1.7", "1.1", "1.3", "1.4", "1.5", "1.2", "1.6"]),
    ],
)
def test_by_arrival_pages_hold_everything_once(
    db: Database, seven: dict[str, int], order: Order, found: list[str]
) -> None:
    first = worklist.page(db, Query(order=order, limit=3))
    second = worklist.page(db, Query(order=order, after=first.next, limit=9))
    assert [each.series_uid for each in (*first.items, *second.items)] == found
    assert second.next is None


def test_a_span_of_study_dates_holds_both_its_ends(db: Database) -> None:
    for number, day in enumerate((date(2026, 1, 4), date(2026, 1, 5), date(2026, 1, 6), None)):
        with_date = replace(facts(f"1.{number}.1", f"1.{number}"), study_date=day)
        instances.record_instance(db, with_date, file_of(), quiet_s=0, now=NOW)
    from_, until = date(2026, 1, 5), date(2026, 1, 6)
    assert uids(db, study_date_from=from_) == ["1.1", "1.2"]
    assert uids(db, study_date_until=from_) == ["1.0", "1.1"]
    assert uids(db, study_date_from=from_, study_date_until=until) == ["1.1", "1.2"]
    assert uids(db, study_date_from=until, study_date_until=from_) == []
    assert len(uids(db)) == 4


def test_a_verdict_makes_it_read_and_nobody_s(db: Database, seven: dict[str, int]) -> None:
    worklist.assign(db, "1.1", "ann", now=NOW)
    assert uids(db, tab=Tab.MINE, reader="ann") == ["1.1"]
    record = series.get_series(db, "1.1")
    verdict = report_for(record, Piece.VERDICT)
    verdicts.add_verdict(
        db,
        record.id,
        reader="Ann",
        organization="Trust",
        document={},
        report=NewObject(
            Piece.VERDICT, 0, verdict.sop_instance_uid, verdict.sop_class_uid, verdict.path
        ),
        now=LATER,
    )
    after = series.get_series(db, "1.1")
    assert (after.read_utc, after.assigned_to, after.assigned_utc) == (LATER, None, None)
    assert uids(db, tab=Tab.UNREAD) == ORDER[1:]
    assert uids(db, read=True) == ["1.1"]
    assert uids(db) == ORDER


def test_counts(db: Database, seven: dict[str, int]) -> None:
    worklist.assign(db, "1.6", "ann", now=NOW)
    found = worklist.counts(db, "ann")
    assert (found.unread, found.critical, found.mine, found.not_analysed, found.all) == (
        7,
        2,
        1,
        2,
        7,
    )
    assert found.oldest_unread_utc == found.oldest_critical_utc == NOW
    assert worklist.counts(db, "bob").mine == 0


def test_counts_of_nothing(db: Database) -> None:
    found = worklist.counts(db, "ann")
    assert (found.unread, found.all, found.oldest_unread_utc) == (0, 0, None)


def test_two_readers_never_both_have_it(db: Database, seven: dict[str, int]) -> None:
    assert worklist.assign(db, "1.1", "ann", now=NOW).assigned_to == "ann"
    assert worklist.assign(db, "1.1", "bob", now=LATER).assigned_to == "ann"
    assert worklist.release(db, "1.1", "bob", now=LATER).assigned_to == "ann"
    assert worklist.assign(db, "1.1", "bob", take_over=True, now=LATER).assigned_to == "bob"
    assert worklist.release(db, "1.1", "ann", of_anybody=True, now=LATER).assigned_to is None
    notes = [each.note for each in series.timeline(db, seven["1.1"])]
    assert notes[-3:] == ["taken for reading", "taken for reading", "given back"]
    with pytest.raises(NotFoundError):
        worklist.assign(db, "1.999", "ann", now=NOW)


def test_a_retry_waits_in_its_new_place(db: Database, seven: dict[str, int]) -> None:
    series.retry(db, "1.4", now=LATER)
    assert series.get_series(db, "1.4").outcome is Outcome.PENDING
    assert uids(db, tab=Tab.NOT_ANALYSED) == ["1.5"]


def test_superseded_readings_are_not_in_it(db: Database, seven: dict[str, int]) -> None:
    receive(db, "1.1.99", "1.1", now=LATER)
    assert sorted(uids(db)) == ORDER
    assert series.get_series(db, "1.1").outcome is Outcome.PENDING
    assert uids(db, words="doe jane") == uids(db)
