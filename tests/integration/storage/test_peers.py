from __future__ import annotations

from datetime import timedelta

import pytest

from storage import peers
from storage.database import Database
from storage.errors import AlreadyExistsError, NotFoundError
from storage.records import Peer, PeerProtocol, RefusedCaller
from tests.integration.storage.given import LATER, NOW

PACS = Peer("pacs", "PACS", "pacs.example.org", 104, gets_results=True, tls=True)
CT_1 = Peer("ct-1", "SCANNER", "192.0.2.1", 11112, may_send=True)
CT_2 = Peer("ct-2", "SCANNER", "2001:db8::2", 65535, may_send=True)
OLD = Peer("old", "SCANNER", "192.0.2.3", 104)


@pytest.fixture
def known(db: Database) -> Database:
    for peer in (PACS, CT_2, OLD, CT_1):
        peers.add_peer(db, peer, now=NOW)
    return db


def test_peers_come_back_as_they_were_by_name(known: Database) -> None:
    assert peers.list_peers(known) == (CT_1, CT_2, OLD, PACS)
    assert peers.get_peer(known, "pacs") == PACS


def test_a_name_is_taken_once(known: Database) -> None:
    with pytest.raises(AlreadyExistsError, match="ct-1"):
        peers.add_peer(known, Peer("ct-1", "OTHER", "x", 1), now=NOW)
    assert peers.get_peer(known, "ct-1") == CT_1


def test_a_removed_peer_is_gone_and_may_come_again(known: Database) -> None:
    peers.remove_peer(known, "ct-1")
    assert CT_1 not in peers.list_peers(known)
    with pytest.raises(NotFoundError, match="ct-1"):
        peers.get_peer(known, "ct-1")
    with pytest.raises(NotFoundError, match="ct-1"):
        peers.remove_peer(known, "ct-1")
    peers.add_peer(known, CT_1, now=LATER)
    assert peers.get_peer(known, "ct-1") == CT_1


def test_who_may_send(known: Database) -> None:
    assert peers.senders(known, "SCANNER") == (CT_1, CT_2)
    assert peers.senders(known, "PACS") == ()
    assert peers.senders(known, "scanner") == (), "AE titles are case sensitive (PS3.5 6.2)"
    assert peers.senders(known, "") == ()


def refuse(
    db: Database, calling_aet: str = "X", host: str = "192.0.2.9", *, minute: int = 0, keep: int = 9
) -> None:
    peers.remember_refused(
        db,
        calling_aet=calling_aet,
        called_aet="CSPINE",
        host=host,
        reason=f"unknown caller {minute}",
        now=NOW + timedelta(minutes=minute),
        keep=keep,
    )


def test_a_refused_caller_is_counted(db: Database) -> None:
    for minute in range(3):
        refuse(db, minute=minute)
    assert peers.list_refused(db) == (
        RefusedCaller(
            calling_aet="X",
            called_aet="CSPINE",
            host="192.0.2.9",
            reason="unknown caller 2",
            count=3,
            first_utc=NOW,
            last_utc=NOW + timedelta(minutes=2),
        ),
    )


def test_each_triple_is_a_caller_and_the_latest_comes_first(db: Database) -> None:
    refuse(db, "A", minute=1)
    refuse(db, "A", "192.0.2.8", minute=3)
    refuse(db, "B", minute=2)
    refuse(db, "A", minute=4)
    found = [(each.calling_aet, each.host) for each in peers.list_refused(db)]
    assert found == [("A", "192.0.2.9"), ("A", "192.0.2.8"), ("B", "192.0.2.9")]
    assert len(peers.list_refused(db, limit=2)) == 2


def test_a_flood_of_callers_fills_no_disk(db: Database) -> None:
    for minute in range(6):
        refuse(db, f"A{minute}", minute=minute, keep=4)
    refuse(db, "A2", minute=7, keep=4)
    refuse(db, "A6", minute=8, keep=4)
    found = [each.calling_aet for each in peers.list_refused(db)]
    assert found == ["A6", "A2", "A5", "A4"], "the one that called again stayed"


def test_even_within_one_moment(db: Database) -> None:
    for number in range(6):
        refuse(db, f"A{number}", keep=4)
    assert [each.calling_aet for each in peers.list_refused(db)] == ["A5", "A4", "A3", "A2"]


def test_what_a_caller_calls_itself_does_not_break_anything(db: Database) -> None:
    for _ in range(2):
        refuse(db, "\0\udc80'; DROP TABLE peers; --")
    (found,) = peers.list_refused(db)
    assert found.count == 2


def test_a_peer_is_changed_in_place(known: Database) -> None:
    new = Peer(
        "pacs",
        "",
        "web.example.org",
        443,
        may_send=True,
        commitment=True,
        protocol=PeerProtocol.STOW,
        url="https://web.example.org/x",
        shadow=True,
    )
    assert peers.update_peer(known, "pacs", lambda _: new) == new
    assert peers.get_peer(known, "pacs") == new
    assert peers.list_peers(known) == (CT_1, CT_2, OLD, new)


def test_a_change_that_is_refused_leaves_the_peer(known: Database) -> None:
    def refuse(old: Peer) -> Peer:
        assert old == PACS
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        peers.update_peer(known, "pacs", refuse)
    assert peers.get_peer(known, "pacs") == PACS
    with pytest.raises(NotFoundError, match="nobody"):
        peers.update_peer(known, "nobody", lambda old: old)
