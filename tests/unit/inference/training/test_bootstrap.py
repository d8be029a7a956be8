"""Intervals: they hold the truth about as often as they say, and know when they know nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from inference.training.bootstrap import Bootstrap, wilson
from inference.training.metrics import auroc


def test_the_interval_of_a_share_holds_the_truth_about_19_times_in_20() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        hits = (rng.random(120) < 0.8).astype(np.int64)
        figure = Bootstrap(120, resamples=400, seed=seed).share(hits, np.ones(120, np.int64))
        held += figure.low <= 0.8 <= figure.high
    assert 0.89 <= held / 200 <= 0.99


def test_the_interval_of_an_area_holds_the_truth_about_19_times_in_20() -> None:
    rng = np.random.default_rng(1)
    true_area = norm.cdf(1 / math.sqrt(2))  # of two normal scores one apart
    held = 0
    for seed in range(200):
        truth = rng.random(150) < 0.4
        figure = Bootstrap(150, resamples=300, seed=seed).auroc(truth, rng.normal(truth * 1.0))
        held += figure.low <= true_area <= figure.high
    assert 0.89 <= held / 200 <= 0.99


def test_a_resample_is_scored_like_any_studies() -> None:
    rng = np.random.default_rng(2)
    truth, scores = rng.random(30) < 0.5, rng.integers(0, 6, 30).astype(np.float64)
    bootstrap = Bootstrap(30, resamples=40, seed=3)
    drawn = np.random.default_rng(3).multinomial(30, np.full(30, 1 / 30), 40)
    areas = [auroc(np.repeat(truth, times), np.repeat(scores, times)) for times in drawn]
    figure = bootstrap.auroc(truth, scores)
    assert (figure.low, figure.high) == pytest.approx(tuple(np.percentile(areas, [2.5, 97.5])))
    assert figure.value == auroc(truth, scores)


def test_equal_seeds_give_equal_intervals() -> None:
    truth, scores = np.arange(40) % 3 == 0, np.sin(np.arange(40.0))
    first, again = (Bootstrap(40, seed=5).auroc(truth, scores) for _ in range(2))
    assert first == again
    assert first != Bootstrap(40, seed=6).auroc(truth, scores)


def test_studies_are_drawn_whole() -> None:
    """Seven equal levels of a study say no more than one."""
    hits = np.arange(50) % 5 != 0
    once = Bootstrap(50).share(hits.astype(np.int64), np.ones(50, np.int64))
    seven = Bootstrap(50).share(hits * 7, np.full(50, 7))
    assert (seven.low, seven.high) == (once.low, once.high)
    assert (seven.count, seven.of) == (280, 350)


def test_all_of_a_few_are_no_certainty() -> None:
    figure = Bootstrap(10).share(np.ones(10, np.int64), np.ones(10, np.int64))
    assert (figure.value, figure.high) == (1.0, 1.0)
    assert figure.low == pytest.approx(0.7225, abs=1e-3)  # Wilson, 10 of 10
    assert wilson(False, 10) == pytest.approx((0.0, 1 - 0.7225), abs=1e-3)


def test_a_perfect_area_has_no_interval() -> None:
    figure = Bootstrap(20).auroc(np.arange(20) > 9, np.arange(20.0))
    assert figure.value == 1.0
    assert math.isnan(figure.low)
    assert math.isnan(figure.high)


def test_a_ratio_weighs_its_studies() -> None:
    figure = Bootstrap(2).ratio(np.array([1.0, 6.0]), np.array([1.0, 3.0]))
    assert figure.value == pytest.approx(7 / 4)
    assert (figure.low, figure.high) == (1.0, 2.0)
    assert figure.of == 2


def test_a_mean_leaves_out_what_has_no_value() -> None:
    figure = Bootstrap(3).mean(np.array([1.0, math.nan, 3.0]))
    assert (figure.value, figure.of) == (2.0, 2)


def test_nothing_measured_has_no_value_and_no_interval() -> None:
    nothing = np.zeros(0)
    for figure in (
        Bootstrap(0).share(nothing.astype(np.int64), nothing.astype(np.int64)),
        Bootstrap(0).mean(nothing),
        Bootstrap(0).auroc(nothing.astype(np.bool_), nothing),
        Bootstrap(3).mean(np.full(3, math.nan)),
        Bootstrap(3).auroc(np.zeros(3, np.bool_), np.arange(3.0)),
    ):
        assert all(math.isnan(each) for each in (figure.value, figure.low, figure.high))
