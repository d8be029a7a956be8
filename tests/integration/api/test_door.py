"""The door itself: every endpoint's row, the one error shape, hosts, bodies, headers, TLS."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from dicom_node.api import app as app_module
from dicom_node.api.app import build_api
from dicom_node.api.certificate import certificate_of
from dicom_node.api.permissions import PERMISSIONS
from dicom_node.api.server import HEADERS_MAX
from dicom_node.api.shield import DOCUMENT, BodyLimit
from dicom_node.config import ApiSection, load_settings
from dicom_node.errors import ConfigError, EnvironmentFailedError, InternalError
from storage.records import Role
from tests.integration.api.conftest import Api, problem, running
from tests.support import wait_until

SAMPLE = {"series_uid": "1.2.3", "series_id": "1", "session_id": "999999", "delivery_id": "999999"}


def url_of(path: str) -> str:
    for name, value in SAMPLE.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def test_every_endpoint_asks_who_calls(api: Api, sign_in: Callable[..., httpx.Client]) -> None:
    clients = {role: sign_in(role) for role in Role}
    for (method, path), access in PERMISSIONS.items():
        answer = httpx.request(method, api.url + url_of(path))
        if access.public:
            assert answer.status_code not in {401, 403}, path
        else:
            problem(answer, 401)
            forged = {"Authorization": "Bearer " + "x" * 43}
            problem(httpx.request(method, api.url + url_of(path), headers=forged), 401)
    for role, client in clients.items():
        for (method, path), access in PERMISSIONS.items():
            if role not in access.roles and not access.public:
                assert problem(client.request(method, url_of(path)), 403)["code"] == "forbidden"
    # Last, since some of these end the session.
    for role, client in clients.items():
        for (method, path), access in PERMISSIONS.items():
            if role in access.roles:
                token = client.headers["Authorization"]
                with client.stream(method, url_of(path)) as answer:
                    assert answer.status_code not in {401, 403}, (method, path, role)
                if (method, path) == ("DELETE", "/api/v1/session"):
                    client.headers["Authorization"] = f"Bearer {api.token(role.value)}"
                    assert client.headers["Authorization"] != token


def test_an_endpoint_without_a_row_stops_the_start(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()
    router.add_api_route("/api/v1/forgotten", lambda: None, methods=["GET"])
    known = app_module._routers()
    monkeypatch.setattr(app_module, "_routers", lambda: (*known, router))
    with pytest.raises(InternalError, match="forgotten has no row"):
        build_api(api.context)


def test_a_route_that_cannot_be_sealed_stops_the_start(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()
    router.include_router(APIRouter())
    router.mount("/files", FastAPI())
    monkeypatch.setattr(app_module, "_routers", lambda: (router,))
    with pytest.raises(InternalError, match="cannot be sealed"):
        build_api(api.context)


def test_the_openapi_document_names_every_endpoint(api: Api) -> None:
    document = httpx.get(f"{api.url}/openapi.json").json()
    found = {(m.upper(), path) for path, methods in document["paths"].items() for m in methods}
    assert found == set(PERMISSIONS) - {("GET", "/openapi.json")}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            public = PERMISSIONS[method.upper(), path].public
            assert ("security" in operation) is not public
            assert "422" in operation["responses"]


def test_what_is_not_there_has_the_one_shape(api: Api, reader: httpx.Client) -> None:
    assert problem(httpx.get(f"{api.url}/nothing"), 404)["code"] == "not_found"
    answer = httpx.patch(f"{api.url}/api/v1/session")
    assert problem(answer, 405)["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "DELETE, GET, POST"
    problem(httpx.get(f"{api.url}/docs"), 404)


def test_a_wrong_body_names_the_key_and_not_what_was_sent(api: Api) -> None:
    url = f"{api.url}/api/v1/session"
    answer = httpx.post(url, json={"name": "ann", "password": ["my secret"], "more": "my secret"})
    assert problem(answer, 422)["message"].startswith("body.password: ")
    assert "my secret" not in answer.text
    problem(httpx.post(url, content=b"{", headers={"Content-Type": "application/json"}), 422)
    problem(httpx.post(url, content=b"\xff", headers={"Content-Type": "application/json"}), 400)


def test_a_bug_is_an_id_and_nothing_of_the_inside(
    api: Api,
    reader: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patient = f"DOE-{len(PERMISSIONS)}"  # not whole in the source, whose lines are logged

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(patient)

    monkeypatch.setattr("storage.tokens.sessions_of", broken)
    error = problem(reader.get("/api/v1/sessions"), 500)
    assert error["code"] == "internal"
    assert "bug while answering a request: RuntimeError" in caplog.text
    assert patient not in caplog.text + error["message"]


def test_a_database_that_is_gone_is_503(api: Api, reader: httpx.Client) -> None:
    api.database.close()
    assert problem(reader.get("/api/v1/session"), 503)["code"] == "unavailable"


def test_every_answer_is_hardened_and_nobody_is_let_in_from_elsewhere(api: Api) -> None:
    for path in ("/openapi.json", "/nothing"):
        answer = httpx.get(api.url + path, headers={"Origin": "https://evil.example"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers
    preflight = httpx.options(
        f"{api.url}/api/v1/session",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    problem(preflight, 405)


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example", "localhost@x"])
def test_another_host_is_refused(api: Api, host: str) -> None:
    answer = httpx.get(f"{api.url}/openapi.json", headers={"Host": host})
    assert problem(answer, 400)["code"] == "unknown_host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "192.0.2.1:8080", "[::1]:80"])
def test_own_names_and_addresses_are_known(api: Api, host: str) -> None:
    answer = httpx.get(f"{api.url}/openapi.json", headers={"Host": host})
    assert answer.status_code == 200


def test_a_configured_name_is_known(tmp_path: Path) -> None:
    with running(tmp_path, hosts=("ct-ai.example",)) as api:
        answer = httpx.get(f"{api.url}/openapi.json", headers={"Host": "CT-AI.example:443"})
        assert answer.status_code == 200


def test_a_body_that_is_too_large_is_refused_announced_or_not(api: Api) -> None:
    url = f"{api.url}/api/v1/session"
    headers = {"Content-Type": "application/json"}
    announced = httpx.post(url, content=b" " * (DOCUMENT.size_bytes + 1), headers=headers)
    assert problem(announced, 413)["code"] == "too_large"

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * (DOCUMENT.size_bytes // 16)

    problem(httpx.post(url, content=pieces(), headers=headers), 413)


@contextmanager
def connection(api: Api) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", api.server.port), timeout=30) as raw:
        yield raw


def received(raw: socket.socket) -> bytes:
    pieces = []
    while piece := raw.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def test_a_body_that_does_not_come_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = BodyLimit(1000, whole_s=0.2, pause_s=0.1)
    monkeypatch.setattr("dicom_node.api.shield.DOCUMENT", hasty)
    with connection(api) as raw:
        raw.sendall(
            b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        assert received(raw).startswith(b"HTTP/1.1 408 ")


def test_headers_that_do_not_come_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_node.api.server.HEADERS_S", 0.2)
    with running(tmp_path) as api, connection(api) as raw:
        raw.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert received(raw) == b""


@pytest.mark.parametrize(
    "headers",
    [
        b"Host: localhost\r\nHost: evil.example",
        b"Host: localhost\r\nContent-Length: 1\r\nContent-Length: 2",
        b"Host: localhost\r\nContent-Length: x",
        b"Host: localhost\r\nBad Name: x",
        b"Host: localhost\r\nX: a\x00b",
        b"Host: localhost\r\nX: " + b"a" * (HEADERS_MAX + 1),
    ],
)
def test_broken_headers_are_refused(api: Api, headers: bytes) -> None:
    with connection(api) as raw:
        # Without the end, so that what is too long cannot be whole; the others fail before.
        raw.sendall(b"GET /openapi.json HTTP/1.1\r\nConnection: close\r\n" + headers + b"\r\n")
        if len(headers) < HEADERS_MAX:
            raw.sendall(b"\r\n")
        assert received(raw).startswith(b"HTTP/1.1 4")


def test_no_header_can_be_smuggled_into_an_answer(api: Api) -> None:
    path = "/api/v1/nothing%0d%0aX-Injected:%201"
    answer = httpx.get(api.url + path, headers={"X-Request-Id": "mine"})
    assert problem(answer, 404)["id"] != "mine"
    assert "x-injected" not in answer.headers


def test_https_by_a_certificate_of_our_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path, tls=True) as api:
        own = certificate_of(api.context.settings.api, api.context.data_dir.root)
        assert own is not None
        assert own.key.stat().st_mode & 0o077 == 0
        assert own.fingerprint() in caplog.text
        context = ssl.create_default_context(cafile=str(own.certificate))
        url = f"https://localhost:{api.server.port}/openapi.json"
        answer = httpx.get(url, verify=context)
        assert answer.status_code == 200
        assert "strict-transport-security" in answer.headers
        first = own.fingerprint()
    with running(tmp_path, tls=True) as api:
        again = certificate_of(api.context.settings.api, api.context.data_dir.root)
        assert again is not None
        assert again.fingerprint() == first


def test_a_taken_port_and_a_broken_certificate_are_named(tmp_path: Path, api: Api) -> None:
    with (
        pytest.raises(EnvironmentFailedError, match=f":{api.server.port}: .*in use"),
        running(tmp_path / "b", port=api.server.port),
    ):
        pass
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with (
        pytest.raises(EnvironmentFailedError, match="certificate"),
        running(tmp_path / "c", tls_cert=broken, tls_key=broken),
    ):
        pass


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "10.0.0.5", "ct-ai.example"])
def test_plain_http_beyond_loopback_is_refused(tmp_path: Path, bind: str) -> None:
    file = tmp_path / "node.toml"
    file.write_text(f'[api]\nbind = "{bind}"\n')
    with pytest.raises(ConfigError, match="api: beyond loopback"):
        load_settings(file, {})
    file.write_text(f'[api]\nbind = "{bind}"\ntls = true\n')
    assert load_settings(file, {}).api.has_tls
    file.write_text('[api]\ntls_cert = "/x"\n')
    with pytest.raises(ConfigError, match="belong together"):
        load_settings(file, {})


def test_loopback_has_many_addresses() -> None:
    for bind in ("127.8.8.8", "::1", "localhost"):
        assert not ApiSection(bind=bind).has_tls


def _routes(app: FastAPI) -> dict[tuple[str, str], Any]:
    return {
        (method, route.path): route
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_row_has_its_endpoint(api: Api) -> None:
    assert set(_routes(build_api(api.context))) == set(PERMISSIONS)


def test_a_caller_who_goes_away_in_mid_request_is_no_bug_of_ours(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.add_user("ann", Role.ADMIN)
    head = (
        "POST /dicomweb/studies HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {api.token('ann')}\r\n"
        'Content-Type: multipart/related; type="application/dicom"; boundary=b\r\n'
        "Content-Length: 1000\r\n\r\n--b\r\n"
    )
    with caplog.at_level(logging.INFO):
        with connection(api) as raw:
            raw.sendall(head.encode())
        wait_until(lambda: "POST /dicomweb/studies" in caplog.text, what="it is noticed")
    assert "went away" in caplog.text
    assert "bug" not in caplog.text
