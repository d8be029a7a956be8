"""The inference process as its parent sees it: what is said through the pipe, and the entry.

Light on purpose: the parent imports this module to start the child, and only the child may load
the model's libraries (see :mod:`dicom_node.analysis.engine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, TypeAlias

from dicom_node.analysis.executor import Outcome, WorkerReady
from inference.threads import wait_passively


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the parent tells the worker at its start."""

    weights: Path | None
    device: str
    log_format: Literal["text", "json"]
    log_level: str


@dataclass(frozen=True, slots=True)
class WorkerError:
    """The worker's own word that something failed; ``text`` is one line."""

    text: str


Reply: TypeAlias = WorkerReady | WorkerError | Outcome


def worker_main(settings: WorkerSettings, pipe: Connection) -> None:
    """Run in the child: serve ``pipe`` until the parent closes it or dies."""
    wait_passively()
    from dicom_node.analysis.engine import serve  # noqa: PLC0415  (torch, in the child only)

    serve(settings, pipe)
