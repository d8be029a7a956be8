"""Signing in, who may, and when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher

from dicom_node.api.auth import token_digest
from dicom_node.api.passwords import AT_A_TIME, Passwords
from storage import audit, users
from storage.records import Role
from tests.integration.api.conftest import PASSWORD, Api, problem, running


def sign_in_at(api: Api, name: str, password: str) -> httpx.Response:
    return httpx.post(f"{api.url}/api/v1/session", json={"name": name, "password": password})


def test_the_log_of_the_first_start_makes_the_first_admin_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as api:
        (token,) = re.findall(r"set-up token (\S+)", caplog.text)
        body = {"token": token, "name": "ann", "password": PASSWORD}
        problem(httpx.post(f"{api.url}/api/v1/setup", json=body | {"token": "guess"}), 403)
        made = httpx.post(f"{api.url}/api/v1/setup", json=body)
        assert (made.status_code, made.json()["role"]) == (201, "admin")
        problem(httpx.post(f"{api.url}/api/v1/setup", json=body | {"name": "bob"}), 403)
        assert sign_in_at(api, "ann", PASSWORD).status_code == 201
        caplog.clear()
    with running(tmp_path):
        assert "token" not in caplog.text


def test_set_up_ends_when_an_admin_was_made_by_the_command(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    token = api.context.setup.issue()
    api.add_user("ann", Role.ADMIN)
    body = {"token": token, "name": "bob", "password": PASSWORD}
    assert problem(httpx.post(f"{api.url}/api/v1/setup", json=body), 409)["code"] == "conflict"


def test_a_token_holds_until_its_user_signs_out(api: Api, reader: httpx.Client) -> None:
    who = reader.get("/api/v1/session").json()
    assert who["user"]["name"] == "radiologist"
    assert reader.delete("/api/v1/session").status_code == 204
    replayed = reader.get("/api/v1/session")
    assert problem(replayed, 401)["code"] == "unauthenticated"
    assert replayed.headers["www-authenticate"].startswith("Bearer")


def test_the_database_holds_no_token_and_no_password(api: Api, tmp_path: Path) -> None:
    api.add_user("ann", Role.ADMIN)
    token = api.token("ann")
    files = [path.read_bytes() for path in (tmp_path / "data").glob("cspine.sqlite3*")]
    assert any(token_digest(token).encode() in content for content in files)
    for secret in (token, PASSWORD):
        assert not any(secret.encode() in content for content in files)


def test_neither_tokens_nor_passwords_nor_names_get_into_the_log(
    api: Api, reader: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = reader.headers["Authorization"].split()[1]
    reader.get("/api/v1/session", params={"search": "DOE^JANE"})
    sign_in_at(api, "radiologist", "a wrong password")
    sign_in_at(api, "radiologist", PASSWORD)
    ours = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("http")
    )
    assert "GET /api/v1/session: 200" in ours
    for secret in (token, PASSWORD, "wrong password", "DOE"):
        assert secret not in ours


def test_an_unused_session_ends(api: Api, reader: httpx.Client) -> None:
    idle_s = api.context.settings.api.session_idle_s
    api.clock.pass_(idle_s - 1)
    assert reader.get("/api/v1/session").status_code == 200
    api.clock.pass_(idle_s - 1)
    assert reader.get("/api/v1/session").status_code == 200
    api.clock.pass_(idle_s)
    problem(reader.get("/api/v1/session"), 401)


def test_a_busy_session_ends_too(api: Api, reader: httpx.Client) -> None:
    settings = api.context.settings.api
    step_s = settings.session_idle_s / 2
    for _ in range(int(settings.session_longest_s / step_s) - 1):
        api.clock.pass_(step_s)
        assert reader.get("/api/v1/session").status_code == 200
    api.clock.pass_(step_s)
    problem(reader.get("/api/v1/session"), 401)


def test_sessions_are_listed_and_revoked_by_their_user_only(
    api: Api, sign_in: Callable[..., httpx.Client]
) -> None:
    first, second = sign_in(Role.RADIOLOGIST), sign_in(Role.RADIOLOGIST)
    stranger = sign_in(Role.ADMIN)
    listed = first.get("/api/v1/sessions").json()
    assert [each["current"] for each in listed] == [True, False]
    path = f"/api/v1/sessions/{listed[1]['id']}"
    problem(stranger.delete(path), 404)
    assert first.delete(path).status_code == 204
    problem(second.get("/api/v1/session"), 401)


def test_a_changed_password_ends_all_sessions(
    api: Api, sign_in: Callable[..., httpx.Client]
) -> None:
    first, second = sign_in(Role.RADIOLOGIST), sign_in(Role.RADIOLOGIST)
    change = {"current": PASSWORD, "new": "another long password"}
    problem(first.post("/api/v1/session/password", json=change | {"current": "no"}), 403)
    assert (
        "12"
        in problem(first.post("/api/v1/session/password", json=change | {"new": "x"}), 422)[
            "message"
        ]
    )
    assert first.post("/api/v1/session/password", json=change).status_code == 204
    for client in (first, second):
        problem(client.get("/api/v1/session"), 401)
    problem(sign_in_at(api, "radiologist", PASSWORD), 401)
    assert sign_in_at(api, "radiologist", change["new"]).status_code == 201


def test_a_disabled_user_is_out_at_once(api: Api, reader: httpx.Client) -> None:
    users.change_user(api.database, "radiologist", disabled=True, now=api.context.now())
    problem(reader.get("/api/v1/session"), 401)
    problem(sign_in_at(api, "radiologist", PASSWORD), 401)


def test_guessing_is_slowed_down_and_a_reader_elsewhere_is_not_locked_out(api: Api) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    for _ in range(5):
        problem(sign_in_at(api, "ann", "guess"), 401)
    refused = sign_in_at(api, "ann", PASSWORD)
    assert problem(refused, 429)["code"] == "rate_limited"
    assert refused.headers["retry-after"] == "30"
    assert api.context.guard.wait_s("ann", "192.0.2.1") == 0
    api.clock.pass_(30)
    assert sign_in_at(api, "ann", PASSWORD).status_code == 201


def test_unknown_users_are_answered_and_slowed_down_like_known_ones(api: Api) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    answers = {}
    for name in ("ann", "nobody"):
        tried = [sign_in_at(api, name, "guess") for _ in range(6)]
        answers[name] = [(each.status_code, each.json()["error"] | {"id": ""}) for each in tried]
    assert answers["ann"] == answers["nobody"]


def test_an_unknown_user_costs_as_much_hashing_as_a_known_one() -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    known = passwords.hash(PASSWORD)
    assert passwords.verify(known, PASSWORD)
    assert not passwords.verify(None, PASSWORD)
    assert not passwords.verify(None, "a password that nobody has")
    # The same parameters, and so the same work, whether there is such a user or not.
    assert {each.rpartition("$")[0].rpartition("$")[0] for each in verified} == {
        known.rpartition("$")[0].rpartition("$")[0]
    }
    assert len(verified) == 3


def test_a_user_who_must_change_the_password_can_do_nothing_else(api: Api) -> None:
    api.add_user("ann", Role.ADMIN, must_change=True)
    with httpx.Client(
        base_url=api.url, headers={"Authorization": f"Bearer {api.token('ann')}"}
    ) as client:
        assert client.get("/api/v1/session").json()["user"]["must_change_password"] is True
        assert client.get("/api/v1/sessions").status_code == 200
        for path in ("/api/v1/series", "/api/v1/users", "/metrics"):
            assert problem(client.get(path), 403)["code"] == "password_change_needed"


def test_signing_in_is_audited(api: Api, reader: httpx.Client) -> None:
    sign_in_at(api, "radiologist", "guess")
    sign_in_at(api, "my secret typed as a name", "guess")
    reader.delete("/api/v1/session")
    found = [(each.actor, each.action) for each in audit.entries(api.database)]
    assert found == [
        ("radiologist", "session.opened"),
        ("radiologist", "session.refused"),
        ("unknown", "session.refused"),
        ("radiologist", "session.closed"),
    ]
    assert audit.verify(api.database) == 4


def test_a_flood_of_sign_ins_does_not_hold_the_others(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_node.api.passwords.WAIT_S", 0.05)
    api.add_user("ann", Role.ADMIN)
    turns = api.context.passwords._turns
    for _ in range(AT_A_TIME):
        turns.acquire()
    assert problem(sign_in_at(api, "ann", PASSWORD), 503)["code"] == "unavailable"
    turns.release(AT_A_TIME)
    assert sign_in_at(api, "ann", PASSWORD).status_code == 201
