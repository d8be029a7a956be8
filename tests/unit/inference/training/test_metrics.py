"""Scores against values worked out by hand, and the figures published for constant predictors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inference.training.metrics import auroc, operating_point, weighted_log_loss


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
