"""A scrape of ``/metrics``, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


@dataclass(frozen=True, slots=True)
class Scrape:
    """What was scraped."""

    text: str

    def samples(self) -> Iterator[Sample]:
        for family in text_string_to_metric_families(self.text):
            yield from family.samples

    def value(self, name: str, **labels: str) -> float | None:
        """Of the one sample of that name with (at least) these labels."""
        found = [
            sample.value
            for sample in self.samples()
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert len(found) <= 1, f"{name} with {labels} is not one"
        return found[0] if found else None

    def labels(self, name: str) -> dict[str, str]:
        """Of the one sample of that name."""
        (found,) = (sample.labels for sample in self.samples() if sample.name == name)
        return dict(found)


def scrape(client: httpx.Client) -> Scrape:
    """Ask as ``client``."""
    answer = client.get("/metrics", timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Scrape(answer.text)
