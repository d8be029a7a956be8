"""Scores against values worked out by hand, and the figures published for constant predictors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.training.metrics import (
    auroc,
    best_constants,
    expected_calibration_error,
    honest_calibration_error,
    operating_point,
    reliability,
    roc_points,
    study_losses,
    weighted_log_loss,
)

RSNA_COUNTS = np.array([143, 281, 72, 106, 161, 275, 390])
"""Of 2008 public labels, C1 … C7: 7.1, 14.0, 3.6, 5.3, 8.0, 13.7 and 19.4 %."""
RSNA_FRACTURED_LEVELS = (1057, 618, 235, 63, 26, 7, 2)
"""Studies with 0 … 6 fractured levels."""


def labels_like_rsna() -> NDArray[np.bool_]:
    """(2008, 8) labels with the public set's number of fractures per study and per level."""
    rng, left = np.random.default_rng(0), RSNA_COUNTS.copy()
    rows = []
    for count, studies in reversed(list(enumerate(RSNA_FRACTURED_LEVELS))):
        for _ in range(studies):
            chosen = np.argsort(-(left * rng.random(7) ** 0.5))[:count]
            left[chosen] -= 1
            rows.append(np.isin(np.arange(7), chosen))
    levels = np.array(rows)
    return np.column_stack([levels.any(axis=1), levels])


def test_one_half_scores_the_logarithm_of_two() -> None:
    truth = np.random.default_rng(0).random((50, 8)) < 0.2
    scores = weighted_log_loss(truth, np.full((50, 8), 0.5))
    assert scores == pytest.approx((math.log(2), math.log(2)))


def test_weights_of_the_patient_and_of_positives() -> None:
    truth = np.zeros((2, 8), np.bool_)
    truth[1, [0, 3]] = True
    probabilities = np.full((2, 8), 0.25)
    negative, positive = -math.log(0.75), -math.log(0.25)
    first = negative
    second = (14 * positive + 2 * positive + 6 * negative) / 22
    per_study, all_rows = weighted_log_loss(truth, probabilities)
    assert per_study == pytest.approx((first + second) / 2)
    assert all_rows == pytest.approx((14 * first + 22 * second) / 36)


def test_certainty_in_the_wrong_is_finite() -> None:
    truth = np.ones((1, 8), np.bool_)
    assert math.isfinite(weighted_log_loss(truth, np.zeros((1, 8)))[0])


@pytest.mark.parametrize(
    ("scores", "area"),
    [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5),
     ([0.1, 0.8, 0.2, 0.9], 0.75)],
)  # fmt: skip
def test_area_under_the_curve(scores: list[float], area: float) -> None:
    assert auroc(np.array([False, False, True, True]), np.array(scores)) == pytest.approx(area)


def test_area_needs_both_classes() -> None:
    assert math.isnan(auroc(np.zeros(3, np.bool_), np.arange(3.0)))


def test_operating_point_lies_in_the_middle_of_the_gap() -> None:
    assert operating_point(np.array([0.4, 0.9]), np.array([0.1, 0.2])) == pytest.approx(0.3)


def test_operating_point_makes_the_fewest_errors() -> None:
    fractured = np.array([0.05, 0.5, 0.6, 0.7])
    intact = np.array([0.1, 0.1, 0.2, 0.2])
    assert operating_point(fractured, intact) == pytest.approx(0.35)


def test_operating_point_without_one_of_the_classes() -> None:
    nothing = np.zeros(0)
    assert operating_point(nothing, np.array([0.2, 0.6])) == pytest.approx(0.8)
    assert operating_point(np.array([0.2, 0.6]), nothing) == pytest.approx(0.1)


def test_a_constant_predictor_scores_what_is_known_of_the_public_labels() -> None:
    truth = labels_like_rsna()
    assert np.allclose(truth[:, 1:].sum(axis=0), RSNA_COUNTS, atol=4)
    assert best_constants(truth) == pytest.approx((0.557, 0.567), abs=0.003)
    prevalence = np.tile(truth.mean(axis=0), (len(truth), 1))
    assert weighted_log_loss(truth, prevalence) == pytest.approx((0.563, 0.613), abs=0.003)


def test_no_constant_is_better_than_the_best() -> None:
    truth = np.random.default_rng(3).random((60, 8)) < 0.3
    best = best_constants(truth)
    for constant in np.random.default_rng(4).random((50, 8)):
        scores = weighted_log_loss(truth, np.tile(constant, (60, 1)))
        assert all(np.array(scores) >= best)


def test_losses_of_studies_make_up_the_score() -> None:
    rng = np.random.default_rng(5)
    truth, probabilities = rng.random((9, 8)) < 0.4, rng.random((9, 8))
    losses, weights = study_losses(truth, probabilities)
    alone = [weighted_log_loss(truth[i : i + 1], probabilities[i : i + 1])[0] for i in range(9)]
    assert losses / weights == pytest.approx(np.array(alone))


def test_roc_points_count_from_the_threshold_on() -> None:
    truth = np.array([True, False, True, False])
    assert roc_points(truth, np.array([0.9, 0.5, 0.5, 0.1])) == [
        (math.inf, 0.0, 1.0),
        (0.9, 0.5, 1.0),
        (0.5, 1.0, 0.5),
        (0.1, 1.0, 0.0),
    ]
    assert roc_points(truth[:1], np.array([0.9])) == []


def test_reliability_counts_and_its_error() -> None:
    truth = np.array([False, False, False, True, True])
    said = np.array([0.01, 0.03, 0.95, 0.97, 1.0])
    low, high = reliability(truth, said, bins=10)
    assert (low.count, low.share_true, low.mean_said) == pytest.approx((2, 0.0, 0.02))
    assert (high.count, high.share_true, high.mean_said) == pytest.approx((3, 2 / 3, 2.92 / 3))
    error = (2 * 0.02 + 3 * (2.92 / 3 - 2 / 3)) / 5
    assert expected_calibration_error((low, high)) == pytest.approx(error)


def test_honest_probabilities_have_a_small_error() -> None:
    rng = np.random.default_rng(6)
    said = rng.random(20000)
    honest = expected_calibration_error(reliability(rng.random(20000) < said, said))
    boastful = expected_calibration_error(reliability(rng.random(20000) < 0.5, said))
    assert honest < 0.02
    assert boastful == pytest.approx(0.25, abs=0.02)


def test_even_honest_probabilities_of_few_cases_are_off() -> None:
    rng = np.random.default_rng(7)
    said = rng.random(150)
    drawn = [
        expected_calibration_error(reliability(rng.random(150) < said, said)) for _ in range(100)
    ]
    assert honest_calibration_error(said) == pytest.approx(np.mean(drawn), rel=0.1)
    assert honest_calibration_error(rng.random(20000)) < 0.02
    assert honest_calibration_error(np.array([0.0, 1.0])) == 0.0
    assert math.isnan(honest_calibration_error(np.zeros(0)))


def test_no_probability_has_no_error() -> None:
    assert math.isnan(expected_calibration_error(reliability(np.zeros(0, np.bool_), np.zeros(0))))
