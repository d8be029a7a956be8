"""The spine network: shapes, what may and what must not change its answer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inference.errors import WeightsError
from inference.model.build import build_network
from inference.model.channels import CHANNELS
from inference.model.network import SeriesLogits
from inference.model.spine import SpineNet
from tests.unit.inference.tiny import ENCODER

CHANNEL_COUNT = len(CHANNELS["spine"])


def stirred(network: SpineNet) -> SpineNet:
    """Heads that start at 0 would hide what reaches them: move every weight of the sequence."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for each in network.series.parameters():
            each.add_(torch.randn(each.shape, generator=generator) * 0.05)
    return network


@pytest.fixture(scope="module")
def network() -> SpineNet:
    torch.manual_seed(0)
    built = build_network("spine", ENCODER, CHANNEL_COUNT, dropout=0.3)
    assert isinstance(built, SpineNet)
    return stirred(built).eval()


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(3, CHANNEL_COUNT, 64, 96, generator=torch.Generator().manual_seed(2))


def tokens_of(network: SpineNet, slices: int, seed: int = 3, series: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(series, slices, network.token_width, generator=generator)


def parts(logits: SeriesLogits) -> tuple[Tensor, ...]:
    assert logits.overall is not None
    return (logits.presence, logits.fracture, logits.levels, logits.overall)


def test_shapes(network: SpineNet, images: Tensor) -> None:
    with torch.inference_mode():
        outputs = network.slice_outputs(images)
        series = network.read_series(outputs.tokens[None])
    assert outputs.cells.shape == (3, 8, 8, 12)
    assert outputs.maps.shape == (3, 7, 8, 12)
    assert outputs.presence.shape == outputs.fracture.shape == (3, 7)
    assert outputs.tokens.shape == (3, network.token_width)
    assert (outputs.maps < 0).all()  # logarithms of probabilities
    assert [each.shape for each in parts(series)] == [(1, 3, 7), (1, 3, 7), (1, 7), (1,)]


def test_maps_are_the_cells_probabilities(network: SpineNet, images: Tensor) -> None:
    with torch.inference_mode():
        outputs, features = network.slice_outputs(images), network.read_slices(images)
    expected = outputs.cells[:, :7].sigmoid() * outputs.cells[:, 7:].sigmoid()
    torch.testing.assert_close(features.maps, expected)
    torch.testing.assert_close(features.tokens, outputs.tokens)


def test_slices_are_read_one_by_one(network: SpineNet, images: Tensor) -> None:
    with torch.inference_mode():
        together, alone = network.read_slices(images), network.read_slices(images[1:2])
    torch.testing.assert_close(together.tokens[1:2], alone.tokens, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("slices", [1, 2, 90])
def test_padding_changes_nothing(network: SpineNet, slices: int) -> None:
    tokens = tokens_of(network, slices)
    longer = torch.cat([tokens, 50 * torch.ones(1, 40, network.token_width)], dim=1)
    padding = (torch.arange(slices + 40) >= slices)[None]
    with torch.inference_mode():
        bare, filled = network.read_series(tokens), network.read_series(longer, padding)
    torch.testing.assert_close(filled.presence[:, :slices], bare.presence)
    torch.testing.assert_close(filled.fracture[:, :slices], bare.fracture)
    torch.testing.assert_close(filled.levels, bare.levels)
    torch.testing.assert_close(filled.overall, bare.overall)


def test_padding_alone_gives_numbers(network: SpineNet) -> None:
    said = network.read_series(tokens_of(network, 4), torch.ones(1, 4, dtype=torch.bool))
    assert all(torch.isfinite(each).all() for each in parts(said))


def test_series_of_a_batch_do_not_mix(network: SpineNet) -> None:
    both = tokens_of(network, 12, series=2)
    with torch.inference_mode():
        together, alone = network.read_series(both), network.read_series(both[1:])
    for one, other in zip(parts(together), parts(alone), strict=True):
        torch.testing.assert_close(one[1:], other, rtol=1e-4, atol=1e-5)


def test_extreme_tokens_give_numbers(network: SpineNet) -> None:
    for value in (-1e4, 1e4):
        said = network.read_series(torch.full((1, 3, network.token_width), value))
        assert all(torch.isfinite(each).all() for each in parts(said))


def test_distant_slices_are_heard(network: SpineNet) -> None:
    """What one slice shows changes what is said of one far away, and of the level."""
    tokens = tokens_of(network, 100)
    other = tokens.clone()
    other[0, 95, -14:] += 6
    with torch.inference_mode():
        before, after = network.read_series(tokens), network.read_series(other)
    assert not torch.allclose(before.presence[0, 5], after.presence[0, 5], atol=1e-7)
    assert not torch.allclose(before.levels, after.levels, atol=1e-3)


def test_the_order_of_the_slices_matters(network: SpineNet) -> None:
    tokens = tokens_of(network, 30)
    with torch.inference_mode():
        down, up = network.read_series(tokens), network.read_series(tokens.flip(1))
    assert not torch.allclose(down.presence, up.presence.flip(1), atol=1e-2)


def test_untrained_it_says_what_the_slices_said() -> None:
    """Each level attends to the slices that show it; the rest starts silent."""
    torch.manual_seed(4)
    network = SpineNet(ENCODER, CHANNEL_COUNT).eval()
    tokens = torch.zeros(1, 20, network.token_width)
    presence = torch.full((20, 7), -8.0)
    fracture = torch.full((20, 7), -5.0)
    presence[8:12, 4], fracture[8:12, 4] = 8.0, 3.0
    fracture[0:8, 4] = 9.0  # where the level is not: to be ignored
    tokens[0, :, -14:-7], tokens[0, :, -7:] = presence, fracture
    with torch.inference_mode():
        said = network.read_series(tokens)
    torch.testing.assert_close(said.presence[0], presence)
    torch.testing.assert_close(said.fracture[0], fracture)
    assert said.levels[0].tolist() == pytest.approx([-5, -5, -5, -5, 3, -5, -5], abs=0.1)
    assert said.overall is not None
    assert float(said.overall) == pytest.approx(3.0, abs=0.1)


def test_one_fractured_slice_is_not_drowned_by_the_intact_ones() -> None:
    torch.manual_seed(4)
    network = SpineNet(ENCODER, CHANNEL_COUNT).eval()
    tokens = torch.zeros(1, 20, network.token_width)
    tokens[0, :, -14:-7], tokens[0, :, -7:] = -8.0, -5.0
    tokens[0, 6:14, -14 + 2] = 8.0
    with torch.inference_mode():
        intact = network.read_series(tokens)
        tokens[0, 9, -7 + 2] = 4.0
        broken = network.read_series(tokens)
    assert float(intact.levels[0, 2]) == pytest.approx(-5.0, abs=0.1)
    assert float(broken.levels[0, 2]) > 2.0


def test_every_weight_learns() -> None:
    """No part of the network is cut off from the losses that train it."""
    torch.manual_seed(5)
    network = stirred(SpineNet(ENCODER, CHANNEL_COUNT).train())
    outputs = network.slice_outputs(torch.randn(4, CHANNEL_COUNT, 64, 64))
    said = network.read_series(outputs.tokens[None])
    total = outputs.cells.square().mean() + sum(each.square().mean() for each in parts(said))
    total.backward()  # type: ignore[no-untyped-call]
    silent = [
        name
        for name, each in network.named_parameters()
        if each.grad is None or not each.grad.any()
    ]
    assert silent == []


def test_it_can_be_exported_for_any_number_of_slices(network: SpineNet) -> None:
    class Series(torch.nn.Module):
        def __init__(self, inner: SpineNet) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, tokens: Tensor) -> tuple[Tensor, ...]:
            return parts(self.inner.read_series(tokens[None]))

    length = torch.export.Dim("slices", min=1, max=4096)
    exported = torch.export.export(
        Series(network), (tokens_of(network, 5)[0],), dynamic_shapes=({0: length},)
    ).module()
    for slices in (1, 7, 150):
        tokens = tokens_of(network, slices)
        for one, other in zip(exported(tokens[0]), parts(network.read_series(tokens)), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_unknown_architectures_are_refused() -> None:
    with pytest.raises(WeightsError, match="'lumbar': there are baseline, spine"):
        build_network("lumbar", ENCODER, 3)
