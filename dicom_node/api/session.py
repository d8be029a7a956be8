"""Signing in and out: ``/api/v1/session``, ``/api/v1/sessions``, ``/api/v1/setup``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from dicom_node.administration.users import user_document
from dicom_node.api.auth import CallerDep, address_of, new_token, token_digest
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.passwords import LENGTH_MAX, checked_password
from dicom_node.api.people import PersonText, UserName
from storage import audit, tokens, users
from storage.records import Actor, Role, SessionToken, User

router = APIRouter(prefix="/api/v1", tags=["session"], responses=ERROR_RESPONSES)

AnyName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=LENGTH_MAX)]


class RequestBody(BaseModel):
    """A body; a key that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SignIn(RequestBody):
    """Name and password."""

    name: AnyName
    password: Password


class FirstAdmin(RequestBody):
    """The first administrator, with the token that the node logged when it started."""

    token: Annotated[SecretStr, Field(min_length=1, max_length=128)]
    name: UserName
    password: Password
    display_name: PersonText = ""
    organization: PersonText = ""


class PasswordChange(RequestBody):
    """The password that holds, and the one that is to hold."""

    current: Password
    new: Password


class UserView(BaseModel):
    """A user, as the API shows one."""

    name: str
    role: Role
    display_name: str
    organization: str
    disabled: bool
    must_change_password: bool
    created_utc: datetime
    changed_utc: datetime

    @classmethod
    def of(cls, user: User) -> UserView:
        """As the API shows it."""
        return cls.model_validate(user, from_attributes=True)


class SessionView(BaseModel):
    """A session, without its token."""

    id: int
    address: str
    created_utc: datetime
    last_used_utc: datetime
    expires_utc: datetime
    current: bool
    """Whether it is the one that asks."""

    @classmethod
    def of(cls, token: SessionToken, current_id: int) -> SessionView:
        """As the API shows it to the session ``current_id``."""
        return cls(
            id=token.id,
            address=token.address,
            created_utc=token.created_utc,
            last_used_utc=token.last_used_utc,
            expires_utc=token.expires_utc,
            current=token.id == current_id,
        )


class CurrentSession(BaseModel):
    """Who is signed in, and until when."""

    user: UserView
    expires_utc: datetime
    """The latest end."""
    idle_s: float
    """It ends when it is not used for this long."""


class NewSession(CurrentSession):
    """The only answer that holds the token."""

    token: str


@router.post("/setup", status_code=201, summary="Make the first administrator")
def set_up(body: FirstAdmin, request: Request, context: Context) -> UserView:
    """With the one-time token of the log; once, and only while there is no user."""
    address = address_of(request.scope)
    wait_for_turn(context, "setup", address)
    if not context.setup.matches(body.token.get_secret_value()):
        context.guard.failed("setup", address)
        raise ApiError(403, "forbidden", "That is not the set-up token, or it is spent.")
    password = checked_password(body.name, body.password.get_secret_value())
    password_hash = context.passwords.hash(password)
    now = context.now()
    by = Actor(body.name, address)
    with audit.audited(context.database, by, "user.first", body.name, now=now) as change:
        if users.is_anybody_there(context.database):
            raise ApiError(409, "conflict", "There is a user already: sign in.")
        user = users.add_user(
            context.database,
            body.name,
            role=Role.ADMIN,
            password_hash=password_hash,
            display_name=body.display_name,
            organization=body.organization,
            now=now,
        )
        change.after = user_document(user)
    context.setup.spend()
    return UserView.of(user)


@router.post("/session", status_code=201, summary="Sign in")
def sign_in(body: SignIn, request: Request, context: Context) -> NewSession:
    """A token for ``Authorization: Bearer``. Wrong user and wrong password look the same."""
    address = address_of(request.scope)
    wait_for_turn(context, body.name, address)
    known = users.password_hash_of(context.database, body.name)
    if not context.passwords.verify(known, body.password.get_secret_value()):
        context.guard.failed(body.name, address)
        by = Actor(body.name if known is not None else "unknown", address)
        audit.record(context.database, by, "session.refused", "session", now=context.now())
        raise ApiError(401, "wrong_credentials", "Name or password is wrong.")
    context.guard.succeeded(body.name, address)
    return new_session(context, body.name, address)


@router.get("/session", summary="Who am I?")
def current_session(caller: CallerDep, context: Context) -> CurrentSession:
    """The session that asks."""
    return CurrentSession(
        user=UserView.of(caller.user),
        expires_utc=caller.session.token.expires_utc,
        idle_s=context.settings.api.session_idle_s,
    )


@router.delete("/session", status_code=204, summary="Sign out")
def sign_out(caller: CallerDep, context: Context) -> Response:
    """The token holds no longer."""
    _close_session(caller, context, caller.session.token.id, "session.closed")
    return Response(status_code=204)


@router.post("/session/password", status_code=204, summary="Change the own password")
def change_password(body: PasswordChange, caller: CallerDep, context: Context) -> Response:
    """Every session of the user ends, this one too."""
    name = caller.user.name
    wait_for_turn(context, name, caller.address)
    known = users.password_hash_of(context.database, name)
    if not context.passwords.verify(known, body.current.get_secret_value()):
        context.guard.failed(name, caller.address)
        raise ApiError(403, "wrong_credentials", "The current password is wrong.")
    password_hash = context.passwords.hash(checked_password(name, body.new.get_secret_value()))
    now = context.now()
    with audit.audited(context.database, caller.actor, "user.password", name, now=now):
        users.set_password(context.database, name, password_hash, now=now)
    return Response(status_code=204)


@router.get("/sessions", summary="The own sessions")
def own_sessions(caller: CallerDep, context: Context) -> list[SessionView]:
    """Those that hold, the oldest first."""
    found = tokens.sessions_of(
        context.database,
        caller.user.name,
        idle_s=context.settings.api.session_idle_s,
        now=context.now(),
    )
    return [SessionView.of(each, caller.session.token.id) for each in found]


@router.delete("/sessions/{session_id}", status_code=204, summary="End one of the own sessions")
def revoke_session(session_id: int, caller: CallerDep, context: Context) -> Response:
    """Its token holds no longer."""
    _close_session(caller, context, session_id, "session.revoked")
    return Response(status_code=204)


def wait_for_turn(context: ApiContext, name: str, address: str) -> None:
    """429 while whoever that is must wait."""
    wait_s = context.guard.wait_s(name, address)
    if wait_s > 0:
        message = f"Too many attempts. Try again in {wait_s} s."
        raise ApiError(429, "rate_limited", message, headers={"Retry-After": str(wait_s)})


def new_session(context: ApiContext, name: str, address: str) -> NewSession:
    """A session of somebody who has proved to be that user."""
    token = new_token()
    session = _open_session(context, name, token, address)
    return NewSession(
        token=token,
        user=UserView.of(users.get_user(context.database, name)),
        expires_utc=session.expires_utc,
        idle_s=context.settings.api.session_idle_s,
    )


def _open_session(context: ApiContext, name: str, token: str, address: str) -> SessionToken:
    now, api = context.now(), context.settings.api
    by = Actor(name, address)
    with audit.audited(context.database, by, "session.opened", "session", now=now):
        return tokens.open_session(
            context.database,
            name,
            digest=token_digest(token),
            address=address,
            longest_s=api.session_longest_s,
            idle_s=api.session_idle_s,
            now=now,
        )


def _close_session(caller: CallerDep, context: ApiContext, session_id: int, action: str) -> None:
    by = caller.actor
    with audit.audited(context.database, by, action, "session", now=context.now()):
        tokens.close_session(context.database, session_id, user_name=caller.user.name)
