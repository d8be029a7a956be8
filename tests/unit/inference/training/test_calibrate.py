"""Calibration finds what was done to the logits; the operating point parts intact and fractured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from inference.errors import DataError
from inference.training.calibrate import (
    fit_calibration,
    fit_operating_point,
    fit_scale_and_shift,
)

ALL_SEEN = np.ones((4, 7), np.bool_)


def true_to_odds(
    rng: np.random.Generator, count: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Log odds, and truths drawn with just these odds."""
    log_odds = rng.normal(-2, 2, count)
    return log_odds, rng.random(count) < expit(log_odds)


@pytest.mark.parametrize(("temperature", "offset"), [(1.0, 0.0), (3.0, 2.0), (0.4, -1.0)])
def test_a_known_temperature_and_shift_are_found(temperature: float, offset: float) -> None:
    log_odds, truth = true_to_odds(np.random.default_rng(0), 20000)
    scale, shift = fit_scale_and_shift(temperature * log_odds + offset, truth)
    assert scale == pytest.approx(1 / temperature, rel=0.05)
    assert shift == pytest.approx(-offset / temperature, abs=0.1)


def test_levels_are_pooled_and_the_patient_has_his_own() -> None:
    rng = np.random.default_rng(1)
    log_odds, fractured = true_to_odds(rng, 7 * 2000)
    truth = fractured.reshape(-1, 7)
    patient = logit(truth.any(axis=1).mean()) + np.zeros(2000)
    seen = np.ones_like(truth)
    fitted = fit_calibration(log_odds.reshape(-1, 7) * 2 + 1, seen, truth, patient + 5)
    assert fitted.level_scale == pytest.approx(0.5, rel=0.1)
    assert fitted.level_shift == pytest.approx(-0.5, abs=0.1)
    said = expit(fitted.overall_scale * (patient + 5) + fitted.overall_shift)
    assert said == pytest.approx(truth.any(axis=1).mean(), abs=0.01)


def test_without_a_head_for_the_patient_his_calibration_changes_nothing() -> None:
    truth = np.eye(4, 7, dtype=np.bool_)
    fitted = fit_calibration(np.where(truth, 1.0, -1.0), ALL_SEEN, truth, None)
    assert (fitted.overall_scale, fitted.overall_shift) == (1.0, 0.0)


def test_levels_that_were_not_assessed_do_not_count() -> None:
    truth = np.eye(4, 7, dtype=np.bool_)
    logits = np.where(truth, 1.0, -1.0)
    seen = ALL_SEEN.copy()
    seen[:, 6] = False
    damaged = np.where(seen, logits, np.nan)
    assert fit_calibration(damaged, seen, truth, None) == fit_calibration(
        logits * seen, seen, truth, None
    )


@pytest.mark.parametrize("truth", [False, True])
def test_one_class_alone_gives_a_small_doubt(truth: bool) -> None:
    logits = np.linspace(-6, 2, 350)
    scale, shift = fit_scale_and_shift(logits, np.full(350, truth))
    said = expit(scale * logits + shift)
    assert 0 < scale < 2
    assert abs(said.mean() - truth) == pytest.approx(1 / 352, rel=0.2)


def test_a_perfect_validation_set_does_not_make_certain() -> None:
    truth = np.arange(60) < 6
    scale, shift = fit_scale_and_shift(np.where(truth, 8.0, -8.0), truth)
    assert expit(8 * scale + shift) < 0.95
    assert expit(-8 * scale + shift) < 0.05


@pytest.mark.parametrize("logits", [np.array([]), np.array([0.0, math.nan]), np.array([-math.inf])])
def test_nothing_to_fit_is_said(logits: NDArray[np.float64]) -> None:
    with pytest.raises(DataError, match="calibrated"):
        fit_scale_and_shift(logits, np.zeros(len(logits), np.bool_))


def test_operating_point_separates() -> None:
    truth = np.zeros((4, 7), np.bool_)
    truth[0, 2] = truth[1, 4] = True
    probabilities = np.full((4, 7), 0.1)
    probabilities[truth] = [0.8, 0.6]
    probabilities[2, 0] = 0.2
    assert fit_operating_point(probabilities, ALL_SEEN, truth) == pytest.approx(0.4)


def test_operating_point_asks_nothing_of_what_was_not_seen() -> None:
    truth = np.zeros((4, 7), np.bool_)
    truth[0, 2] = truth[1, 4] = True
    probabilities = np.full((4, 7), 0.1)
    probabilities[0, 2], probabilities[1, 4], probabilities[3, 3] = 0.8, 0.05, 0.9
    seen = ALL_SEEN.copy()
    seen[1, 4] = seen[3, 3] = False
    assert fit_operating_point(probabilities, seen, truth) == pytest.approx(0.45)


@pytest.mark.parametrize(("broken", "expected"), [(False, 0.65), (True, 0.15)])
def test_operating_point_of_one_class(broken: bool, expected: float) -> None:
    truth, probabilities = np.full((4, 7), broken), np.full((4, 7), 0.3)
    assert fit_operating_point(probabilities, ALL_SEEN, truth) == pytest.approx(expected)
