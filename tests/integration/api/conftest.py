"""A real API on a free port, on a real database; httpx asks it as any program would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from argon2 import PasswordHasher

from dicom_node.api.context import ApiContext
from dicom_node.api.guard import SignInGuard
from dicom_node.api.passwords import Passwords
from dicom_node.api.server import ApiServer
from dicom_node.config import ApiSection, Settings, StorageSection
from dicom_node.config_security import AuditSection, OidcSection
from dicom_node.reports.origin import ReportingDevice
from dicom_node.scu.association import ScuIdentity
from inference.types import ModelIdentity
from storage import users
from storage.database import Database, open_database
from storage.files import DataDir
from storage.records import Role

PASSWORD: Final = "correct horse battery"
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The same algorithm with little work: these tests are not about its strength."""


class Clock:
    """The time of the API, moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.seconds = 0.0

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass(frozen=True, slots=True)
class Api:
    """A running API and what is behind it."""

    context: ApiContext
    server: ApiServer
    clock: Clock

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def database(self) -> Database:
        return self.context.database

    def add_user(
        self, name: str, role: Role, *, organization: str = "Trust", must_change: bool = False
    ) -> None:
        users.add_user(
            self.database,
            name,
            role=role,
            password_hash=self.context.passwords.hash(PASSWORD),
            display_name=f"{name.title()}^Ann",
            organization=organization,
            must_change_password=must_change,
            now=self.context.now(),
        )

    def token(self, name: str) -> str:
        answer = httpx.post(f"{self.url}/api/v1/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def signed_in(self, role: Role, name: str | None = None) -> httpx.Client:
        """A client with the token of a (new) user of that role; close it."""
        name = name or role.value
        if not any(user.name == name for user in users.list_users(self.database)):
            self.add_user(name, role)
        headers = {"Authorization": f"Bearer {self.token(name)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


@contextmanager
def running(
    directory: Path,
    *,
    database_url: str | None = None,
    reserve_mib: int = 0,
    oidc: OidcSection | None = None,
    audit: AuditSection | None = None,
    **api: Any,
) -> Iterator[Api]:
    """An API with these settings; ``database_url``: SQLite if none is given."""
    data_dir = DataDir(directory / "data")
    data_dir.prepare()
    database = open_database(database_url or data_dir.default_database_url)
    clock = Clock(database.now())
    settings = Settings(
        api=ApiSection(**{"port": 0, **api}),
        storage=StorageSection(data_dir=data_dir.root, reserve_mib=reserve_mib),
        oidc=oidc or OidcSection(),
        audit=audit or AuditSection(),
    )
    context = ApiContext(
        settings,
        database,
        data_dir,
        ReportingDevice("CSPINE", "ct-ai-1", "0.1"),
        ScuIdentity("CSPINE"),
        passwords=Passwords(CHEAP),
        guard=SignInGuard(lambda: clock.seconds),
        clock=lambda: clock.now,
    )
    # As in a node whose DICOM port is open and whose model is loaded.
    context.instruments.listens = lambda: True
    context.instruments.worker.is_warm(ModelIdentity("tiny", "0", "0" * 64), "cpu")
    server = ApiServer(context)
    server.start()
    try:
        yield Api(context, server, clock)
    finally:
        server.stop()
        database.close()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def sign_in(api: Api) -> Iterator[Callable[..., httpx.Client]]:
    """``sign_in(role, name)``: clients that are closed at the end."""
    clients: list[httpx.Client] = []

    def make(role: Role, name: str | None = None) -> httpx.Client:
        clients.append(api.signed_in(role, name))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def admin(sign_in: Callable[..., httpx.Client]) -> httpx.Client:
    return sign_in(Role.ADMIN)


@pytest.fixture
def reader(sign_in: Callable[..., httpx.Client]) -> httpx.Client:
    return sign_in(Role.RADIOLOGIST)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The error of an answer, which must be of the one shape."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert set(document) == {"error"}
    error: dict[str, Any] = document["error"]
    assert set(error) == {"code", "message", "id", "detail"}
    assert error["id"] == answer.headers["x-request-id"]
    return error
