"""Who calls: bearer tokens (RFC 6750), and the seal that asks before every endpoint.

The seal stands around the endpoint itself, so that it has decided before a byte of the body is
read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from dicom_node.api.context import ApiContext
from dicom_node.api.errors import ApiError
from dicom_node.api.permissions import PERMISSIONS, Access
from dicom_node.errors import InternalError
from dicom_node.secret_files import read_secret
from storage import tokens
from storage.records import Actor, LiveSession, User

TOKEN_BYTES: Final = 32
TOKEN_LENGTH_MAX: Final = 128
SCRAPE_TOKEN_LENGTH_MIN: Final = 24
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="cspine-node"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """A user with a session."""

    session: LiveSession
    address: str

    @property
    def user(self) -> User:
        """Who it is."""
        return self.session.user

    @property
    def actor(self) -> Actor:
        """For the audit trail."""
        return Actor(self.user.name, self.address)


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """What is kept of a token. Random as it is, it needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def address_of(scope: Scope) -> str:
    """The caller's network address."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


async def caller_of(request: Request) -> Caller:
    """Who calls; only behind the seal of an endpoint that is not public."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


CallerDep = Annotated[Caller, Depends(caller_of)]


def still_holds(context: ApiContext, session_id: int) -> bool:
    """Whether a session goes on: for answers that take long."""
    idle_s = context.settings.api.session_idle_s
    return tokens.session_holds(context.database, session_id, idle_s=idle_s, now=context.now())


def seal(app: FastAPI, context: ApiContext) -> None:
    """Put every endpoint behind its row of the table.

    Raises:
        ConfigError: ``api.metrics_token_file`` cannot be used.
        InternalError: an endpoint has no row, a row has no endpoint, or a route is of a kind that
            cannot be sealed.
    """
    missing = set(PERMISSIONS)
    for route in app.router.routes:
        methods = (isinstance(route, APIRoute) and route.methods) or set()
        if not isinstance(route, APIRoute) or len(methods) != 1:
            raise InternalError(f"{route!r} cannot be sealed: it is no plain endpoint")
        (method,) = methods
        access = PERMISSIONS.get((method, route.path))
        if access is None:
            raise InternalError(f"{method} {route.path} has no row in the table of permissions")
        route.app = _Sealed(route.app, access, context)
        missing.discard((method, route.path))
    if missing:
        raise InternalError(f"permissions for endpoints that are not there: {sorted(missing)}")


class _Sealed:
    def __init__(self, app: ASGIApp, access: Access, context: ApiContext) -> None:
        self._app, self._access, self._context = app, access, context
        self._scraper = _scraper_digest(context) if access.scrape_token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._access.public and not self._is_scraper(scope):
            caller = await run_in_threadpool(self._caller, scope)
            _check_access(caller.user, self._access)
            scope["state"]["caller"] = caller
        await self._app(scope, receive, send)

    def _is_scraper(self, scope: Scope) -> bool:
        if self._scraper is None:
            return False
        return hmac.compare_digest(token_digest(_bearer_token(scope)), self._scraper)

    def _caller(self, scope: Scope) -> Caller:
        session = tokens.find_session(
            self._context.database,
            token_digest(_bearer_token(scope)),
            idle_s=self._context.settings.api.session_idle_s,
            now=self._context.now(),
        )
        if session is None:
            message = "The session has ended. Sign in again."
            raise ApiError(401, "unauthenticated", message, headers=CHALLENGE)
        return Caller(session, address_of(scope))


def _scraper_digest(context: ApiContext) -> str | None:
    path = context.settings.api.metrics_token_file
    if path is None:
        return None
    key = "api.metrics_token_file"
    return token_digest(read_secret(key, path, least_length=SCRAPE_TOKEN_LENGTH_MIN))


def _check_access(user: User, access: Access) -> None:
    if user.role not in access.roles:
        message = f"A {user.role} may not do this."
        raise ApiError(403, "forbidden", message)
    if user.must_change_password and not access.before_password_change:
        message = "The password must be changed first."
        raise ApiError(403, "password_change_needed", message)


def _bearer_token(scope: Scope) -> str:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    found = [value for name, value in headers if name == b"authorization"]
    if len(found) == 1:
        scheme, _, token = found[0].decode("latin-1").partition(" ")
        token = token.strip(" ")
        if scheme.lower() == "bearer" and 0 < len(token) <= TOKEN_LENGTH_MAX:
            return token
    message = "A bearer token is needed. Sign in first."
    raise ApiError(401, "unauthenticated", message, headers=CHALLENGE)
