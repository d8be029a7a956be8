"""How sure a figure is: 95 % intervals by drawing the studies again.

Levels of one study are no independent cases, so studies are drawn, with all that belongs to them
(Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, percentile intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.training import metrics

RESAMPLES: Final = 1000
PERCENTILES: Final = (2.5, 97.5)
Z: Final = 1.959964

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number.

    Attributes:
        value: NaN where there was nothing to measure it on.
        low, high: its 95 % interval; NaN where it has none.
        of: on how many cases (studies, levels, findings) it was measured.
        count: of these, how many it counts; ``None`` if it is no share.
    """

    value: float
    low: float
    high: float
    of: int
    count: int | None = None


class Bootstrap:
    """One set of resamples, for all figures of one set of studies."""

    def __init__(self, studies: int, *, resamples: int = RESAMPLES, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        even = np.full(studies, 1 / max(1, studies))
        drawn = rng.multinomial(studies, even, resamples) if studies else np.zeros((resamples, 0))
        self._times: Floats = drawn.astype(np.float64)
        """(resamples, studies): how often each study was drawn."""

    def ratio(self, numerators: Floats, denominators: Floats) -> Figure:
        """Σ numerators / Σ denominators; both (studies,)."""
        of = denominators.sum()
        value = numerators.sum() / of if of else np.nan
        drawn = self._times @ denominators
        values = np.divide(
            self._times @ numerators, drawn, out=np.full(len(drawn), np.nan), where=drawn != 0
        )
        return Figure(float(value), *_interval(values), of=int(np.count_nonzero(denominators)))

    def mean(self, values: Floats) -> Figure:
        """Of (studies,) values; NaN where a study has none."""
        known = np.isfinite(values)
        return self.ratio(np.where(known, values, 0.0), known.astype(np.float64))

    def share(self, counts: NDArray[np.integer], of: NDArray[np.integer]) -> Figure:
        """Σ counts / Σ of; both (studies,) whole numbers.

        Where all or none count, every resample says the same: Wilson's interval takes their place,
        on the number of studies.
        """
        figure = self.ratio(counts.astype(np.float64), of.astype(np.float64))
        count, total = int(counts.sum()), int(of.sum())
        low, high = figure.low, figure.high
        if total and count in {0, total}:
            low, high = wilson(count == total, int(np.count_nonzero(of)))
        return Figure(figure.value, low, high, of=total, count=count)

    def auroc(self, truth: NDArray[np.bool_], scores: Floats) -> Figure:
        """Area under the ROC curve of (studies,)."""
        value = metrics.auroc(truth, scores)
        order = np.argsort(scores, kind="stable")
        _, first = np.unique(scores[order], return_index=True)
        times, positive = self._times[:, order], truth[order]
        if not np.isfinite(value):
            return Figure(value, np.nan, np.nan, of=len(truth))
        hits = np.add.reduceat(times * positive, first, axis=1)
        alarms = np.add.reduceat(times * ~positive, first, axis=1)
        below = alarms.cumsum(axis=1) - alarms
        pairs = hits.sum(axis=1) * alarms.sum(axis=1)
        u = (hits * (below + alarms / 2)).sum(axis=1)
        areas = np.divide(u, pairs, out=np.full(len(u), np.nan), where=pairs > 0)
        low, high = _interval(areas)
        return Figure(value, low, high, of=len(truth))


def wilson(all_count: bool, of: int) -> tuple[float, float]:
    """The 95 % interval of ``of`` out of ``of``, or of none (Wilson 1927)."""
    width = Z**2 / (of + Z**2)
    return (1 - width, 1.0) if all_count else (0.0, width)


def _interval(values: Floats) -> tuple[float, float]:
    """Percentiles of what is known.

    NaN where most resamples could not be measured, or all say the same: an area of 1 says 1 again
    however few studies it was measured on, and that is no certainty.
    """
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2 or len(known) == 0 or np.ptp(known) == 0:
        return np.nan, np.nan
    low, high = np.percentile(known, PERCENTILES)
    return float(low), float(high)
