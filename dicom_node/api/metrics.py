"""``/metrics``: the database's numbers at the moment of the scrape, and this process's own.

Every name is described in docs/monitoring.md; the dashboard and the alert rules in
deploy/monitoring use them.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from dicom_node.api.context import ApiContext
from dicom_node.audit_messages.build import destination_of
from dicom_node.monitoring.certificates import certificate_ends
from storage.audit_exports import backlog
from storage.monitoring import Overview, overview
from storage.records import AuditBacklog

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


def exposition(context: ApiContext) -> bytes:
    """What a scrape gets.

    Raises:
        StorageError: the database cannot be read.
    """
    registry = CollectorRegistry()
    registry.register(_Snapshot(context))
    return generate_latest(registry) + generate_latest(context.instruments.registry)


class _Snapshot(Collector):
    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        built = (version("cspine-node"), platform.python_version())
        yield _gauges("cspine_build_info", "The program.", ("version", "python"), [(built, 1)])
        state = overview(self._context.database)
        yield from _work(state)
        yield from _ages(state, self._context.now())
        yield from self._audit()
        yield from self._machine()

    def _audit(self) -> Iterator[Metric]:
        destination = destination_of(self._context.settings.audit)
        waiting = AuditBacklog(0, None)
        if destination is not None:
            waiting = backlog(self._context.database, destination)
        yield GaugeMetricFamily(
            "cspine_audit_waiting_entries",
            "Entries of the audit trail that are not sent on yet.",
            waiting.entries,
        )
        yield _age(
            "cspine_audit_waiting_seconds",
            "How long the oldest of them waits.",
            waiting.oldest_utc,
            self._context.now(),
        )

    def _machine(self) -> Iterator[Metric]:
        context, instruments = self._context, self._context.instruments
        for name, text, value in (
            ("cspine_disk_free_bytes", "Free for instances.", context.data_dir.free_bytes()),
            (
                "cspine_disk_reserve_bytes",
                "Below this nothing is received.",
                context.settings.storage.reserve_mib * 2**20,
            ),
            ("cspine_listener_open", "The DICOM port accepts callers.", instruments.listens()),
            (
                "cspine_associations_open",
                "Callers that are admitted now.",
                instruments.open_associations(),
            ),
        ):
            yield GaugeMetricFamily(name, text, float(value))
        ends = certificate_ends(context.settings, context.data_dir.root)
        yield _gauges(
            "cspine_certificate_expiry_timestamp_seconds",
            "When the certificate ends.",
            ("certificate",),
            [((name,), end.timestamp()) for name, end in ends.items()],
        )


def _work(state: Overview) -> Iterator[Metric]:
    yield _gauges(
        "cspine_series",
        "Readings by state.",
        ("state",),
        [((each,), n) for each, n in state.series_by_state.items()],
    )
    yield _gauges(
        "cspine_unread_series",
        "Readings without a verdict.",
        ("outcome",),
        [((each,), n) for each, n in state.unread_by_outcome.items()],
    )
    yield _gauges(
        "cspine_deliveries",
        "Deliveries by state.",
        ("peer", "state"),
        [(key, n) for key, n in state.deliveries.items()],
    )
    yield _gauges(
        "cspine_commitments",
        "Requests for storage commitment by state.",
        ("peer", "state"),
        [(key, n) for key, n in state.commitments.items()],
    )
    yield GaugeMetricFamily(
        "cspine_shadow_waiting",
        "Readings that the shadow model has not read yet.",
        state.waiting_for_shadow,
    )
    yield CounterMetricFamily("cspine_verdicts", "Verdicts of readers.", state.verdicts)


def _ages(state: Overview, now: datetime) -> Iterator[Metric]:
    for name, text, since in (
        (
            "cspine_queue_age_seconds",
            "How long the first in the queue waits.",
            state.oldest_queued_utc,
        ),
        (
            "cspine_unread_age_seconds",
            "How long the oldest waits for a reader.",
            state.oldest_unread_utc,
        ),
        (
            "cspine_delivery_overdue_seconds",
            "How long the next delivery is overdue; negative: not yet due.",
            state.oldest_pending_delivery_utc,
        ),
    ):
        yield _age(name, text, since, now)


def _age(name: str, text: str, since: datetime | None, now: datetime) -> Metric:
    return GaugeMetricFamily(name, text, 0.0 if since is None else (now - since).total_seconds())


def _gauges(
    name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family
