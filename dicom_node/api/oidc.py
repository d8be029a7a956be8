"""Signing in at an OpenID Connect provider: ``/api/v1/session/oidc``.

A program (the console, a page) begins here, sends its user's browser to the provider, gets state
and code at its own redirect URI, compares the state with that of its beginning, and ends here. So
the code comes to the machine of the person who signed in, whoever began.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, SecretStr, StringConstraints

from dicom_node.administration.users import change_user, user_document
from dicom_node.api.auth import address_of
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.session import NewSession, RequestBody, new_session, wait_for_turn
from dicom_node.errors import ContradictionError, RefusedIdentityError
from dicom_node.oidc.person import Person
from dicom_node.oidc.sign_in import LIFE_S, OidcSignIn
from storage import audit, users
from storage.errors import AlreadyExistsError
from storage.records import Actor, User

router = APIRouter(prefix="/api/v1/session/oidc", tags=["session"], responses=ERROR_RESPONSES)

NOT_LET_IN = frozenset({"role", "name", "account", "disabled"})
"""The provider vouches for the person, but the person may not in: 403, where else it is 401."""


class OidcOffer(BaseModel):
    """Whether one can sign in this way."""

    enabled: bool


class OidcStart(RequestBody):
    """Where the provider shall send the browser."""

    redirect_uri: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class OidcBeginning(BaseModel):
    """Where the browser must go; the answer at the redirect URI bears the same state."""

    authorization_url: str
    state: str
    expires_s: float


class OidcCallback(RequestBody):
    """What came to the redirect URI."""

    state: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    code: Annotated[SecretStr, Field(min_length=1, max_length=4096)]


async def _sign_in_of(request: Request) -> OidcSignIn | None:
    found: OidcSignIn | None = request.app.state.oidc
    return found


SignInDep = Annotated[OidcSignIn | None, Depends(_sign_in_of)]


@router.get("", summary="Can one sign in at a provider?")
def offer(sign_in: SignInDep) -> OidcOffer:
    """Yes, if ``oidc.issuer`` is set."""
    return OidcOffer(enabled=sign_in is not None)


@router.post("/start", status_code=201, summary="Begin to sign in at the provider")
def start(body: OidcStart, request: Request, context: Context, sign_in: SignInDep) -> OidcBeginning:
    """For a redirect URI on the caller's own machine (RFC 8252) or of ``oidc.redirect_uris``."""
    address = address_of(request.scope)
    wait_for_turn(context, _guarded(address), address)
    begun = _enabled(sign_in).begin(body.redirect_uri, address)
    return OidcBeginning(
        authorization_url=begun.authorization_url, state=begun.state, expires_s=LIFE_S
    )


@router.post("/callback", status_code=201, summary="End to sign in at the provider")
def callback(
    body: OidcCallback, request: Request, context: Context, sign_in: SignInDep
) -> NewSession:
    """A token as of ``POST /api/v1/session``. The state holds once, whatever comes of it."""
    address = address_of(request.scope)
    guarded = _guarded(address)
    wait_for_turn(context, guarded, address)
    ending = _enabled(sign_in)
    try:
        person = ending.end(body.state.get_secret_value(), body.code.get_secret_value())
        user = _account_of(context, person, address)
    except RefusedIdentityError as error:
        context.guard.failed(guarded, address)
        audit.record(
            context.database,
            Actor("unknown", address),
            "session.refused",
            "session",
            after={"provider": context.settings.oidc.issuer, "reason": error.code},
            now=context.now(),
        )
        if error.code in NOT_LET_IN:
            raise ApiError(403, "forbidden", str(error)) from error
        raise ApiError(401, "not_accepted", str(error), detail={"reason": error.code}) from error
    context.guard.succeeded(guarded, address)
    return new_session(context, user.name, address)


def _guarded(address: str) -> str:
    """Nobody's name: failures count by address alone, or a stranger could lock out everybody."""
    return f"provider {address}"


def _enabled(sign_in: OidcSignIn | None) -> OidcSignIn:
    if sign_in is None:
        raise ApiError(404, "oidc_off", "This node knows no OpenID Connect provider.")
    return sign_in


def _account_of(context: ApiContext, person: Person, address: str) -> User:
    """The account of that very person, made at the first time, with the role of today.

    Never an account that is only called the same: a name can be chosen at some providers.
    """
    user = users.user_of_subject(context.database, person.subject)
    if user is None:
        return _new_account(context, person, address)
    if user.disabled:
        raise RefusedIdentityError("disabled", "This account is disabled on this node.")
    if user.role is person.role:
        return user
    try:
        return change_user(
            context.database,
            user.name,
            {"role": person.role},
            by=Actor(user.name, address),
            now=context.now(),
        )
    except ContradictionError as error:
        raise RefusedIdentityError("role", str(error)) from error


def _new_account(context: ApiContext, person: Person, address: str) -> User:
    now, by = context.now(), Actor(person.name, address)
    try:
        with audit.audited(context.database, by, "user.added", person.name, now=now) as change:
            user = users.add_user_of_provider(
                context.database,
                person.name,
                role=person.role,
                subject=person.subject,
                display_name=person.display_name,
                organization=context.settings.oidc.organization,
                now=now,
            )
            change.after = user_document(user)
    except AlreadyExistsError as error:
        text = f"There is another account named {person.name} on this node: ask an administrator."
        raise RefusedIdentityError("account", text) from error
    return user
