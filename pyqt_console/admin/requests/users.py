"""``/api/v1/users``: who may sign in, and their sessions (``docs/api.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from pyqt_console.client import NodeClient, parsed
from pyqt_console.i18n import mark, tr

PATH: Final = "/api/v1/users"
ROLES: Final[Mapping[str, str]] = {
    "radiologist": mark("radiologist"),
    "admin": mark("administrator"),
    "service": mark("program"),
}
"""The API's word → ours."""
PASSWORD_MIN: Final = 12
PASSWORD_MAX: Final = 256
DIFFERENT_MIN: Final = 4
"""Different characters in a password."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, or a program, who may sign in."""

    name: str
    role: str
    display_name: str
    organization: str
    disabled: bool
    must_change_password: bool
    created_utc: datetime
    changed_utc: datetime

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Account:
        """Of the API's document."""
        return cls(
            name=given["name"],
            role=given["role"],
            display_name=given["display_name"],
            organization=given["organization"],
            disabled=bool(given["disabled"]),
            must_change_password=bool(given["must_change_password"]),
            created_utc=datetime.fromisoformat(given["created_utc"]),
            changed_utc=datetime.fromisoformat(given["changed_utc"]),
        )


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A user to be."""

    name: str
    role: str
    password: str
    display_name: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Where a user is signed in; ``current`` is the session that asks."""

    id: int
    address: str
    created_utc: datetime
    last_used_utc: datetime
    expires_utc: datetime
    current: bool

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> OpenSession:
        """Of the API's document."""
        return cls(
            id=int(given["id"]),
            address=given["address"],
            created_utc=datetime.fromisoformat(given["created_utc"]),
            last_used_utc=datetime.fromisoformat(given["last_used_utc"]),
            expires_utc=datetime.fromisoformat(given["expires_utc"]),
            current=bool(given["current"]),
        )


def list_accounts(client: NodeClient) -> tuple[Account, ...]:
    """By name."""
    found = client.ask("GET", PATH)
    return parsed(lambda: tuple(Account.from_json(each) for each in found))


def add_account(client: NodeClient, new: NewAccount) -> Account:
    """ConflictError where the name is taken; InvalidError names the field."""
    body = {
        "name": new.name,
        "role": new.role,
        "password": new.password,
        "display_name": new.display_name,
        "organization": new.organization,
    }
    found = client.ask("POST", PATH, json=body)
    return parsed(lambda: Account.from_json(found))


def change_account(client: NodeClient, name: str, **change: object) -> Account:
    """``role``, ``display_name``, ``organization``, ``disabled``; what is not said stays.

    Raises:
        ConflictError: nobody would be left to look after the node.
    """
    found = client.ask("PATCH", _path(name), json=change)
    return parsed(lambda: Account.from_json(found))


def set_password(client: NodeClient, name: str, password: str) -> None:
    """All sessions of the user end; a person must change it at the next sign-in."""
    client.ask("POST", f"{_path(name)}/password", json={"password": password})


def list_sessions(client: NodeClient, name: str) -> tuple[OpenSession, ...]:
    """Those that hold, the oldest first."""
    found = client.ask("GET", f"{_path(name)}/sessions")
    return parsed(lambda: tuple(OpenSession.from_json(each) for each in found))


def end_session(client: NodeClient, name: str, session_id: int) -> None:
    """InvalidError where it has ended already."""
    client.ask("DELETE", f"{_path(name)}/sessions/{session_id}")


def password_rules() -> tuple[str, ...]:
    """What the node asks of a password, before one is typed."""
    return (
        tr("{least} to {most} characters").format(least=PASSWORD_MIN, most=PASSWORD_MAX),
        tr("at least {count} different characters").format(count=DIFFERENT_MIN),
        tr("not made of the user's name"),
    )


def rules_kept(name: str, password: str) -> tuple[bool, ...]:
    """Of each rule, whether this password keeps it. The node decides; this tells while typing."""
    made_of_name = (
        bool(name)
        and name.casefold() in password.casefold()
        and len(password) < len(name) + PASSWORD_MIN
    )
    return (
        PASSWORD_MIN <= len(password) <= PASSWORD_MAX,
        len(set(password)) >= DIFFERENT_MIN,
        bool(password) and not made_of_name,
    )


def _path(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"
