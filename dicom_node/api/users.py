"""``/api/v1/users``: who may sign in. For administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from dicom_node.administration import users as administration
from dicom_node.administration.users import user_document
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.api.passwords import checked_password
from dicom_node.api.people import PersonText, UserName
from dicom_node.api.session import Password, RequestBody, SessionView, UserView
from storage import audit, tokens, users
from storage.records import Role

router = APIRouter(prefix="/api/v1/users", tags=["users"], responses=ERROR_RESPONSES)

UserInPath = Annotated[str, Path(max_length=64)]
SessionId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class NewUser(RequestBody):
    """A user to be, who must change the password at the first sign-in."""

    name: UserName
    role: Role
    password: Password
    display_name: PersonText = ""
    organization: PersonText = ""


class UserChange(RequestBody):
    """What is not said stays."""

    role: Role | None = None
    display_name: PersonText | None = None
    organization: PersonText | None = None
    disabled: bool | None = None

    def edit(self) -> administration.UserEdit:
        """For the room that does it."""
        return administration.UserEdit(
            role=self.role,
            display_name=self.display_name,
            organization=self.organization,
            disabled=self.disabled,
        )


class NewPassword(RequestBody):
    """A password that the user must change at the next sign-in."""

    password: Password


@router.get("", summary="All users")
def list_users(context: Context) -> list[UserView]:
    """By name."""
    return [UserView.of(each) for each in users.list_users(context.database)]


@router.post("", status_code=201, summary="Add a user")
def add_user(body: NewUser, caller: CallerDep, context: Context) -> UserView:
    """A person must change the password at the first sign-in; a program cannot."""
    password = checked_password(body.name, body.password.get_secret_value())
    password_hash = context.passwords.hash(password)
    now = context.now()
    with audit.audited(context.database, caller.actor, "user.added", body.name, now=now) as change:
        user = users.add_user(
            context.database,
            body.name,
            role=body.role,
            password_hash=password_hash,
            display_name=body.display_name,
            organization=body.organization,
            must_change_password=body.role is not Role.SERVICE,
            now=now,
        )
        change.after = user_document(user)
    return UserView.of(user)


@router.patch("/{name}", summary="Change a user")
def change_user(
    name: UserInPath, body: UserChange, caller: CallerDep, context: Context
) -> UserView:
    """Another role, or disabled: all sessions of the user end. The last administrator stays one."""
    user = administration.change_user(
        context.database, name, body.edit(), by=caller.actor, now=context.now()
    )
    return UserView.of(user)


@router.post("/{name}/password", status_code=204, summary="Give a user another password")
def set_password(
    name: UserInPath, body: NewPassword, caller: CallerDep, context: Context
) -> Response:
    """All sessions of the user end; a person must change it at the next sign-in."""
    user = users.get_user(context.database, name)
    password_hash = context.passwords.hash(checked_password(name, body.password.get_secret_value()))
    now = context.now()
    with audit.audited(context.database, caller.actor, "user.password", name, now=now):
        must_change = user.role is not Role.SERVICE
        users.set_password(context.database, name, password_hash, must_change=must_change, now=now)
    return Response(status_code=204)


@router.get("/{name}/sessions", summary="The sessions of a user")
def user_sessions(name: UserInPath, caller: CallerDep, context: Context) -> list[SessionView]:
    """Those that hold, the oldest first."""
    found = tokens.sessions_of(
        context.database,
        users.get_user(context.database, name).name,
        idle_s=context.settings.api.session_idle_s,
        now=context.now(),
    )
    return [SessionView.of(each, caller.session.token.id) for each in found]


@router.delete("/{name}/sessions/{session_id}", status_code=204, summary="End a user's session")
def end_user_session(
    name: UserInPath, session_id: SessionId, caller: CallerDep, context: Context
) -> Response:
    """Its token holds no longer; the user may sign in again."""
    by, now = caller.actor, context.now()
    with audit.audited(context.database, by, "session.revoked", name, now=now):
        tokens.close_session(context.database, session_id, user_name=name)
    return Response(status_code=204)
