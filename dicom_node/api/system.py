"""``/api/v1/system``: how the node is."""

from __future__ import annotations

import platform
import socket
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel

from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.monitoring.certificates import certificate_facts
from dicom_node.monitoring.worker_watch import WorkerFailure, WorkerState
from storage import deliveries, monitoring
from storage.records import SeriesState

router = APIRouter(tags=["system"], responses=ERROR_RESPONSES)

PARTS: Final = ("pydicom", "pynetdicom", "highdicom", "torch", "onnxruntime", "sqlalchemy")
"""Libraries whose versions are told."""


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
    total_bytes: int
    reserve_bytes: int
    """With less nothing is received any more."""
    receives: bool


class LoadedModel(BaseModel):
    """The model that the inference process has loaded."""

    name: str
    version: str
    sha256: str
    architecture: str


class InferenceState(BaseModel):
    """The process that reads."""

    state: WorkerState
    device: str
    """Where the model runs: the GPU's name, or ``cpu``; empty: it did not start yet."""
    model: LoadedModel | None
    restarts: int
    """Since the node started."""
    failures: dict[WorkerFailure, int]
    """How often it did not start, died at a job, died idle; since the node started."""


class CertificateView(BaseModel):
    """A certificate file of this installation."""

    name: str
    """``api``, ``dicom`` or ``dicom_ca``."""
    fingerprint: str
    """SHA-256 of its first certificate."""
    ends_utc: datetime
    """Of a file of several, the one that ends first."""
    self_made: bool


class SystemState(BaseModel):
    """The node at this moment."""

    version: str
    ae_title: str
    host: str
    dicom_port: int
    dicom_bind: str
    """The address at which the DICOM port is open."""
    database: str
    queue: QueueState
    disk: DiskState
    inference: InferenceState
    certificates: list[CertificateView]
    versions: dict[str, str]
    """Of what the node is made of."""
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
        dicom_bind=context.settings.dicom.bind,
        database=context.database.url_without_password,
        queue=QueueState(
            series_by_state=dict(state.series_by_state),
            oldest_queued_utc=state.oldest_queued_utc,
            pending_deliveries=deliveries.pending_counts(context.database),
            parked_deliveries=state.parked_deliveries,
        ),
        disk=_disk(context),
        inference=_inference(context),
        certificates=[
            CertificateView.model_validate(each, from_attributes=True)
            for each in certificate_facts(context.settings, context.data_dir.root)
        ],
        versions=_versions(),
    )


def _disk(context: ApiContext) -> DiskState:
    free = context.data_dir.free_bytes()
    reserve = context.settings.storage.reserve_mib * 2**20
    return DiskState(
        free_bytes=free,
        total_bytes=context.data_dir.total_bytes(),
        reserve_bytes=reserve,
        receives=free > reserve,
    )


def _inference(context: ApiContext) -> InferenceState:
    facts = context.instruments.worker.facts()
    model = facts.model
    return InferenceState(
        state=facts.state,
        device=facts.device,
        model=None if model is None else LoadedModel.model_validate(model, from_attributes=True),
        restarts=facts.restarts,
        failures=dict(facts.failures),
    )


def _versions() -> dict[str, str]:
    """Asked of the installation, so that nothing is imported for it."""
    found = {"python": platform.python_version()}
    for name in PARTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
