from __future__ import annotations

import pytest

from storage import peers, routes
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import Peer, PeerProtocol
from tests.integration.storage.given import LATER, NOW


def names(db: Database) -> list[str]:
    found = routes.list_routes(db)
    assert [each.position for each in found] == list(range(len(found)))
    return [each.name for each in found]


@pytest.fixture
def three(db: Database) -> Database:
    for name in ("c", "a", "b"):
        routes.put_route(db, name, {"to": [name]}, now=NOW)
    return db


def test_rules_come_back_in_the_order_they_were_added(three: Database) -> None:
    assert names(three) == ["c", "a", "b"]
    first = routes.list_routes(three)[0]
    assert (first.rule, first.enabled, first.created_utc) == ({"to": ["c"]}, True, NOW)


def test_a_rule_is_replaced_at_its_place(three: Database) -> None:
    routes.put_route(three, "a", {"shadow": True}, enabled=False, now=LATER)
    assert names(three) == ["c", "a", "b"]
    changed = routes.list_routes(three)[1]
    assert (changed.rule, changed.enabled) == ({"shadow": True}, False)
    assert (changed.created_utc, changed.changed_utc) == (NOW, LATER)


@pytest.mark.parametrize(
    ("position", "order"), [(0, ["b", "c", "a"]), (1, ["c", "b", "a"]), (99, ["c", "a", "b"])]
)
def test_a_rule_is_moved(three: Database, position: int, order: list[str]) -> None:
    routes.move_route(three, "b", position, now=LATER)
    assert names(three) == order


def test_a_removed_rule_leaves_no_gap(three: Database) -> None:
    routes.remove_route(three, "a")
    assert names(three) == ["c", "b"]
    with pytest.raises(NotFoundError, match="a"):
        routes.remove_route(three, "a")
    with pytest.raises(NotFoundError, match="a"):
        routes.move_route(three, "a", 0, now=NOW)
    with pytest.raises(ValueError, match="0 or more"):
        routes.move_route(three, "b", -1, now=NOW)


def test_a_web_destination_comes_back_as_it_was(db: Database) -> None:
    url = "https://pacs.example.org/dicom-web"
    web = Peer("web", "", "pacs.example.org", 443, protocol=PeerProtocol.STOW, url=url)
    asked = Peer("asked", "PACS", "h", 104, gets_results=True, commitment=True)
    for peer in (web, asked):
        peers.add_peer(db, peer, now=NOW)
    assert peers.list_peers(db) == (asked, web)
