"""``/api/v1/system``: how the node is."""

from __future__ import annotations

import socket
from datetime import datetime
from importlib.metadata import version

from fastapi import APIRouter
from pydantic import BaseModel

from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES
from storage import deliveries, monitoring
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


def _disk(context: ApiContext) -> DiskState:
    free = context.data_dir.free_bytes()
    reserve = context.settings.storage.reserve_mib * 2**20
    return DiskState(free_bytes=free, reserve_bytes=reserve, receives=free > reserve)
