"""From a network's logits of levels and patient to probabilities that may be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from inference.model import combine
from inference.model.record import Calibration


@dataclass(frozen=True, slots=True, eq=False)
class StudyProbabilities:
    """Calibrated, in 0…1.

    Attributes:
        levels: (7,) float64, NaN where the level was not assessed.
        overall: any level is fractured.
    """

    levels: NDArray[np.float64]
    overall: float


def study_probabilities(
    level_logits: NDArray[np.float64],
    overall_logit: float | None,
    assessed: NDArray[np.bool_],
    calibration: Calibration,
) -> StudyProbabilities:
    """Calibrate, and combine the levels where the network has not learned to.

    Rule for a series that shows only a part of the cervical spine: a learned overall was taught
    on whole spines, and what lies outside the images must not speak against what is in them. So
    it is never lower than the largest assessed level.

    Args:
        level_logits: (7,) as the network gives them.
        overall_logit: of the patient; ``None`` for 1 − Π(1 − p) over the assessed levels.
        assessed: (7,) which levels were seen well enough.
        calibration: of the record.
    """
    calibrated = expit(calibration.level_scale * level_logits + calibration.level_shift)
    levels = np.where(assessed, calibrated, np.nan)
    if overall_logit is None:
        return StudyProbabilities(levels, combine.overall_probability(levels[assessed]))
    overall = float(expit(calibration.overall_scale * overall_logit + calibration.overall_shift))
    if not assessed.all():
        overall = max(overall, float(levels[assessed].max(initial=0.0)))
    return StudyProbabilities(levels, overall)
