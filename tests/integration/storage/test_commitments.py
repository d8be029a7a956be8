from __future__ import annotations

from datetime import timedelta

import pytest

from storage import commitments, deliveries, series
from storage.database import Database
from storage.errors import AlreadyExistsError
from storage.records import CommitmentState, DeliveryState, SeriesState
from tests.integration.storage.given import LATER, NOW, SERIES_UID
from tests.integration.storage.test_claims import analysed

DEADLINE = NOW + timedelta(minutes=10)
S = timedelta(seconds=1)
NO_SUCH_OBJECT = 0x0112


def sent_to_x(db: Database) -> list[int]:
    """Three objects that peer x took."""
    ids = [each.id for each in analysed(db, "x")]
    for number in ids:
        deliveries.sent(db, number, note="", now=NOW)
    return ids


def ask(db: Database, uid: str, ids: list[int], *, seconds: int = 0) -> list[int]:
    asked = commitments.commitment_requested(
        db, uid, "x", ids, deadline_utc=DEADLINE + seconds * S, now=NOW + seconds * S
    )
    return [each.id for each in asked]


def to_request(db: Database, peer: str = "x") -> list[int]:
    return [each.id for each in commitments.commitments_to_request(db, peer, LATER)]


def uids(db: Database) -> list[str]:
    return [each.sop_instance_uid for each in deliveries.deliveries_of(db, 1)]


def states(db: Database) -> list[DeliveryState]:
    return [each.state for each in deliveries.deliveries_of(db, 1)]


def test_what_was_sent_is_asked_about_once_at_a_time(db: Database) -> None:
    ids = sent_to_x(db)
    assert to_request(db) == ids
    assert to_request(db, "y") == []
    assert ask(db, "1.1", ids[:2]) == ids[:2]
    assert to_request(db) == ids[2:]
    assert ask(db, "1.2", ids) == ids[2:], "without what is asked about"
    assert ask(db, "1.3", ids) == []
    assert commitments.commitments_of(db, ids[0])[0].delivery_ids == tuple(ids[:2])


def test_only_what_was_sent_to_that_peer_is_asked_about(db: Database) -> None:
    pending = [each.id for each in analysed(db, "x", "y")]
    deliveries.sent(db, pending[3], note="", now=NOW)
    assert ask(db, "1.1", pending) == []
    assert not commitments.commitment_answered(db, "1.1", committed=[], failed={}, now=NOW)


def test_a_transaction_uid_is_used_once(db: Database) -> None:
    ids = sent_to_x(db)
    ask(db, "1.1", ids[:1])
    with pytest.raises(AlreadyExistsError, match=r"1\.1"):
        ask(db, "1.1", ids[1:])
    assert to_request(db) == ids[1:]


def test_with_the_last_commitment_a_series_is_reported(db: Database) -> None:
    ids = sent_to_x(db)
    ask(db, "1.1", ids)
    assert commitments.commitment_answered(db, "1.1", committed=uids(db), failed={}, now=LATER)
    assert states(db) == [DeliveryState.DELIVERED] * 3
    assert series.get_series(db, SERIES_UID).state is SeriesState.REPORTED
    notes = [step.note for step in series.timeline(db, 1)]
    assert notes[-1] == "delivered to x: committed"
    assert commitments.commitment_answered(db, "1.1", committed=[], failed={}, now=LATER)
    assert [step.note for step in series.timeline(db, 1)] == notes, "the same answer again"


def test_a_refusal_waits_for_a_decision(db: Database) -> None:
    ids = sent_to_x(db)
    ask(db, "1.1", ids)
    first, second, _ = uids(db)
    commitments.commitment_answered(
        db, "1.1", committed=[first, second], failed={second: NO_SUCH_OBJECT}, now=NOW
    )
    assert states(db) == [DeliveryState.DELIVERED, DeliveryState.SENT, DeliveryState.SENT]
    failed = commitments.failed_commitments(db)
    assert [(each.delivery.id, each.reason) for each in failed] == [
        (ids[1], NO_SUCH_OBJECT),
        (ids[2], None),  # the answer did not name it
    ]
    assert to_request(db) == []
    deliveries.postpone(db, ids[1], error="no object", next_attempt_utc=LATER, now=NOW)
    deliveries.park(db, ids[2], error="no answer", now=NOW)
    assert commitments.failed_commitments(db) == ()
    (again,) = deliveries.due_deliveries(db, LATER)
    assert (again.id, again.attempts) == (ids[1], 1), "the send was counted when it was made"
    assert series.get_series(db, SERIES_UID).state is SeriesState.ANALYSED


def test_an_answer_of_before_the_last_send_says_nothing_of_it(db: Database) -> None:
    first, *_ = sent_to_x(db)
    ask(db, "1.1", [first])
    deliveries.resend(db, first, now=NOW)
    deliveries.sent(db, first, note="", now=NOW + S)
    commitments.commitment_answered(
        db, "1.1", committed=[], failed={uids(db)[0]: NO_SUCH_OBJECT}, now=NOW + S
    )
    assert commitments.failed_commitments(db) == ()
    assert first in to_request(db)
    ask(db, "1.2", [first], seconds=2)
    assert commitments.commitments_of(db, first)[-1].attempts == 1
    commitments.commitment_answered(db, "1.2", committed=uids(db)[:1], failed={}, now=LATER)
    assert states(db)[0] is DeliveryState.DELIVERED


def test_a_time_out_is_told_once_and_asked_again(db: Database) -> None:
    ids = sent_to_x(db)
    ask(db, "1.1", ids)
    assert commitments.commitments_overdue(db, DEADLINE - S) == ()
    (overdue,) = commitments.commitments_overdue(db, DEADLINE)
    assert (overdue.transaction_uid, overdue.attempts) == ("1.1", 1)
    assert overdue.state is CommitmentState.TIMED_OUT
    assert overdue.delivery_ids == tuple(ids)
    assert commitments.commitments_overdue(db, LATER) == ()
    assert to_request(db) == ids
    assert ask(db, "1.2", ids, seconds=1) == ids
    assert commitments.commitments_of(db, ids[0])[-1].attempts == 2


def test_an_answer_after_the_time_out_counts(db: Database) -> None:
    ids = sent_to_x(db)
    ask(db, "1.1", ids)
    commitments.commitments_overdue(db, DEADLINE)
    assert commitments.commitment_answered(db, "1.1", committed=uids(db), failed={}, now=LATER)
    assert states(db) == [DeliveryState.DELIVERED] * 3
    assert to_request(db) == []


def test_an_unknown_transaction_changes_nothing(db: Database) -> None:
    sent_to_x(db)
    assert not commitments.commitment_answered(db, "9.9", committed=uids(db), failed={}, now=LATER)
    assert states(db) == [DeliveryState.SENT] * 3
