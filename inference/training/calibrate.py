"""After training, on validation studies alone: honest probabilities, and the operating point.

Training shows fractures more often than they occur and a network grows too sure of what it has
seen, so that its logits are no log odds. A scale and a shift take that back: Platt, "Probabilistic
Outputs for Support Vector Machines", 1999, with the numerics of Lin, Lin and Weng, Machine
Learning 68, 2007. The order of the logits, and with it the ROC curve, stays as it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from inference.errors import DataError
from inference.model.record import Calibration
from inference.training import metrics

LOG_SCALE_SD: Final = 1.0
"""Standard deviation of the prior of log scale, around a scale of 1."""


def fit_calibration(
    level_logits: NDArray[np.floating],
    assessed: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    overall_logits: NDArray[np.floating] | None,
) -> Calibration:
    """One scale and shift for all levels, and one of each for the patient.

    Args:
        level_logits: (studies, 7); of any value where not assessed.
        assessed: (studies, 7), whether the level was seen.
        truth: (studies, 7), whether it is fractured.
        overall_logits: (studies,), ``None`` where the network has no head for the patient; its
            calibration then changes nothing.

    Raises:
        DataError: no level was assessed, or a logit is not finite.
    """
    level_scale, level_shift = fit_scale_and_shift(level_logits[assessed], truth[assessed])
    if overall_logits is None:
        return Calibration(level_scale, level_shift, 1.0, 0.0)
    overall = fit_scale_and_shift(overall_logits, np.asarray(truth.any(axis=1)))
    return Calibration(level_scale, level_shift, *overall)


def fit_scale_and_shift(
    logits: NDArray[np.floating], truth: NDArray[np.bool_]
) -> tuple[float, float]:
    """The most likely (scale, shift) of p = sigmoid(scale · logit + shift), scale > 0.

    Validation sets are small, and may be told apart without an error or hold one class only. So
    the targets are Platt's, which leave room for one more study of either class,
    (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2), and log scale has a normal prior around 0: all that
    weighs little beside a few dozen studies.

    Args:
        logits: (n,).
        truth: (n,).

    Raises:
        DataError: there is nothing to fit, or a logit is not finite.
    """
    if len(logits) == 0:
        raise DataError("The model cannot be calibrated: nothing was assessed on validation data.")
    if not np.isfinite(logits).all():
        raise DataError("The model cannot be calibrated: a logit is not finite.")
    x = logits.astype(np.float64)
    positives = int(truth.sum())
    negatives = len(truth) - positives
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss_and_slope(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_scale, shift = at
        scaled = np.exp(log_scale) * x
        z = scaled + shift
        # −t·log p − (1 − t)·log(1 − p) with p = sigmoid(z), without overflow
        loss = np.logaddexp(0, z).sum() - (target * z).sum() + (log_scale / LOG_SCALE_SD) ** 2 / 2
        residual = expit(z) - target
        slope = [residual @ scaled + log_scale / LOG_SCALE_SD**2, residual.sum()]
        return float(loss), np.array(slope)

    best = minimize(loss_and_slope, np.zeros(2), jac=True, method="L-BFGS-B").x
    return float(np.exp(best[0])), float(best[1])


def fit_operating_point(
    probabilities: NDArray[np.floating], assessed: NDArray[np.bool_], truth: NDArray[np.bool_]
) -> float:
    """The level probability from which a level is a finding.

    The threshold with the fewest errors: the share of the fractured levels that stay below it,
    plus the share of the intact studies with a level at or above it. Both weigh the same, whatever
    the validation set's prevalence.

    Args:
        probabilities: (studies, 7), calibrated; of any value where not assessed.
        assessed: (studies, 7). A fractured level that was not assessed is missed at any threshold.
        truth: (studies, 7).
    """
    largest = np.where(assessed, probabilities, 0.0).max(axis=1, initial=0.0)
    return metrics.operating_point(
        probabilities[truth & assessed].astype(np.float64), largest[~truth.any(axis=1)]
    )
