"""``/health`` and ``/metrics``: for orchestrators and for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.metrics import CONTENT_TYPE, exposition
from dicom_node.monitoring.readiness import readiness

router = APIRouter(tags=["system"], responses=ERROR_RESPONSES)


class Health(BaseModel):
    """One word, and how each part is."""

    status: str
    parts: dict[str, str] = {}


@router.get("/health/live", summary="Does the process answer?")
def live() -> Health:
    """It asks nothing else: an orchestrator restarts what is not alive."""
    return Health(status="alive")


@router.get("/health/ready", summary="Can the node do its work?")
def ready(context: Context) -> Health:
    """Database, disk, DICOM port and inference process; 503 and which part is not otherwise."""
    found = readiness(
        context.database,
        context.data_dir,
        context.instruments,
        reserve_bytes=context.settings.storage.reserve_mib * 2**20,
    )
    parts, problems = dict(found.parts), list(found.problems)
    if problems:
        detail = {"problems": problems, "parts": parts}
        raise ApiError(503, "not_ready", "; ".join(problems), detail=detail)
    return Health(status="ready", parts=parts)


@router.get(
    "/metrics",
    summary="For Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"content": {CONTENT_TYPE: {}}, "description": "Prometheus' text format."}},
)
def metrics(context: Context) -> Response:
    """What the database says at this moment, and what this process counted since its start."""
    return Response(exposition(context), media_type=CONTENT_TYPE)
