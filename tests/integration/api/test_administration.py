"""Peers, refused callers, rules, users, the audit trail over HTTP."""

from __future__ import annotations

import json
import ssl
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest

from dicom_node.api.certificate import certificate_of
from dicom_node.audit_messages.build import destination_of
from dicom_node.config_security import AuditSection
from dicom_node.monitoring.worker_watch import WorkerFailure
from storage import audit, audit_exports, deliveries, destinations, peers
from storage.records import Delivery, DeliveryState, Role
from tests.dcmtk import free_port, storescp
from tests.integration.api.conftest import PASSWORD, Api, problem, running
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed

PACS: dict[str, Any] = {
    "name": "pacs",
    "aet": "PACS",
    "host": "192.0.2.9",
    "port": 104,
    "gets_results": True,
}


def test_a_peer_s_life_with_before_and_after(api: Api, admin: httpx.Client) -> None:
    made = admin.post("/api/v1/peers", json=PACS)
    assert (made.status_code, made.json()["may_send"]) == (201, False)
    problem(admin.post("/api/v1/peers", json=PACS), 409)
    body = {key: value for key, value in PACS.items() if key != "name"} | {"may_send": True}
    assert admin.put("/api/v1/peers/pacs", json=body).json()["may_send"] is True
    assert [each["name"] for each in admin.get("/api/v1/peers").json()] == ["pacs"]
    assert admin.delete("/api/v1/peers/pacs").status_code == 204
    problem(admin.delete("/api/v1/peers/pacs"), 404)
    problem(admin.put("/api/v1/peers/pacs", json=body), 404)
    added, changed, removed = audit.entries(api.database, object_="pacs")
    assert (added.action, added.before, (added.after or {})["port"]) == ("peer.added", None, 104)
    assert changed.before == added.after
    assert (changed.after or {})["may_send"] is True
    assert (removed.before, removed.after) == (changed.after, None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"aet": "A" * 17}, "aet"),
        ({"aet": ""}, "aet"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "body.port"),
        ({"host": ""}, "host"),
        ({"host": "h\r\nX: 1"}, "body.host"),
        ({"name": "../x"}, "body.name"),
        ({"protocol": "stow", "url": "ftp://x"}, "url"),
        ({"protocol": "stow", "url": "https://user:secret@x/"}, "url"),
        ({"surprise": 1}, "body.surprise"),
    ],
)
def test_an_impossible_peer_names_its_key(
    api: Api, admin: httpx.Client, change: dict[str, Any], named: str
) -> None:
    answer = admin.post("/api/v1/peers", json=PACS | change)
    assert problem(answer, 422)["message"].startswith(f"{named}: ")
    assert "secret" not in answer.text
    assert peers.list_peers(api.database) == ()


def test_an_echo_says_which_step_failed(api: Api, admin: httpx.Client, tmp_path: Path) -> None:
    port = free_port()
    admin.post("/api/v1/peers", json=PACS | {"host": "127.0.0.1", "port": port})
    failed = admin.post("/api/v1/peers/pacs/echo").json()
    assert failed["ok"] is False
    assert [each["ok"] for each in failed["steps"]] == [True, False]
    with storescp(tmp_path / "received", aet="PACS") as pacs:
        body = {"aet": "PACS", "host": "127.0.0.1", "port": pacs.port}
        admin.put("/api/v1/peers/pacs", json=body)
        assert admin.post("/api/v1/peers/pacs/echo").json()["ok"] is True
    problem(admin.post("/api/v1/peers/nobody/echo"), 404)


def test_a_refused_caller_is_let_in_by_one_request(api: Api, admin: httpx.Client) -> None:
    peers.remember_refused(
        api.database,
        calling_aet="CT 1",
        called_aet="CSPINE",
        host="192.0.2.7",
        reason="unknown",
        now=given.NOW,
    )
    (refused,) = admin.get("/api/v1/refused-callers").json()
    assert refused["count"] == 1
    assert admin.post("/api/v1/peers", json=refused["suggestion"]).status_code == 201
    (peer,) = peers.senders(api.database, "CT 1")
    assert (peer.name, peer.host, peer.gets_results) == ("ct-1", "192.0.2.7", False)


def test_rules_are_saved_moved_rehearsed_and_removed(api: Api, admin: httpx.Client) -> None:
    admin.post("/api/v1/peers", json=PACS)
    whole = dict.fromkeys([f"C{level}" for level in range(1, 8)], "whole")
    analysed(api.database, "1.1", 0.97, status="analysed", findings=[{}], level_coverage=whole)
    rule = {"to": ["pacs"], "outcome": ["finding"]}
    (tried,) = admin.post("/api/v1/routes/rehearsal", json={"rule": rule}).json()
    assert (tried["series_uid"], tried["differs"]) == ("1.1", True)
    assert [each["peer"] for each in tried["more"]] == ["pacs"]
    assert admin.get("/api/v1/routes").json() == []  # a rehearsal saves nothing

    for name in ("first", "second"):
        saved = admin.put(f"/api/v1/routes/{name}", json={"rule": rule})
        assert saved.json()["rule"] == rule
    moved = admin.post("/api/v1/routes/second/position", json={"position": 0}).json()
    assert [each["name"] for each in moved] == ["second", "first"]
    assert "pacs" in problem(admin.delete("/api/v1/peers/pacs"), 422)["message"]
    assert admin.delete("/api/v1/routes/first").status_code == 204
    problem(admin.delete("/api/v1/routes/first"), 404)
    problem(admin.put("/api/v1/routes/x", json={"rule": {"to": ["nobody"]}}), 422)
    problem(admin.put("/api/v1/routes/x", json={"rule": {"surprise": 1}}), 422)
    actions = [each.action for each in audit.entries(api.database) if "route" in each.action]
    assert actions == ["route.saved", "route.saved", "route.moved", "route.removed"]


def test_a_new_user_must_change_the_password_first(api: Api, admin: httpx.Client) -> None:
    body = {"name": "ann", "role": "radiologist", "password": PASSWORD, "organization": "Trust"}
    made = admin.post("/api/v1/users", json=body)
    assert (made.status_code, made.json()["must_change_password"]) == (201, True)
    assert PASSWORD not in made.text
    problem(admin.post("/api/v1/users", json=body), 409)
    problem(admin.post("/api/v1/users", json=body | {"name": "x", "password": "short"}), 422)
    with httpx.Client(base_url=api.url) as client:
        client.headers["Authorization"] = f"Bearer {api.token('ann')}"
        refused = problem(client.get("/api/v1/series"), 403)
        assert refused["code"] == "password_change_needed"
        change = {"current": PASSWORD, "new": "another long password"}
        assert client.post("/api/v1/session/password", json=change).status_code == 204


def test_a_change_of_role_ends_sessions_and_the_last_admin_stays(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    changed = admin.patch("/api/v1/users/radiologist", json={"role": "service"})
    assert changed.json()["role"] == "service"
    problem(reader.get("/api/v1/session"), 401)
    for body in ({"disabled": True}, {"role": "radiologist"}):
        error = problem(admin.patch("/api/v1/users/admin", json=body), 409)
        assert error["code"] == "last_admin"
    assert admin.get("/api/v1/session").status_code == 200  # nothing of it happened
    entry = audit.entries(api.database, object_="radiologist")[-1]
    assert ((entry.before or {})["role"], (entry.after or {})["role"]) == (
        "radiologist",
        "service",
    )


def test_no_audit_entry_holds_a_secret(api: Api, admin: httpx.Client) -> None:
    body = {"name": "ann", "role": "service", "password": PASSWORD}
    admin.post("/api/v1/users", json=body)
    admin.post("/api/v1/users/ann/password", json={"password": "another long password"})
    exported = admin.get("/api/v1/audit/export")
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    entries = [json.loads(line) for line in exported.text.splitlines()]
    assert [each["action"] for each in entries][-3:] == [
        "user.added",
        "user.password",
        "audit.exported",
    ]
    for secret in (PASSWORD, "another long", "argon2"):
        assert secret not in exported.text
    assert admin.get("/api/v1/audit/verification").json()["holds"] is True
    newest = admin.get("/api/v1/audit", params={"limit": 2}).json()
    assert [each["seq"] for each in newest] == [len(entries), len(entries) - 1]


def test_the_system(api: Api, admin: httpx.Client) -> None:
    given.queued(api.database, "1.3")
    state = admin.get("/api/v1/system").json()
    assert state["queue"]["series_by_state"]["queued"] == 1
    assert state["queue"]["oldest_queued_utc"] is not None
    assert state["disk"]["receives"] is True
    assert state["disk"]["total_bytes"] > state["disk"]["free_bytes"] > 0
    api.context.instruments.worker.failed(WorkerFailure.JOB)
    found = admin.get("/api/v1/system").json()
    assert found["inference"] == {
        "state": "starting",
        "device": "cpu",
        "model": {"name": "tiny", "version": "0", "sha256": "0" * 64, "architecture": ""},
        "restarts": 0,
        "failures": {"start": 0, "job": 1, "idle": 0},
    }
    assert found["certificates"] == []
    assert found["versions"]["pydicom"] == version("pydicom")


def test_the_system_tells_its_certificate(tmp_path: Path) -> None:
    with running(tmp_path, tls=True) as api:
        own = certificate_of(api.context.settings.api, api.context.data_dir.root)
        assert own is not None
        api.add_user("admin", Role.ADMIN)
        verify = ssl.create_default_context(cafile=str(own.certificate))
        with httpx.Client(base_url=api.url, verify=verify) as client:
            body = {"name": "admin", "password": PASSWORD}
            token = client.post("/api/v1/session", json=body).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            (told,) = client.get("/api/v1/system").json()["certificates"]
    assert (told["name"], told["self_made"]) == ("api", True)
    assert told["fingerprint"] == own.fingerprint()
    assert datetime.fromisoformat(told["ends_utc"]) > api.clock.now


def test_an_administrator_ends_the_session_of_another_user(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    (session,) = admin.get("/api/v1/users/radiologist/sessions").json()
    assert session["current"] is False
    own = admin.get("/api/v1/users/admin/sessions").json()
    assert [each["current"] for each in own] == [True]
    path = f"/api/v1/users/radiologist/sessions/{session['id']}"
    problem(admin.delete(path.replace("radiologist", "admin")), 404)  # it is not that user's
    assert admin.delete(path).status_code == 204
    problem(reader.get("/api/v1/session"), 401)
    problem(admin.delete(path), 404)
    problem(admin.get("/api/v1/users/nobody/sessions"), 404)
    entry = audit.entries(api.database, object_="radiologist")[-1]
    assert (entry.action, entry.actor) == ("session.revoked", "admin")


def test_a_destination_is_told_and_all_that_is_parked_for_it_resumed(
    api: Api, admin: httpx.Client, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_node.api.destinations.AT_ONCE", 2)
    for number in range(3):
        given.queued(api.database, f"1.{number}")
        given.finish(api.database, given.claimed(api.database), given.PEER)
    found = deliveries_of_peer(api)
    for each in found:
        deliveries.park(api.database, each.id, error="refused: 0xA900", now=given.NOW)
    (told,) = reader.get("/api/v1/destinations").json()
    assert (told["peer_name"], told["parked"], told["pending"]) == (given.PEER, 3, 0)
    assert told["last_error"] == "refused: 0xA900"
    listed = reader.get("/api/v1/deliveries", params={"peer": given.PEER}).json()
    assert {each["series_uid"] for each in listed} == {"1.0", "1.1", "1.2"}
    assert {each["piece"] for each in listed} == {"report"}
    assert reader.get("/api/v1/deliveries", params={"peer": "nobody"}).json() == []
    path = f"/api/v1/destinations/{given.PEER}/resume"
    problem(reader.post(path), 403)
    assert admin.post(path).json() == {"resumed": 2, "parked": 1}
    assert admin.post(path).json() == {"resumed": 1, "parked": 0}
    assert admin.post(path).json() == {"resumed": 0, "parked": 0}
    assert {each.state for each in deliveries_of_peer(api)} == {DeliveryState.PENDING}
    resumed = audit.latest(api.database, actions=["delivery.resumed"])
    assert len(resumed) == 3


def test_the_trail_is_filtered_by_what_who_and_about(api: Api, admin: httpx.Client) -> None:
    admin.post("/api/v1/users", json={"name": "ann", "role": "service", "password": PASSWORD})
    admin.post("/api/v1/peers", json=PACS)

    def actions(**wanted: str) -> list[str]:
        return [each["action"] for each in admin.get("/api/v1/audit", params=wanted).json()]

    assert actions(kind="user") == ["user.added"]
    assert actions(about="PAC") == ["peer.added"]
    assert actions(actor="adm", kind="peer") == ["peer.added"]
    assert actions(actor="nobody") == []
    assert actions(about="%") == []  # it is a letter like any other
    assert actions(kind="use") == []
    problem(admin.get("/api/v1/audit", params={"kind": "user.added"}), 422)
    newest = admin.get("/api/v1/audit", params={"limit": "1"}).json()[0]["seq"]
    assert actions(before_seq=str(newest), kind="user") == ["user.added"]


def deliveries_of_peer(api: Api) -> tuple[Delivery, ...]:
    return destinations.list_deliveries(api.database, peer_name=given.PEER)


def test_where_the_trail_is_sent_on_to_and_what_waits(tmp_path: Path) -> None:
    with running(tmp_path) as api, api.signed_in(Role.ADMIN) as admin:
        path = "/api/v1/audit/destinations"
        assert admin.get(path).json() == []
        section = AuditSection(syslog_host="127.0.0.1", syslog_transport="tcp", syslog_port=6514)
        name = destination_of(section)
        assert name is not None
        claim = audit_exports.claim(api.database, name, owner="n", lease_s=60, now=given.NOW)
        assert claim is not None
        audit_exports.failed(
            api.database, name, error="refused", next_attempt_utc=given.LATER, owner="n"
        )
        (told,) = admin.get(path).json()
        assert (told["destination"], told["configured"], told["last_error"]) == (
            name,
            False,
            "refused",
        )
        assert told["waiting"] == len(audit.entries(api.database)) > 0
        assert told["oldest_waiting_utc"] is not None
