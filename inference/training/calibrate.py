"""After training: the fractures' base rate, and the operating point, from validation phantoms.

Training shows fractures far more often than they occur, so that the network expects too many.
One shift of all fracture logits takes that back (Saerens, Latinne and Decaestecker, "Adjusting the
Outputs of a Classifier to New a Priori Probabilities", Neural Computation 14, 2002); here it is
chosen for the smallest weighted log loss. It is folded into the bias of the fracture head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from inference.model import combine
from inference.predictor import Predictor, mean_spacing_mm
from inference.preprocess import read_field
from inference.training import metrics
from inference.training.cohort import UNKNOWN, Case
from inference.types import LEVELS

SHIFTS: Final = np.arange(-6.0, 2.01, 0.25)
TINY: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ValidationReading:
    """One phantom: (slices, 7) ``presence`` and ``fracture``, (7,) ``seen`` and ``truth``."""

    presence: NDArray[np.float64]
    fracture: NDArray[np.float64]
    seen: NDArray[np.bool_]
    truth: NDArray[np.bool_]

    def levels(self, shift: float) -> NDArray[np.float64]:
        """(7,) level probabilities with all fracture logits shifted; ``UNKNOWN`` if not seen."""
        fracture = expit(logit(self.fracture.clip(TINY, 1 - TINY)) + shift)
        levels = combine.level_probabilities(self.presence, fracture)
        return np.where(self.seen, levels, UNKNOWN)


def read_for_validation(predictor: Predictor, cases: Sequence[Case]) -> Iterator[ValidationReading]:
    """Make each phantom and have its slices read."""
    for case in cases:
        study = case.make()
        volume = study.to_volume()
        field = read_field(volume, predictor.record.contract)
        outputs = predictor.read_slices(field, lambda _: None)
        broken = {fracture.level for fracture in study.fractures}
        yield ValidationReading(
            outputs.presence,
            outputs.fracture,
            combine.seen_levels(
                outputs.presence, mean_spacing_mm(volume, field), predictor.record.seen
            ),
            np.array([level in broken for level in LEVELS]),
        )


def fit_shift(readings: Sequence[ValidationReading]) -> float:
    """The shift of the fracture logits with the smallest weighted log loss."""
    truth = np.array([each.truth for each in readings])
    truth = np.column_stack([truth.any(axis=1), truth])

    def loss(shift: float) -> float:
        levels = np.array([each.levels(shift) for each in readings])
        overall = [
            combine.overall_probability(row[each.seen])
            for row, each in zip(levels, readings, strict=True)
        ]
        return metrics.weighted_log_loss(truth, np.column_stack([overall, levels]))[0]

    return float(min(SHIFTS, key=loss))


def fit_operating_point(readings: Sequence[ValidationReading], shift: float) -> float:
    """From the fractured levels, and the largest level of each intact phantom."""
    fractured = [each.levels(shift)[each.truth] for each in readings if each.truth.any()]
    intact = [each.levels(shift)[each.seen] for each in readings if not each.truth.any()]
    return metrics.operating_point(
        np.concatenate(fractured), np.array([each.max(initial=0.0) for each in intact])
    )
