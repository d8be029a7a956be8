"""Scores on arrays: the RSNA 2022 weighted log loss, ROC curves, counts at a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

OVERALL_WEIGHT: Final = 7.0
POSITIVE_WEIGHT: Final = 2.0
CLIP: Final = 1e-6


def study_losses(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(studies,) weighted log losses and (studies,) weights; the loss of a study is their ratio.

    Args:
        truth: (studies, 8), the patient, then C1…C7.
        probabilities: the same.
    """
    weights = row_weights(truth)
    clipped = probabilities.clip(CLIP, 1 - CLIP)
    losses = -weights * np.where(truth, np.log(clipped), np.log1p(-clipped))
    return losses.sum(axis=1), weights.sum(axis=1)


def row_weights(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(studies, 8): a negative weighs 7 for the patient and 1 for a level, a positive twice."""
    weights = np.where(truth, POSITIVE_WEIGHT, 1.0)
    weights[:, 0] *= OVERALL_WEIGHT
    return weights


def weighted_log_loss(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> tuple[float, float]:
    """(per study, over all rows) of arrays (studies, 8), as :func:`study_losses` takes them.

    The first number divides by each study's weights and averages the studies, the second divides
    by all weights: both readings of the rule are in use.
    """
    losses, weights = study_losses(truth, probabilities)
    return float(np.mean(losses / weights)), float(losses.sum() / weights.sum())


def best_constants(truth: NDArray[np.bool_]) -> tuple[float, float]:
    """The weighted log loss (per study, over all rows) of the best constant of each column.

    What a predictor that looks at no image can reach on these labels. Each of the two readings has
    its own best constants: the weighted share of positives.
    """
    weights = row_weights(truth)
    scores = []
    for index, of_study in enumerate((weights / weights.sum(axis=1, keepdims=True), weights)):
        constant = (of_study * truth).sum(axis=0) / of_study.sum(axis=0)
        scores.append(weighted_log_loss(truth, np.tile(constant, (len(truth), 1)))[index])
    return scores[0], scores[1]


def auroc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Area under the ROC curve (Mann–Whitney U); NaN without both classes."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = rankdata(scores)
    u = float(ranks[truth].sum()) - positives * (positives + 1) / 2
    return u / (positives * negatives)


def roc_points(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> list[tuple[float, float, float]]:
    """(threshold, sensitivity, specificity) of every distinct score, the highest first.

    A study counts as flagged from the threshold on. Starts with a threshold that nothing reaches
    (infinite); empty without both classes.
    """
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return []
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], truth[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of each run of ties
    found, flagged = hits.cumsum()[last], (~hits).cumsum()[last]
    return [
        (float("inf"), 0.0, 1.0),
        *(
            (float(threshold), float(hit) / positives, 1 - float(alarm) / negatives)
            for threshold, hit, alarm in zip(ranked[last], found, flagged, strict=True)
        ),
    ]


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities from ``low`` to below ``high``: how many, their mean, and the truth's."""

    low: float
    high: float
    count: int
    mean_said: float
    share_true: float


def reliability(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64], bins: int = 15
) -> tuple[Bin, ...]:
    """Bins of equal width over 0…1, without the empty ones; arrays (n,)."""
    at = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    return tuple(
        Bin(
            low=index / bins,
            high=(index + 1) / bins,
            count=int(inside.sum()),
            mean_said=float(probabilities[inside].mean()),
            share_true=float(truth[inside].mean()),
        )
        for index in range(bins)
        if (inside := at == index).any()
    )


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """Mean over the cases of |mean said − share true| of their bin; NaN without a case.

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning", AAAI 2015, with bins of equal width.
    """
    count = sum(each.count for each in bins)
    if count == 0:
        return float("nan")
    return sum(each.count * abs(each.mean_said - each.share_true) for each in bins) / count


def honest_calibration_error(
    probabilities: NDArray[np.float64], *, draws: int = 200, seed: int = 0
) -> float:
    """The calibration error to expect if every probability were right; NaN without a case.

    Bins of few cases differ from their mean by chance alone, so that no model reaches 0: truths are
    drawn as the probabilities say, and the errors of the draws averaged.
    """
    if len(probabilities) == 0:
        return float("nan")
    rng = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(
            reliability(rng.random(len(probabilities)) < probabilities, probabilities)
        )
        for _ in range(draws)
    ]
    return float(np.mean(errors))


def operating_point(
    fractured_levels: NDArray[np.float64], intact_studies: NDArray[np.float64]
) -> float:
    """The threshold with the fewest errors: fractured levels missed plus intact studies flagged.

    Both are counted as shares. Of a run of equally good thresholds the middle one is taken.

    Args:
        fractured_levels: probabilities of the levels that are fractured; may be empty.
        intact_studies: the largest level probability of each intact study; may be empty.
    """
    values = np.unique(np.concatenate([[0.0, 1.0], fractured_levels, intact_studies]))
    thresholds = (values[1:] + values[:-1]) / 2
    missed = (fractured_levels[None, :] < thresholds[:, None]).sum(axis=1)
    flagged = (intact_studies[None, :] >= thresholds[:, None]).sum(axis=1)
    errors = missed / max(1, len(fractured_levels)) + flagged / max(1, len(intact_studies))
    best = np.flatnonzero(errors <= errors.min() + 1e-12)
    run = best[best - np.arange(len(best)) == best[0]]
    low, high = values[run[0]], values[run[-1] + 1]
    return float((low + high) / 2)
