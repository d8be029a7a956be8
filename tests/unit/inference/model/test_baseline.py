"""The baseline's combination of slices, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inference.model.baseline import BaselineNet
from tests.unit.inference.tiny import ENCODER


@pytest.fixture(scope="module")
def network() -> BaselineNet:
    torch.manual_seed(0)
    return BaselineNet(ENCODER).eval()


def tokens_of(presence: np.ndarray, fracture: np.ndarray) -> Tensor:
    """(1, slices, 14) logits of probabilities."""
    both = np.concatenate([presence, fracture], axis=1).clip(1e-6, 1 - 1e-6)
    return torch.logit(torch.from_numpy(both))[None].float()


def c5(*values: float) -> np.ndarray:
    out = np.zeros((len(values), 7))
    out[:, 4] = values
    return out


def test_level_is_the_mean_of_fracture_weighted_by_presence(network: BaselineNet) -> None:
    tokens = tokens_of(c5(0.5, 1.0, 0.5, 0.0), c5(0.2, 0.8, 0.4, 1.0))
    said = network.read_series(tokens)
    assert float(said.levels[0, 4].sigmoid()) == pytest.approx((0.1 + 0.8 + 0.2) / 2.0, abs=1e-4)
    assert said.overall is None


def test_level_does_not_depend_on_the_order_of_the_slices(network: BaselineNet) -> None:
    rng = np.random.default_rng(0)
    tokens = tokens_of(rng.random((30, 7)), rng.random((30, 7)))
    shuffled = tokens[:, torch.from_numpy(rng.permutation(30))]
    torch.testing.assert_close(
        network.read_series(shuffled).levels, network.read_series(tokens).levels
    )


def test_levels_of_sure_slices_stay_finite(network: BaselineNet) -> None:
    tokens = torch.full((1, 5, 14), -80.0)
    assert torch.isfinite(network.read_series(tokens).levels).all()
    assert torch.isfinite(network.read_series(-tokens).levels).all()


def test_padding_changes_nothing(network: BaselineNet) -> None:
    tokens = torch.randn(2, 6, 14)
    longer = torch.cat([tokens, torch.full((2, 3, 14), 30.0)], dim=1)
    padding = torch.arange(9).repeat(2, 1) >= 6
    torch.testing.assert_close(
        network.read_series(longer, padding).levels, network.read_series(tokens).levels
    )


def test_the_activation_map_sums_to_the_logit_less_the_bias(network: BaselineNet) -> None:
    with torch.inference_mode():
        features = network.read_slices(torch.randn(2, 3, 64, 64))
    logits = features.maps.mean(dim=(2, 3)) + network.fracture_head.bias
    torch.testing.assert_close(logits, features.tokens[:, 7:], rtol=1e-4, atol=1e-5)
