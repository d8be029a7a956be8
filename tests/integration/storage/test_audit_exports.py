"""Where the trail has come outside: claimed by one at a time, moved by nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage import audit, audit_exports
from storage.database import Database
from storage.records import Actor, AuditBacklog, AuditEntry, AuditSubject
from tests.integration.storage.given import LATER, NOW, SERIES_UID, receive

TO = "tls://audit:6514"
LEASE_S = 60.0


def entries(db: Database, count: int) -> tuple[AuditEntry, ...]:
    for _ in range(count):
        audit.record(db, Actor("ann", "192.0.2.7"), "peer.added", "pacs", now=NOW)
    return audit.entries(db)


def claim(db: Database, owner: str, *, after_s: float = 0) -> int | None:
    now = NOW + timedelta(seconds=after_s)
    found = audit_exports.claim(db, TO, owner=owner, lease_s=LEASE_S, now=now)
    return None if found is None else found.seq


def test_one_node_at_a_time_has_a_destination(db: Database) -> None:
    first, second = entries(db, 2)
    assert claim(db, "a") == 0
    assert claim(db, "b") is None
    assert audit_exports.sent(db, TO, first, owner="a", lease_s=LEASE_S, now=NOW)
    assert claim(db, "b", after_s=LEASE_S) == 1, "the first one has died"
    assert not audit_exports.sent(db, TO, second, owner="a", lease_s=LEASE_S, now=NOW)
    audit_exports.release(db, TO, owner="a")
    assert claim(db, "c", after_s=LEASE_S) is None
    audit_exports.release(db, TO, owner="b")
    assert claim(db, "c", after_s=LEASE_S) == 1


def test_what_waits(db: Database) -> None:
    assert audit_exports.backlog(db, TO) == AuditBacklog(0, None)
    first, *_ = entries(db, 2)
    audit.record(db, Actor("ann", "192.0.2.7"), "peer.added", "pacs", now=LATER)
    assert audit_exports.backlog(db, TO) == AuditBacklog(3, NOW)
    claim(db, "a")
    for count, last in ((2, first), (1, audit.entries(db)[1]), (0, audit.entries(db)[2])):
        assert audit_exports.sent(db, TO, last, owner="a", lease_s=LEASE_S, now=NOW)
        oldest = {2: NOW, 1: LATER, 0: None}[count]
        assert audit_exports.backlog(db, TO) == AuditBacklog(count, oldest)
    assert audit_exports.backlog(db, "tls://another:6514").entries == 3


def test_all_waits_of_a_trail_that_was_put_back(db: Database) -> None:
    first, *_ = entries(db, 1)
    claim(db, "a")
    newer = replace(first, seq=9)
    assert audit_exports.sent(db, TO, newer, owner="a", lease_s=LEASE_S, now=NOW)
    assert audit_exports.backlog(db, TO) == AuditBacklog(1, NOW)


def test_after_a_failure_it_is_left_alone(db: Database) -> None:
    assert claim(db, "a") == 0
    audit_exports.failed(db, TO, error="away", next_attempt_utc=LATER, owner="b")
    assert audit_exports.exports(db)[0].failures == 0, "only who has it may say so"
    audit_exports.failed(db, TO, error="away", next_attempt_utc=LATER, owner="a")
    assert claim(db, "a") is None
    (found,) = audit_exports.exports(db)
    assert (found.failures, found.last_error, found.next_attempt_utc) == (1, "away", LATER)
    assert claim(db, "b", after_s=(LATER - NOW).total_seconds()) == 0


def test_another_trail_begins_anew(db: Database) -> None:
    (first,) = entries(db, 1)
    other = AuditEntry(
        first.seq, NOW, "eve", "", "peer.added", "x", None, None, first.previous_hash, "e" * 64
    )
    claim(db, "a")
    assert audit_exports.sent(db, TO, other, owner="a", lease_s=LEASE_S, now=NOW)
    assert claim(db, "a") == 0


def test_the_newest_entry(db: Database) -> None:
    assert audit_exports.last_seq(db) == 0
    entries(db, 3)
    assert audit_exports.last_seq(db) == 3


def test_what_an_entry_is_about(db: Database) -> None:
    receive(db)
    for uid in (SERIES_UID, "1.2.1"):  # the series, and its study
        assert audit_exports.subject_of(db, uid) == AuditSubject("1.2.1", "P1")
    assert audit_exports.subject_of(db, "9.9") is None
    assert audit_exports.subject_of(db, "") is None
