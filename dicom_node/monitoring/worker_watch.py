"""The inference process as whoever watches it sees it: starting, warm, or failing again and again.

The executor tells; the metrics, the readiness and the alerts ask. From any thread.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from inference.types import ModelIdentity

FAILURES_KEPT: Final = 1000
"""More within one window are as bad."""


class WorkerState(StrEnum):
    """Where the inference process is."""

    STARTING = "starting"  # also before its first start, and between two processes
    WARM = "warm"
    FAILED = "failed"  # it did not start; it stays so while it is tried again


class WorkerFailure(StrEnum):
    """When the process failed."""

    START = "start"
    JOB = "job"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """The inference process at one moment.

    Attributes:
        device: where its model runs, the GPU's name or ``cpu``; empty: there was none yet.
        restarts: starts after the first, since the node started.
        failures: how often it did not start, died or hung, since the node started.
    """

    state: WorkerState
    model: ModelIdentity | None
    device: str
    restarts: int
    failures: Mapping[WorkerFailure, int]


class WorkerWatch(Collector):
    """The state of one inference process and its successors, counted since the node started.

    ``clock`` gives monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._state = WorkerState.STARTING
        self._model: ModelIdentity | None = None
        self._device = ""
        self._starts = 0
        self._failures: Counter[WorkerFailure] = Counter()
        self._failed_at: deque[float] = deque(maxlen=FAILURES_KEPT)

    @property
    def state(self) -> WorkerState:
        """As it is now."""
        return self._state

    @property
    def model(self) -> ModelIdentity | None:
        """What the last warm process had loaded; None: there was none yet."""
        return self._model

    def starts(self) -> None:
        """A process is being started."""
        with self._lock:
            self._starts += 1

    def is_warm(self, model: ModelIdentity, device: str) -> None:
        """Its model is loaded."""
        with self._lock:
            self._state, self._model, self._device = WorkerState.WARM, model, device

    def failed(self, when: WorkerFailure) -> None:
        """It did not start, or it died or hung."""
        with self._lock:
            start = when is WorkerFailure.START
            self._state = WorkerState.FAILED if start else WorkerState.STARTING
            self._failures[when] += 1
            self._failed_at.append(self._clock())

    def ended(self) -> None:
        """It was ended on purpose."""
        with self._lock:
            self._state = WorkerState.STARTING

    def failures_within(self, window_s: float) -> int:
        """How often it failed lately."""
        since = self._clock() - window_s
        with self._lock:
            return sum(at >= since for at in self._failed_at)

    def describe(self) -> Iterator[Metric]:
        """Nothing is fixed before it is collected."""
        return iter(())

    def facts(self) -> WorkerFacts:
        """All of it at this moment."""
        with self._lock:
            return WorkerFacts(
                state=self._state,
                model=self._model,
                device=self._device,
                restarts=max(0, self._starts - 1),
                failures={when: self._failures.get(when, 0) for when in WorkerFailure},
            )

    def collect(self) -> Iterator[Metric]:
        """For a scrape."""
        facts = self.facts()
        up = float(facts.state is WorkerState.WARM)
        yield GaugeMetricFamily("cspine_worker_up", "The inference process is warm.", up)
        yield CounterMetricFamily(
            "cspine_worker_restarts",
            "Starts of the inference process after the first.",
            facts.restarts,
        )
        failed = CounterMetricFamily(
            "cspine_worker_failures", "The inference process died or hung.", labels=["when"]
        )
        for when in WorkerFailure:
            failed.add_metric([when], facts.failures[when])
        yield failed
        info = GaugeMetricFamily(
            "cspine_model_info",
            "The model that is loaded.",
            labels=["name", "version", "sha256", "architecture", "device"],
        )
        model = facts.model
        if model is not None:
            known = [model.name, model.version, model.sha256, model.architecture, facts.device]
            info.add_metric(known, 1)
        yield info
