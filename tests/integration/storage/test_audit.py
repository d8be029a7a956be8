"""The audit trail: one transaction with the change, chained, and nothing can be altered unseen."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from storage import audit, peers, users
from storage.audit import FIRST_HASH
from storage.database import Database
from storage.errors import AlreadyExistsError, StorageError
from storage.records import Actor, AuditFault, Peer, Role
from tests.integration.storage.given import LATER, NOW

ANN = Actor("ann", "192.0.2.7")


def write(db: Database, number: int = 3) -> None:
    for each in range(number):
        audit.record(db, ANN, "series.viewed", f"1.2.{each}", after={"n": each}, now=NOW)


def tamper(db: Database, statement: str) -> None:
    """What somebody with the database's password can do: without the triggers."""
    with db.transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))
            session.execute(text(statement))
            session.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_append_only"))
        else:
            session.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
            session.execute(text("DROP TRIGGER IF EXISTS audit_no_delete"))
            session.execute(text(statement))


def test_entries_are_numbered_and_chained(db: Database) -> None:
    write(db)
    found = audit.entries(db)
    assert [each.seq for each in found] == [1, 2, 3]
    assert [each.previous_hash for each in found] == [FIRST_HASH, found[0].hash, found[1].hash]
    assert (found[2].actor, found[2].address, found[2].object, found[2].after) == (
        "ann",
        "192.0.2.7",
        "1.2.2",
        {"n": 2},
    )
    assert audit.verify(db) == 3
    assert [each.seq for each in audit.latest(db, before_seq=3)] == [2, 1]
    assert [each.seq for each in audit.entries(db, object_="1.2.1")] == [2]


@pytest.mark.parametrize("word", ["UPDATE audit SET actor = 'bob'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_alter(db: Database, word: str) -> None:
    write(db)
    with pytest.raises(StorageError), db.transaction() as session:
        session.execute(text(word))
    assert audit.verify(db) == 3


@pytest.mark.parametrize(
    ("statement", "seq", "said"),
    [
        ("UPDATE audit SET actor = 'bob' WHERE seq = 2", 2, "changed"),
        ("UPDATE audit SET after = '{\"n\": 7}' WHERE seq = 1", 1, "changed"),
        ("UPDATE audit SET at_utc = '2020-01-01 00:00:00' WHERE seq = 3", 3, "changed"),
        ("DELETE FROM audit WHERE seq = 2", 2, "missing"),
        ("DELETE FROM audit WHERE seq = 3", 3, "missing"),
        ("DELETE FROM audit", 1, "missing"),
        ("UPDATE audit SET hash = 'x' WHERE seq = 1", 1, "changed"),
        ("UPDATE audit SET previous_hash = 'x' WHERE seq = 2", 2, "not chained"),
    ],
)
def test_what_was_altered_is_found(db: Database, statement: str, seq: int, said: str) -> None:
    write(db)
    tamper(db, statement)
    fault = audit.verify(db)
    assert isinstance(fault, AuditFault)
    assert fault.seq == seq
    assert said in fault.text


def test_a_forged_end_is_found(db: Database) -> None:
    """A whole chain anew, but for the head."""
    write(db, 2)
    first = audit.entries(db)[0]
    tamper(db, "DELETE FROM audit WHERE seq = 2")
    tamper(
        db,
        "INSERT INTO audit (seq, at_utc, actor, address, action, object, previous_hash, hash) "
        f"VALUES (2, '2026-03-01 12:00:00', 'x', 'x', 'x', 'x', '{first.hash}', 'x')",
    )
    forged = audit.entries(db)[1]
    tamper(db, f"UPDATE audit SET hash = '{audit.entry_hash(forged)}' WHERE seq = 2")
    fault = audit.verify(db)
    assert isinstance(fault, AuditFault)
    assert "written last" in fault.text


def test_a_change_and_its_entry_hold_or_fall_together(db: Database) -> None:
    peer = Peer("pacs", "PACS", "h", 104)
    with audit.audited(db, ANN, "peer.added", "pacs", now=NOW) as change:
        peers.add_peer(db, peer, now=NOW)
        change.after = {"aet": peers.get_peer(db, "pacs").aet}  # it sees what it wrote
    with pytest.raises(AlreadyExistsError):
        _add_two(db, peer)
    assert len(audit.entries(db)) == 1
    assert users.list_users(db) == ()
    with pytest.raises(RuntimeError):
        _remove_and_fail(db)
    assert peers.get_peer(db, "pacs") == peer
    assert audit.verify(db) == 1


def _add_two(db: Database, peer: Peer) -> None:
    with audit.audited(db, ANN, "peer.added", "pacs", now=NOW):
        users.add_user(db, "ann", role=Role.ADMIN, password_hash="x", now=NOW)
        peers.add_peer(db, peer, now=NOW)


def _remove_and_fail(db: Database) -> None:
    with audit.audited(db, ANN, "peer.removed", "pacs", now=NOW):
        peers.remove_peer(db, "pacs")
        raise RuntimeError


def test_odd_text_is_hashed_as_it_is_kept(db: Database) -> None:
    odd: dict[str, Any] = {"text": "é\0\ud800", "number": 0.1, "when": NOW}
    audit.record(db, Actor("a\0b", "\udcff"), "x", "ü", after=odd, now=LATER)
    assert audit.verify(db) == 1


def test_many_writers_make_one_chain(db: Database) -> None:
    write(db, 1)
    threads = [threading.Thread(target=write, args=(db, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert audit.verify(db) == 21
