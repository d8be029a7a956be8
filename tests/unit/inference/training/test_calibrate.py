"""The base rate is taken back, and the operating point lies between intact and fractured."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from inference.training.calibrate import ValidationReading, fit_operating_point, fit_shift
from inference.training.cohort import UNKNOWN


def reading(fracture: float, *, broken: bool, seen: bool = True) -> ValidationReading:
    """Ten slices of C5; all of them say ``fracture``, all other levels are unseen."""
    presence, fractures = np.zeros((10, 7)), np.full((10, 7), 0.5)
    presence[:, 4], fractures[:, 4] = 1.0, fracture
    columns = np.arange(7) == 4
    return ValidationReading(presence, fractures, columns & seen, columns & broken)


def test_shift_moves_the_logits() -> None:
    levels = reading(0.3, broken=False).levels(1.5)
    assert logit(levels[4]) == pytest.approx(logit(0.3) + 1.5)
    assert levels[0] == UNKNOWN
    assert reading(0.3, broken=False, seen=False).levels(1.5)[4] == UNKNOWN


def test_overconfidence_is_taken_back() -> None:
    readings = [reading(0.9, broken=number < 3) for number in range(10)]
    shift = fit_shift(readings)
    # The patient and C5 weigh 14 + 2 of 22 where fractured, 7 + 1 of 14 where intact.
    fractured, intact = 3 * 16 / 22, 7 * 8 / 14
    best = fractured / (fractured + intact)
    assert readings[0].levels(shift)[4] == pytest.approx(best, abs=0.03)


def test_operating_point_separates() -> None:
    readings = [reading(p, broken=b) for p, b in ((0.8, True), (0.6, True), (0.2, False))]
    assert fit_operating_point(readings, 0.0) == pytest.approx(0.4)
