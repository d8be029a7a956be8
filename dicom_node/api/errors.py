"""The one shape of every failure: ``{"error": {"code", "message", "id", "detail"}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import Scope

from dicom_node.errors import (
    ContradictionError,
    CspineError,
    EnvironmentFailedError,
    InputError,
    PeerFailedError,
)
from storage.errors import (
    AlreadyExistsError,
    DiskFullError,
    IllegalTransitionError,
    InvalidUidError,
    NotFoundError,
    StorageError,
)


class Problem(BaseModel):
    """What went wrong."""

    code: str
    """For programs; never changes its meaning."""
    message: str
    """For people; one sentence that they can act on."""
    id: str
    """Stands in the node's log, too."""
    detail: dict[str, Any] | None = None


class ErrorDocument(BaseModel):
    """Every answer of 400 and above."""

    error: Problem


class ApiError(HTTPException):
    """An answer other than success, on purpose."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        detail: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.code = code
        self.more = detail


CODE_OF_STATUS: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    409: "conflict",
    410: "deleted",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
    500: "internal",
    503: "unavailable",
    507: "disk_full",
}

STATUS_OF_ERROR: Final[Mapping[type[Exception], int]] = {
    NotFoundError: 404,
    AlreadyExistsError: 409,
    IllegalTransitionError: 409,
    InvalidUidError: 422,
    DiskFullError: 507,
    StorageError: 503,
    ContradictionError: 409,
    InputError: 422,
    PeerFailedError: 502,
    EnvironmentFailedError: 503,
}
"""The first class that fits, in this order. Their texts name no patient."""

ERROR_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorDocument, "description": text}
    for status, text in {
        400: "The request cannot be read.",
        401: "No valid token.",
        403: "This role may not.",
        404: "There is no such thing.",
        409: "Something else came first.",
        410: "It was deleted.",
        413: "The body is too large.",
        422: "A value is missing or impossible.",
        429: "Too many attempts.",
        503: "The database is not available.",
    }.items()
}
"""For the OpenAPI document: what any endpoint may answer."""


def request_id_of(scope: Scope) -> str:
    """The id under which a request is logged."""
    return str(scope.get("state", {}).get("request_id", ""))


def error_response(
    scope: Scope,
    status: int,
    message: str,
    *,
    code: str | None = None,
    detail: dict[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer in the one shape."""
    code = code or CODE_OF_STATUS.get(status, "failed")
    problem = Problem(code=code, message=message, id=request_id_of(scope), detail=detail)
    document = ErrorDocument(error=problem).model_dump(mode="json")
    return JSONResponse(document, status, dict(headers or {}))


def install_error_handlers(app: FastAPI) -> None:
    """Every foreseen failure gets the one shape; what nobody foresaw is the shield's."""

    def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_allowed(app, request.scope)))
        code, detail = (error.code, error.more) if isinstance(error, ApiError) else (None, None)
        message = SENTENCES.get(error.status_code) if code is None else None
        return error_response(
            request.scope,
            error.status_code,
            message or str(error.detail),
            code=code,
            detail=detail,
            headers=headers,
        )

    def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return error_response(request.scope, 422, _first_problem(error))

    def on_known(request: Request, error: Exception) -> JSONResponse:
        status = next(found for kind, found in STATUS_OF_ERROR.items() if isinstance(error, kind))
        code = error.code if isinstance(error, ContradictionError) else None
        return error_response(request.scope, status, str(error), code=code)

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(StorageError, on_known)
    for kind in (InputError, PeerFailedError, EnvironmentFailedError):
        app.add_exception_handler(kind, on_known)
    assert issubclass(InputError, CspineError)


SENTENCES: Final[Mapping[int, str]] = {
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
}


def _first_problem(error: RequestValidationError) -> str:
    """Where and why; never what was sent, which may be a password or a patient's name."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {str(first['msg']).removeprefix('Value error, ')}"


def _allowed(app: FastAPI, scope: Scope) -> set[str]:
    return {
        method
        for route in app.routes
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
