"""What this process counts and times, from its start on, as Prometheus' counters and histograms.

Counting is a few microseconds under a lock of its own: no file, no database, no wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from dicom_node.monitoring.worker_watch import WorkerWatch

MINUTE_S: Final = 60
HOUR_S: Final = 3600
STAGE_BUCKETS_S: Final = (
    *(0.1, 0.5, 1, 2, 5, 10, 20, 30, MINUTE_S, 2 * MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S),
    *(20 * MINUTE_S, HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 8 * HOUR_S, 24 * HOUR_S),
)
INFERENCE_OUTCOMES: Final = ("analysed", "not_analysed", "failed", "abandoned")
SHADOW_OUTCOMES: Final = (
    *("positive", "partial", "negative", "not_analysed", "failed"),
    "abandoned",  # something else went first: it is read later
    "retried",  # its process died or hung
)
INFERENCE_BUCKETS_S: Final = (0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900)


class Instruments:
    """Counters and histograms of one node process, and the watch on its parts; for any thread.

    Attributes:
        registry: all of them, for a scrape.
        worker: the inference process.
        shadow: the process of the shadow model; no metric, readiness or alert asks it.
        shadow_problem: why that does not start; set by who starts it.
        listens: whether the DICOM port is open; set by who opens it.
        open_associations: how many callers are admitted at this moment, likewise.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.worker = WorkerWatch()
        self.registry.register(self.worker)
        self.shadow = WorkerWatch()
        self.shadow_problem: str | None = None
        self.listens: Callable[[], bool] = _no
        self.open_associations: Callable[[], int] = _none
        ProcessCollector(registry=self.registry)
        self._received = self._counter(
            "cspine_instances_received", "Instances taken, durably.", "outcome"
        )
        self._received_bytes = self._counter("cspine_received_bytes", "Data sets taken, in bytes.")
        self._refused = self._counter(
            "cspine_instances_refused", "Instances not taken, by reason.", "reason"
        )
        self._associations = self._counter("cspine_associations", "Callers that were admitted.")
        self._refused_associations = self._counter(
            "cspine_associations_refused", "Callers that were turned away, by reason.", "reason"
        )
        self._attempts = self._counter(
            "cspine_delivery_attempts", "Objects that were tried to send.", "peer", "outcome"
        )
        self._delivery = self._histogram(
            "cspine_delivery_duration_seconds",
            "From the making of an object until the peer took it.",
            STAGE_BUCKETS_S,
            "peer",
        )
        self._stage = self._histogram(
            "cspine_stage_duration_seconds",
            "How long a series was in a stage until the next one.",
            STAGE_BUCKETS_S,
            "stage",
        )
        self._turnaround = self._histogram(
            "cspine_turnaround_seconds",
            "From the first instance until the last result was taken.",
            STAGE_BUCKETS_S,
        )
        self._inference = self._histogram(
            "cspine_inference_duration_seconds",
            "One job of the inference process: reading, the model, the pictures.",
            INFERENCE_BUCKETS_S,
            "outcome",
        )
        self._shadow = self._histogram(
            "cspine_shadow_duration_seconds",
            "One reading of the shadow model.",
            INFERENCE_BUCKETS_S,
            "outcome",
        )
        self._alerts = Gauge(
            "cspine_alerts_active",
            "What the node itself alerts about.",
            ["alert"],
            registry=self.registry,
        )
        self._leftovers = self._counter(
            "cspine_leftover_files_removed", "Files that crashes left, and that were removed."
        )
        self._alerts_tried = self._counter(
            "cspine_alert_attempts", "Alerts that were tried to send.", "channel", "outcome"
        )
        for outcome in INFERENCE_OUTCOMES:
            self._inference.labels(outcome)
        for outcome in SHADOW_OUTCOMES:
            self._shadow.labels(outcome)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)

    def declare(
        self,
        *,
        outcomes: Iterable[str] = (),
        instance_refusals: Iterable[str] = (),
        association_refusals: Iterable[str] = (),
        stages: Iterable[str] = (),
    ) -> None:
        """Say 0 of what may come: a rate needs a value before the first one."""
        for outcome in outcomes:
            self._received.labels(outcome)
        for reason in instance_refusals:
            self._refused.labels(reason)
        for reason in association_refusals:
            self._refused_associations.labels(reason)
        for stage in stages:
            self._stage.labels(stage)

    def instance_received(self, outcome: str, size_bytes: int) -> None:
        """An instance is durable."""
        self._received.labels(outcome).inc()
        self._received_bytes.inc(size_bytes)

    def instance_refused(self, reason: str) -> None:
        """An instance was not taken."""
        self._refused.labels(reason).inc()

    def association_admitted(self) -> None:
        """A caller was let in."""
        self._associations.inc()

    def association_refused(self, reason: str) -> None:
        """A caller was turned away."""
        self._refused_associations.labels(reason).inc()

    def delivery_tried(self, peer: str, outcome: str, *, duration_s: float | None = None) -> None:
        """An object was sent; ``duration_s`` since it was made, where the peer took it."""
        self._attempts.labels(peer, outcome).inc()
        if duration_s is not None:
            self._delivery.labels(peer).observe(duration_s)

    def stage_passed(self, stage: str, duration_s: float) -> None:
        """A series left a stage for the next one."""
        self._stage.labels(stage).observe(duration_s)

    def series_reported(self, duration_s: float) -> None:
        """All results of a series were taken, so long after its first instance."""
        self._turnaround.observe(duration_s)

    def alerts_active(self, alert: str, number: int) -> None:
        """So many episodes of it are open."""
        self._alerts.labels(alert).set(number)

    def alert_tried(self, channel: str, outcome: str) -> None:
        """An alert was tried to send."""
        self._alerts_tried.labels(channel, outcome).inc()

    def leftovers_removed(self, number: int) -> None:
        """Files that a crash had left are gone."""
        self._leftovers.inc(number)

    def inference_ended(self, outcome: str, duration_s: float) -> None:
        """The inference process ended a job."""
        self._inference.labels(outcome).observe(duration_s)

    def shadow_ended(self, outcome: str, duration_s: float) -> None:
        """The shadow model's reading of a series ended."""
        self._shadow.labels(outcome).observe(duration_s)


def _no() -> bool:
    return False


def _none() -> int:
    return 0
