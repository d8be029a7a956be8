"""From logits to what may be shown, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from inference.model.probabilities import study_probabilities
from inference.model.record import UNCALIBRATED, Calibration

ALL = np.ones(7, np.bool_)
LEVELS = np.array([0.1, 0.2, 0.05, 0.9, 0.3, 0.02, 0.01])


def test_without_a_learned_overall_it_is_the_noisy_or() -> None:
    said = study_probabilities(logit(LEVELS), None, ALL, UNCALIBRATED)
    assert said.levels == pytest.approx(LEVELS)
    assert said.overall == pytest.approx(1 - np.prod(1 - LEVELS))


def test_levels_that_were_not_assessed_never_count() -> None:
    seen = np.array([True, True, True, False, False, False, False])
    said = study_probabilities(logit(LEVELS), None, seen, UNCALIBRATED)
    assert said.overall == pytest.approx(1 - 0.9 * 0.8 * 0.95)
    assert np.isnan(said.levels[3:]).all()


def test_calibration_scales_and_shifts_the_logits() -> None:
    calibration = Calibration(2.0, -1.0, 0.5, 0.25)
    said = study_probabilities(logit(LEVELS), 3.0, ALL, calibration)
    assert logit(said.levels) == pytest.approx(2 * logit(LEVELS) - 1)
    assert logit(said.overall) == pytest.approx(0.5 * 3.0 + 0.25)


def test_a_learned_overall_of_a_whole_spine_stands() -> None:
    assert study_probabilities(logit(LEVELS), logit(0.4), ALL, UNCALIBRATED).overall == (
        pytest.approx(0.4)
    )


def test_a_learned_overall_of_a_part_is_not_below_its_largest_level() -> None:
    seen = ALL.copy()
    seen[6] = False
    low = study_probabilities(logit(LEVELS), logit(0.4), seen, UNCALIBRATED)
    assert low.overall == pytest.approx(0.9)
    high = study_probabilities(logit(LEVELS), logit(0.95), seen, UNCALIBRATED)
    assert high.overall == pytest.approx(0.95)
    seen[3] = False
    assert study_probabilities(logit(LEVELS), logit(0.1), seen, UNCALIBRATED).overall == (
        pytest.approx(0.3)
    )
