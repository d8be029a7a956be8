"""Signing in at a real OpenID Connect provider, and everything that must not get in that way."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from dicom_node.config_security import OidcSection
from storage import audit, users
from storage.records import Role
from tests.integration.api.conftest import Api, problem, running
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, SigningKey

OWN_MACHINE: Final = "http://127.0.0.1:53211/signed-in"
ROLES: Final = {"radiology": Role.RADIOLOGIST, "it": Role.ADMIN, "bots": Role.SERVICE}
Claims = dict[str, Any]


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as found:
        yield found


@pytest.fixture
def section(provider: OidcProvider, tmp_path: Path) -> OidcSection:
    secret = tmp_path / "client-secret"
    secret.write_text(CLIENT_SECRET + "\n")
    return OidcSection(
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret_file=secret,
        roles=ROLES,
        organization="Trust",
    )


@pytest.fixture
def api(section: OidcSection, tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path, oidc=section) as found:
        yield found


def begin(api: Api, redirect_uri: str = OWN_MACHINE) -> tuple[str, str]:
    """State and code, as they come to the program that began."""
    answer = httpx.post(f"{api.url}/api/v1/session/oidc/start", json={"redirect_uri": redirect_uri})
    assert answer.status_code == 201, answer.text
    begun = answer.json()
    there = httpx.get(begun["authorization_url"])
    assert there.status_code == 302
    assert there.headers["location"].startswith(redirect_uri + "?")
    query = parse_qs(urlsplit(there.headers["location"]).query)
    assert query["state"] == [begun["state"]]
    return begun["state"], query["code"][0]


def end(api: Api, state: str, code: str) -> httpx.Response:
    return httpx.post(
        f"{api.url}/api/v1/session/oidc/callback", json={"state": state, "code": code}
    )


def sign_in(api: Api) -> httpx.Response:
    return end(api, *begin(api))


def reason(answer: httpx.Response) -> str:
    """Why somebody was not let in (401)."""
    return str(problem(answer, 401)["detail"]["reason"])


def trail(api: Api) -> list[tuple[str, str]]:
    return [(each.actor, each.action) for each in audit.entries(api.database)]


def test_somebody_signs_in_and_has_an_account(api: Api) -> None:
    answer = sign_in(api)
    assert answer.status_code == 201, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    me = httpx.get(f"{api.url}/api/v1/session", headers=headers).json()["user"]
    assert (me["name"], me["role"], me["display_name"], me["organization"]) == (
        "ann.reader",
        "radiologist",
        "Reader^Ann",
        "Trust",
    )
    assert trail(api) == [("ann.reader", "user.added"), ("ann.reader", "session.opened")]
    assert httpx.get(f"{api.url}/api/v1/users", headers=headers).status_code == 403


def test_no_password_opens_such_an_account(api: Api) -> None:
    assert sign_in(api).status_code == 201
    for password in (" ", "argon2", "None"):
        body = {"name": "ann.reader", "password": password}
        problem(httpx.post(f"{api.url}/api/v1/session", json=body), 401)


def test_the_account_stays_the_persons_whatever_the_name(api: Api, provider: OidcProvider) -> None:
    assert sign_in(api).status_code == 201
    provider.person["preferred_username"] = "ann.married"
    assert sign_in(api).json()["user"]["name"] == "ann.reader"
    provider.person["sub"] = "4712"
    assert sign_in(api).json()["user"]["name"] == "ann.married"


def test_the_role_is_that_of_today(api: Api, provider: OidcProvider) -> None:
    before = sign_in(api).json()["token"]
    provider.person["roles"] = ["it", "radiology"]
    assert sign_in(api).json()["user"]["role"] == "admin"
    answer = httpx.get(f"{api.url}/api/v1/session", headers={"Authorization": f"Bearer {before}"})
    assert answer.status_code == 401, "a session of another role has ended"
    assert ("ann.reader", "user.changed") in trail(api)
    provider.person["roles"] = []
    problem(sign_in(api), 403)


def test_the_last_administrator_is_not_taken_down_by_a_claim(
    api: Api, provider: OidcProvider
) -> None:
    provider.person["roles"] = ["it"]
    assert sign_in(api).json()["user"]["role"] == "admin"
    provider.person["roles"] = ["radiology"]
    assert "nobody to look after" in problem(sign_in(api), 403)["message"]
    api.add_user("boss", Role.ADMIN)
    assert sign_in(api).json()["user"]["role"] == "radiologist"


@pytest.mark.parametrize("roles", [None, [], "admin", ["admin"], [["it"]], {"it": True}, 7])
def test_without_a_mapped_role_nobody_gets_in(
    api: Api, provider: OidcProvider, roles: object
) -> None:
    provider.person["roles"] = roles
    assert "no role" in problem(sign_in(api), 403)["message"]
    assert users.list_users(api.database) == ()
    assert trail(api) == [("unknown", "session.refused")]


def test_a_role_may_lie_deep(provider: OidcProvider, section: OidcSection, tmp_path: Path) -> None:
    provider.person |= {"realm_access": {"roles": ["bots"]}, "roles": ["it"]}
    deep = section.model_copy(update={"role_claim": "realm_access.roles"})
    with running(tmp_path / "deep", oidc=deep) as api:
        assert sign_in(api).json()["user"]["role"] == "service"


def test_an_account_of_ours_is_not_taken_over_by_its_name(api: Api, provider: OidcProvider) -> None:
    api.add_user("boss", Role.ADMIN)
    provider.person |= {"preferred_username": "boss", "roles": ["radiology"]}
    assert "another account" in problem(sign_in(api), 403)["message"]
    assert users.get_user(api.database, "boss").role is Role.ADMIN


@pytest.mark.parametrize("name", ["", "../etc", "Ann Reader", "a" * 65, "ann\n", 7, None])
def test_a_name_that_is_none_here(api: Api, provider: OidcProvider, name: object) -> None:
    provider.person["preferred_username"] = name
    assert "user name" in problem(sign_in(api), 403)["message"]


def test_who_is_disabled_stays_out(api: Api) -> None:
    assert sign_in(api).status_code == 201
    users.change_user(api.database, "ann.reader", disabled=True, now=api.context.now())
    assert "disabled" in problem(sign_in(api), 403)["message"]


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, "", "none")


def with_our_secret(claims: Claims) -> str:
    return jwt.encode(claims, CLIENT_SECRET * 2, "HS256", headers={"kid": "key-1"})


def by_another_key(claims: Claims) -> str:
    return SigningKey("key-1", number=2).sign(claims)


def by_an_unknown_key(claims: Claims) -> str:
    return SigningKey("key-2").sign(claims)


ATTACKS: Final[list[tuple[str, Callable[[Claims], str] | Claims]]] = [
    ("algorithm", unsigned),
    ("algorithm", with_our_secret),
    ("signature", by_another_key),
    ("key", by_an_unknown_key),
    ("token", lambda _: "no.token"),
    ("token", lambda _: "ä.ö.ü"),
    ("issuer", {"iss": "https://evil.example.org"}),
    ("issuer", {"iss": ""}),
    ("audience", {"aud": "another-client"}),
    ("audience", {"aud": [CLIENT_ID, "another-client"]}),
    ("audience", {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}),
    ("audience", {"azp": "another-client"}),
    ("expired", {"exp": int(time.time()) - 3600}),
    ("expired", {"iat": int(time.time()) - 3600}),
    ("not_yet_valid", {"iat": int(time.time()) + 3600}),
    ("not_yet_valid", {"nbf": int(time.time()) + 3600}),
    ("nonce", {"nonce": "that of another sign-in"}),
    ("nonce", {"nonce": None}),
    ("nonce", {"nonce": ""}),
]


@pytest.mark.parametrize(("code", "attack"), ATTACKS)
def test_a_token_that_does_not_hold(
    api: Api, provider: OidcProvider, code: str, attack: Callable[[Claims], str] | Claims
) -> None:
    if callable(attack):
        provider.make_token = attack
    else:
        provider.make_token = lambda claims: provider.sign(claims | attack)
    assert reason(sign_in(api)) == code
    assert users.list_users(api.database) == ()
    (entry,) = audit.entries(api.database)
    assert entry.after == {"provider": provider.issuer, "reason": code}


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_a_claim_that_is_missing(api: Api, provider: OidcProvider, missing: str) -> None:
    provider.make_token = lambda claims: provider.sign(
        {key: value for key, value in claims.items() if key != missing}
    )
    assert problem(sign_in(api), 401)["code"] == "not_accepted"


def test_a_token_whose_claims_were_changed(api: Api, provider: OidcProvider) -> None:
    def changed(claims: Claims) -> str:
        header, _, signature = provider.sign(claims).split(".")
        body = json.dumps(claims | {"roles": ["it"]}).encode()
        return ".".join([header, base64.urlsafe_b64encode(body).rstrip(b"=").decode(), signature])

    provider.make_token = changed
    assert reason(sign_in(api)) == "signature"


def test_the_token_of_an_earlier_sign_in(api: Api, provider: OidcProvider) -> None:
    seen: list[str] = []

    def same(claims: Claims) -> str:
        seen.append(provider.sign(claims))
        return seen[0]

    provider.make_token = same
    assert sign_in(api).status_code == 201
    assert reason(sign_in(api)) == "nonce"


def test_a_state_holds_once(api: Api, provider: OidcProvider) -> None:
    state, code = begin(api)
    assert end(api, state, code).status_code == 201
    assert reason(end(api, state, code)) == "state"
    assert provider.token_requests == 1, "the provider was not even asked"


def test_a_state_is_spent_by_a_wrong_code(api: Api) -> None:
    state, code = begin(api)
    assert reason(end(api, state, "guessed")) == "code"
    assert reason(end(api, state, code)) == "state"


def test_a_state_that_nobody_began(api: Api, provider: OidcProvider) -> None:
    assert reason(end(api, "invented", "code")) == "state"
    assert provider.token_requests == 0


def test_the_code_of_one_sign_in_with_the_state_of_another(api: Api) -> None:
    """As of somebody who has stolen a code: PKCE binds it to who began."""
    (_, stolen), (own, _) = begin(api), begin(api)
    assert reason(end(api, own, stolen)) == "code"


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example.org/",
        "http://localhost:80/",  # a name, which somebody may rebind (RFC 8252 8.3)
        "http://127.0.0.1/",
        "http://127.0.0.1:80@evil.example.org/",
        "http://127.0.0.1.evil.example.org:80/",
        "https://127.0.0.1:80/",
        "javascript:alert(1)",
        "http://[::1",
        "http://127.0.0.1:99999/",
    ],
)
def test_the_provider_sends_nobody_elsewhere(api: Api, uri: str) -> None:
    answer = httpx.post(f"{api.url}/api/v1/session/oidc/start", json={"redirect_uri": uri})
    problem(answer, 422)


def test_a_page_that_is_configured(section: OidcSection, tmp_path: Path) -> None:
    page = "https://viewer.example.org/signed-in"
    with running(
        tmp_path / "page", oidc=section.model_copy(update={"redirect_uris": (page,)})
    ) as api:
        assert end(api, *begin(api, page)).status_code == 201


def test_guessing_is_slowed_down(api: Api) -> None:
    for _ in range(6):
        answer = end(api, "guess", "guess")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    start = {"redirect_uri": OWN_MACHINE}
    assert httpx.post(f"{api.url}/api/v1/session/oidc/start", json=start).status_code == 429
    api.add_user("bob", Role.ADMIN)
    assert api.token("bob"), "a password still holds"


def test_a_provider_that_is_away_or_another(api: Api, provider: OidcProvider) -> None:
    start = {"redirect_uri": OWN_MACHINE}
    provider.discovery = {"issuer": "https://evil.example.org"}
    answer = httpx.post(f"{api.url}/api/v1/session/oidc/start", json=start)
    assert "another issuer" in problem(answer, 502)["message"]
    provider.discovery = {"token_endpoint": "http://evil.example.org/token"}
    answer = httpx.post(f"{api.url}/api/v1/session/oidc/start", json=start)
    assert "not https" in problem(answer, 502)["message"]
    provider.discovery = {}
    state, code = begin(api)
    provider.__exit__(None, None, None)
    problem(end(api, state, code), 502)


def test_the_secret_codes_and_tokens_are_in_no_log_and_no_trail(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state, code = begin(api)
    token = end(api, state, code).json()["token"]
    assert reason(end(api, state, code)) == "state"
    ours = [each for each in caplog.records if not each.name.startswith("http")]
    told = [each.getMessage() for each in ours]
    told += [audit.as_line(each) for each in audit.entries(api.database)]
    for secret in (state, code, token, CLIENT_SECRET):
        assert secret not in "\n".join(told)


def test_it_is_off_by_default(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        base = f"{api.url}/api/v1/session/oidc"
        assert httpx.get(base).json() == {"enabled": False}
        problem(httpx.post(f"{base}/start", json={"redirect_uri": OWN_MACHINE}), 404)
        problem(httpx.post(f"{base}/callback", json={"state": "s", "code": "c"}), 404)
