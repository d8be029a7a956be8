"""Scores on arrays: the RSNA 2022 weighted log loss and the area under the ROC curve."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

OVERALL_WEIGHT: Final = 7.0
POSITIVE_WEIGHT: Final = 2.0
CLIP: Final = 1e-6


def weighted_log_loss(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> tuple[float, float]:
    """(per study, over all rows) of arrays (studies, 8): the patient, then C1…C7.

    A negative weighs 7 for the patient and 1 for a level, a positive twice that. The first number
    divides by each study's weights and averages the studies, the second divides by all weights:
    both readings of the rule are in use.
    """
    weights = np.where(truth, POSITIVE_WEIGHT, 1.0)
    weights[:, 0] *= OVERALL_WEIGHT
    clipped = probabilities.clip(CLIP, 1 - CLIP)
    losses = -weights * np.where(truth, np.log(clipped), np.log1p(-clipped))
    per_study = float(np.mean(losses.sum(axis=1) / weights.sum(axis=1)))
    return per_study, float(losses.sum() / weights.sum())


def auroc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Area under the ROC curve (Mann–Whitney U); NaN without both classes."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = rankdata(scores)
    u = float(ranks[truth].sum()) - positives * (positives + 1) / 2
    return u / (positives * negatives)


def operating_point(
    fractured_levels: NDArray[np.float64], intact_studies: NDArray[np.float64]
) -> float:
    """The threshold with the fewest errors: fractured levels missed plus intact studies flagged.

    Both are counted as shares. Of a run of equally good thresholds the middle one is taken.

    Args:
        fractured_levels: probabilities of the levels that are fractured.
        intact_studies: the largest level probability of each intact study.
    """
    values = np.unique(np.concatenate([[0.0, 1.0], fractured_levels, intact_studies]))
    thresholds = (values[1:] + values[:-1]) / 2
    missed = (fractured_levels[None, :] < thresholds[:, None]).mean(axis=1)
    flagged = (intact_studies[None, :] >= thresholds[:, None]).mean(axis=1)
    errors = missed + flagged
    best = np.flatnonzero(errors <= errors.min() + 1e-12)
    run = best[best - np.arange(len(best)) == best[0]]
    low, high = values[run[0]], values[run[-1] + 1]
    return float((low + high) / 2)
