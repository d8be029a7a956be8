"""``/api/v1/system``, ``/health``, ``/metrics``: how the node is."""

from __future__ import annotations

import socket
from datetime import datetime
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.metrics import CONTENT_TYPE, exposition
from storage import deliveries, monitoring
from storage.errors import StorageError
from storage.records import SeriesState

router = APIRouter(tags=["system"], responses=ERROR_RESPONSES)


class QueueState(BaseModel):
    """What waits."""

    series_by_state: dict[SeriesState, int]
    oldest_queued_utc: datetime | None
    pending_deliveries: dict[str, int]
    """By peer."""
    parked_deliveries: int


class DiskState(BaseModel):
    """Where instances are kept."""

    free_bytes: int
    reserve_bytes: int
    """With less nothing is received any more."""
    receives: bool


class SystemState(BaseModel):
    """The node at this moment."""

    version: str
    ae_title: str
    host: str
    dicom_port: int
    database: str
    queue: QueueState
    disk: DiskState
    research_use_only: bool = True


class Health(BaseModel):
    """One word, and what is wrong where something is."""

    status: str
    problems: list[str] = []


@router.get("/api/v1/system", summary="Queue, disk, version")
def system_state(context: Context) -> SystemState:
    """As it is now."""
    state = monitoring.overview(context.database)
    return SystemState(
        version=version("cspine-node"),
        ae_title=context.settings.dicom.ae_title,
        host=socket.gethostname(),
        dicom_port=context.settings.dicom.port,
        database=context.database.url_without_password,
        queue=QueueState(
            series_by_state=dict(state.series_by_state),
            oldest_queued_utc=state.oldest_queued_utc,
            pending_deliveries=deliveries.pending_counts(context.database),
            parked_deliveries=state.parked_deliveries,
        ),
        disk=_disk(context),
    )


@router.get("/api/v1/settings", summary="The settings in force")
def show_settings(context: Context) -> dict[str, Any]:
    """As read at the start; without the database's password."""
    document = context.settings.model_dump(mode="json")
    document["storage"]["database_url"] = context.database.url_without_password
    return document


@router.get("/health/live", summary="Does the process answer?")
def live() -> Health:
    """It asks nothing else: an orchestrator restarts what is not alive."""
    return Health(status="alive")


@router.get("/health/ready", summary="Can the node do its work?")
def ready(context: Context) -> Health:
    """The database answers, the disk takes instances; 503 and what is wrong otherwise."""
    problems = []
    try:
        monitoring.ping(context.database)
    except StorageError:
        problems.append("the database does not answer")
    try:
        if not _disk(context).receives:
            problems.append("the disk is too full to receive")
    except (StorageError, OSError):
        problems.append("the data directory cannot be read")
    if problems:
        raise ApiError(503, "not_ready", "; ".join(problems), detail={"problems": problems})
    return Health(status="ready")


@router.get(
    "/metrics",
    summary="For Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"content": {CONTENT_TYPE: {}}, "description": "Prometheus' text format."}},
)
def metrics(context: Context) -> Response:
    """Counted from the database at this moment, so that a restart loses nothing."""
    return Response(exposition(context), media_type=CONTENT_TYPE)


def _disk(context: ApiContext) -> DiskState:
    free = context.data_dir.free_bytes()
    reserve = context.settings.storage.reserve_mib * 2**20
    return DiskState(free_bytes=free, reserve_bytes=reserve, receives=free > reserve)
