"""The inference process as its parent sees it: what is said through the pipe, and the entry.

Light on purpose: the parent imports this module to start the child, and only the child may load
the model's libraries (see :mod:`dicom_node.analysis.engine`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Literal, TypeAlias

from dicom_node.analysis.executor import Outcome, WorkerReady
from inference.threads import wait_passively

LOWEST_PRIORITY: Final = 19


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the parent tells the worker at its start."""

    weights: Path | None
    device: str
    log_format: Literal["text", "json"]
    log_level: str
    gives_way: bool = False
    """To everything else on the machine: for processor time, and where memory runs out."""


@dataclass(frozen=True, slots=True)
class WorkerError:
    """The worker's own word that something failed; ``text`` is one line."""

    text: str


Reply: TypeAlias = WorkerReady | WorkerError | Outcome


def worker_main(settings: WorkerSettings, pipe: Connection) -> None:
    """Run in the child: serve ``pipe`` until the parent closes it or dies."""
    if settings.gives_way:
        _give_way()
    wait_passively()
    from dicom_node.analysis.engine import serve  # noqa: PLC0415  (torch, in the child only)

    serve(settings, pipe)


def _give_way() -> None:
    """Take what the others leave, and be the first to be ended by a system without memory."""
    os.nice(LOWEST_PRIORITY)
    with suppress(OSError):  # where the system has no such thing
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
