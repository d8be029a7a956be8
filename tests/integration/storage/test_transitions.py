"""Every public function on a series in every state: where it leads, or that nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, TypeAlias

import pytest

from storage import deliveries, queue, series
from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError
from storage.models import Series
from storage.records import SERIES_TRANSITIONS, Claim, SeriesRecord, SeriesState
from storage.transitions import change_state, locked_series
from tests.integration.storage.given import (
    FINGERPRINT,
    LATER,
    LEASE_S,
    OWNER,
    SERIES_UID,
    finish,
    receive,
    series_in,
)

S: Final = SeriesState
STALE: Final = "0" * 32
Act: TypeAlias = Callable[[Database, SeriesRecord, Claim], object]


def late_instance(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return receive(db, "1.2.1000", now=LATER)


def duplicate(db: Database, record: SeriesRecord, claim: Claim) -> object:
    known = "1.2.3" if record.state is S.RECEIVING else f"{SERIES_UID}.1"
    return receive(db, known, now=LATER)


def mark_complete(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return series.mark_complete(db, record.id, fingerprint=FINGERPRINT, now=LATER)


def enqueue(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return series.enqueue(db, record.id, fingerprint=FINGERPRINT, now=LATER)


def refuse(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return series.refuse(db, record.id, code="localizer", text="A localizer.", now=LATER)


def park(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return series.park(db, record.id, code="internal_error", text="A bug.", now=LATER)


def retry(db: Database, record: SeriesRecord, claim: Claim) -> object:
    try:
        return series.retry(db, SERIES_UID, now=LATER)
    except IllegalTransitionError as error:
        return error


def take_out(db: Database, record: SeriesRecord, claim: Claim) -> object:
    try:
        return series.take_out(db, SERIES_UID, now=LATER)
    except IllegalTransitionError as error:
        return error


def claim_next(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.claim_next(db, owner="node-2", lease_s=LEASE_S, now=LATER)


def renew(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.renew(db, claim, lease_s=LEASE_S, now=LATER)


def give_back(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.give_back(db, claim, note="The node stops.", now=LATER)


def attempt_failed(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.attempt_failed(db, claim, text="It crashed.", max_attempts=2, now=LATER)


def last_attempt_failed(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.attempt_failed(db, claim, text="It crashed.", max_attempts=1, now=LATER)


def finish_not_analysed(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.finish_not_analysed(db, claim, code="no_cervical_spine", text="None.", now=LATER)


def finish_analysed(db: Database, record: SeriesRecord, claim: Claim) -> object:
    try:
        finish(db, claim, now=LATER)
    except AssertionError:
        return False
    return True


def release_owned(db: Database, record: SeriesRecord, claim: Claim) -> object:
    return queue.release_owned(db, OWNER, now=LATER)


def deliver(db: Database, record: SeriesRecord, claim: Claim) -> object:
    for each in deliveries.deliveries_of(db, record.id):
        deliveries.delivered(db, each.id, note="", now=LATER)
    return None


LEADS_TO: Final[Mapping[Act, Mapping[SeriesState, SeriesState]]] = {
    late_instance: {
        S.COMPLETE: S.RECEIVING,
        S.QUEUED: S.RECEIVING,
        S.ANALYSING: S.SUPERSEDED,
        S.ANALYSED: S.SUPERSEDED,
        S.REPORTED: S.SUPERSEDED,
        S.NOT_ANALYSED: S.SUPERSEDED,
        S.FAILED: S.SUPERSEDED,
    },
    duplicate: {},
    mark_complete: {S.RECEIVING: S.COMPLETE},
    enqueue: {S.COMPLETE: S.QUEUED},
    refuse: {S.COMPLETE: S.NOT_ANALYSED},
    park: {S.COMPLETE: S.FAILED},
    retry: {S.NOT_ANALYSED: S.RECEIVING, S.FAILED: S.RECEIVING},
    take_out: {S.QUEUED: S.FAILED},
    claim_next: {S.QUEUED: S.ANALYSING},  # and an expired lease: see test_queue
    renew: {},
    give_back: {S.ANALYSING: S.QUEUED},
    attempt_failed: {S.ANALYSING: S.QUEUED},
    last_attempt_failed: {S.ANALYSING: S.FAILED},
    finish_not_analysed: {S.ANALYSING: S.NOT_ANALYSED},
    finish_analysed: {S.ANALYSING: S.ANALYSED},
    release_owned: {S.ANALYSING: S.QUEUED},
    deliver: {S.ANALYSED: S.REPORTED},
}
"""Function → the states it changes, and to what. In all others it changes nothing."""


@pytest.mark.parametrize("state", SeriesState)
@pytest.mark.parametrize("act", LEADS_TO, ids=lambda act: act.__name__)
def test_each_function_in_each_state(db: Database, act: Act, state: SeriesState) -> None:
    record, claim = series_in(db, state)
    before = series.timeline(db, record.id)
    unleased = Claim(series=record, token=STALE, lease_until_utc=LATER)
    act(db, record, claim or unleased)
    after = series.get_series_by_id(db, record.id)
    steps = series.timeline(db, record.id)[len(before) :]
    if act is claim_next and state is S.ANALYSING:  # its lease has run out by LATER
        assert [step.state for step in steps] == [S.QUEUED, S.ANALYSING]
        return
    expected = LEADS_TO[act].get(state)
    if expected is None:
        assert after.state is state
        assert steps == ()
        return
    assert after.state is expected
    assert {step.state for step in steps} == {expected}
    assert steps[0].at_utc == LATER
    assert steps[0].note


class UndoError(Exception):
    """Ends a transaction without a trace."""


@pytest.mark.parametrize("state", SeriesState)
def test_the_one_place_obeys_the_table(db: Database, state: SeriesState) -> None:
    record, _ = series_in(db, state)
    before = series.timeline(db, record.id)
    obeyed = set()
    for target in SeriesState:
        with suppress(UndoError, IllegalTransitionError), db.transaction() as session:
            row = locked_series(session, Series.id == record.id)
            assert row is not None
            change_state(session, row, target, note="on purpose", now=LATER)
            assert row.state is target
            obeyed.add(target)
            raise UndoError
    assert obeyed == SERIES_TRANSITIONS[state]
    assert series.get_series_by_id(db, record.id) == record
    assert series.timeline(db, record.id) == before


def test_a_retry_of_an_unknown_series(db: Database) -> None:
    with pytest.raises(NotFoundError):
        series.retry(db, "1.2.3", now=LATER)
