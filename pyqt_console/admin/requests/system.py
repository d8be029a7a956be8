"""``/api/v1/system`` and ``/health/ready``: how the node is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyqt_console.client import NodeClient, parsed
from pyqt_console.errors import AnswerError


@dataclass(frozen=True, slots=True)
class Disk:
    """Where images and results are kept; below ``reserve_bytes`` nothing is received."""

    free_bytes: int
    total_bytes: int
    reserve_bytes: int
    receives: bool


@dataclass(frozen=True, slots=True)
class Inference:
    """The process that reads. ``model`` is a name and a version; None: none is loaded yet."""

    state: str
    device: str
    model: str | None
    sha256: str | None
    architecture: str
    restarts: int
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate file of the node; ``fingerprint`` is its SHA-256."""

    name: str
    fingerprint: str
    ends_utc: datetime
    self_made: bool


@dataclass(frozen=True, slots=True)
class Readiness:
    """Part → its word, and what is wrong, as sentences."""

    parts: Mapping[str, str]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SystemState:
    """The node at this moment."""

    version: str
    ae_title: str
    host: str
    dicom_port: int
    database: str
    series_by_state: Mapping[str, int]
    oldest_queued_utc: datetime | None
    pending_deliveries: Mapping[str, int]
    parked_deliveries: int
    disk: Disk
    inference: Inference
    certificates: tuple[Certificate, ...]
    versions: Mapping[str, str]
    readiness: Readiness


def system_state(client: NodeClient) -> SystemState:
    """All of it; that a part is not ready is an answer, not a failure."""
    ready = readiness(client)
    found = client.ask("GET", "/api/v1/system")
    return parsed(lambda: _state(found, ready))


def readiness(client: NodeClient) -> Readiness:
    """How each part is; a node that is not ready answers 503, and says why."""
    try:
        found = client.ask("GET", "/health/ready")
    except AnswerError as error:
        if error.code != "not_ready":
            raise
        detail = error.detail
        return parsed(lambda: Readiness(dict(detail["parts"]), tuple(detail["problems"])))
    return parsed(lambda: Readiness(dict(found["parts"]), ()))


def _state(found: Mapping[str, Any], ready: Readiness) -> SystemState:
    queue, disk, inference = found["queue"], found["disk"], found["inference"]
    oldest, model = queue["oldest_queued_utc"], inference["model"]
    return SystemState(
        version=found["version"],
        ae_title=found["ae_title"],
        host=found["host"],
        dicom_port=int(found["dicom_port"]),
        database=found["database"],
        series_by_state={key: int(count) for key, count in queue["series_by_state"].items()},
        oldest_queued_utc=None if oldest is None else datetime.fromisoformat(oldest),
        pending_deliveries=dict(queue["pending_deliveries"]),
        parked_deliveries=int(queue["parked_deliveries"]),
        disk=Disk(
            int(disk["free_bytes"]),
            int(disk["total_bytes"]),
            int(disk["reserve_bytes"]),
            bool(disk["receives"]),
        ),
        inference=Inference(
            state=inference["state"],
            device=inference["device"],
            model=None if model is None else f"{model['name']} {model['version']}",
            sha256=None if model is None else model["sha256"],
            architecture="" if model is None else model["architecture"],
            restarts=int(inference["restarts"]),
            failures={key: int(count) for key, count in inference["failures"].items()},
        ),
        certificates=tuple(
            Certificate(
                each["name"],
                each["fingerprint"],
                datetime.fromisoformat(each["ends_utc"]),
                bool(each["self_made"]),
            )
            for each in found["certificates"]
        ),
        versions=dict(found["versions"]),
        readiness=ready,
    )
