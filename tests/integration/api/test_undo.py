"""Changes of the configuration are undone over HTTP, unless something newer stands against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import text

from storage import audit, peers, routes, users
from storage.records import Peer, Role, Route
from tests.integration.api.conftest import Api, problem

PACS: Final[dict[str, Any]] = {
    "aet": "PACS",
    "host": "192.0.2.9",
    "port": 104,
    "gets_results": True,
}
RULE: Final = {"to": ["pacs"], "priority": ["stat"]}


def add_pacs(admin: httpx.Client) -> None:
    assert admin.post("/api/v1/peers", json=PACS | {"name": "pacs"}).status_code == 201


def change_pacs(admin: httpx.Client) -> None:
    answer = admin.put("/api/v1/peers/pacs", json=PACS | {"port": 11112, "may_send": True})
    assert answer.status_code == 200


def remove_pacs(admin: httpx.Client) -> None:
    assert admin.delete("/api/v1/peers/pacs").status_code == 204


def put_rule(admin: httpx.Client, name: str = "r", **more: Any) -> None:
    answer = admin.put(f"/api/v1/routes/{name}", json={"rule": RULE | more})
    assert answer.status_code == 200, answer.text


def change_rule(admin: httpx.Client) -> None:
    put_rule(admin, "a", stop=True)


def remove_rule(admin: httpx.Client) -> None:
    assert admin.delete("/api/v1/routes/a").status_code == 204


def move_rule(admin: httpx.Client) -> None:
    assert admin.post("/api/v1/routes/a/position", json={"position": 2}).status_code == 200


def promote(admin: httpx.Client) -> None:
    body = {"role": "admin", "organization": "Elsewhere"}
    assert admin.patch("/api/v1/users/bob", json=body).status_code == 200


def nothing(_: httpx.Client) -> None:
    pass


def with_rules(admin: httpx.Client) -> None:
    add_pacs(admin)
    for name in ("a", "b", "c"):
        put_rule(admin, name)


def with_bob(admin: httpx.Client) -> None:
    body = {"name": "bob", "role": "radiologist", "password": "correct horse battery"}
    assert admin.post("/api/v1/users", json=body).status_code == 201


CHANGES: Final[dict[str, tuple[Callable[..., None], Callable[..., None], str]]] = {
    "a peer added": (nothing, add_pacs, "peer.removed"),
    "a peer changed": (add_pacs, change_pacs, "peer.changed"),
    "a peer removed": (add_pacs, remove_pacs, "peer.added"),
    "a rule added": (add_pacs, put_rule, "route.removed"),
    "a rule changed": (with_rules, change_rule, "route.saved"),
    "a rule removed": (with_rules, remove_rule, "route.saved"),
    "a rule moved": (with_rules, move_rule, "route.moved"),
    "a user changed": (with_bob, promote, "user.changed"),
}


def configuration(api: Api) -> tuple[tuple[Peer, ...], list[tuple[Any, ...]], list[Any]]:
    def rule(each: Route) -> tuple[Any, ...]:
        return each.name, each.position, each.enabled, each.rule

    return (
        peers.list_peers(api.database),
        [rule(each) for each in routes.list_routes(api.database)],
        [(u.name, u.role, u.organization, u.disabled) for u in users.list_users(api.database)],
    )


def last_seq(admin: httpx.Client) -> int:
    return int(admin.get("/api/v1/audit", params={"limit": 1}).json()[0]["seq"])


@pytest.mark.parametrize(("given", "act", "inverse"), CHANGES.values(), ids=CHANGES)
def test_undone_and_the_undoing_undone(
    api: Api,
    admin: httpx.Client,
    given: Callable[..., None],
    act: Callable[..., None],
    inverse: str,
) -> None:
    given(admin)
    before = configuration(api)
    act(admin)
    after = configuration(api)
    assert before != after
    seq = last_seq(admin)

    answer = admin.post(f"/api/v1/audit/{seq}/undo")

    assert answer.status_code == 200, answer.text
    change, note = answer.json()
    assert configuration(api) == before
    assert (change["action"], change["actor"], change["can_be_undone"]) == (inverse, "admin", True)
    assert (note["action"], note["before"]["seq"]) == ("change.undone", seq)
    problem(admin.post(f"/api/v1/audit/{seq}/undo"), 409)
    assert admin.post(f"/api/v1/audit/{change['seq']}/undo").status_code == 200
    assert configuration(api) == after
    assert isinstance(audit.verify(api.database), int)


def change_pacs_again(admin: httpx.Client) -> None:
    assert admin.put("/api/v1/peers/pacs", json=PACS | {"port": 4242}).status_code == 200


def add_pacs_again(admin: httpx.Client) -> None:
    add_pacs(admin)


def demote(admin: httpx.Client) -> None:
    assert admin.patch("/api/v1/users/bob", json={"role": "service"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "act", "newer"),
    [
        (nothing, add_pacs, change_pacs),
        (nothing, add_pacs, put_rule),
        (add_pacs, change_pacs, change_pacs_again),
        (add_pacs, remove_pacs, add_pacs_again),
        (with_rules, change_rule, lambda admin: put_rule(admin, "a", source_aet=["X"])),
        (with_rules, move_rule, lambda admin: put_rule(admin, "d")),
        (with_bob, promote, demote),
    ],
)
def test_something_newer_stands_against_it(
    api: Api,
    admin: httpx.Client,
    given: Callable[..., None],
    act: Callable[..., None],
    newer: Callable[..., None],
) -> None:
    given(admin)
    act(admin)
    seq = last_seq(admin)
    newer(admin)
    before, entries = configuration(api), last_seq(admin)
    problem(admin.post(f"/api/v1/audit/{seq}/undo"), 409)
    assert configuration(api) == before
    assert last_seq(admin) == entries, "what was not undone leaves no entry"


def test_the_last_administrator_stays(api: Api, admin: httpx.Client) -> None:
    with_bob(admin)
    promote(admin)
    seq = last_seq(admin)
    with api.signed_in(Role.ADMIN, "bob") as bob:
        users.change_user(api.database, "bob", role=Role.ADMIN, now=api.clock.now)
        users.change_user(api.database, "admin", disabled=True, now=api.clock.now)
        with api.database.transaction() as session:
            session.execute(text("UPDATE users SET must_change_password = false"))
        refused = problem(bob.post(f"/api/v1/audit/{seq}/undo"), 409)
    assert refused["code"] == "last_admin"
    assert users.get_user(api.database, "bob").role is Role.ADMIN


def test_what_cannot_be_undone(api: Api, admin: httpx.Client, reader: httpx.Client) -> None:
    with_bob(admin)
    seq = last_seq(admin)
    assert admin.get("/api/v1/audit", params={"limit": 1}).json()[0]["can_be_undone"] is False
    assert "user.added" in problem(admin.post(f"/api/v1/audit/{seq}/undo"), 422)["message"]
    problem(admin.post("/api/v1/audit/99999/undo"), 404)
    problem(admin.post("/api/v1/audit/0/undo"), 422)
    problem(reader.post(f"/api/v1/audit/{seq}/undo"), 403)
