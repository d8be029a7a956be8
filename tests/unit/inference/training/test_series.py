"""Series of tokens: what is cached, what a part of a series may teach, and the loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.errors import DataError
from inference.model.network import SliceFeatures
from inference.model.spine import SpineNet
from inference.preprocess import to_channels
from inference.training.metrics import weighted_log_loss
from inference.training.series_batches import (
    SeriesBatchMaker,
    draw_range,
    labels_of_part,
    spread_of,
    whole,
)
from inference.training.series_task import competition_loss
from inference.training.series_tokens import SeriesTokens, TokenMaker
from inference.training.summary import fit_summary
from tests.unit.inference.tiny import ENCODER
from tests.unit.inference.training.tiny_series import SLICES, tiny_config, tiny_series

CONFIG = tiny_config("spine")
CONTRACT = CONFIG.input_contract()


class CountingNet(SpineNet):
    """Counts the slices that it reads."""

    slices_read = 0

    def read_slices(self, images: torch.Tensor) -> SliceFeatures:
        self.slices_read += len(images)
        return super().read_slices(images)


@pytest.fixture
def network() -> CountingNet:
    torch.manual_seed(0)
    net = CountingNet(ENCODER, 5)
    net.eval()
    return net


def tokens(seed: int = 0, *, fractured: bool = True) -> SeriesTokens:
    series = tiny_series(seed, fractured=fractured)
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((2, SLICES, 165)).astype(np.float32)
    return SeriesTokens(numbers, series.shares, series.fracture, series.levels, series.overall)


def test_tokens_are_read_once_and_a_twin_costs_only_what_differs(
    network: CountingNet, tmp_path: Path
) -> None:
    pair = [tiny_series(0), tiny_series(0, fractured=False)]
    maker = TokenMaker(network, CONTRACT, 2, seed=0)
    heard: list[int] = []
    first = maker.read(pair, tmp_path, heard.append)
    assert heard == [1, 2]
    # The crack is on 2 slices and seen from one more on either side; in two variants.
    assert network.slices_read == 2 * (SLICES + 4)
    again = maker.read(pair, tmp_path, heard.append)
    assert network.slices_read == 2 * (SLICES + 4)
    alone = TokenMaker(network, CONTRACT, 2, seed=0).read(pair[1:], tmp_path / "b", heard.append)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.tokens, other.tokens)
    assert np.allclose(alone[0].tokens, first[1].tokens, atol=1e-4)


def test_the_first_variant_is_what_the_predictor_reads(
    network: CountingNet, tmp_path: Path
) -> None:
    series = tiny_series(0)
    [read] = TokenMaker(network, CONTRACT, 1, seed=0).read([series], tmp_path, lambda _: None)
    margin = (series.hu.shape[-1] - 64) // 2
    middle = series.hu[:, margin : margin + 64, margin : margin + 64].astype(np.float32)
    with torch.inference_mode():
        expected = network.read_slices(to_channels(torch.from_numpy(middle), CONTRACT.channels))
    assert np.allclose(read.tokens[0], expected.tokens.numpy(), atol=1e-4)


def test_tokens_of_another_series_are_refused(network: CountingNet, tmp_path: Path) -> None:
    np.save(tmp_path / "0.npy", np.zeros((1, SLICES - 1, 165), np.float32))
    maker = TokenMaker(network, CONTRACT, 1, seed=0)
    with pytest.raises(DataError, match="another series"):
        maker.read([tiny_series(0)], tmp_path, lambda _: None)


def test_the_summary_is_centred_and_of_unit_spread(network: CountingNet) -> None:
    maker = TokenMaker(network, CONTRACT, 1, seed=0)
    studies = [tiny_series(seed) for seed in range(3)]
    fit_summary(network, maker, studies)
    with torch.inference_mode():
        read = torch.cat(
            [
                network.read_slices(images).tokens[:, :128]
                for study in studies
                for images in maker.images(study, 0, np.arange(SLICES))
            ]
        )
    assert read.mean(dim=0).abs().max() < 0.2
    assert read[:, 0].std() == pytest.approx(1, rel=0.1)


def test_batches_of_series_depend_on_seed_and_step_only() -> None:
    series = [tokens(0), tokens(1, fractured=False)]
    maker = SeriesBatchMaker(series, CONFIG.series, 0, spread_of(series))
    for one, other in zip(maker[3], maker[3], strict=True):
        assert torch.equal(one, other)
    assert maker[3].tokens.shape != maker[4].tokens.shape or not torch.equal(
        maker[3].tokens, maker[4].tokens
    )


def test_whole_series_are_filled_up_and_nothing_is_learned_from_the_filling() -> None:
    short = tokens(1)
    short = replace(
        short, tokens=short.tokens[:, :9], shares=short.shares[:9], fracture=short.fracture[:9]
    )
    batch = whole([tokens(0), short])
    assert batch.padding.sum(dim=1).tolist() == [0, SLICES - 9]
    assert not batch.presence_weight[1, 9:].any()
    assert not batch.fracture_weight[1, 9:].any()
    assert batch.labels[0].tolist() == [1, 0, 0, 0, 1, 0, 0, 0]


def test_levels_that_a_part_cuts_off_are_left_out() -> None:
    series = tokens(0)
    without_top = labels_of_part(series, 6, SLICES)
    assert np.isnan(without_top[1:3]).all()
    assert without_top[[0, 4]].tolist() == [1, 1]
    # C4 is broken on slices 10 and 11 of 9…11; this part has most of it, but no broken slice.
    upper = replace(series, shares=series.shares.copy())
    upper.shares[9, 3] = 5
    cut = labels_of_part(upper, 0, 10)
    assert np.isnan(cut[4])
    assert np.isnan(cut[0])
    intact = labels_of_part(tokens(0, fractured=False), 0, 10)
    assert intact[0] == 0


def test_parts_lie_inside_and_are_long_enough() -> None:
    rng = np.random.default_rng(0)
    ranges = [draw_range(40, rng) for _ in range(300)]
    assert all(first >= 0 and last <= 40 and last - first >= 16 for first, last in ranges)
    assert len(set(ranges)) > 50
    assert draw_range(9, rng) == (0, 9)


def test_the_loss_is_the_competition_metric() -> None:
    rng = np.random.default_rng(0)
    batch = whole([tokens(0), tokens(1, fractured=False)])
    logits = rng.standard_normal((2, 8)).astype(np.float32)
    ours = float(competition_loss(torch.from_numpy(logits), batch))
    probabilities = 1 / (1 + np.exp(-logits.astype(np.float64)))
    theirs = weighted_log_loss(batch.labels.numpy().astype(bool), probabilities)[0]
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_unknown_labels_weigh_nothing() -> None:
    series = tokens(0)
    unknown = replace(series, levels=np.full(7, np.nan, np.float32), overall=float("nan"))
    logits = torch.zeros(2, 8, requires_grad=True)
    loss = competition_loss(logits, whole([series, unknown]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad[0].all()
    assert not logits.grad[1].any()
    nothing = competition_loss(torch.zeros(1, 8), whole([unknown]))
    assert float(nothing) == 0
