"""The people and programs that use the node, and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a user is here for."""

    RADIOLOGIST = "radiologist"  # reads and reviews
    ADMIN = "admin"  # sets up and looks after
    SERVICE = "service"  # a program: a viewer, a monitor, a script


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. The hash of the password never leaves ``storage.users``' door."""

    name: str
    role: Role
    display_name: str
    """As it stands in a verified report (PN, PS3.5 6.2)."""
    organization: str
    """Verifying Organization (0040,A027): no verdict without one."""
    disabled: bool
    must_change_password: bool
    created_utc: datetime
    changed_utc: datetime


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A session; the token itself is known to its holder only."""

    id: int
    user_name: str
    address: str
    """Where the user signed in."""
    created_utc: datetime
    last_used_utc: datetime
    """To about a minute."""
    expires_utc: datetime
    """The latest end, however busy the session is."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A token that holds, and whose it is."""

    token: SessionToken
    user: User
