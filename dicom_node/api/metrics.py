"""``/metrics``: the database's numbers in Prometheus' text format, at the moment of the scrape."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from dicom_node.api.context import ApiContext
from storage.monitoring import Overview, overview

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


def exposition(context: ApiContext) -> bytes:
    """What a scrape gets.

    Raises:
        StorageError: the database cannot be read.
    """
    registry = CollectorRegistry()
    registry.register(_Snapshot(context))
    return generate_latest(registry)


class _Snapshot(Collector):
    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        state = overview(self._context.database)
        now = self._context.now()
        yield _labelled("cspine_build", "The program.", "version", {version("cspine-node"): 1})
        by_state = {str(each): n for each, n in state.series_by_state.items()}
        yield _labelled("cspine_series", "Readings by state.", "state", by_state)
        unread = {str(each): n for each, n in state.unread_by_outcome.items()}
        yield _labelled("cspine_unread_series", "Readings without a verdict.", "outcome", unread)
        yield from _deliveries(state)
        yield _plain("cspine_verdicts", "Verdicts of readers.", state.verdicts)
        yield from _refused(state)
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
            yield _plain(name, text, 0.0 if since is None else (now - since).total_seconds())
        yield _plain(
            "cspine_disk_free_bytes", "Free for instances.", self._context.data_dir.free_bytes()
        )
        reserve = self._context.settings.storage.reserve_mib * 2**20
        yield _plain("cspine_disk_reserve_bytes", "Below this nothing is received.", reserve)


def _plain(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)


def _labelled(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _deliveries(state: Overview) -> Iterator[Metric]:
    family = GaugeMetricFamily("cspine_deliveries", "Deliveries.", labels=["peer", "state"])
    for (peer, delivery_state), number in state.deliveries.items():
        family.add_metric([peer, str(delivery_state)], number)
    yield family


def _refused(state: Overview) -> Iterator[Metric]:
    family = CounterMetricFamily(
        "cspine_refused_associations", "Callers that were turned away.", labels=["reason"]
    )
    for reason, number in state.refused_by_reason.items():
        family.add_metric([reason], number)
    yield family
