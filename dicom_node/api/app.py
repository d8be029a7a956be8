"""The API as one ASGI application."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from importlib.metadata import version
from typing import Any, Final

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from dicom_node.api import (
    audit,
    deliveries,
    destinations,
    events,
    health,
    models,
    oidc,
    peers,
    retention,
    retrievals,
    routes,
    series,
    session,
    settings,
    shadow,
    system,
    uploads,
    users,
    verdicts,
    worklist,
)
from dicom_node.api.auth import seal
from dicom_node.api.context import ApiContext
from dicom_node.api.dicomweb import frames, metadata, rendered, retrieve, search, store
from dicom_node.api.dicomweb.state import DicomwebState
from dicom_node.api.errors import install_error_handlers
from dicom_node.api.permissions import PERMISSIONS
from dicom_node.api.retrievals import QueryRetrieve
from dicom_node.api.shield import BodyLimit, Shield, ShieldSettings
from dicom_node.oidc.sign_in import OidcSignIn
from dicom_node.query_retrieve.retrievals import Retrievals
from dicom_node.stores import owner_of

THREADS: Final = 16
"""Requests that work at a time; each may hold a connection of the database."""
BODY_LIMITS: Final[dict[str, BodyLimit]] = {
    "/api/v1/uploads": BodyLimit(8 * 2**30, whole_s=3600, pause_s=30),
    "/dicomweb/studies": BodyLimit(64 * 2**30, whole_s=3600, pause_s=30),
}
"""Path prefix → limit, where a JSON document's is too small."""
LOOPBACK_NAMES: Final = ("localhost", "localhost.localdomain")


def build_api(context: ApiContext) -> FastAPI:
    """All endpoints, each behind its row of the table of permissions.

    Raises:
        InternalError: an endpoint has no row.
    """
    app = FastAPI(
        title="cspine-node",
        version=version("cspine-node"),
        description="Finds cervical spine fractures in CT. Research use only: not for diagnosis.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.context = context
    app.state.listeners = set()
    app.state.dicomweb = DicomwebState()
    app.state.query_retrieve = QueryRetrieve(
        Retrievals(context.database, context.scu, owner_of(context.data_dir))
    )
    settings = context.settings.oidc
    app.state.oidc = None if settings.issuer is None else OidcSignIn(settings)
    install_error_handlers(app)
    for router in (_openapi_router(app), *_routers()):
        # The routes themselves, not a router in a router: so each can be sealed. Copies, since a
        # router may serve several APIs.
        app.router.routes.extend(copy(route) for route in router.routes)
    seal(app, context)
    app.add_middleware(Shield, ShieldSettings(hosts_of(context), BODY_LIMITS))
    return app


def _routers() -> tuple[APIRouter, ...]:
    rooms = (
        session,
        oidc,
        worklist,
        series,
        verdicts,
        deliveries,
        destinations,
        peers,
        retrievals,
        routes,
        users,
        audit,
        settings,
        retention,
        models,
        shadow,
        system,
        health,
        events,
        uploads,
        search,
        retrieve,
        metadata,
        frames,
        rendered,
        store,
    )
    return tuple(room.router for room in rooms)


def hosts_of(context: ApiContext) -> frozenset[str]:
    """The names under which this node answers."""
    api = context.settings.api
    names = (*LOOPBACK_NAMES, socket.gethostname(), socket.getfqdn(), api.bind, *api.hosts)
    return frozenset(name.lower().rstrip(".") for name in names)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = THREADS
    query_retrieve: QueryRetrieve = app.state.query_retrieve
    await run_sync(query_retrieve.retrievals.start)
    try:
        yield
    finally:
        await run_sync(query_retrieve.retrievals.stop)


def _openapi_router(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        """The OpenAPI document."""
        return openapi_document(app)

    return router


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of all endpoints, with who may call them."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            access = PERMISSIONS[method.upper(), path]
            _document_failures(operation["responses"])
            if not access.public:
                operation["security"] = [{"bearer": []}]
                operation["x-roles"] = sorted(access.roles)
    return document


def _document_failures(responses: dict[str, Any]) -> None:
    """Every failure is the one document, whatever the answer of a success is."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorDocument"}}}
    responses.setdefault("default", {"description": "Any other failure."})
    for status, response in responses.items():
        if status == "default" or int(status) >= 400:
            response["content"] = error
