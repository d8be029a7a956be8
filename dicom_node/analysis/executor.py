"""The seam between the queue and whatever runs the model: a local process now, a cluster later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from dicom_node.reports.pictures import Pictures
from inference.types import ModelIdentity, NotAnalysed, Prediction


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What the model said, and the pictures of it: the voxels stay in the worker process."""

    prediction: Prediction
    pictures: Pictures


Outcome: TypeAlias = Analysis | NotAnalysed


@dataclass(frozen=True, slots=True)
class AnalysisJob:
    """One series for the model: the files of its instances, in any order.

    Without pictures :class:`Analysis` comes with none, and none is missing.
    """

    series_id: int
    series_uid: str
    paths: tuple[Path, ...]
    with_pictures: bool = True


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """What a worker says once its model is warm."""

    model: ModelIdentity
    device: str


class Executor(Protocol):
    """Runs one job at a time. Truth and priority stay in the database, never in here."""

    def prepare(self) -> WorkerReady:
        """Have a warm model, starting what is needed; returns at once if it is warm.

        Raises:
            WorkerFailedError: it cannot be had at present; no job is to blame.
        """

    def run(self, job: AnalysisJob, heartbeat: Callable[[], bool]) -> Outcome:
        """Analyse ``job``, calling ``heartbeat`` about every second.

        Raises:
            JobAbandonedError: ``heartbeat`` returned False or :meth:`close` was called.
            WorkerFailedError: the worker died, hung or failed on this job.
        """

    def close(self) -> None:
        """Stop now, abandoning a running job; may be called from another thread."""


class JobAbandonedError(Exception):
    """The job was given up on purpose: nobody failed, and nobody waits for its result."""
